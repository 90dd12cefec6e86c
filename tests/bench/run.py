"""`make bench`: figures of kxover, one row each: name, value, spread, goal, verdict.

Where it can be, a figure is a ratio of two things measured in turn in this one run, so that a slow or busy
machine changes both alike; its spread is that of the middle half.  Everything runs in the lab: real KDCs, real
signed DNS.  A row says `missed` when its goal is not met; the exit code is 0 all the same, for a benchmark
measures and does not judge.
"""

import argparse
import platform
import random
import re
import statistics
import subprocess
import time
from pathlib import Path

from kdc import Kdc, compared, shared
from lab import Lab, tools
from lab.dumps import fill
from scale import read_list

CONTACTS = 11
MANY = 100_000
FEW = 10
HAND_KEYED = "HAND.EXAMPLE"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=Path, required=True, help="the folder that kxover was built in")
    build = options.parse_args().build
    tools.Build.chosen(build)
    print(f"{machine()}\n{'figure':<64} {'value':>8} {'spread':>15} {'goal':>8}")
    in_realm(build)
    with Lab(build=build) as lab:
        alpha, bravo = lab.realms
        row("first contact, end to end, cold caches", first_contact(alpha, bravo), 150, "ms")
        row("crossover that is there / keyed by hand, KDC processor time",
            served_against_hand_keyed(alpha, bravo), 1.05)
    many_crossovers(build)
    figures = exchange_figures(build)
    for side in ("initiator", "responder"):
        row(f"exchange / its bare operations, {side}, processor time", figures[side], 2.0)
    row("forged offer refused / exchange answered, processor time",
        [answers / refusals for answers, refusals in zip(figures["answers"], figures["refusals"])], 1.0)
    for what, name in (("refusals", "forged offers refused"), ("answers", "exchanges answered")):
        print(f"{f'{name}, a second of processor time':<64} {statistics.median(figures[what]):>8.0f}")


def machine():
    """Which machine and which krb5 this is."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
        models = [line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")]
    krb5 = subprocess.run(["krb5-config", "--version"], capture_output=True, text=True, check=False)
    return f"{len(models)} x {models[0] if models else platform.machine()}; {krb5.stdout.strip()}"


def row(name, values, goal, unit=""):
    """Print one figure: the median of values, and between what the middle half of them is."""
    median = statistics.median(values)
    form = "{:.0f}" if unit else "{:.3f}"
    spread = ""
    if len(values) > 1:
        low, _, high = statistics.quantiles(values, n=4)
        spread = f"{form.format(low)} - {form.format(high)}"
    verdict = "ok" if median <= goal else "missed"
    print(f"{name:<64} {f'{form.format(median)} {unit}'.strip():>8} {spread:>15} {f'{goal:g} {unit}'.strip():>8}"
          f"  {verdict}", flush=True)


def in_realm(build):
    """Tickets for a service of the own realm, with and without kxover before the database."""
    with Lab(("ALPHA.EXAMPLE",), build=build) as with_kxover, Lab(("PLAIN.EXAMPLE",), module="db2") as without:
        realms = (with_kxover.realms[0], without.realms[0])
        with shared(*realms) as kdc:
            ratios = compared(kdc, *((realm.kinit("alice"), [f"host/{realm.service_host}@{realm.name}"])
                                     for realm in realms))
    row("in-realm ticket, kxover over db2 / bare db2, KDC processor time", ratios, 1.02)


def first_contact(alpha, bravo):
    """Milliseconds of the `kvno` of a user who has just logged in, from nothing: no crossover on either side,
    and servers that have asked DNS for nothing yet."""
    crossover = alpha.crossover_to(bravo)
    taken = []
    for _ in range(CONTACTS):
        for realm in (alpha, bravo):
            if crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {crossover}")
            for service in (realm.kdc, realm.kxoverd):
                service.restart()
        alice = alpha.kinit("alice")
        started = time.monotonic()
        alice.kvno(f"host/{bravo.service_host}@{bravo.name}")
        taken.append((time.monotonic() - started) * 1000)
    return taken


def served_against_hand_keyed(alpha, bravo):
    """KDC processor time for a crossover that an exchange has made, against one that the administrator keyed
    by hand."""
    crossover = alpha.crossover_to(bravo)
    by_hand = f"krbtgt/{HAND_KEYED}@{alpha.name}"
    alpha.kinit("alice").kvno(crossover)
    etypes = ",".join(f"{etype}:normal" for _, etype in alpha.keyinfo(crossover))
    alpha.kadmin_local(f"addprinc -randkey -e {etypes} {by_hand}")
    bob = alpha.kinit("bob")
    return compared(Kdc(alpha.kdc), (bob, [crossover]), (bob, [by_hand]))


def many_crossovers(build):
    """What a hundred thousand crossovers cost, made of a real one: in the KDC, and to list them."""
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
        row(f"crossover among {MANY} / among {FEW}, KDC processor time", ratios, 1.1)
        listed = read_list(alpha)
        if listed.lines < MANY:
            raise SystemExit(f"bench: kxover list has {listed.lines} lines")
        row(f"kxover list of {MANY}, memory", [listed.memory], 50, "MB")
        row(f"kxover list of {MANY}, time to the first line / to the last", [listed.first / listed.last], 0.5)


def exchange_figures(build):
    """What bench_exchange prints, as a dict of lists of figures by name."""
    said = subprocess.run([build / "bench_exchange"], capture_output=True, text=True, check=True).stdout
    return {name: [float(figure) for figure in figures.split()]
            for name, figures in re.findall(r"^(\w+)((?: [\d.]+)+)$", said, re.MULTILINE)}


if __name__ == "__main__":
    main()
