"""What ten to a hundred thousand crossovers cost: in the KDC, on disk, to look through and to list."""

import random
import re
import resource
import subprocess
from pathlib import Path

from kdc import compared, shared
from lab import Lab
from lab.dumps import fill
from scale import read_list
from table import row

SIZES = (10, 100, 1_000, 10_000, 100_000)
FEW, MANY = SIZES[0], SIZES[-1]
STARTS = 5  # of the KDC, for each size
WALKS = 3
KEEP = "100"  # kxover_keep's default


def measure(build):
    """Print the rows.  The crossovers are made of a real one; a second realm in the same KDC always has FEW."""
    with Lab(build=build) as lab:
        alpha, bravo = lab.realms
        first = {}
        for here, there in ((alpha, bravo), (bravo, alpha)):
            first[here] = here.crossover_to(there)
            here.kinit("alice").kvno(first[here])
            here.kxover("exchange", there.name)  # a second key version, as most have
        few = _multiply(bravo, first[bravo], FEW)
        for size in SIZES:
            many = _multiply(alpha, first[alpha], size)
            _kdc(size, (alpha, many), (bravo, few))
            _database(size, alpha)
            _walk(size, alpha)
            _list(size, alpha)


def _multiply(realm, first, number):
    """Let a realm have so many crossovers, all like the first one; their names, shuffled."""
    names = [f"krbtgt/R{i:06d}.EXAMPLE@{realm.name}" for i in range(number)]
    fill(realm, first, names)
    random.Random(number).shuffle(names)
    return names


def _kdc(size, many, few):
    """What a request for one of them takes the KDC, and how large it becomes."""
    memory = []
    with shared(many[0], few[0]) as kdc:
        ratios = compared(kdc, *((realm.kinit("alice"), names) for realm, names in (many, few)), starts=STARTS,
                          look=lambda: memory.append(_resident(kdc.service.pid)))
    row(f"{size:>7} crossovers / {FEW}, KDC processor time for a ticket", ratios,
        at_most=1.1 if size == MANY else None)
    row(f"{size:>7} crossovers, memory of the KDC", memory, "MB")


def _resident(pid):
    """Megabytes of a process that are in memory."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) / 1024


def _database(size, realm):
    row(f"{size:>7} crossovers, db2 database", [(realm.folder / "principal").stat().st_size / 2**20], "MB")


def _walk(size, realm):
    """kxoverd looks through the database once an hour, by itself, in a process like this."""
    taken = []
    for _ in range(WALKS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([realm.lab.build.daemon, "-r", realm.name, "-l", KEEP], env=realm.env, capture_output=True,
                       check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    row(f"{size:>7} crossovers, kxoverd's look through them, processor time", taken, "ms")


def _list(size, realm):
    listed = read_list(realm)
    if listed.lines < size:
        raise SystemExit(f"bench: kxover list has {listed.lines} lines")
    row(f"{size:>7} crossovers, kxover list", [listed.last * 1000], "ms")
    if size == MANY:
        row(f"{size:>7} crossovers, kxover list, memory", [listed.memory], "MB", at_most=50)
        row(f"{size:>7} crossovers, kxover list, time to the first line / to the last", [listed.first / listed.last],
            at_most=0.5)
