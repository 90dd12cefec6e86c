"""Keys are renewed before their end, and nobody loses a ticket over it."""

import re
import signal

from lab import faults, peers
from lab.process import run
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
        self.alpha.kxoverd.stop()  # which may be faster with a realm that is named
        self.set_clocks(0)
        for realm in (self.alpha, self.bravo):
            if self.crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {self.crossover}")
            realm.forget_dns()
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.first, = self.versions()
        self.alpha.kxoverd.start()
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

    def look(self, realm=None):
        """Have kxoverd look through the database now, and wait until it has; what it says it found: how many
        crossovers are due, and how many are over."""
        daemon = (realm or self.alpha).kxoverd
        mark = daemon.log.mark()
        daemon.signal(signal.SIGHUP)
        line = daemon.log.wait_for("looked through the database", since=mark)
        return tuple(int(number) for number in re.search(r"(\d+) crossovers are due for renewal, (\d+)", line).groups())


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

    def test_a_key_that_cannot_be_written_settles_like_any_other(self):
        self.set_clocks(DUE)
        mark = self.alpha.kdc.log.mark()
        with faults.database_locked(self.alpha):
            def in_memory():
                self.assertEqual(self.issued_with(self.alpha.kinit("bob")), self.first)
                return self.alpha.kdc.log.lines("key is served from memory", since=mark)
            wait_until(in_memory, "the next key version")
            self.assertEqual(self.issued_with(self.alpha.kinit("alice")), self.first)
            self.set_clocks(DUE + SETTLED)
            self.assertEqual(self.issued_with(self.alpha.kinit("alice")), self.first + 1)

    def test_what_was_issued_under_the_old_key_works_until_its_end(self):
        self.set_clocks(DUE)
        alice = self.alpha.kinit("alice")
        alice.kvno(self.crossover)
        self.ask_until_renewed()

        alice.kvno(service_of(self.bravo))

        self.assertIn(service_of(self.bravo), alice.tickets())

    def test_a_ticket_works_until_its_end_by_the_clock_of_the_realm_that_issued_it(self):
        """BRAVO's clock is ahead, by less than what krb5 forgives, and there the key is over."""
        self.set_clocks(14 * DAY - 120)
        alice = self.alpha.kinit("alice")
        with faults.peer(self.bravo, peers.hasty):
            self.assertEqual(self.issued_with(alice), self.first)
        self.bravo.clock.set(14 * DAY + 120)

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


