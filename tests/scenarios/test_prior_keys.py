"""A new key builds on the keys of before: whoever recorded all that was said, and one day breaks it, still lacks those."""

import os
import re
import time
from pathlib import Path

from lab import faults, peers
from lab.gss import converse
from lab.process import run
from lab.realm import Realm
from lab.waiting import wait_until
from scenario import ALPHA, BRAVO, Scenario, service_of

HOUR = 3600


def marks(realm, principal):
    """The marks of a crossover's key versions: for each version its fields."""
    shown = realm.kadmin_local(f"getstrs {principal}", check=False).stdout
    return {int(kvno): dict(field.split("=", 1) for field in value.split())
            for kvno, value in re.findall(r"^kxover_kvno_(\d+): (.*)$", shown, re.MULTILINE)}


def chains(realm, principal):
    """Of each key version of a crossover, the oldest first, how many prior keys it has, and how long its
    chain is."""
    return [(int(mark["prior"]), int(mark["chain"])) for kvno, mark in sorted(marks(realm, principal).items())]


def end(realm, principal):
    """Let all key versions of a crossover have ended an hour ago, as the realm's own entry has it."""
    def text(seconds_ago):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds_ago))

    for age, (kvno, mark) in enumerate(sorted(marks(realm, principal).items(), reverse=True)):
        mark.update(established=text(2 * HOUR + age), till=text(HOUR + age))
        value = " ".join(f"{name}={value}" for name, value in mark.items())
        realm.kadmin_local(f'setstr {principal} kxover_kvno_{kvno} "{value}"')


class PriorKeys(Scenario):
    """Users of ALPHA go to BRAVO, again and again, and each time the key of before has ended."""

    def setUp(self):
        self.crossover = self.alpha.crossover_to(self.bravo)
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}", check=False)

    def exchange(self):
        """Have the KDC of ALPHA make a key.  Returns what both realms tell of it in their logs."""
        end(self.alpha, self.crossover)
        mark = self.alpha.kdc.log.mark(), self.bravo.kxoverd.log.mark()
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        return (self.alpha.kdc.log.lines(re.escape(self.crossover), since=mark[0]),
                self.bravo.kxoverd.log.lines(re.escape(self.crossover), since=mark[1]))

    def assert_chains(self, expected):
        for realm in (self.alpha, self.bravo):
            with self.subTest(realm.name):
                self.assertEqual(chains(realm, self.crossover), expected)

    def test_each_key_builds_on_those_before(self):
        self.exchange()
        of_a_version = len(self.alpha.keyinfo(self.crossover))
        self.assertGreater(of_a_version, 0)
        self.assert_chains([(0, 1)])

        self.exchange()
        self.assert_chains([(0, 1), (of_a_version, 2)])

        self.exchange()
        self.assert_chains([(0, 1), (of_a_version, 2), (2 * of_a_version, 3)])

    def test_the_keys_themselves_never_travel(self):
        """Nor does anything else that is the same in two requests that name the same keys."""
        self.exchange()
        requests, replies = [], []
        with faults.peer(self.bravo, peers.recording(requests, replies)):
            self.exchange()
            self.bravo.kadmin_local(f"delprinc -force {self.crossover}")
            self.exchange()
        checks = [set(re.findall(rb"\xa2\x12\x04\x10(.{16})", request, re.DOTALL)) for request in requests]
        self.assertEqual([len(found) > 0 for found in checks], [True, True])
        self.assertFalse(checks[0] & checks[1])

    def test_a_key_deleted_on_one_side_breaks_the_chain_and_both_say_so(self):
        for there in (self.bravo, self.alpha):
            with self.subTest(f"deleted at {there.name}"):
                self.exchange()
                self.exchange()
                there.kadmin_local(f"delprinc -force {self.crossover}")

                told = self.exchange()

                for realm, lines in zip((self.alpha, self.bravo), told):
                    self.assertEqual(chains(realm, self.crossover)[-1], (0, 1))
                    if realm is not there or realm is self.bravo:
                        self.assertRegex("\n".join(lines), "the new key does not build on earlier ones")

    def test_a_key_that_differs_on_both_sides_is_left_out_and_costs_nobody_a_ticket(self):
        """As it is when one of the databases was restored from a backup."""
        self.exchange()
        kvno, = marks(self.alpha, self.crossover)
        for realm in (self.alpha, self.bravo):
            text = " ".join(f"{name}={value}" for name, value in marks(realm, self.crossover)[kvno].items())
            realm.kadmin_local(f"modprinc -lockdown_keys {self.crossover}", f"cpw -randkey {self.crossover}",
                               f"delstr {self.crossover} kxover_kvno_{kvno}",
                               f'setstr {self.crossover} kxover_kvno_{kvno + 1} "{text}"')
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))

        told = self.exchange()

        for realm, lines in zip((self.alpha, self.bravo), told):
            self.assertEqual(chains(realm, self.crossover), [(0, 1), (0, 1)])
            self.assertRegex("\n".join(lines), "the new key does not build on earlier ones")


