"""`make bench`: figures of kxover, one row each: name, value, goal, verdict.

Where it can be, a figure is a ratio of two things measured in turn in this one run, so that a slow or busy
machine changes both alike.  Everything runs in the lab: real KDCs, real signed DNS.  A row says `missed`
when its goal is not met; the exit code is 0 all the same, for a benchmark measures and does not judge.
"""

import argparse
import platform
import statistics
import subprocess
import time
from pathlib import Path

from lab import Lab
from lab.tools import Build

CONTACTS = 11
ROUNDS = 15
REQUESTS = 150
HAND_KEYED = "HAND.EXAMPLE"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=Path, required=True, help="the folder that kxover was built in")
    build = options.parse_args().build
    Build.chosen(build)
    print(f"{machine()}\n{'figure':<58} {'value':>9} {'goal':>9}")
    with Lab(build=build) as lab:
        alpha, bravo = lab.realms
        row("first contact, end to end, cold caches", first_contact(alpha, bravo), 150, "ms")
        row("crossover that is there / keyed by hand, KDC processor time",
            served_against_hand_keyed(alpha, bravo), 1.05)
    for side, ratio in exchange_against_bare(build).items():
        row(f"exchange / its bare operations, {side}, processor time", ratio, 2.0)


def machine():
    """Which machine and which krb5 this is."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
        models = [line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")]
    krb5 = subprocess.run(["krb5-config", "--version"], capture_output=True, text=True, check=False)
    return f"{len(models)} x {models[0] if models else platform.machine()}; {krb5.stdout.strip()}"


def row(name, value, goal, unit=""):
    """Print one figure."""
    verdict = "ok" if value <= goal else "missed"
    shown = f"{value:.0f} {unit}" if unit else f"{value:.2f}"
    print(f"{name:<58} {shown:>9} {f'{goal:g} {unit}'.strip():>9}  {verdict}", flush=True)


def first_contact(alpha, bravo):
    """Median milliseconds of the `kvno` of a user who has just logged in, from nothing: no crossover on
    either side, and servers that have asked DNS for nothing yet."""
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
    return statistics.median(taken)


def served_against_hand_keyed(alpha, bravo):
    """KDC processor time for a crossover that an exchange has made, against one that the administrator
    keyed by hand: the median of the ratios of rounds in turn."""
    crossover = alpha.crossover_to(bravo)
    by_hand = f"krbtgt/{HAND_KEYED}@{alpha.name}"
    alpha.kinit("alice").kvno(crossover)
    etypes = ",".join(f"{etype}:normal" for _, etype in alpha.keyinfo(crossover))
    alpha.kadmin_local(f"addprinc -randkey -e {etypes} {by_hand}")
    bob = alpha.kinit("bob")
    ratios = []
    for _ in range(ROUNDS):
        ratios.append(kdc_time(alpha, bob, crossover) / kdc_time(alpha, bob, by_hand))
    return statistics.median(ratios)


def kdc_time(realm, session, service):
    """Processor time, in nanoseconds, that the realm's KDC takes for REQUESTS tickets."""
    mark = realm.kdc.log.mark()
    before = processor_time(realm.kdc.pid)
    session.run("kvno", "--no-store", *[service] * REQUESTS)
    taken = processor_time(realm.kdc.pid) - before
    issued = len(realm.kdc.log.lines(f"TGS_REQ .* ISSUE: .* for {service}", since=mark))
    if issued != REQUESTS:
        raise SystemExit(f"bench: the KDC issued {issued} tickets for {service} instead of {REQUESTS}")
    return taken


def processor_time(pid):
    """Nanoseconds that a process has had a processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


def exchange_against_bare(build):
    """What bench_exchange prints, as a dict of ratios by side."""
    said = subprocess.run([build / "bench_exchange"], capture_output=True, text=True, check=True).stdout
    return {side: float(ratio) for side, ratio in (line.split() for line in said.splitlines())}


if __name__ == "__main__":
    main()