class InKxoverd(Clocks):
    """kxoverd of ALPHA keeps the crossovers that were used last, at most ten of them."""

    keep = "10"

    def test_a_due_crossover_that_was_used_is_renewed_with_nobody_asking(self):
        self.set_clocks(DUE)

        self.look()

        wait_until(lambda: self.versions() == {self.first, self.first + 1}, "the next key version")
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))
        self.set_clocks(DUE + SETTLED)
        alice = self.alpha.kinit("alice")
        self.assertEqual(self.issued_with(alice), self.first + 1)
        alice.kvno(service_of(self.bravo))

    def test_one_that_nobody_used_with_its_present_key_is_not(self):
        self.alpha.kadmin_local(f"setstr {self.crossover} kxover_used 2026-01-01T00:00:00Z")
        self.set_clocks(DUE)

        self.assertEqual(self.look(), (0, 0))

    def test_one_that_is_not_due_is_not(self):
        self.set_clocks(9 * DAY)

        self.assertEqual(self.look(), (0, 0))

    def test_one_that_ended_after_its_last_use_is_renewed_too(self):
        """The daemon was off for a while."""
        self.set_clocks(OVER)

        self.look()

        wait_until(lambda: self.first + 1 in self.versions(), "the next key version")

    def test_a_key_set_by_hand_is_left_alone(self):
        self.alpha.kadmin_local(f"delprinc -force {self.crossover}", f"addprinc -pw by-hand {self.crossover}")
        self.set_clocks(DUE)

        self.assertEqual(self.look(), (0, 0))

    def test_the_kdc_and_kxoverd_at_once_do_no_harm(self):
        self.set_clocks(DUE)
        with faults.peer(self.bravo, peers.slow(1)) as peer:
            def both_under_way():
                self.alpha.kinit("bob").kvno(self.crossover)
                return peer.connections
            wait_until(both_under_way, "the KDC to begin")
            self.look()

            def both_done():
                self.alpha.kinit("bob").kvno(self.crossover)
                return len(self.versions()) == 3
            wait_until(both_done, "two further key versions")

        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))
        self.set_clocks(DUE + SETTLED)
        alice = self.alpha.kinit("alice")
        self.assertIn(self.issued_with(alice), self.versions() - {self.first})
        alice.kvno(service_of(self.bravo))

    def test_of_more_than_are_kept_those_used_last_count(self):
        charlie, = self.lab.add_realms("CHARLIE.EXAMPLE")
        other = self.alpha.crossover_to(charlie)
        self.addCleanup(self.alpha.kadmin_local, f"delprinc -force {other}")
        self.alpha.kinit("alice").kvno(other)
        self.set_clocks(2 * DAY)
        now = self.alpha.run("date", "-u", "+%Y-%m-%dT%H:%M:%SZ").stdout.strip()
        self.alpha.kadmin_local(f"setstr {other} kxover_used {now}")
        self.set_clocks(DUE)

        def kept(number):
            found = run([self.lab.build.daemon, "-l", number], self.alpha.env).stdout
            return re.findall(r"^due (\S+)$", found, re.MULTILINE)

        self.assertEqual(kept(0), [])
        self.assertEqual(kept(1), ["CHARLIE.EXAMPLE"])
        self.assertEqual(kept(2), ["CHARLIE.EXAMPLE", "BRAVO.EXAMPLE"])

    def test_the_use_of_a_key_is_noted_a_few_times_in_its_life(self):
        noted = []
        for day in (0, 1, 3, 4, 5, 8):
            self.set_clocks(day * DAY)
            self.alpha.kinit("alice").kvno(self.crossover)
            noted.append(self.used())
        self.assertEqual([noted[i] == noted[i - 1] for i in range(1, 6)], [True, True, False, True, False])

    def test_a_database_that_is_locked_keeps_no_use_waiting(self):
        self.set_clocks(5 * DAY)
        before = self.used()
        with faults.database_locked(self.alpha):
            self.assertEqual(self.issued_with(self.alpha.kinit("alice")), self.first)
        self.assertEqual(self.used(), before)

    def used(self):
        """When the crossover's use was noted."""
        return re.search(r"kxover_used: (\S+)", self.alpha.kadmin_local(f"getstrs {self.crossover}").stdout)[1]


class ByName(Clocks):
    """kxover_keep of ALPHA names BRAVO, and a realm that there is not; nothing else is kept."""

    keep = "0 BRAVO.EXAMPLE NOBODY.EXAMPLE"

    def look_and_do(self):
        """Have kxoverd look, and wait until it has come to the realm that there is not."""
        mark = self.alpha.kxoverd.log.mark()
        self.look()
        self.alpha.kxoverd.log.wait_for("NOBODY.EXAMPLE.*no crossover", since=mark)

    def test_it_gets_its_key_before_anybody_asks(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")

        self.alpha.kxoverd.restart()

        wait_until(self.versions, "the first key")
        with faults.peer(self.bravo, peers.hasty):
            self.alpha.kinit("alice").kvno(self.crossover)
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))

    def test_it_is_renewed_though_nobody_used_it(self):
        self.alpha.kadmin_local(f"delstr {self.crossover} kxover_used")
        self.set_clocks(DUE)

        self.look()

        wait_until(lambda: len(self.versions()) == 2, "the next key version")

    def test_it_is_left_alone_until_it_is_due(self):
        self.set_clocks(9 * DAY)

        with faults.peer(self.bravo, peers.silent) as peer:
            self.look_and_do()
            self.look_and_do()  # by then the first one would have come so far
            self.assertEqual(peer.connections, 0)

    def test_a_key_set_by_hand_is_left_alone(self):
        self.alpha.kadmin_local(f"delprinc -force {self.crossover}", f"addprinc -pw by-hand {self.crossover}")

        with faults.peer(self.bravo, peers.silent) as peer:
            self.look_and_do()
            self.look_and_do()  # by then the first one would have come so far
            self.assertEqual(peer.connections, 0)

    def test_nothing_else_is_renewed_though_it_was_used(self):
        charlie, = self.lab.add_realms("CHARLIE.EXAMPLE")
        other = self.alpha.crossover_to(charlie)
        self.alpha.kinit("alice").kvno(other)
        keys = self.alpha.keyinfo(other)
        self.set_clocks(DUE)

        self.assertEqual(self.look(), (0, 0))
        wait_until(lambda: len(self.versions()) == 2, "the next key version of the named realm")

        self.assertEqual(self.alpha.keyinfo(other), keys)


