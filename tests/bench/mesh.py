"""What a mesh of realms costs each of them in a day, simulated: bench_mesh (mesh.c) says how."""

import re
import subprocess

from table import row

SIZES = (1, 10, 100, 1000)  # realms
ROUNDS = len(SIZES)
HUNDRED = 100
HOURS = 24
NOT_OF_THE_WORLD = ("cost_", "_processor")  # what a clock has measured


def measure(build):
    """Print the rows: what a usual day is in a mesh of each size, in ROUNDS of them; and what unusual days are."""
    for size in SIZES[:ROUNDS]:
        _usual(size, _simulated(build, size))
    hundred = _simulated(build, HUNDRED)
    if hundred["apart_of_all"][0] > hundred["apart_begun"][0] / HOURS / 2:
        raise SystemExit("bench: kxoverds that were started together stay in step")
    if ROUNDS == len(SIZES):
        _unusual(build, hundred)


def _simulated(build, *arguments):
    """The figures of a simulation by name: each one number; or those of all realms, of the mean one, and of the
    one that has most."""
    said = subprocess.run([build / "bench_mesh", *map(str, arguments)], capture_output=True, text=True,
                          check=True).stdout
    return {name: [float(figure) for figure in figures.split()]
            for name, figures in re.findall(r"^(\w+)((?: [\d.e+-]+)+)$", said, re.MULTILINE)}


def _usual(size, figures):
    """Two rows a figure: the mean of all realms, and what the realm has that has most."""
    if figures["usual_versions"][2] > 2:
        raise SystemExit(f"bench: a crossover has {figures['usual_versions'][2]:g} key versions")
    if figures["usual_begun"][0] != figures["usual_answered"][0] or figures["usual_failed"][0] != 0:
        raise SystemExit("bench: exchanges have failed though nothing was wrong")
    if size > 1 and figures["usual_begun"][0] == 0:
        raise SystemExit("bench: no realm has met another")

    def both(what, key, unit, factor=1):
        _, mean, most = figures[f"usual_{key}"]
        row(f"{size:>4} realms, mean: {what}", [mean * factor], unit)
        if size > 1:
            row(f"{size:>4} realms, most: {what}", [most * factor], unit)

    both("exchanges begun", "begun", "/day")
    if size == 1:
        return
    both("exchanges begun with a user waiting", "for_users", "/day")
    both("exchanges answered", "answered", "/day")
    both("exchanges in its busiest minute", "busiest_minute", "/min")
    both("questions to DNS", "questions", "/day")
    both("questions to DNS that a cache of an hour lets through", "uncached", "/day")
    both("bytes of exchanges", "bytes", "kB/day", 1e-3)
    both("processor time of exchanges", "processor", "ms/day", 1e3)
    both("crossovers to others", "outgoing", "realms")
    both("crossovers from others", "incoming", "realms")
    row(f"{size:>4} realms, most: keys of a crossover", [figures["usual_keys"][2]], "keys")


def _unusual(build, spread):
    together, all_seen = (_simulated(build, HUNDRED, how) for how in ("together", "all"))
    for name in spread:
        if not any(part in name for part in NOT_OF_THE_WORLD) and spread[name] != all_seen[name]:
            raise SystemExit(f"bench: {name} depends on what kxoverd's look is spared")
    name = f"{HUNDRED:>4} realms"
    for how, figures in (("in 14 days", spread), ("in one hour", together)):
        exchanges = figures["usual_begun"][2] + figures["usual_answered"][2]
        row(f"{name} that joined {how}: busiest day / mean day, most",
            [figures["usual_busiest_day"][2] / exchanges])
    row(f"{name}, one silent for a day: failed exchanges, mean", [spread["silent_failed"][1]], "/day")
    row(f"{name}, one silent for a day: exchanges in a minute of the next, most",
        [spread["back_busiest_minute"][2]], "/min")
    for when, key in (("within 6 hours", "started"), ("a day later", "apart")):
        row(f"{name}, all kxoverds started at once: exchanges in a second, {when}",
            [spread[f"{key}_of_all"][0]], "/s")
