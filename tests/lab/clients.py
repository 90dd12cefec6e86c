"""What users of various Kerberos programs see while two realms meet for the first time.

`make client-table` prints it as the tables of docs/clients.md; scenarios ask for one cell each.
"""

import re
import sys
import time
from dataclasses import dataclass

from . import Lab, MissingTool, TimedOut, faults, peers
from .heimdal import HeimdalSession
from .session import Session

# Longer than any of them keeps trying that ever ends.
PATIENCE = 40
DELAYS = (0, 0.5, 2, 5)

# What a person takes to read an error and try again.
PAUSE = 3

# By name: the kind of session, and the transport.
CLIENTS = {
    "MIT krb5": (Session, "udp"),
    "MIT krb5, TCP": (Session, "tcp"),
    "Heimdal": (HeimdalSession, "udp"),
    "Heimdal, TCP": (HeimdalSession, "tcp"),
}


@dataclass(frozen=True)
class Attempt:
    """What came of a command that asks for a ticket.  `words` is what it said, "" if it was interrupted."""

    has_ticket: bool
    interrupted: bool
    words: str
    seconds: float
    kdc_log: str

    def __str__(self):
        if self.interrupted:
            return f"does not end (interrupted after {self.seconds:.0f} s)"
        if self.has_ticket:
            return f"ticket, {self.seconds:.1f} s"
        return f"after {self.seconds:.0f} s: {self.words}"

    def kdc_story(self):
        """What the KDC's log says of it, in short and in order."""
        words = r"exchange with realm .*$|UNKNOWN_SERVER|repeated \(retransmitted\?\) request|ISSUE"
        said = dict.fromkeys(re.findall(words, self.kdc_log, re.MULTILINE))
        return "; ".join(word.replace(" (retransmitted?)", "") for word in said)


def strangers(alpha, bravo):
    """Let two realms be as if they had never met: no crossover, and servers that remember nothing."""
    for realm in (alpha, bravo):
        for crossover in (alpha.crossover_to(bravo), bravo.crossover_to(alpha)):
            if crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {crossover}")
        for service in (realm.kdc, realm.kxoverd):
            service.restart()


def ask(session, service, patience=PATIENCE):
    """Ask for a ticket for `service` and return the Attempt; it is interrupted after `patience` seconds."""
    kdc_log = session.realm.kdc.log
    mark = kdc_log.mark()
    started = time.monotonic()
    try:
        result = session.kvno(service, check=False, timeout=patience)
        ended, words = result.ok, result.output.strip()
    except TimedOut:
        ended, words = None, ""
    return Attempt(bool(ended), ended is None, words, time.monotonic() - started, kdc_log.since(mark))


def tries(alpha, bravo, client, delay, number=2, patience=PATIENCE):
    """The Attempts, a moment (PAUSE) apart and `number` at most, of a user of `client` to reach a peer whose
    answer to an exchange takes `delay` seconds, until she has her ticket."""
    kind, transport = CLIENTS[client]
    attempts = []
    with faults.peer(bravo, peers.slow_to_agree(delay)):
        session = alpha.kinit("alice", kind, transport)
        while len(attempts) < number and not (attempts and attempts[-1].has_ticket):
            time.sleep(PAUSE if attempts else 0)
            attempts.append(ask(session, f"host/{bravo.service_host}@{bravo.name}", patience))
    return attempts


def say_unknown(realm):
    """Let the KDC of `realm` say of an exchange that is not finished that there is no such service."""
    realm.settings["kxover_not_yet"] = "unknown"
    realm.configure()
    realm.kdc.restart()


def tables(say):
    """Print the tables, as Markdown."""
    with Lab() as lab:
        _table(lab, DELAYS, say)
        say("\nWith kxover_not_yet = unknown:\n")
        say_unknown(lab.realms[0])
        _table(lab, DELAYS[-1:], say)


def _table(lab, delays, say):
    alpha, bravo = lab.realms
    say("| the peer's answer takes | program | first try | second try | the KDC's log of the first try |")
    say("|---|---|---|---|---|")
    for delay in delays:
        for client in CLIENTS:
            strangers(alpha, bravo)
            first, *more = tries(alpha, bravo, client, delay)
            second = more[0] if more else ""
            say(f"| {delay:g} s | {client} | {first} | {second} | {first.kdc_story()} |")


if __name__ == "__main__":
    try:
        tables(lambda line: print(line, flush=True))
    except MissingTool as missing:
        sys.exit(f"client-table: {missing}")
