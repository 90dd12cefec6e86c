"""BRAVO.EXAMPLE has a second KDC with a copy of the database, which incremental propagation brings it."""

import re
import unittest

from lab import faults
from lab.gss import converse
from lab.replica import PropagatingRealm
from lab.waiting import wait_until
from scenario import BRAVO, Scenario, service_of
from test_renewal import DUE, SETTLED, Clocks


class WithCopy(Scenario):
    """A realm with a copy, and a way to say whom clients ask first."""

    kinds = {BRAVO: PropagatingRealm}

    @classmethod
    def arrange(cls):
        cls.primary, cls.copy = cls.bravo.kdcs
        cls.crossover = cls.alpha.crossover_to(cls.bravo)

    def find_kdcs(self, *kdcs):
        """From now on clients find these KDCs of BRAVO.EXAMPLE, in this order."""
        self.bravo.kdcs[:] = kdcs
        for realm in (self.alpha, self.bravo):
            realm.configure()

    def propagate(self):
        """Bring the copy what has changed."""
        wait_until(lambda: self.copy.fetch() or self.last_serial(self.copy) == self.last_serial(self.primary),
                   "the copy to be that of now")

    def last_serial(self, kdc):
        """The number of the last change that the update log of a KDC has."""
        return re.search(r"Last serial # : (\S+)", kdc.run("kproplog", "-h").stdout)[1]


class Propagation(WithCopy):
    """A crossover was made with the primary, and users of ALPHA.EXAMPLE come to the copy."""

    def setUp(self):
        for realm in (self.alpha, self.bravo):
            if self.crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {self.crossover}")
        self.propagate()
        self.alpha.kdc.restart()
        self.alice = self.alpha.kinit("alice")
        self.alice.kvno(self.crossover)
        self.assertIn(self.crossover, self.primary.principals())

    def test_the_log_of_changes_has_it(self):
        log = self.primary.run("kproplog").stdout
        self.assertIn(f"Update principal : {self.crossover}", log)

    def test_the_copy_has_the_same_keys_once_it_is_propagated(self):
        self.assertNotIn(self.crossover, self.copy.principals())
        self.propagate()
        self.assertEqual(self.copy.keyinfo(self.crossover), self.primary.keyinfo(self.crossover))

    def test_a_copy_without_it_sends_users_on_to_the_primary(self):
        self.find_kdcs(self.copy, self.primary)
        mark = self.primary.kdc.log.mark()

        self.alice.kvno(service_of(self.bravo))

        self.copy.kdc.log.wait_for("has not come here from the realm's other KDCs")
        self.primary.kdc.log.wait_for(f"ISSUE: .* for {service_of(self.bravo)}", since=mark)

    def test_a_copy_with_an_older_key_alone_sends_users_on_to_the_primary(self):
        self.propagate()
        older = self.copy.keyinfo(self.crossover)
        self.alpha.kadmin_local(f"delprinc -force {self.crossover}")
        alice = self.alpha.kinit("alice")
        alice.kvno(self.crossover)
        self.find_kdcs(self.copy, self.primary)
        mark = self.primary.kdc.log.mark()

        alice.kvno(service_of(self.bravo))

        self.assertEqual(self.copy.keyinfo(self.crossover), older)
        self.primary.kdc.log.wait_for(f"ISSUE: .* for {service_of(self.bravo)}", since=mark)

    def test_the_copy_serves_it_once_it_is_propagated(self):
        self.propagate()
        self.find_kdcs(self.copy)

        self.alice.kvno(service_of(self.bravo))

        self.assertIn('Received message: "hello"', converse(self.alice, self.bravo, "hello").server)

    def test_a_primary_without_it_says_so_at_once(self):
        """There is nobody to ask after it."""
        self.bravo.kadmin_local(f"delprinc -force {self.crossover}")
        self.find_kdcs(self.primary)

        refusal = self.alice.run("kvno", service_of(self.bravo), check=False, timeout=10)

        self.assertFalse(refusal.ok)
        self.assertIn("not found in Kerberos database", refusal.output)

    def test_a_realm_that_is_refused_is_not_sent_on(self):
        self.copy.settings["kxover_realms"] = f"!{self.alpha.name}"
        self.addCleanup(self.copy.kdc.restart)
        self.addCleanup(self.copy.configure)
        self.addCleanup(self.copy.settings.pop, "kxover_realms")
        self.copy.configure()
        self.copy.kdc.restart()
        self.find_kdcs(self.copy)

        refusal = self.alice.run("kvno", service_of(self.bravo), check=False, timeout=10)

        self.assertFalse(refusal.ok)
        self.assertIn("not found in Kerberos database", refusal.output)


