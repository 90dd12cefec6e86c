"""Completion in bash and zsh: each command, each option, and the realms that there are."""

import os
import re
import unittest
from pathlib import Path

from lab import tools
from lab.process import run
from test_tool_show import BRAVO, FROM_BRAVO, TO_BRAVO, Tables

FOLDER = Path(__file__).resolve().parents[2] / "cli" / "completion"

# What bash does when somebody types these words and then the tab key.
BASH = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_kxover "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""

# The same for zsh, whose functions that would show something print it; what has a "-" in it, they take
# for words that begin with what was typed.
ZSH = """
compadd() { [[ $1 == -- ]] && shift; print -l -- $@ }
_describe() { print -l -- ${(P)2%%:*} }
_files() { print -l -- *(N) }
_message() { : }
file=$1; shift
complete() { local -a words=("$@"); local CURRENT=$#; source $file }
complete "$@"
"""


class Completion(Tables):

    def setUp(self):
        super().setUp()
        self.make(TO_BRAVO)
        self.make(FROM_BRAVO)
        self.kadmin("addprinc -randkey krbtgt/CHARLIE.EXAMPLE")

    def in_bash(self, *words):
        return set(run([tools.find("bash"), "--norc", "-c", BASH, "bash", FOLDER / "kxover", self.binary, *words],
                       self.env).stdout.split())

    def in_zsh(self, *words):
        offered = run([tools.find("zsh"), "-f", "-c", ZSH, "zsh", FOLDER / "_kxover", self.binary, *words],
                      self.env).stdout.split()
        return {word for word in offered if word.startswith(words[-1])}

    def each(self):
        """Both shells, as functions from words to what is offered."""
        for shell in (self.in_bash, self.in_zsh):
            with self.subTest(shell.__name__):
                yield shell

    def commands(self):
        return set(re.findall(r"^  ([a-z]+) ", self.kxover("help").stdout, re.MULTILINE))

    def options(self, command):
        return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", self.kxover("help", command).stdout, re.MULTILINE))

    def test_each_command_is_offered(self):
        self.assertIn("list", self.commands())
        for complete in self.each():
            self.assertEqual(complete(""), self.commands() | {"help", "--help", "--version"})
            self.assertEqual(complete("help", ""), self.commands())
            self.assertEqual(complete("ke"), {"keep", "keygen"})

    def test_each_option_of_each_command_is_offered(self):
        for complete in self.each():
            for command in self.commands():
                with self.subTest(command):
                    self.assertIn("--json", self.options(command))
                    self.assertEqual(complete(command, "-"), self.options(command))

    def test_the_realms_that_there_are_are_offered(self):
        for complete in self.each():
            for command in ("show", "block", "allow", "keep", "drop", "purge", "check", "exchange"):
                with self.subTest(command):
                    self.assertEqual(complete(command, ""), {BRAVO, "CHARLIE.EXAMPLE"})
            self.assertEqual(complete("show", "--json", "BR"), {BRAVO})
            self.assertEqual(complete("show", "-r", "NONE.EXAMPLE", ""), set())
            self.assertEqual(complete("list", ""), set())

    def test_the_values_that_there_are_are_offered(self):
        os.chdir(self.folder)
        self.addCleanup(os.chdir, FOLDER)
        for complete in self.each():
            self.assertEqual(complete("list", "--color", ""), {"auto", "always", "never"})
            self.assertIn("kdc.conf", complete("verify", "--chain", ""))
            self.assertIn("kdc.conf", complete("keygen", "k"))
            for option in ("-r", "--realm"):
                self.assertEqual(complete("show", option, ""), set())

    def test_who_may_not_read_the_database_is_offered_no_realm_and_told_nothing(self):
        self.env["KRB5_KDC_PROFILE"] = "/nowhere"
        for complete in self.each():
            self.assertEqual(complete("show", ""), set())


if __name__ == "__main__":
    unittest.main()
