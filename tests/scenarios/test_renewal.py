"""Keys are renewed before their end, and nobody loses a ticket over it."""

import time

from lab import faults, peers
from lab.waiting import wait_until
from scenario import Scenario, service_of

DAY = 24 * 60 * 60

# Of the 14 days that a key lives, a third is left.
DUE = 10 * DAY
OVER = 15 * DAY
# By then all KDCs of the other realm have a new key, and the old one is not issued with any more.
SETTLED = 10 * 60
LONG_OVER = 30 * DAY

# Well over what a lookup takes that does not wait, well under kxover_wait.
AT_ONCE = 10.0


class Clocks(Scenario):
    """Both realms' clocks can be set, and kxoverd renews nothing that is not named."""

    keep = "0"

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        cls.alpha.settings["kxover_keep"] = cls.keep
        cls.alpha.configure()
        for realm in (cls.alpha, cls.bravo):
            realm.give_clock()
        cls.alpha.kxoverd.restart()

    def setUp(self):
        """A first key, of today."""
        self.set_clocks(0)
        for realm in (self.alpha, self.bravo):
            if self.crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {self.crossover}")
            realm.forget_dns()
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.first, = self.versions()
        self.addCleanup(self.set_clocks, 0)

    def set_clocks(self, seconds):
        for realm in (self.alpha, self.bravo):
            realm.clock.set(seconds)

    def versions(self, realm=None):
        return {kvno for kvno, _ in (realm or self.alpha).keyinfo(self.crossover)}

    def issued_with(self, session):
        """Ask for a ticket; the version of the key that it was issued under."""
        answer = session.run("kvno", self.crossover, timeout=AT_ONCE)
        return int(answer.stdout.split("kvno = ")[1])


class InTheKdc(Clocks):
    """Users of ALPHA go to BRAVO, and a key of theirs comes to its end."""

    def ask_until_renewed(self):
        """Have users ask until the next version is there."""
        def asked():
            self.alpha.kinit("bob").kvno(self.crossover)
            return len(self.versions()) > 1
        wait_until(asked, "the next key version")

    def test_a_key_with_more_than_a_third_of_its_life_left_is_left_alone(self):
        self.set_clocks(9 * DAY)
        with faults.peer(self.bravo, peers.silent) as peer:
            for _ in range(3):
                self.alpha.kinit("alice").kvno(self.crossover)
            self.assertEqual(peer.connections, 0)
        self.assertEqual(self.versions(), {self.first})

    def test_a_due_key_is_renewed_and_tickets_are_under_the_new_one_once_it_has_settled(self):
        self.set_clocks(DUE)
        self.ask_until_renewed()
        self.assertEqual(self.issued_with(self.alpha.kinit("alice")), self.first)

        self.set_clocks(DUE + SETTLED)
        alice = self.alpha.kinit("alice")

        self.assertEqual(self.issued_with(alice), self.first + 1)
        alice.kvno(service_of(self.bravo))
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))

    def test_a_due_key_is_served_without_waiting_for_the_next_one(self):
        self.alpha.settings["kxover_wait"] = "30s"
        self.alpha.configure()
        self.alpha.kdc.restart()
        self.addCleanup(self.alpha.settings.pop, "kxover_wait")
        self.set_clocks(DUE)
        with faults.peer(self.bravo, peers.silent) as peer:
            def under_way():
                self.assertEqual(self.issued_with(self.alpha.kinit("alice")), self.first)
                return peer.connections
            wait_until(under_way, "an exchange to begin")
            bob = self.alpha.kinit("bob")
            self.assertEqual(self.issued_with(bob), self.first)
            bob.kvno(service_of(self.alpha))

    def test_what_was_issued_under_the_old_key_works_until_its_end(self):
        self.set_clocks(DUE)
        alice = self.alpha.kinit("alice")
        alice.kvno(self.crossover)
        self.ask_until_renewed()

        alice.kvno(service_of(self.bravo))

        self.assertIn(service_of(self.bravo), alice.tickets())

    def test_an_expired_key_is_never_served(self):
        self.set_clocks(OVER)
        with faults.peer(self.bravo, peers.hasty):
            self.assertFalse(self.alpha.kinit("alice").kvno(self.crossover, check=False).ok)

    def test_expired_versions_go_with_the_next_one(self):
        self.set_clocks(LONG_OVER)

        self.assertEqual(self.issued_with(self.alpha.kinit("alice")), self.first + 1)

        for realm in (self.alpha, self.bravo):
            self.assertEqual(self.versions(realm), {self.first + 1})
            self.assertNotIn(f"kxover_kvno_{self.first}:", realm.kadmin_local(f"getstrs {self.crossover}").stdout)


if __name__ == "__main__":
    import unittest
    unittest.main()
