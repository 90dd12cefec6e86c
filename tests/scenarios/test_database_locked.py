"""A database that cannot be written for a while costs nobody a ticket."""

import time

from lab import faults
from lab.waiting import wait_until
from scenario import Scenario, service_of

# Well under what a dump of a large database takes, well over what a crossover does.
SOON = 5.0


class DatabaseLocked(Scenario):
    """Somebody holds the lock of ALPHA's database against writing, as a dump does."""

    def setUp(self):
        crossover = self.alpha.crossover_to(self.bravo)
        for realm in (self.alpha, self.bravo):
            if crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {crossover}")
            realm.kdc.restart()  # which forgets the keys that it holds in memory

    def test_a_first_contact_is_served_from_memory(self):
        alice = self.alpha.kinit("alice")
        mark = self.alpha.kdc.log.mark()

        with faults.database_locked(self.alpha):
            alice.run("kvno", service_of(self.bravo), timeout=SOON)

        self.assertIn(service_of(self.bravo), alice.tickets())
        self.alpha.kdc.log.wait_for("key is served from memory .*locked by another program", since=mark)

    def test_the_realms_own_users_are_served_meanwhile(self):
        alice = self.alpha.kinit("alice")

        with faults.database_locked(self.alpha):
            alice.run("kvno", service_of(self.bravo), timeout=SOON)
            bob = self.alpha.kinit("bob")
            bob.run("kvno", service_of(self.alpha), timeout=SOON)

        self.assertIn(service_of(self.alpha), bob.tickets())

    def test_the_key_is_written_once_the_lock_is_gone(self):
        crossover = self.alpha.crossover_to(self.bravo)
        with faults.database_locked(self.alpha):
            self.alpha.kinit("alice").run("kvno", service_of(self.bravo), timeout=SOON)
        self.assertNotIn(crossover, self.alpha.principals())

        def asked_again():
            time.sleep(0.5)
            self.alpha.kinit("bob").kvno(crossover)
            return crossover in self.alpha.principals()
        wait_until(asked_again, "the key to be written")

        self.assertEqual(self.alpha.keyinfo(crossover), self.bravo.keyinfo(crossover))