class HeldInMemory(Scenario):
    """The KDC of ALPHA writes nothing into its database."""

    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.settings.update(kxover_lifetime="12s", kxover_lifetime_min="10s")
        cls.alpha.settings["kxover_store"] = "memory"
        for realm in (cls.alpha, cls.bravo):
            realm.configure()
            realm.stop()
            realm.start()

    def test_a_renewed_key_builds_on_the_one_in_memory(self):
        crossover = self.alpha.crossover_to(self.bravo)

        def renewed():
            self.alpha.kinit("alice").kvno(service_of(self.bravo))
            return self.alpha.kdc.log.lines(f"{crossover}: key version .* chain=2 ")
        wait_until(renewed, "the key to be renewed")

        self.assertNotIn(crossover, self.alpha.principals())
        self.assertEqual([chain for _, chain in chains(self.bravo, crossover)][:2], [1, 2])


class Overheard(Realm):
    """A realm whose servers' ephemeral keys become known, every one of them."""

    @property
    def ephemerals(self):
        return self.folder / "ephemerals"

    @property
    def env(self):
        library = self.lab.build.folder / "tests/scenarios/.libs/ephemerals.so"
        return self.lab.sanitizers.preload({**super().env, "KX_EPHEMERALS": str(self.ephemerals)}, library)


class TheRecordingParty(Scenario):
    """Somebody recorded two exchanges of ALPHA and BRAVO, and years later knows the ephemeral keys of both
    sides.  The second exchange mixed the keys of the first in."""

    kinds = {ALPHA: Overheard, BRAVO: Overheard}

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        cls.folder = cls.alpha.folder
        cls.recordings = []
        cls.stored = []
        for number in range(2):
            cls.keytab(f"before-{number}", cls.alpha)
            requests, replies = [], []
            with faults.peer(cls.bravo, peers.recording(requests, replies)):
                end(cls.alpha, cls.crossover)
                cls.alpha.kinit("alice").kvno(service_of(cls.bravo))
            request, reply = cls.folder / f"request-{number}", cls.folder / f"reply-{number}"
            request.write_bytes(requests[-1])
            reply.write_bytes(replies[-1])
            cls.recordings.append((request, reply))
            cls.stored.append([cls.newest_keys(cls.keytab(f"after-{number}-{realm.name}", realm))
                               for realm in (cls.alpha, cls.bravo)])
        known = cls.folder / "known"
        known.write_text(cls.alpha.ephemerals.read_text() + cls.bravo.ephemerals.read_text())

    @classmethod
    def keytab(cls, name, realm):
        """Put the keys that a realm has of the crossover, if it has, into a file of that name."""
        keytab = cls.folder / name
        realm.kadmin_local(f"ktadd -norandkey -k {keytab} host/{realm.service_host}")
        realm.kadmin_local(f"ktadd -norandkey -k {keytab} {cls.crossover}", check=False)
        return keytab

    @classmethod
    def newest_keys(cls, keytab):
        """The keys of the crossover's newest version in a keytab."""
        listed = cls.alpha.run("klist", "-k", "-K", f"FILE:{keytab}").stdout
        keys = re.findall(rf"^ *(\d+) {re.escape(cls.crossover)} .*\(0x([0-9a-f]+)\)", listed, re.MULTILINE)
        newest = max(int(kvno) for kvno, _ in keys)
        return {key for kvno, key in keys if int(kvno) == newest}

    def recompute(self, number, *lacking):
        """What that party makes of an exchange: how many prior keys it took, the keys, and whether it sees
        them confirmed."""
        program = Path(os.environ.get("KXOVER_BUILD", os.curdir), "tests/scenarios/recompute").resolve()
        told = run([program, *self.recordings[number], self.folder / "known",
                    self.folder / f"before-{number}", *map(str, lacking)], self.lab.env).stdout
        return (int(re.search(r"^prior (\d+)$", told, re.MULTILINE).group(1)),
                set(re.findall(r"^key ([0-9a-f]+)$", told, re.MULTILINE)), "\nconfirmed" in told)

    def test_the_first_key_is_that_partys(self):
        """So what it lacks later is nothing but the prior keys."""
        prior, keys, confirmed = self.recompute(0)
        self.assertEqual((prior, confirmed), (0, True))
        self.assertEqual([keys, keys], self.stored[0])

    def test_with_every_prior_key_it_has_exactly_the_stored_key(self):
        prior, keys, confirmed = self.recompute(1)
        self.assertEqual((prior, confirmed), (len(self.stored[0][0]), True))
        self.assertEqual([keys, keys], self.stored[1])

    def test_without_one_prior_key_it_has_nothing(self):
        prior = len(self.stored[0][0])
        self.assertGreater(prior, 1)
        one = [(how, number + 1) for how in ("without", "wrong") for number in range(prior)]
        for lacking in [*one, ("without", "all")]:
            with self.subTest(lacking):
                _, keys, confirmed = self.recompute(1, *lacking)
                self.assertFalse(confirmed)
                self.assertEqual(len(keys), prior)
                self.assertFalse(keys & set.union(*self.stored[1]))


