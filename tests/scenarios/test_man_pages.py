"""The man pages say all that the programs know, and nothing that they do not."""

import re
import unittest
from pathlib import Path

from lab import tools
from lab.process import run

TOP = Path(__file__).resolve().parents[2]
MAN = TOP / "man"


def page(name):
    return (MAN / name).read_text(encoding="utf-8")


def settings_of_the_code():
    """The settings, in the one table that the code reads them by."""
    source = (TOP / "exchange" / "setting_values.c").read_text(encoding="utf-8")
    table = source.partition("kx_setting_rows[] = {")[2]
    return {f"kxover_{name}" for name in re.findall(r'KX_SETTING_PREFIX "(\w+)"', table)}


def options_of(text):
    """The options that a --help, or a page, gives a line of their own: the long name, or else the letter."""
    lines = re.findall(r"^ +(-\w)?(?:, |  +)?(--[a-z-]+)?(?= )", text, re.MULTILINE)
    lines += [(f"-{letter}" if letter else "", f"--{long}" if long else "") for letter, long in re.findall(
        r"^\.It Fl (?:(\w)\b)?(?: , Fl )?(?:-([a-z-]+))?", text, re.MULTILINE)]
    return {long or letter for letter, long in lines if letter or long}


class ManPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.build = tools.Build.chosen()

    def help_of(self, *argv):
        return run([*argv], None).stdout

    def test_each_is_well_formed(self):
        pages = sorted(MAN.glob("*.[78]"))
        self.assertTrue(pages)
        for path in pages:
            with self.subTest(path.name):
                judged = run([tools.find("mandoc"), "-Tlint", "-Wwarning", path], None, check=False)
                self.assertEqual(judged.output, "")

    def test_each_is_installed(self):
        listed = re.findall(r"man/(\S+\.\d)\b", page("man.am"))
        self.assertEqual(sorted(listed), sorted(path.name for path in MAN.glob("*.[78]")))

    def test_kdb_kxover_has_every_setting_and_no_other(self):
        named = re.findall(r"^\.It Cm (kxover_\w+)", page("kdb_kxover.7"), re.MULTILINE)
        self.assertEqual(named, sorted(settings_of_the_code()))

    def test_the_page_of_settings_has_every_one_and_no_other(self):
        text = (TOP / "docs" / "configuration.md").read_text(encoding="utf-8")
        named = re.findall(r"^\| `(kxover_\w+)` \|", text, re.MULTILINE)
        self.assertEqual(sorted(named), sorted(settings_of_the_code()))

    def test_kxoverd_has_every_option_and_no_other(self):
        told = options_of(self.help_of(self.build.daemon, "-h"))
        self.assertIn("-n", told)
        self.assertEqual(options_of(page("kxoverd.8")) - {"-h"}, told - {"-h"})

    def test_kxover_has_every_command_and_no_other(self):
        told = self.commands()
        self.assertIn("keygen", told)
        self.assertEqual(sorted(self.parts_of_kxover()), sorted(told))

    def test_kxover_has_every_option_of_each_command_and_no_other(self):
        parts = self.parts_of_kxover()
        common = options_of(page("kxover.8").partition(".Sh OPTIONS")[2].partition(".Sh")[0])
        for command in self.commands():
            with self.subTest(command):
                told = options_of(self.help_of(self.build.cli, command, "--help"))
                self.assertEqual(options_of(parts.get(command, "")) | common, told)

    def commands(self):
        return re.findall(r"^  ([a-z]\w*) ", self.help_of(self.build.cli, "--help"), re.MULTILINE)

    @staticmethod
    def parts_of_kxover():
        """What kxover(8) says of each command."""
        commands = page("kxover.8").partition(".Sh COMMANDS")[2].partition(".Sh")[0]
        pieces = re.split(r"^\.It Cm (\w+).*$", commands, flags=re.MULTILINE)[1:]
        return dict(zip(pieces[::2], pieces[1::2]))


if __name__ == "__main__":
    unittest.main()
