"""While one user asks for realms whose servers are silent, the others' logins and tickets go on.

And the other way round: a KDC that is idle is no reason to give up a realm.

The figures, which are printed, are ratios of windows in turn in one run: one with the attack, against those
without it before and after.  Each attack finds a KDC that has not waited for a while, and so may wait most."""

import contextlib
import itertools
import statistics
import unittest

from lab.process import Service
from scenario import BRAVO, service_of
from stalling import UNAVAILABLE, Stalling, Unhurried

ROUNDS = 3
PAUSE = 100  # milliseconds between two requests of the attacker
DOMAIN = "silent.example"


class OneProcess(Stalling):
    """ALPHA's KDC is one process."""

    options = []
    goal = 0.75
    window = 30  # seconds

    @classmethod
    def arrange(cls):
        cls.realms = (name for batch in itertools.count()
                      for name in (f"R{batch}-{i}.{DOMAIN.upper()}" for i in range(100)))
        cls.silent_realms(DOMAIN, 0)
        cls.lab.dns.publish()
        cls.alpha.kdc_options = cls.options
        cls.alpha.kdc.restart()
        cls.keytab = cls.alpha.folder / "bob.keytab"
        cls.alpha.kadmin_local(f"ktadd -norandkey -k {cls.keytab} bob")
        cls.alice = cls.alpha.kinit("alice")

    def work(self):
        """Let bob log in and get tickets for a window; returns how many of both."""
        said = self.crowd("load", self.window, self.alpha.port, service_of(self.alpha), f"FILE:{self.keytab}",
                          f"bob@{self.alpha.name}", env=self.alpha.env, timeout=4 * self.window).stdout.split()
        return int(said[0]) + int(said[2])

    @contextlib.contextmanager
    def attack(self):
        """Meanwhile alice asks for realm after realm, never for the same one."""
        program = self.lab.build.folder / "tests" / "scenarios" / "crowd"
        names = list(itertools.islice(self.realms, 2 * self.window * 1000 // PAUSE))
        service = Service("attack", lambda: [program, "ask", PAUSE, self.alpha.port, *names],
                          lambda: self.alice.env, self.lab.folder, lambda service: True)
        service.start()
        try:
            yield
        finally:
            service.stop()

    def test_others_keep_their_share_of_the_kdc(self):
        calm, attacked = [self.work()], []
        for _ in range(ROUNDS):
            with self.attack():
                attacked.append(self.work())
            calm.append(self.work())
        ratio = statistics.median(2 * during / (before + after)
                                  for before, during, after in zip(calm, attacked, calm[1:]))
        print(f"{type(self).__name__}: {statistics.mean(calm) / self.window:.0f} logins and tickets a second, "
              f"{statistics.mean(attacked) / self.window:.0f} with the attack: {ratio:.2f} (goal {self.goal})",
              flush=True)
        self.assertGreaterEqual(ratio, self.goal)


class FourProcesses(OneProcess):
    """ALPHA's KDC has four processes."""

    options = ["-w", "4"]
    goal = 0.9
    window = 60  # all four may wait at the beginning, each for 3 seconds


class Idle(Unhurried):
    """Nobody but alice uses ALPHA's KDC, which waits for nobody."""

    def test_a_realm_that_is_well_is_met_though_the_kdc_was_idle_for_longer_than_an_exchange_may_take(self):
        alice = self.alpha.kinit("alice")
        self.assertEqual(self.ask(alice, BRAVO), [(BRAVO, UNAVAILABLE)])
        self.rest(65)
        self.assert_met(alice, self.bravo)


if __name__ == "__main__":
    unittest.main()