class KeyedByHand(Scenario):
    """The administrators of ALPHA and BRAVO have keyed the crossover by hand, as of old."""

    adopting = ()

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        for realm in (cls.alpha, cls.bravo):
            realm.settings.update(kxover_lifetime="60s", kxover_lifetime_min="10s")
            if realm.name in cls.adopting:
                realm.settings["kxover_adopt"] = "*.EXAMPLE"
            realm.configure()
            realm.stop()
            realm.start()

    def setUp(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}", check=False)
            realm.kadmin_local(f"addprinc -pw by-hand {self.crossover}")
            realm.kdc.restart()  # which forgets that an exchange failed

    def cross(self):
        """Have a new user of ALPHA get a ticket for a service of BRAVO.  Returns the version of the key that
        her ticket for BRAVO is under."""
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))
        return int(re.search(r"kvno = (\d+)", alice.kvno(self.crossover).output).group(1))

    def cross_until(self, condition, what):
        """Cross again and again until a condition holds, and no ticket fails."""
        def crossed():
            self.cross()
            return condition()
        wait_until(crossed, what)


class AdoptedByBoth(KeyedByHand):
    """Both administrators let kxover take over."""

    adopting = (ALPHA, BRAVO)

    def adopt(self):
        self.cross_until(lambda: marks(self.alpha, self.crossover), "kxover to take over")
        return max(marks(self.alpha, self.crossover))

    def test_the_first_ticket_is_under_the_key_set_by_hand(self):
        self.assertEqual(self.cross(), 1)

    def test_all_tickets_are_good_while_kxover_takes_over(self):
        made = self.adopt()
        self.cross_until(lambda: self.cross() == made, "tickets under the new key")
        for realm in (self.alpha, self.bravo):
            self.assertEqual({kvno for kvno, _ in realm.keyinfo(self.crossover)}, {1, made})

    def test_a_ticket_under_the_key_set_by_hand_is_good_to_its_end(self):
        early = self.alpha.kinit("alice")
        self.assertIn("kvno = 1", early.kvno(self.crossover).output)
        made = self.adopt()
        self.cross_until(lambda: self.cross() == made, "tickets under the new key")
        early.kvno(service_of(self.bravo))
        self.assertIn('Received message: "still"', converse(early, self.bravo, "still").server)

    def test_the_keys_set_by_hand_are_the_first_link_of_the_chain(self):
        keys = len(self.alpha.keyinfo(self.crossover))
        self.adopt()
        for realm in (self.alpha, self.bravo):
            self.assertEqual(chains(realm, self.crossover), [(keys, 2)])

    def test_keys_set_by_hand_that_differ_are_left_out(self):
        self.bravo.kadmin_local(f"cpw -pw another-by-hand {self.crossover}")
        alice = self.alpha.kinit("alice")
        self.assertFalse(alice.kvno(service_of(self.bravo), check=False).ok)
        wait_until(lambda: self.alpha.kinit("alice").kvno(self.crossover).ok and
                   marks(self.alpha, self.crossover), "kxover to take over")
        for realm in (self.alpha, self.bravo):
            self.assertEqual(chains(realm, self.crossover), [(0, 1)])
        wait_until(lambda: self.alpha.kinit("alice").kvno(service_of(self.bravo), check=False).ok,
                   "a ticket under the new key")

    def test_versions_set_by_hand_go_when_no_ticket_needs_them(self):
        self.adopt()
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f'setstr {self.crossover} kxover_adopted_1 "till=2020-01-01T00:00:00Z"')
        end(self.alpha, self.crossover)
        self.cross()
        for realm in (self.alpha, self.bravo):
            self.assertNotIn(1, {kvno for kvno, _ in realm.keyinfo(self.crossover)})
            self.assertNotIn("kxover_adopted", realm.kadmin_local(f"getstrs {self.crossover}").stdout)

    def test_a_database_that_is_locked_meanwhile_costs_nobody_a_ticket(self):
        mark = self.alpha.kdc.log.mark()
        with faults.database_locked(self.alpha):
            self.cross_until(lambda: self.alpha.kdc.log.lines("key is served from memory", since=mark),
                             "an exchange that cannot be written")
            self.cross()
        self.cross_until(lambda: marks(self.alpha, self.crossover), "the key to be written")
        self.assertEqual(marks(self.alpha, self.crossover).keys(), marks(self.bravo, self.crossover).keys())

    def test_limits_that_were_set_by_hand_stay(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f'modprinc -maxlife "1 hour" -allow_postdated {self.crossover}')
        self.adopt()
        for realm in (self.alpha, self.bravo):
            shown = realm.kadmin_local(f"getprinc {self.crossover}").stdout
            self.assertIn("Maximum ticket life: 0 days 01:00:00", shown)
            self.assertIn("DISALLOW_POSTDATED", shown)