class AfterTheEnd(Clocks):
    """Nobody has used a crossover for long, on either side.  (Where keys may live so short, kxoverd looks each
    second.)"""

    @classmethod
    def arrange(cls):
        super().arrange()
        for realm in (cls.alpha, cls.bravo):
            realm.settings["kxover_lifetime_min"] = "10s"
            realm.configure()

    def setUp(self):
        super().setUp()
        self.set_clocks(LONG_OVER)

    def test_it_is_removed_on_both_sides(self):
        for realm in (self.alpha, self.bravo):
            self.look(realm)
            wait_until(lambda: self.crossover not in realm.principals(), "the entry to go")

        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))

    def test_it_stays_where_an_administrator_has_set_something(self):
        self.alpha.kadmin_local(f"modprinc -maxlife 1h {self.crossover}")

        self.assertEqual(self.look(), (0, 0))

    def test_it_stays_for_two_days_after_its_end(self):
        self.set_clocks(OVER)

        self.assertEqual(self.look(self.bravo), (0, 0))


class InMemory(Scenario):
    """ALPHA's KDC holds a key in memory, which its database does not take: it has another of that number."""

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        charlie, = cls.lab.add_realms("CHARLIE.EXAMPLE")
        cls.charlie = cls.alpha.crossover_to(charlie)

    def setUp(self):
        self.alpha.kdc.restart()
        self.alpha.kinit("alice").kvno(self.crossover)
        before, = self.versions()
        dump = self.alpha.folder / "crossover.dump"
        self.alpha.kdb5_util("dump", dump, self.crossover)
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")
            self.addCleanup(realm.kadmin_local, f"delprinc -force {self.crossover}")
        with faults.database_locked(self.alpha):
            self.kvno = self.issued_with(self.alpha.kinit("alice"))
        dump.write_text(self.renumbered(dump.read_text(encoding="ascii"), before, self.kvno), encoding="ascii")
        self.alpha.kdb5_util("load", "-update", dump)
        self.assertEqual(self.versions(), {self.kvno})
        self.wait_until_written()

    def wait_until_written(self):
        """Wait until the KDC writes to its database again, which was locked."""
        def written():
            self.issued_with(self.alpha.kinit("bob"), self.charlie)
            return self.charlie in self.alpha.principals()
        wait_until(written, "a key to be written")
        self.alpha.kadmin_local(f"delprinc -force {self.charlie}")

    @staticmethod
    def renumbered(dump, before, after):
        """The dump of a crossover with another version number, in its mark and at its keys."""
        names = [f"kxover_kvno_{number}".encode("ascii").hex() for number in (before, after)]
        assert len(names[0]) == len(names[1])
        return dump.replace(*names).replace(f"\t1\t{before}\t", f"\t1\t{after}\t")

    def versions(self):
        return {kvno for kvno, _ in self.alpha.keyinfo(self.crossover)}

    @staticmethod
    def issued_with(session, crossover=None):
        """The version that the session's ticket for another realm is issued under."""
        realm = session.realm
        answer = session.kvno(crossover or realm.crossover_to(realm.lab.realm("BRAVO.EXAMPLE")))
        return int(answer.stdout.split("kvno = ")[1])

    def test_it_is_served_all_the_same(self):
        alice = self.alpha.kinit("alice")

        self.assertEqual(self.issued_with(alice), self.kvno)
        alice.kvno(service_of(self.bravo))

    def test_other_keys_are_written_at_once(self):
        self.issued_with(self.alpha.kinit("alice"))

        self.issued_with(self.alpha.kinit("bob"), self.charlie)

        self.assertIn(self.charlie, self.alpha.principals())

    def test_it_goes_when_the_administrator_deletes_the_crossover(self):
        alice = self.alpha.kinit("alice")
        self.assertEqual(self.issued_with(alice), self.kvno)
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")

        bob = self.alpha.kinit("bob")
        kvno = self.issued_with(bob)

        self.assertEqual(self.versions(), {kvno})
        bob.kvno(service_of(self.bravo))


if __name__ == "__main__":
    import unittest
    unittest.main()
