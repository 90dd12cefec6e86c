"""What an administrator keyed by hand wins over what kxover agreed on meanwhile."""

from lab import faults, peers
from scenario import Scenario, service_of


class KeyedDuringAnExchange(Scenario):
    """ALPHA's KDC waits for BRAVO's answer when the administrator of ALPHA keys the crossover by hand."""

    def test_the_key_made_by_hand_is_the_one_that_is_used(self):
        crossover = self.alpha.crossover_to(self.bravo)
        alice = self.alpha.kinit("alice")
        mark = self.alpha.kdc.log.mark()

        with faults.peer(self.bravo, peers.slow(4)):
            self.assertFalse(alice.kvno(service_of(self.bravo), check=False).ok)
            self.alpha.kadmin_local(f"addprinc -pw by-hand {crossover}",
                                    *[f"cpw -pw by-hand-{again} {crossover}" for again in range(8)])
            self._drive_until(f"{crossover}: agreed key is not used.*keyed by hand", mark)

        self.assertIn("kvno = 9", alice.kvno(crossover).output)

    def _drive_until(self, line, mark):
        """Have the KDC look up realms, which moves all exchanges, until a line is in its log."""
        for number in range(60):
            if self.alpha.kdc.log.lines(line, since=mark):
                return
            self.alpha.kinit("alice").kvno(f"krbtgt/NONE{number}.EXAMPLE@{self.alpha.name}", check=False)
        self.fail("the exchange did not end")


class KeyedAfterAnExchange(Scenario):
    """ALPHA's KDC has agreed on a key, and holds it in memory, when the administrator keys by hand."""

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_store"] = "memory"
        cls.alpha.configure()
        cls.alpha.kdc.restart()

    def test_the_key_made_by_hand_is_the_one_that_is_used(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.assertNotIn("kvno = 2", self.alpha.kinit("alice").kvno(crossover).output)

        self.alpha.kadmin_local(f"addprinc -pw by-hand {crossover}", f"cpw -pw by-hand-again {crossover}")

        self.assertIn("kvno = 2", self.alpha.kinit("alice").kvno(crossover).output)
