"""What a hundred thousand crossovers cost: in the KDC, and to list them."""

import random

from kdc import compared, shared
from lab import Lab
from lab.dumps import fill
from scale import read_list
from table import row

MANY = 100_000
FEW = 10


def measure(build):
    """Print the rows.  The crossovers are made of a real one."""
    with Lab(build=build) as lab:
        alpha, bravo = lab.realms
        crossovers = {}
        for here, there, number in ((alpha, bravo, MANY), (bravo, alpha, FEW)):
            first = here.crossover_to(there)
            here.kinit("alice").kvno(first)
            crossovers[here] = [f"krbtgt/R{i:06d}.EXAMPLE@{here.name}" for i in range(number)]
            fill(here, first, crossovers[here])
            random.Random(number).shuffle(crossovers[here])
        with shared(alpha, bravo) as kdc:
            ratios = compared(kdc, *((realm.kinit("alice"), crossovers[realm]) for realm in lab.realms))
        row(f"crossover among {MANY} / among {FEW}, KDC processor time", ratios, at_most=1.1)
        listed = read_list(alpha)
        if listed.lines < MANY:
            raise SystemExit(f"bench: kxover list has {listed.lines} lines")
        row(f"kxover list of {MANY}, memory", [listed.memory], "MB", at_most=50)
        row(f"kxover list of {MANY}, time to the first line / to the last", [listed.first / listed.last],
            at_most=0.5)
