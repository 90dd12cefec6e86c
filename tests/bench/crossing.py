"""Exchanges of two realms of a lab: the asking KDC, kxoverd, and all that is around them."""

import re
import resource
import time
from dataclasses import dataclass

from kdc import processor_time
from lab import faults, peers
from lab.realm import ADMIN, Realm

EXCHANGES = 10  # measured together
HOUR = 3600
NANO = 1e9


@dataclass(frozen=True)
class Exchange:
    """What one exchange takes: seconds of processor time of each side; seconds from its beginning to its end,
    but for DNS; and that without what both sides spend on their databases."""

    initiator: float
    responder: float
    latency: list
    latency_but_storing: list


@dataclass(frozen=True)
class Made:
    """A crossover of one direction was made: seconds, and seconds of processor time of all that took part."""

    wall: float
    cpu: float


class RsaRealm(Realm):
    """A realm with an RSA key of 2048 bits."""

    def create_identity(self):
        self.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "30",
                 "-subj", f"/CN={self.name}", "-keyout", self.key, "-out", self.certificate,
                 "-addext", f"subjectAltName=DNS:{self.domain},DNS:{self.kdc_host}",
                 "-addext", "extendedKeyUsage=1.3.6.1.5.2.3.5")


class Crossing:
    """Users of the first realm of a lab go to the second one, which it has not met."""

    def __init__(self, lab):
        self._here, self._there = lab.realms
        self._lab = lab
        self._crossover = self._here.crossover_to(self._there)
        self._alice = self._here.kinit("alice")
        self.exchange()
        self._etypes = ",".join(f"{etype}:normal" for _, etype in self._here.keyinfo(self._crossover))

    def remember_dns(self):
        """From now on, what DNS says may be remembered."""
        for zone in self._lab.dns.zones.values():
            zone.ttl = HOUR
        self._lab.dns.publish()
        self._forget()
        self.exchange()

    def measure(self):
        """Some exchanges, as an Exchange.  What the KDC takes for a ticket when the crossover is there, is not
        counted."""
        initiator = responder = 0
        logs = (self._here.kdc.log, self._there.kxoverd.log)
        marks = [log.mark() for log in logs]
        for _ in range(EXCHANGES):
            self._forget()
            before = self._times()
            self.exchange()
            met = self._times()
            self.exchange()
            initiator += met[0] - before[0] - (self._times()[0] - met[0])
            responder += met[1] - before[1]
        asked, answered = (self._told(log, mark) for log, mark in zip(logs, marks))
        latency = [here["total_ms"] - here["dns_ms"] - there["dns_ms"] for here, there in zip(asked, answered)]
        storing = [here["store_ms"] + there["store_ms"] for here, there in zip(asked, answered)]
        return Exchange(initiator / EXCHANGES / NANO, responder / EXCHANGES / NANO,
                        [whole / 1000 for whole in latency],
                        [(whole - part) / 1000 for whole, part in zip(latency, storing)])

    def exchange(self):
        """The ticket to the other realm, for which there is an exchange if they have not met."""
        self._alice.kvno("--no-store", self._crossover)

    def traffic(self):
        """How often an exchange goes there and back, TCP's own included, and how many bytes."""
        turns = []
        self._forget()
        with faults.peer(self._there, peers.overhearing(turns)) as peer:
            self.exchange()
            return peer.connections + len(turns) / 2, sum(count for _, count in turns)

    def first_contact(self):
        """A first contact, whose servers have just started, as Made."""
        self._forget()
        for realm in (self._here, self._there):
            for service in (realm.kdc, realm.kxoverd):
                service.restart()
        return self._made(self.exchange)

    def by_hand(self):
        """Two administrators type one kadmin command each, in no time, as Made; the keys are of the types that
        an exchange makes."""
        self._forget()
        secret = "what-both-administrators-have-been-told"

        def type_commands():
            for realm in (self._here, self._there):
                realm.run("kadmin", "-p", ADMIN, "-w", realm.password(ADMIN), "-q",
                          f"addprinc -pw {secret} -e {self._etypes} {self._crossover}")

        made = self._made(type_commands)
        if self._here.keyinfo(self._crossover) != self._there.keyinfo(self._crossover):
            raise SystemExit("bench: what was keyed by hand is not the same on both sides")
        return made

    def _made(self, make):
        before, wall = self._all_times(), time.monotonic()
        make()
        wall = time.monotonic() - wall
        return Made(wall, self._all_times() - before)

    def _forget(self):
        """The realms have never met."""
        for realm in (self._here, self._there):
            realm.kadmin_local(f"delprinc -force {self._crossover}", check=False)

    def _told(self, log, mark):
        """What a log says since a mark of the times of each exchange, in milliseconds."""
        told = [{name: float(figure) for name, figure in re.findall(r"(\w+_ms)=([\d.]+)", line)}
                for line in log.lines("result=agreed", mark)]
        if len(told) != EXCHANGES:
            raise SystemExit(f"bench: {log.path.name} tells of {len(told)} exchanges instead of {EXCHANGES}")
        return told

    def _times(self):
        """Processor time of who asks, and of who answers."""
        return processor_time(self._here.kdc.pid), processor_time(self._there.kxoverd.pid)

    def _all_times(self):
        """Seconds of processor time of all that the two realms run, and of all commands that have ended."""
        commands = resource.getrusage(resource.RUSAGE_CHILDREN)
        return commands.ru_utime + commands.ru_stime + sum(
            processor_time(service.pid) for realm in (self._here, self._there) for service in realm.services) / NANO
