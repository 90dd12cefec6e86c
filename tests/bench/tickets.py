"""What kxover costs where there is nothing to exchange, and what the first contact takes."""

import time

from kdc import Kdc, compared, shared
from lab import Lab
from table import row

CONTACTS = 11
HAND_KEYED = "HAND.EXAMPLE"


def measure(build):
    """Print the rows."""
    _in_realm(build)
    with Lab(build=build) as lab:
        alpha, bravo = lab.realms
        row("first contact, end to end, cold caches", _first_contact(alpha, bravo), "ms", at_most=150)
        row("crossover that is there / keyed by hand, KDC processor time",
            _served_against_hand_keyed(alpha, bravo), at_most=1.05)


def _in_realm(build):
    """Tickets for a service of the own realm, with and without kxover before the database."""
    with Lab(("ALPHA.EXAMPLE",), build=build) as with_kxover, Lab(("PLAIN.EXAMPLE",), module="db2") as without:
        realms = (with_kxover.realms[0], without.realms[0])
        with shared(*realms) as kdc:
            ratios = compared(kdc, *((realm.kinit("alice"), [f"host/{realm.service_host}@{realm.name}"])
                                     for realm in realms))
    row("in-realm ticket, kxover over db2 / bare db2, KDC processor time", ratios, at_most=1.02)


def _first_contact(alpha, bravo):
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


def _served_against_hand_keyed(alpha, bravo):
    """KDC processor time for a crossover that an exchange has made, against one that the administrator keyed
    by hand."""
    crossover = alpha.crossover_to(bravo)
    by_hand = f"krbtgt/{HAND_KEYED}@{alpha.name}"
    alpha.kinit("alice").kvno(crossover)
    etypes = ",".join(f"{etype}:normal" for _, etype in alpha.keyinfo(crossover))
    alpha.kadmin_local(f"addprinc -randkey -e {etypes} {by_hand}")
    bob = alpha.kinit("bob")
    return compared(Kdc(alpha.kdc), (bob, [crossover]), (bob, [by_hand]))
