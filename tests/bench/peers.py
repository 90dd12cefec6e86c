"""An exchange beside what else agrees on a key, or makes a crossover."""

import re
import subprocess

from table import row

KINDS = {"ed25519": "Ed25519", "p256": "P-256", "rsa2048": "RSA-2048"}
SIDES = ("initiator", "responder")


def measure(build):
    """Print the rows."""
    _tls(build)


def _tls(build):
    """Both sides of an exchange and of TLS in one process; handshake.c says what is in them."""
    said = subprocess.run([build / "bench_handshake"], capture_output=True, text=True, check=True).stdout
    figures = {name: [float(figure) for figure in figures.split()]
               for name, figures in re.findall(r"^(\w+)((?: [\d.]+)+)$", said, re.MULTILINE)}
    for kind, name in KINDS.items():
        for side in SIDES:
            row(f"exchange / TLS 1.3 handshake, {name}, {side}, processor time", figures[f"{kind}_alike_{side}"],
                at_most=1)
        row(f"exchange / TLS 1.3 with the TLSA match alone, {name}, both sides",
            [sum(pair) / 2 for pair in zip(*(figures[f"{kind}_bare_{side}"] for side in SIDES))], at_most=1)
        row(f"exchange / TLS 1.3 handshake, {name}, bytes of both ways",
            [sum(figures[f"{kind}_bytes"]) / sum(figures[f"{kind}_tls_bytes"])])