class RenewedInMemory(Clocks):
    """A key is due that is in memory, and the other realm may have a copy that lacks the new one for a while."""

    def test_the_older_key_goes_on_for_a_while(self):
        self.addCleanup(self.alpha.kdc.restart)
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.settings.pop, "kxover_store")
        self.alpha.settings["kxover_store"] = "memory"
        self.alpha.configure()
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")
        self.alpha.kdc.restart()
        first = self.issued_with(self.alpha.kinit("alice"))
        self.set_clocks(DUE)

        def asked():
            self.assertEqual(self.issued_with(self.alpha.kinit("bob")), first)
            return len(self.versions(self.bravo)) > 1
        wait_until(asked, "the next key version")

        self.assertEqual(self.issued_with(self.alpha.kinit("bob")), first)
        self.set_clocks(DUE + SETTLED)
        self.assertEqual(self.issued_with(self.alpha.kinit("bob")), first + 1)


class PeersAndTheCopy(WithCopy):
    """DNS names the copy's KDC first, which has no TLSA record."""

    def test_other_realms_pass_it_over(self):
        def primary_last(lines):
            return [line.replace(" SRV 0 0 ", " SRV 10 0 ") if f" {self.primary.kdc_host}." in line else line
                    for line in lines]

        with faults.records(self.bravo.zone, primary_last):
            self.alpha.forget_dns()
            self.alpha.kinit("alice").kvno(self.crossover)

        self.assertEqual(self.primary.keyinfo(self.crossover), self.alpha.keyinfo(self.crossover))


class KxoverdAtTheCopy(WithCopy):
    """At the copy there is a kxoverd, too, and DNS names it first."""

    def test_it_makes_no_keys_and_peers_go_on_to_the_primary(self):
        self.copy.daemon_port = self.lab.ports.take()
        self.copy.configure()
        self.copy.kxoverd.start()
        records = self.copy.kxover("dns", "-r", BRAVO, "--host", self.copy.kdc_host, "--port",
                                   self.copy.daemon_port).stdout.splitlines()

        with faults.records(self.bravo.zone, lambda lines: [
                *(line.replace(" SRV 0 0 ", " SRV 10 0 ") for line in lines), *records]):
            self.alpha.forget_dns()
            self.alpha.kinit("alice").kvno(self.crossover)

        self.copy.kxoverd.log.wait_for("refused .* copy of the database")
        self.assertNotIn(self.crossover, self.copy.principals())
        self.assertEqual(self.primary.keyinfo(self.crossover), self.alpha.keyinfo(self.crossover))


class Outgoing(WithCopy):
    """Users of BRAVO.EXAMPLE ask the copy for ALPHA.EXAMPLE."""

    def setUp(self):
        self.outgoing = self.bravo.crossover_to(self.alpha)
        for kdc in (self.alpha, self.primary, self.copy):
            if self.outgoing in kdc.principals():
                kdc.kadmin_local(f"delprinc -force {self.outgoing}")
            kdc.kdc.restart()
        self.find_kdcs(self.copy)

    def versions(self, kdc):
        return {kvno for kvno, _ in kdc.keyinfo(self.outgoing)}

    def assert_served_from_memory(self):
        """All users of the copy share a key that is in no database of BRAVO.EXAMPLE."""
        for user in ("alice", "bob"):
            session = self.bravo.kinit(user)
            session.kvno(service_of(self.alpha))
            self.assertIn(f'Received message: "{user}"', converse(session, self.alpha, user).server)
        self.assertEqual(len(self.versions(self.alpha)), 1)
        for kdc in (self.primary, self.copy):
            self.assertNotIn(self.outgoing, kdc.principals())

    def test_a_copy_that_cannot_be_written_serves_from_memory(self):
        mark = self.copy.kdc.log.mark()
        with faults.database_read_only(self.copy):
            self.assert_served_from_memory()
        self.copy.kdc.log.wait_for(f"{self.outgoing}: key is served from memory", since=mark)

    def test_a_copy_that_is_not_to_be_written_serves_from_memory(self):
        self.copy.settings["kxover_store"] = "memory"
        self.addCleanup(self.copy.kdc.restart)
        self.addCleanup(self.copy.configure)
        self.addCleanup(self.copy.settings.pop, "kxover_store")
        self.copy.configure()
        self.copy.kdc.restart()
        mark = self.copy.kdc.log.mark()

        self.assert_served_from_memory()

        self.assertEqual(self.copy.kdc.log.lines("until the database can be written", since=mark), [])

    def test_the_copy_agrees_on_a_key_of_its_own(self):
        alice = self.bravo.kinit("alice")
        alice.kvno(service_of(self.alpha))
        self.assertIn('Received message: "from the copy"', converse(alice, self.alpha, "from the copy").server)
        own = self.versions(self.copy)

        self.find_kdcs(self.primary)
        self.bravo.kinit("bob").kvno(service_of(self.alpha))

        self.assertNotEqual(self.versions(self.primary), own)
        self.assertEqual(self.versions(self.alpha), own | self.versions(self.primary))


if __name__ == "__main__":
    unittest.main()
