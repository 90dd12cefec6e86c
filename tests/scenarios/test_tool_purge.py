"""kxover purge: what kxover made goes, what an administrator made stays."""

import json
import os
import pty
import subprocess
import unittest

from scenario import Scenario, service_of
from test_cli import FAILED, REALM, USAGE
from test_tool_show import BRAVO, FROM_BRAVO, TO_BRAVO, Tables

TO_CHARLIE = "krbtgt/CHARLIE.EXAMPLE"
OLD = {"established": "2019-12-01T00:00:00Z", "till": "2019-12-15T00:00:00Z"}


class Purge(Tables):

    def principals(self):
        return [name for name in self.tool("kadmin.local", "-q", "listprincs").stdout.split()
                if name.startswith("krbtgt/") and name != f"krbtgt/{REALM}@{REALM}"]

    def purge(self, *arguments, check=True):
        return self.kxover("purge", "-f", *arguments, check=check)

    def test_both_directions_of_a_realm_go(self):
        for principal in (TO_BRAVO, FROM_BRAVO, TO_CHARLIE):
            self.make(principal)
        printed = self.purge(BRAVO).stdout
        self.assertEqual(self.principals(), [f"{TO_CHARLIE}@{REALM}"])
        for principal in (f"{TO_BRAVO}@{REALM}", FROM_BRAVO):
            self.assertIn(f"{principal}  deleted\n", printed)

    def test_what_was_keyed_by_hand_stays(self):
        self.make(TO_BRAVO)
        self.kadmin(f"addprinc -randkey {FROM_BRAVO}", f"addprinc -randkey {TO_CHARLIE}")
        self.purge("--all")
        self.assertEqual(self.principals(), sorted([FROM_BRAVO, f"{TO_CHARLIE}@{REALM}"],
                                                   key=self.principals().index))
        self.assertRefused(self.purge(BRAVO, check=False), FAILED, "keyed by hand", "delprinc")

    def test_what_has_damaged_marks_stays(self):
        self.make(TO_BRAVO)
        self.kadmin(f"setstr {TO_BRAVO} kxover_kvno_1 nonsense")
        self.purge("--all")
        self.assertEqual(self.principals(), [f"{TO_BRAVO}@{REALM}"])

    def test_of_what_has_expired_only_that(self):
        self.make(TO_BRAVO)
        self.make(TO_CHARLIE, **OLD)
        self.make(FROM_BRAVO, **OLD)
        self.kadmin(f'setstr {TO_CHARLIE} kxover_kept "at=2019-12-01T00:00:00Z made="')
        self.purge("--expired")
        self.assertEqual(sorted(self.principals()), [f"{TO_BRAVO}@{REALM}", f"{TO_CHARLIE}@{REALM}"])

    def test_with_nothing_to_delete_nothing_is_deleted(self):
        self.assertEqual(self.purge("--all").stdout, "Nothing to delete.\n")
        self.assertRefused(self.purge(BRAVO, check=False), FAILED, "no crossover with BRAVO.EXAMPLE")

    def test_what_is_blocked_stays_so_without_its_keys(self):
        self.make(TO_BRAVO)
        self.kxover("block", BRAVO)
        printed = self.purge(BRAVO).stdout
        self.assertIn(f"{TO_BRAVO}@{REALM}  deleted, and stays blocked\n", printed)
        self.assertNotIn("block the realm", printed)
        outgoing = self.shown()["outgoing"]
        self.assertEqual((outgoing["blocked_by"], outgoing["keys"]), ("kxover", "none"))
        self.kxover("allow", BRAVO)
        self.assertEqual(self.principals(), [])

    def test_what_kadmin_blocked_stays_so(self):
        self.make(TO_BRAVO)
        self.kadmin(f"modprinc -allow_tix {TO_BRAVO}")
        self.purge("--all")
        outgoing = self.shown()["outgoing"]
        self.assertEqual((outgoing["blocked_by"], outgoing["keys"]), ("kadmin", "none"))

    def test_a_program_gets_the_list(self):
        self.make(TO_BRAVO)
        self.assertEqual(json.loads(self.purge("--all", "--json").stdout), {"deleted": [f"{TO_BRAVO}@{REALM}"]})
        self.assertEqual(json.loads(self.purge("--all", "--json").stdout), {"deleted": []})

    def test_a_wrong_call_deletes_nothing(self):
        self.make(TO_BRAVO)
        for arguments in ((), (BRAVO, "--all"), ("--expired", "--all")):
            with self.subTest(arguments):
                self.assertRefused(self.purge(*arguments, check=False), USAGE, "one is wanted")
        self.assertEqual(self.principals(), [f"{TO_BRAVO}@{REALM}"])

    def test_with_nobody_to_confirm_it_nothing_is_deleted(self):
        self.make(TO_BRAVO)
        result = self.tool("sh", "-c", f"exec {self.binary} purge {BRAVO} </dev/null", check=False)
        self.assertRefused(result, USAGE, "--force")
        self.assertEqual(self.principals(), [f"{TO_BRAVO}@{REALM}"])

    def answer(self, words, what=BRAVO):
        """Type words at a terminal when asked; the exit code and what was printed."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([self.binary, "purge", what], env=self.env, stdin=theirs, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as process:
            os.close(theirs)
            os.write(ours, words.encode())
            printed = process.stdout.read()
        os.close(ours)
        return process.returncode, printed

    def test_at_a_terminal_it_asks(self):
        self.make(TO_BRAVO)
        for words in ("no\n", "y\n", "\n", "\x04"):
            with self.subTest(words):
                code, printed = self.answer(words)
                self.assertEqual(code, FAILED)
                self.assertIn("Delete 1 principal and all keys in it?", printed)
                self.assertIn("nothing was deleted", printed)
                self.assertEqual(self.principals(), [f"{TO_BRAVO}@{REALM}"])
        self.assertEqual(self.answer("yes\n")[0], 0)
        self.assertEqual(self.principals(), [])

    def test_it_asks_for_no_more_than_is_to_go(self):
        self.make(TO_BRAVO)
        self.make(TO_CHARLIE, **OLD)
        self.assertIn("Delete 1 principal and all keys in it?", self.answer("no\n", "--expired")[1])
        self.assertIn("Delete 2 principals and all keys in them?", self.answer("no\n", "--all")[1])


class AfterPurge(Scenario):

    def test_whoever_asks_next_gets_a_ticket_under_another_key(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        before = self.alpha.keyinfo(crossover)

        self.alpha.kxover("purge", "--force", self.bravo.name)

        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.assertNotEqual(self.alpha.keyinfo(crossover), before)


if __name__ == "__main__":
    unittest.main()
