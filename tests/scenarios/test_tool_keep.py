"""kxover keep and kxover drop: a crossover is renewed whether it is used or not."""

import json
import unittest

from lab import faults, peers
from lab.waiting import wait_until
from scenario import ALPHA, BRAVO
from test_renewal import DUE, LONG_OVER, Clocks

NOBODY = "NOBODY.EXAMPLE"
ATTRIBUTE = "kxover_kept"


class Keep(Clocks):
    """Nothing is named in kxover_keep; the crossover to BRAVO was never used."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget_orders)
        self.alpha.kadmin_local(f"delstr {self.crossover} kxover_used")

    def forget_orders(self):
        for order in ("drop", "allow"):
            self.alpha.kxover(order, BRAVO)

    def shown(self):
        return json.loads(self.alpha.kxover("show", "--json", BRAVO).stdout)["outgoing"]

    def test_a_due_key_is_renewed_though_nobody_used_it(self):
        self.alpha.kxover("keep", BRAVO)
        self.set_clocks(DUE)
        self.assertEqual(self.look(), (1, 0))
        wait_until(lambda: len(self.versions()) == 2, "the next key version")
        self.assertEqual(self.shown()["kept_by"], "kxover")

    def test_one_that_is_not_due_is_left_alone(self):
        self.alpha.kxover("keep", BRAVO)
        self.assertEqual(self.look(), (0, 0))

    def test_after_drop_it_is_as_before(self):
        self.alpha.kxover("keep", BRAVO)
        self.alpha.kxover("drop", BRAVO)
        self.set_clocks(DUE)
        self.assertEqual(self.look(), (0, 0))
        self.assertNotIn(ATTRIBUTE, self.alpha.kadmin_local(f"getstrs {self.crossover}").stdout)

    def test_where_there_is_nothing_it_gets_its_first_key(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")
        self.alpha.kxover("keep", BRAVO)
        self.assertEqual(self.versions(), set())
        self.look()
        wait_until(self.versions, "the first key")
        with faults.peer(self.bravo, peers.hasty):
            self.alpha.kinit("alice").kvno(self.crossover)
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))
        self.assertTrue(self.shown()["kept"])

    def test_while_it_is_blocked_it_is_not_renewed(self):
        self.alpha.kxover("keep", BRAVO)
        self.alpha.kxover("block", BRAVO)
        self.set_clocks(DUE)
        self.assertEqual(self.look(), (0, 0))
        self.alpha.kxover("allow", BRAVO)
        self.assertEqual(self.look(), (1, 0))
        wait_until(lambda: len(self.versions()) == 2, "the next key version")

    def test_it_is_not_removed_when_it_is_over(self):
        self.alpha.kxover("keep", BRAVO)
        with faults.peer(self.bravo, peers.silent):
            self.set_clocks(LONG_OVER)
            self.assertEqual(self.look(), (1, 0))

    def test_a_realm_of_kxover_keep_is_not_renewed_while_it_is_blocked(self):
        self.alpha.settings["kxover_keep"] = f"0 {BRAVO} {NOBODY}"
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.settings.update, kxover_keep=self.keep)
        self.alpha.configure()
        self.alpha.kxover("block", BRAVO)
        self.set_clocks(DUE)
        with faults.peer(self.bravo, peers.silent) as peer:
            mark = self.alpha.kxoverd.log.mark()
            self.look()
            self.alpha.kxoverd.log.wait_for(f"{NOBODY}.*no crossover", since=mark)
            self.assertEqual(peer.connections, 0)


class KeepRefuses(Clocks):

    def setUp(self):
        pass

    def refused(self, *arguments):
        result = self.alpha.kxover(*arguments, check=False)
        self.assertRegex(result.stderr, r"\Akxover: [^\n]+\n\Z")
        return result.code, result.stderr

    def settings(self, **settings):
        """ALPHA has these settings during the test."""
        self.addCleanup(self.alpha.configure)
        for name, value in settings.items():
            before = self.alpha.settings.get(name)
            self.alpha.settings[name] = value
            self.addCleanup(self.alpha.settings.__setitem__, name, before)
        self.alpha.configure()

    def test_what_was_keyed_by_hand(self):
        other = f"krbtgt/CHARLIE.EXAMPLE@{ALPHA}"
        self.alpha.kadmin_local(f"addprinc -randkey {other}")
        code, words = self.refused("keep", "CHARLIE.EXAMPLE")
        self.assertEqual(code, 1)
        self.assertIn("keyed by hand", words)
        self.assertIn("kxover_adopt", words)
        self.assertNotIn(ATTRIBUTE, self.alpha.kadmin_local(f"getstrs {other}").stdout)

    def test_a_realm_that_kxover_realms_refuses(self):
        self.settings(kxover_realms=f"!{NOBODY} *")
        code, words = self.refused("keep", NOBODY)
        self.assertEqual(code, 1)
        self.assertIn("kxover_realms", words)

    def test_where_nothing_is_renewed(self):
        for name, value in (("kxover_store", "memory"), ("kxover_replica", "yes")):
            with self.subTest(name):
                self.settings(**{name: value})
                code, words = self.refused("keep", NOBODY)
                self.assertEqual(code, 3)
                self.assertIn(name, words)
                self.doCleanups()

    def test_drop_where_the_settings_keep_it(self):
        self.settings(kxover_keep=NOBODY)
        result = self.alpha.kxover("drop", NOBODY, check=False)
        self.assertEqual(result.code, 1)
        self.assertIn("kxover_keep", result.stderr)

    def test_what_is_left_of_keep_and_drop_is_nothing(self):
        before = self.alpha.principals()
        self.alpha.kxover("keep", NOBODY)
        self.alpha.kxover("block", NOBODY)
        self.alpha.kxover("drop", NOBODY)
        self.alpha.kxover("allow", NOBODY)
        self.assertEqual(self.alpha.principals(), before)
        self.alpha.kxover("block", NOBODY)
        self.alpha.kxover("keep", NOBODY)
        self.alpha.kxover("allow", NOBODY)
        self.alpha.kxover("drop", NOBODY)
        self.assertEqual(self.alpha.principals(), before)


if __name__ == "__main__":
    unittest.main()
