"""What each command says when it cannot: one line, what and what to do, and the right exit code."""

import unittest

from lab.faults import database_locked
from test_cli import FAILED, REALM, UNTRIED, USAGE
from test_tool_show import BRAVO, TO_BRAVO, Tables

WITH_A_REALM = ("show", "keep", "drop", "block", "allow", "purge")
WRITERS = ("keep", "drop", "block", "allow", "purge")
OF_THE_DATABASE = ("list", *WITH_A_REALM)


class Errors(Tables):

    def call(self, command, *arguments):
        """A right call of the command, with further arguments."""
        realm = [BRAVO] if command in WITH_A_REALM else []
        force = ["-f"] if command == "purge" else []
        return [command, *force, *arguments, *realm]

    def refused(self, call, code, *words):
        with self.subTest(" ".join(str(word) for word in call)):
            self.assertRefused(self.kxover(*call, check=False), code, *words)

    def test_a_realm_in_small_letters(self):
        for command in WITH_A_REALM:
            self.refused([command, "bravo.example"], USAGE, command, "did you mean BRAVO.EXAMPLE?")

    def test_a_word_that_is_no_realm(self):
        for command in WITH_A_REALM:
            for word in ("BRAVO", "BRAVO_.EXAMPLE", "krbtgt/BRAVO.EXAMPLE", ""):
                self.refused([command, word], USAGE, command, "such as BRAVO.EXAMPLE")

    def test_our_own_realm(self):
        for command in ("keep", "drop", "block", "allow"):
            self.refused([command, REALM], USAGE, "our own realm")

    def test_no_realm(self):
        for command in set(WITH_A_REALM) - {"purge"}:
            self.refused([command], USAGE, "the other realm is missing", f"kxover {command} --help")
        self.refused(["purge"], USAGE, "OTHER.REALM")

    def test_a_word_too_much(self):
        for command in OF_THE_DATABASE:
            self.refused(self.call(command) + ["TWO.EXAMPLE"], USAGE, "what is TWO.EXAMPLE?")

    def test_an_option_that_there_is_not(self):
        for command in OF_THE_DATABASE:
            self.refused(self.call(command, "--loud"), USAGE, "--loud", f"kxover {command} --help")

    def test_a_realm_without_a_database_here(self):
        for command in OF_THE_DATABASE:
            self.refused(self.call(command, "-r", "CHARLIE.EXAMPLE"), UNTRIED, "CHARLIE.EXAMPLE", "-r REALM")

    def test_nobody_says_which_realm(self):
        (self.folder / "krb5.conf").write_text("")
        for command in OF_THE_DATABASE:
            self.refused(self.call(command), UNTRIED, "-r REALM")

    def test_a_stash_that_is_not_there_or_wrong(self):
        stash = self.folder / "stash"
        other = stash.read_bytes()[:-10] + b"another ke"
        stash.unlink()
        for command in WRITERS:
            self.refused(self.call(command), UNTRIED, REALM, "stash")
        stash.write_bytes(other)
        for command in WRITERS:
            self.refused(self.call(command), UNTRIED, REALM, "stash")

    def test_a_crossover_that_there_is_not(self):
        for command in ("show", "purge"):
            self.refused(self.call(command), FAILED, f"{REALM} has no crossover with {BRAVO}", "kxover list")

    def test_settings_that_cannot_be_used(self):
        self.configure(kxover_wait="soon")
        for command in ("keep", "drop", "block", "allow"):
            self.refused(self.call(command), UNTRIED, f"kdc.conf [dbmodules] {REALM}: kxover_wait = soon", "right is")

    def test_somebody_without_rights(self):
        self.make(TO_BRAVO)
        for command in OF_THE_DATABASE:
            with self.subTest(command):
                self.assertRefused(self.as_somebody(*self.call(command)), UNTRIED, "rights of kadmin.local")

    def test_a_database_that_somebody_has_locked(self):
        self.make(TO_BRAVO)
        with database_locked(self, against="reading"):
            for command in OF_THE_DATABASE:
                self.refused(self.call(command), UNTRIED, "locked by another program; try again")
        with database_locked(self, against="writing"):
            for command in WRITERS:
                self.refused(self.call(command), FAILED, "locked by another program; try again")
            for command in ("list", "show"):
                self.kxover(*self.call(command))

    def test_somebody_who_may_only_read(self):
        self.make(TO_BRAVO)
        (self.folder / "stash").chmod(0o444)
        for command in WRITERS:
            with self.subTest(command):
                self.assertRefused(self.as_somebody(*self.call(command), mode=0o444), UNTRIED,
                                   "rights of kadmin.local")


if __name__ == "__main__":
    unittest.main()
