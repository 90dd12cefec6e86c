"""Key version numbers: past 8, 15 and 16 bits, and never one again that somebody may still hold a ticket of."""

import re
import signal

from lab.realm import ADMIN
from scenario import service_of
from versions import VersionScenario

LAST = 65535


class Versions(VersionScenario):
    """A crossover whose numbers are driven on."""

    def renumber(self, kvno):
        """Give the only version of the crossover another number, in both databases."""
        for realm in (self.alpha, self.bravo):
            mark = self.mark(realm, self.first)
            realm.kadmin_local(f"modprinc -kvno {kvno} {self.crossover}",
                               f"delstr {self.crossover} kxover_kvno_{self.first}")
            self.set_mark(realm, kvno, mark)
        self.bravo.kxoverd.restart()

    def dump_and_load(self, realm):
        """Have the database written out and read in again; nothing of it is to change."""
        dump = realm.folder / "dump"
        realm.kdb5_util("dump", dump)
        before = dump.read_text()
        realm.kdb5_util("load", dump)
        self.assertEqual(realm.kdb5_util("dump").stdout, before)


class PastEachLimit(Versions):
    """A crossover rolls from version to version, with a dump and a load in between; a user has a ticket of
    each, and all of them are good at BRAVO at the same time."""

    def roll_through(self, *kvnos):
        """Roll from the first of these versions to the last."""
        self.renumber(kvnos[0])
        sessions = []
        for kvno in kvnos:
            if sessions:
                self.end(kvnos[len(sessions) - 1])
                for realm in (self.alpha, self.bravo):
                    self.dump_and_load(realm)
            session = self.alpha.kinit("alice")
            self.assertEqual(self.issued_with(session), kvno)
            sessions.append(session)
        # None of them can get another ticket now.
        self.alpha.kdc.stop()
        for session in sessions:
            session.kvno(service_of(self.bravo))
        self.alpha.kdc.start()
        for realm in (self.alpha, self.bravo):
            self.assert_all_tell_the_same(realm, kvnos)

    def assert_all_tell_the_same(self, realm, kvnos):
        """Every tool that shows key versions shows these, the newest being the last of them."""
        descending = sorted(kvnos, reverse=True)
        self.assertEqual(self.versions(realm), descending)
        query = f"getprinc {self.crossover}"
        for shown in (realm.kadmin_local(query).stdout,
                      realm.run("kadmin", "-p", ADMIN, "-w", realm.password(ADMIN), "-q", query).stdout):
            told = dict.fromkeys(int(kvno) for kvno in re.findall(r"Key: vno (\d+),", shown))
            self.assertEqual(list(told), descending)
        listed = [line.split()[2] for line in realm.kxover("list").stdout.splitlines()[1:]]
        self.assertEqual(listed, [str(kvno) for kvno in reversed(kvnos)])
        for kvno in kvnos:
            self.assertIn("peer=", self.mark(realm, kvno))

    def test_past_8_bits(self):
        self.roll_through(254, 255, 256, 257)

    def test_past_15_bits(self):
        self.roll_through(32766, 32767, 32768, 32769)

    def test_past_16_bits_it_begins_from_1(self):
        self.roll_through(65534, LAST, 1, 2)


class Wrapped(Versions):
    """BRAVO has versions 65535 and 1."""

    def setUp(self):
        super().setUp()
        self.renumber(LAST)
        self.end(LAST)
        self.assertEqual(self.next_issued(), 1)

    def test_the_kdc_issues_with_the_newest_and_not_with_the_highest(self):
        self.set_life(LAST, begin=-48, end=24)
        self.set_life(1, begin=-24, end=96)

        self.assertEqual(self.next_issued(), 1)

        self.assertEqual(self.versions(self.alpha), [LAST, 1])

    def test_a_service_realm_that_lost_its_entry_is_not_led_to_a_number_in_use(self):
        """ALPHA's highest is 65535, but what comes after that it has."""
        self.delete(self.bravo)
        self.bravo.kxoverd.restart()
        self.end(1)

        self.assertEqual(self.next_issued(), 2)

        self.assertEqual(self.versions(self.alpha), [LAST, 2, 1])

    def test_a_client_realm_that_lost_its_entry_goes_on(self):
        self.delete(self.alpha)

        self.assertEqual(self.next_issued(), 2)

        self.assertEqual(self.versions(self.bravo), [LAST, 2, 1])


class MadeAnew(Versions):
    """A crossover is deleted and made anew."""

    def test_the_client_realm_deleted_it(self):
        self.delete(self.alpha)

        self.assertEqual(self.next_issued(), self.first % LAST + 1)

        self.alice.kvno(service_of(self.bravo))

    def test_the_service_realm_deleted_it(self):
        self.delete(self.bravo)
        self.bravo.kxoverd.restart()
        self.end(self.first)

        self.assertEqual(self.next_issued(), self.first % LAST + 1)

    def test_both_deleted_it(self):
        for realm in (self.alpha, self.bravo):
            self.delete(realm)

        self.assertEqual(self.next_issued(), self.first % LAST + 1)

    def test_both_deleted_it_and_kxoverd_read_its_settings_again(self):
        for realm in (self.alpha, self.bravo):
            self.delete(realm)
        mark = self.bravo.kxoverd.log.mark()
        self.bravo.kxoverd.signal(signal.SIGHUP)
        self.bravo.kxoverd.log.wait_for("read again", since=mark)

        self.assertEqual(self.next_issued(), self.first % LAST + 1)

    def test_a_ticket_from_before_is_refused_and_a_new_one_is_good(self):
        for realm in (self.alpha, self.bravo):
            self.delete(realm)
        bob = self.alpha.kinit("bob")
        bob.kvno(service_of(self.bravo))

        self.assertFalse(self.alice.kvno(service_of(self.bravo), check=False).ok)

        self.assertIn(service_of(self.bravo), bob.tickets())


class MadeAnewLater(Versions):
    """A crossover is deleted on both sides and made anew by a kxoverd that remembers nothing."""

    @classmethod
    def arrange(cls):
        super().arrange()
        for realm in (cls.alpha, cls.bravo):
            realm.give_clock()

    def test_its_number_is_of_another_minute(self):
        for realm in (self.alpha, self.bravo):
            self.delete(realm)
            realm.clock.set(10 * 60)
            self.addCleanup(realm.clock.set, 0)
        self.bravo.kxoverd.restart()

        later = self.next_issued()

        # A slow machine may take a few minutes more.
        self.assertIn((later - self.first) % LAST, range(10, 15))
