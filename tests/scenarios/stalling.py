"""What the scenarios of a KDC that must not stand still have in common: many clients, and silent realms."""

import re
import socket
import time

from lab import MissingTool, config, wait_until
from lab.process import run
from scenario import Scenario

# As the protocol has them.
TICKET, UNKNOWN_SERVICE, UNAVAILABLE = 0, 7, 29


class Stalling(Scenario):
    """ALPHA and BRAVO, clients that cost little, and realms whose servers are silent."""

    @classmethod
    def crowd(cls, *arguments, env, **options):
        """Run tests/scenarios/crowd; its head says what it does."""
        program = cls.lab.build.folder / "tests" / "scenarios" / "crowd"
        if not program.is_file():
            raise MissingTool(f"crowd is not built in {cls.lab.build.folder}: run make tests/scenarios/crowd there")
        return run([program, *arguments], env, **options)

    @classmethod
    def ask(cls, session, *realms, pause=0):
        """Let a user ask for tickets for these realms, `pause` milliseconds apart, with one request each.
        Returns the error codes in the order in which the answers came, as pairs of realm and code."""
        asked = cls.crowd("ask", pause, session.realm.port, *realms, env=session.env)
        return [(realm, int(code)) for realm, code in re.findall(r"^(\S+) (\d+)$", asked.stdout, re.MULTILINE)]

    @classmethod
    def silent_realms(cls, domain, number):
        """The names of so many realms in one zone.  DNS vouches for all of them, with one server, and that
        accepts whoever comes and says nothing (the kernel does it; nobody is there).  publish() is still
        to be called."""
        listener = socket.create_server((config.LOOPBACK, 0), backlog=4096)
        cls.addClassCleanup(listener.close)
        port = listener.getsockname()[1]
        cls.lab.dns.zone(domain).records = [
            f"kdc.{domain}. A {config.LOOPBACK}",
            f"*.{domain}. SRV 0 0 {port} kdc.{domain}.",
            f"_{port}._tcp.kdc.{domain}. TLSA 3 1 1 {'ab' * 32}"]
        return [f"R{i}.{domain.upper()}" for i in range(number)]

    def versions(self):
        """How many versions of its key for users of ALPHA has BRAVO."""
        return len({kvno for kvno, _ in self.bravo.keyinfo(self.alpha.crossover_to(self.bravo))})


class Unhurried(Stalling):
    """ALPHA's KDC waits for nobody (kxover_wait = 0s), so an exchange moves with the requests that come in."""

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_wait"] = "0s"
        cls.alpha.configure()
        cls.alpha.kdc.restart()

    @staticmethod
    def rest(seconds):
        """Nobody asks the KDC for anything for so long."""
        time.sleep(seconds)

    def assert_met(self, session, realm):
        """Whoever asks for that realm, again and again, is never told that there is no such realm, and has a
        ticket in the end."""
        codes = []
        wait_until(lambda: codes.extend(code for _, code in self.ask(session, realm.name)) or TICKET in codes,
                   "a ticket")
        self.assertNotIn(UNKNOWN_SERVICE, codes)
