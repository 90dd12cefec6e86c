"""Entries of crossovers that somebody has changed by hand: reported, served as they are, never overwritten."""

import re
import threading

from lab import faults, peers
from scenario import service_of
from versions import VersionScenario

LEFT_ALONE = r"cannot be read|that is not there|has no string attribute"


class Damaged(VersionScenario):
    """What may be done to an entry, and what then must be so."""

    def entry(self, realm):
        """The entry as it is in the database, all of it."""
        line, = [line for line in realm.kdb5_util("dump").stdout.splitlines()
                 if line.split("\t")[6:7] == [self.crossover]]
        return line

    def change(self, pattern, replacement):
        """Returns what changes, in a realm, what the mark says."""
        return lambda realm: self.set_mark(
            realm, self.first, re.sub(pattern, replacement, self.mark(realm, self.first)))

    def add_mark(self, name):
        """Returns what adds a mark, in a realm, that says what the right one says."""
        return lambda realm: self.set_mark(realm, name, self.mark(realm, self.first))

    def kadmin(self, command):
        """Returns what runs a command of kadmin's on the entry in a realm."""
        return lambda realm: realm.kadmin_local(f"{command} {self.crossover}")

    def make_by_hand(self, realm):
        mark = self.mark(realm, self.first)
        realm.kadmin_local(f"delprinc -force {self.crossover}", f"addprinc -randkey -kvno 1 {self.crossover}")
        self.set_mark(realm, self.first, mark)

    def damages(self):
        """What may be done to an entry's marks: how, and the attribute that the log is to name."""
        own, next_one = f"kxover_kvno_{self.first}", self.first + 1
        return {
            "garbage": (self.change("^.+", "nonsense"), own),
            "a day that there is not": (self.change(r"till=\d+-\d+", "till=2026-13"), own),
            "it ends before it begins": (self.change(r"till=\S+", "till=2020-01-01T00:00:00Z"), own),
            "an unknown field": (self.change(" group=", " colour=red group="), own),
            "a field is missing": (self.change(r" group=\S+", ""), own),
            "a field is there twice": (self.change(r"( group=\S+)", r"\1\1"), own),
            "of a version that is not there": (self.add_mark(next_one), f"kxover_kvno_{next_one}"),
            "of no version": (self.add_mark("x"), "kxover_kvno_x"),
            "a note of keys taken over": (lambda realm: realm.kadmin_local(
                f"setstr {self.crossover} kxover_adopted_1 till=tomorrow"), "kxover_adopted_1"),
            "of a version over 65535": (self.add_mark(65536), "kxover_kvno_65536"),
        }

    def rekeyings(self):
        """What may be done to its keys."""
        own = f"kxover_kvno_{self.first}"
        return {
            "keyed again": (self.kadmin("cpw -randkey"), own),
            "made anew by hand, with a mark": (self.make_by_hand, own),
            "keyed once more": (self.kadmin("cpw -randkey -keepold"), f"kxover_kvno_{self.first + 1}"),
        }

    def each(self, damages, realm, check):
        """Do these damages to the crossover of `realm`, one after the other, each to a fresh one, and
        check() each: it gets the damage's name and the attribute."""
        for what in damages():
            with self.subTest(what):
                self.begin_anew()
                damage, attribute = damages()[what]
                damage(realm)
                check(what, attribute)

    def assert_one_line(self, log, mark, attribute):
        """One line since `mark` tells what is wrong and what to do."""
        lines = log.lines(f"{re.escape(self.crossover)}: .*({LEFT_ALONE})", since=mark)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn(attribute, lines[0])
        self.assertIn("kadmin delstr", lines[0])

    def assert_listed(self, realm):
        """kxover list says of all versions that they are not kxover's."""
        rows = realm.kxover("list").stdout.splitlines()[1:]
        self.assertTrue(rows)
        for row in rows:
            self.assertIn("(by hand: marks damaged)", row)


