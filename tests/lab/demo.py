"""The story of a first crossover, told while it happens.

Every line shown is what a real program has just said, and every step is checked: the story ends where
something is not as it should be.
"""

import time

from . import Lab
from .gss import converse

ALPHA = "ALPHA.EXAMPLE"
BRAVO = "BRAVO.EXAMPLE"
MESSAGE = "Hello over there"
HOSTING = "hosting.example"  # of hosts whose names do not tell their realm


class StoryBroken(Exception):
    """A step did not have the outcome it should have."""


def demo(build, keep=False, say=print):
    """Tell the story with `say`.  StoryBroken if it goes another way."""
    with Lab((ALPHA, BRAVO), build=build, keep=keep) as lab:
        alpha, bravo = lab.realm(ALPHA), lab.realm(BRAVO)
        _set_up(lab, alpha, bravo)
        try:
            _tell(lab, alpha, bravo, say)
        except Exception as error:
            raise StoryBroken(f"{error}\n{lab.last_words()}") from error


def _set_up(lab, alpha, bravo):
    """BRAVO has a host elsewhere, and no machine of ALPHA has been told of which realm any host is."""
    bravo.kadmin_local(f"addprinc -randkey host/www.{HOSTING}")
    lab.dns.zone(HOSTING).records.append(f'_kerberos.www TXT "{BRAVO}"')
    lab.dns.publish()
    alpha.maps_hosts = False
    alpha.configure()
    alpha.kdc.restart()


def _tell(lab, alpha, bravo, say):
    crossover = alpha.crossover_to(bravo)
    say(f"Two realms run on this machine, {ALPHA} and {BRAVO}. They have never met:")
    for realm in (alpha, bravo):
        held = realm.kadmin_local("listprincs krbtgt/*").stdout.split("\n", 1)[-1].split()
        _expect(held == [f"krbtgt/{realm.name}@{realm.name}"], f"{realm.name} holds more than its own: {held}")
        say(f"  {realm.name}$ kadmin.local listprincs 'krbtgt/*'  ->  {' '.join(held)}")

    say("Each says in DNS, signed, where its KDC is and what key that KDC has:")
    for realm in (alpha, bravo):
        _published(lab, realm.domain, f"_kerberos._tcp.{realm.domain}", "SRV", say)
        _published(lab, realm.domain, f"_{realm.port}._tcp.{realm.kdc_host}", "TLSA", say)

    say(f"Alice belongs to {ALPHA}, and wants a service of {BRAVO}:")
    alice = alpha.session("alice")
    say(f"  alice$ kinit {alice.principal}")
    alice.kinit()
    service = f"host/{bravo.service_host}@{BRAVO}"
    started = time.monotonic()
    answer = alice.kvno(service).stdout.strip()
    took = (time.monotonic() - started) * 1000
    _expect(service in alice.tickets(), f"alice has no ticket for {service}")
    say(f"  alice$ kvno {service}")
    say(f"  {answer}  ({took:.0f} ms, all of it: DNS, two KDCs, a key agreed between them)")

    say("The KDCs have agreed on a key by themselves. The same principal is now in both databases:")
    keys = {}
    for realm in (alpha, bravo):
        _expect(crossover in realm.principals(), f"{crossover} is not in the database of {realm.name}")
        keys[realm] = realm.keyinfo(crossover)
        versions = {kvno: [etype for version, etype in keys[realm] if version == kvno] for kvno, _ in keys[realm]}
        say(f"  {realm.name}$ kadmin.local listprincs; kdb5_util tabdump keyinfo")
        for kvno, etypes in versions.items():
            say(f"    {crossover}  kvno {kvno}: {' '.join(etypes)}")
    _expect(keys[alpha] and keys[alpha] == keys[bravo], f"the databases differ: {keys}")

    say("Nobody has to be told of which realm a host is: its owner says so in DNS, signed.")
    _published(lab, HOSTING, f"_kerberos.www.{HOSTING}", "TXT", say)
    bob = alpha.kinit("bob")
    bob.kvno("-S", "host", f"www.{HOSTING}")
    ticket = f"Ticket server: host/www.{HOSTING}@{BRAVO}"
    _expect(ticket in bob.run("klist").stdout, f"bob has no ticket for www.{HOSTING}")
    say(f"  bob$ kvno -S host www.{HOSTING}  ->  {ticket}")

    say(f"Alice's program talks to a server of {BRAVO}:")
    conversation = converse(alice, bravo, MESSAGE)
    _expect(conversation.client.ok, conversation.client.output)
    _expect("Signature verified." in conversation.client.stdout, conversation.client.output)
    _expect(f'Received message: "{MESSAGE}"' in conversation.server,
            f"the server has not got the message:\n{conversation.server}")
    names = [line for line in conversation.client.stdout.splitlines() if alice.principal in line]
    _expect(names and f"host/{bravo.service_host}@" in names[0], f"not between alice and {service}:\n{conversation.client.stdout}")
    say(f"  gss-client: {names[0].partition(', lifetime')[0]}: Signature verified.")
    say(f'  gss-server: Received message: "{MESSAGE}"')


def _published(lab, domain, name, kind, say):
    """Show a record as a validating resolver gets it; it must be there, and secure."""
    answer = lab.dns.lookup(name, kind)
    _expect(answer.security == "secure", f"{name} {kind} is {answer.security}: {answer.reason}")
    _expect(f"has {kind} record " in answer.text, f"{domain} does not publish {kind}: {answer.text}")
    for line in answer.text.splitlines():
        say(f"  {line} ({answer.security})")


def _expect(outcome, otherwise):
    if not outcome:
        raise StoryBroken(otherwise)
