"""The table that `make bench` prints: figure, value, spread, goal, verdict.

A row says `missed` when its goal is not met; the exit code is 0 all the same, for a benchmark measures and does
not judge.
"""

import platform
import re
import statistics
import subprocess
from pathlib import Path

WIDTH = 80  # of a figure's name


def head(program, libraries):
    """Print which machine this is, the version of what is measured and of libraries (names for people, and for
    pkg-config), and the titles."""
    models = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    print(f"{len(models)} x {models[0] if models else platform.machine()}; Linux {platform.release()}")
    print(", ".join([_said(program, "--version"),
                     *(f"{name} {_said('pkg-config', '--modversion', module)}" for name, module in libraries.items())]))
    print(f"{'figure':<{WIDTH}} {'value':>10} {'spread':>17} {'goal':>11}", flush=True)


def row(name, values, unit="", at_most=None, at_least=None):
    """Print one figure: the median of values, and between what the middle half of them is.  Ratios have no
    unit."""
    median = statistics.median(values)
    spread, goal, verdict = "", "", ""
    if len(values) > 1:
        low, _, high = statistics.quantiles(values, n=4)
        spread = f"{_form(low, unit)} - {_form(high, unit)}"
    if at_most is not None:
        goal, verdict = f"<= {at_most:g}", "ok" if median <= at_most else "missed"
    elif at_least is not None:
        goal, verdict = f">= {at_least:g}", "ok" if median >= at_least else "missed"
    value = f"{_form(median, unit)} {unit}".strip()
    goal = goal and f"{goal} {unit}".strip()
    print(f"{name:<{WIDTH}} {value:>10} {spread:>17} {goal:>11}  {verdict}".rstrip(), flush=True)


def _form(number, unit):
    """A number as it stands in the table: a ratio to the third place, all else with three digits or whole."""
    if not unit:
        return f"{number:.3f}"
    return f"{number:.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"


def _said(*command):
    """What a program says."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