class Outgoing(Damaged):
    """The entry of ALPHA, whose users go to BRAVO."""

    def assert_left_alone(self, what, attribute):
        del what
        mark, before = self.alpha.kdc.log.mark(), self.entry(self.alpha)
        with faults.peer(self.bravo, peers.silent) as peer:
            for _ in range(3):
                self.assertEqual(self.next_issued(), self.versions(self.alpha)[0])
            self.assertEqual(peer.connections, 0)
        self.assert_one_line(self.alpha.kdc.log, mark, attribute)
        self.assertEqual(self.entry(self.alpha), before)
        self.assert_listed(self.alpha)

    def test_with_damaged_marks_it_is_served_as_it_is(self):
        self.each(self.damages, self.alpha, self.assert_left_alone)

    def test_with_keys_set_by_hand_it_is_served_as_it_is(self):
        self.each(self.rekeyings, self.alpha, self.assert_left_alone)

    def test_without_its_keys_it_is_left_alone(self):
        self.alpha.kadmin_local(f"purgekeys -all {self.crossover}")
        mark, before = self.alpha.kdc.log.mark(), self.entry(self.alpha)

        for _ in range(3):
            self.assertFalse(self.alpha.kinit("bob").kvno(self.crossover, check=False).ok)

        self.assert_one_line(self.alpha.kdc.log, mark, f"kxover_kvno_{self.first}")
        self.assertEqual(self.entry(self.alpha), before)
        self.assert_listed(self.alpha)

    def test_without_the_keys_of_an_older_version_it_is_left_alone(self):
        self.end(self.first)
        self.next_issued()
        self.alpha.kadmin_local(f"purgekeys {self.crossover}")
        mark, before = self.alpha.kdc.log.mark(), self.entry(self.alpha)

        self.assertEqual(self.next_issued(), self.first + 1)

        self.assert_one_line(self.alpha.kdc.log, mark, f"kxover_kvno_{self.first}")
        self.assertEqual(self.entry(self.alpha), before)
        self.assert_listed(self.alpha)

    def test_mended_it_is_kxovers_again(self):
        self.add_mark(self.first + 1)(self.alpha)
        self.next_issued()
        self.alpha.kadmin_local(f"delstr {self.crossover} kxover_kvno_{self.first + 1}")
        self.end(self.first)

        self.assertEqual(self.next_issued(), self.first + 1)

    def test_deleted_it_is_made_anew(self):
        self.change("^.+", "nonsense")(self.alpha)
        self.next_issued()
        self.delete(self.alpha)

        self.assertEqual(self.next_issued(), self.first + 1)

    def test_the_log_tells_it_again_after_a_reload(self):
        self.change("^.+", "nonsense")(self.alpha)
        for _ in range(2):
            mark = self.alpha.kdc.log.mark()
            self.alpha.reload_kdc()
            self.next_issued()
            self.assert_one_line(self.alpha.kdc.log, mark, f"kxover_kvno_{self.first}")

    def test_damaged_while_an_exchange_is_under_way_it_takes_no_key(self):
        gate = peers.Gate()
        self.end(self.first)
        bob = self.alpha.kinit("bob")
        mark = self.alpha.kdc.log.mark()
        with faults.peer(self.bravo, peers.tampering(reply=gate)):
            asking = threading.Thread(target=bob.kvno, args=(self.crossover,), kwargs={"check": False})
            asking.start()
            gate.wait_for_one()
            self.change("^.+", "nonsense")(self.alpha)
            before = self.entry(self.alpha)
            gate.open()
            self.alpha.kdc.log.wait_for("(no crossover|agreed key is not used): .*cannot be read", since=mark)
            asking.join()
        self.assertEqual(self.entry(self.alpha), before)
        self.assertEqual(self.next_issued(), self.first)


class Incoming(Damaged):
    """The entry of BRAVO, to which users of ALPHA come."""

    # What takes away the key that ALPHA has.
    key_is_gone = {"keyed again", "made anew by hand, with a mark"}

    def assert_left_alone(self, what, attribute):
        kdc_mark, mark = self.bravo.kdc.log.mark(), self.bravo.kxoverd.log.mark()
        before = self.entry(self.bravo)
        for _ in range(3):
            session = self.alpha.kinit("alice")
            self.assertEqual(session.kvno(service_of(self.bravo), check=False).ok, what not in self.key_is_gone)
        self.assert_one_line(self.bravo.kdc.log, kdc_mark, attribute)
        self.delete(self.alpha)
        self.assertFalse(self.alpha.kinit("bob").kvno(self.crossover, check=False).ok)
        self.assert_one_line(self.bravo.kxoverd.log, mark, attribute)
        self.assertEqual(self.entry(self.bravo), before)
        self.assertNotIn(self.crossover, self.alpha.principals())
        self.assert_listed(self.bravo)

    def test_with_damaged_marks_it_is_served_as_it_is(self):
        self.each(self.damages, self.bravo, self.assert_left_alone)

    def test_with_keys_set_by_hand_it_is_served_as_it_is(self):
        self.each(self.rekeyings, self.bravo, self.assert_left_alone)

    def test_without_its_keys_it_is_left_alone(self):
        self.bravo.kadmin_local(f"purgekeys -all {self.crossover}")
        mark, before = self.bravo.kxoverd.log.mark(), self.entry(self.bravo)
        self.delete(self.alpha)

        self.assertFalse(self.alpha.kinit("bob").kvno(self.crossover, check=False).ok)

        self.assert_one_line(self.bravo.kxoverd.log, mark, f"kxover_kvno_{self.first}")
        self.assertEqual(self.entry(self.bravo), before)
        self.assert_listed(self.bravo)

    def test_deleted_it_is_made_anew(self):
        self.change("^.+", "nonsense")(self.bravo)
        for realm in (self.alpha, self.bravo):
            self.delete(realm)

        self.alpha.kinit("bob").kvno(service_of(self.bravo))


class Kept(Damaged):
    """The entry of ALPHA, whose kxoverd is to keep it renewed."""

    @classmethod
    def arrange(cls):
        super().arrange()
        cls.alpha.settings["kxover_keep"] = cls.bravo.name
        cls.alpha.configure()

    def assert_not_renewed(self):
        """kxoverd looks at the entry, and leaves it alone."""
        mark, before = self.alpha.kxoverd.log.mark(), self.entry(self.alpha)
        with faults.peer(self.bravo, peers.silent) as peer:
            self.alpha.kxoverd.restart()
            self.alpha.kxoverd.log.wait_for(f"{self.bravo.name}: crossover is not renewed: .*kadmin delstr",
                                            since=mark)
            self.assertEqual(peer.connections, 0)
        self.assertEqual(self.entry(self.alpha), before)

    def test_with_a_damaged_mark_it_is_not_renewed(self):
        self.change("^.+", "nonsense")(self.alpha)
        self.assert_not_renewed()

    def test_without_its_keys_it_is_not_made_anew(self):
        self.alpha.kadmin_local(f"purgekeys -all {self.crossover}")
        self.assert_not_renewed()
