"""What an exchange costs each side, beside its bare operations, and what a forged offer costs."""

import re
import subprocess

from table import row


def measure(build):
    """Print the rows; bench_exchange (exchange.c) says what is in them."""
    said = subprocess.run([build / "bench_exchange"], capture_output=True, text=True, check=True).stdout
    figures = {name: [float(figure) for figure in figures.split()]
               for name, figures in re.findall(r"^(\w+)((?: [\d.]+)+)$", said, re.MULTILINE)}
    for side in ("initiator", "responder"):
        row(f"exchange / its bare operations, {side}, processor time", figures[side], at_most=1.3)
    row("forged offer refused / exchange answered, processor time",
        [answers / refusals for answers, refusals in zip(figures["answers"], figures["refusals"])], at_most=1)
    row("forged offers refused, a second of processor time", figures["refusals"], "/s")
    row("exchanges answered, a second of processor time", figures["answers"], "/s")
