"""What debian/ says of the source is true, as far as that can be seen without building packages."""

import re
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]

# What every Debian package can be built with, or debhelper brings.
ALWAYS_THERE = {"gcc", "make", "autoconf", "automake", "libtool"}
RENAMED = {"pkg-config": "pkgconf", "python3": "python3:any"}


class Debian(unittest.TestCase):
    def test_the_packages_are_built_with_what_bootstrap_installs(self):
        bootstrap = (TOP / "bootstrap").read_text(encoding="utf-8")
        needed = re.search(r"^build_packages='([^']*)'", bootstrap, re.MULTILINE)[1].split()
        control = (TOP / "debian" / "control").read_text(encoding="utf-8")
        declared = re.search(r"^Build-Depends:((?:.*\n)(?:[ \t].*\n)*)", control, re.MULTILINE)[1]
        names = {entry.split()[0] for entry in declared.split(",")}
        self.assertEqual({RENAMED.get(name, name) for name in needed} - ALWAYS_THERE - names, set())

    def test_all_that_make_installs_is_in_a_package(self):
        packaged = {name for file in (TOP / "debian").glob("*.install")
                    for name in re.findall(r"([^/\s]+)(?:\s|$)", file.read_text(encoding="utf-8"))}
        installed = set()
        for file in [TOP / "Makefile.am", *TOP.glob("*/*.am")]:
            lines = file.read_text(encoding="utf-8").replace("\\\n", " ")
            for names in re.findall(r"^(?:sbin_PROGRAMS|\w*_MANS|\w*completion_DATA)\s*\+?=(.*)$", lines, re.MULTILINE):
                installed |= {name.rpartition("/")[2] for name in names.split()}
        self.assertLessEqual({"kxover", "kxoverd", "kxover.8"}, installed)
        self.assertEqual(installed - packaged, set())