class KeptByKxoverd(KeyedByHand):
    """The kxoverd of ALPHA keeps the crossover to BRAVO; both administrators let kxover take over."""

    adopting = (ALPHA, BRAVO)

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_keep"] = f"0 {BRAVO}"
        super().arrange()

    def setUp(self):
        self.alpha.kxoverd.stop()  # which else would make a key meanwhile
        super().setUp()

    def renew(self, versions):
        """Have kxoverd see to its crossovers, until ALPHA has so many versions with a mark."""
        self.alpha.kxoverd.restart()
        wait_until(lambda: len(marks(self.alpha, self.crossover)) == versions, "the next key version")

    def test_a_renewed_key_builds_on_those_before(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")
        self.renew(1)
        keys = len(self.alpha.keyinfo(self.crossover))
        end(self.alpha, self.crossover)
        self.renew(2)
        for realm in (self.alpha, self.bravo):
            self.assertEqual(chains(realm, self.crossover), [(0, 1), (keys, 2)])

    def test_a_key_set_by_hand_is_taken_over_with_nobody_asking(self):
        keys = len(self.alpha.keyinfo(self.crossover))
        self.renew(1)
        for realm in (self.alpha, self.bravo):
            self.assertEqual(chains(realm, self.crossover), [(keys, 2)])


class AdoptedByTheFirst(KeyedByHand):
    """The administrator of ALPHA lets kxover take over, the one of BRAVO does not."""

    adopting = (ALPHA,)

    def test_bravo_refuses_and_the_key_set_by_hand_serves_on(self):
        before = self.bravo.kadmin_local(f"getprinc {self.crossover}").stdout
        mark = self.alpha.kdc.log.mark()
        self.cross_until(lambda: self.alpha.kdc.log.lines("no crossover: .*policy refuses it", since=mark),
                         "BRAVO to refuse")
        self.assertEqual(self.cross(), 1)
        self.assertEqual(self.bravo.kadmin_local(f"getprinc {self.crossover}").stdout, before)
        self.assertEqual((marks(self.alpha, self.crossover), marks(self.bravo, self.crossover)), ({}, {}))


class AdoptedByTheSecond(KeyedByHand):
    """The administrator of BRAVO lets kxover take over, the one of ALPHA does not."""

    adopting = (BRAVO,)

    def test_nothing_is_begun_and_the_key_set_by_hand_serves_on(self):
        requests, replies = [], []
        with faults.peer(self.bravo, peers.recording(requests, replies)):
            for _ in range(3):
                self.assertEqual(self.cross(), 1)
        self.assertEqual((requests, replies), ([], []))
        self.assertEqual((marks(self.alpha, self.crossover), marks(self.bravo, self.crossover)), ({}, {}))


if __name__ == "__main__":
    import unittest
    unittest.main()
