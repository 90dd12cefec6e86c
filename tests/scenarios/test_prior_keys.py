"""A new key builds on the keys of before: whoever recorded all that was said, and one day breaks it, still lacks those."""

import re
import time

from lab import faults, peers
from scenario import Scenario, service_of

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


if __name__ == "__main__":
    import unittest
    unittest.main()
