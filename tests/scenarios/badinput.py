"""What the scenarios of bad input stand on: a peer that is wrong in one way, and what must be so after it.

The hostile peer is the program of tests/hostile.  It plays a realm with that realm's own configuration
and identity, so DNS vouches for it, and of a genuine message it spoils one thing."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from lab import MissingTool, config, wait_until
from lab.process import Service, run
from scenario import ALPHA, BRAVO, Scenario, service_of

CROSSOVER = f"krbtgt/{BRAVO}@{ALPHA}"


@dataclass(frozen=True)
class Guise:
    """A realm for the hostile peer to play: its name, the port where its kxoverd would be, and the
    environment with its configuration."""

    name: str
    port: int
    env: dict


class BadInput(Scenario):
    """ALPHA and BRAVO, the hostile peer, and what it must not have achieved."""

    # The hostile peer.

    @classmethod
    def hostile(cls):
        """The hostile peer's program."""
        path = cls.lab.build.folder / "tests" / "hostile" / "hostile"
        if not path.is_file():
            raise MissingTool(f"hostile is not built in {cls.lab.build.folder}: run make hostile there")
        return path

    @classmethod
    def guise_of(cls, realm):
        """A realm of the lab, to be played by the hostile peer."""
        return Guise(realm.name, realm.port, realm.env)

    @classmethod
    def make_guise(cls, name, port=None):
        """A realm that is nothing but a zone and the identity of BRAVO.  publish() is still to be called."""
        port = port or cls.lab.ports.take()
        domain = name.lower()
        host = f"kdc.{domain}"
        digest, = re.findall(r"\sTLSA\s+(3 1 1 \w+)", "\n".join(cls.bravo.zone.records))
        cls.lab.dns.zone(domain).records = [
            f"{host}. A {config.LOOPBACK}",
            f"_kerberos._tcp.{domain}. SRV 0 0 {port} {host}.",
            f"_{port}._tcp.{host}. TLSA {digest}"]
        conf = Path(cls.lab.folder) / f"{domain}.kdc.conf"
        conf.write_text((cls.bravo.folder / "kdc.conf").read_text().replace(BRAVO, name))
        return Guise(name, port, {**cls.bravo.env, "KRB5_KDC_PROFILE": str(conf)})

    def ask(self, mode, guise, realm):
        """Let the hostile peer send the realm's kxoverd a request; returns the lines that it prints."""
        return run([self.hostile(), "request", mode, guise.name, realm.name, realm.port],
                   guise.env).stdout.splitlines()

    def answering(self, mode, guise):
        """The hostile peer answers for that realm.  Yields its Service, whose log has a line a request."""
        return self.playing(guise, "reply", mode, guise.name, guise.port)

    @classmethod
    @contextlib.contextmanager
    def playing(cls, guise, *arguments):
        """The hostile peer plays that realm with these arguments until the end of the `with`."""
        folder = Path(cls.lab.folder) / "hostile"
        folder.mkdir(exist_ok=True)
        service = Service(f"{guise.name.lower()}-{'-'.join(arguments[:2])}", lambda: [cls.hostile(), *arguments],
                          lambda: guise.env, folder, lambda service: "listening" in service.log_since_start())
        cls.lab.services.append(service)
        try:
            service.start()
            yield service
        finally:
            service.stop()
            cls.lab.services.remove(service)

    # What must be so after it.

    def tearDown(self):
        """A test that has failed does not leave a key that makes others fail."""
        for realm in (self.alpha, self.bravo):
            if CROSSOVER in realm.principals():
                realm.kadmin_local(f"delprinc -force {CROSSOVER}")

    def keys(self):
        """All keys in the databases of both realms."""
        return {realm.name: realm.kdb5_util("tabdump", "keyinfo").stdout for realm in (self.alpha, self.bravo)}

    @contextlib.contextmanager
    def nothing_stored(self):
        """Neither realm has other keys afterwards than before."""
        before = self.keys()
        yield
        self.assertEqual(self.keys(), before)

    def assert_serves_its_own(self, realm):
        """The realm's KDC gives its users tickets for its services."""
        realm.kinit("alice").kvno(service_of(realm))

    def assert_stored(self, *realms):
        """The crossover is in these realms' databases; it is taken out of them again."""
        for realm in realms:
            self.assertIn(CROSSOVER, realm.principals())
            realm.kadmin_local(f"delprinc -force {CROSSOVER}")
            self.assertNotIn(CROSSOVER, realm.principals())

    def one_line(self, log, mark):
        """The one line about a crossover that a log has got since."""
        wait_until(lambda: self.lines(log, mark), "a line in the log")
        line, = self.lines(log, mark)
        return line

    @staticmethod
    def lines(log, mark):
        """What kxover, in a KDC or as kxoverd, has logged about crossovers."""
        return log.lines(r"(kxoverd\[\d+\]\(\w+\)|kxover): krbtgt/", since=mark)
