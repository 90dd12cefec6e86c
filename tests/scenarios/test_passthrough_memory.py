"""Nothing is lost or misused in memory by standing in front of a database, watched by valgrind.

krb5's programs lose some memory themselves, and look at some that nobody set.  So what they do through
kxover is held against what they do without; a program of our own must lose nothing."""

import unittest
from xml.etree import ElementTree

from lab import tools
from passthrough import ADMIN, Passthrough, password_of
from scenario import not_with_sanitizers
from test_passthrough_backends import Probe, drive

LOST = ("Leak_DefinitelyLost", "Leak_IndirectlyLost")


@not_with_sanitizers("valgrind does not go with them")
class Watched(Passthrough):
    """Worlds in which valgrind watches."""

    def watch(self, world):
        """Let valgrind watch all that is run in `world` from now on."""
        world.wrapper = [tools.find("valgrind"), "--quiet", "--leak-check=full", "--keep-debuginfo=yes",
                         "--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=none",
                         "--child-silent-after-fork=yes", "--xml=yes",
                         f"--xml-file={world.folder}/valgrind-%p.xml"]

    def findings(self, world):
        """What valgrind found: the bytes lost, and the other errors, each told by where it happens."""
        reports = sorted(world.folder.glob("valgrind-*.xml"))
        self.assertTrue(reports, "valgrind watched nothing")
        lost, errors = 0, set()
        for report in reports:
            for error in ElementTree.parse(report).iter("error"):
                if error.findtext("kind") in LOST:
                    lost += int(error.findtext("xwhat/leakedbytes"))
                else:
                    places = (f"{frame.findtext('fn')} in {frame.findtext('obj')}"
                              for frame in error.find("stack"))
                    errors.add("\n".join((error.findtext("kind"), *places)))
        return lost, errors

    def nothing_more_lost(self):
        """Through kxover no more was lost than without, and nothing else misused."""
        (direct_lost, direct_errors), (lost, errors) = (self.findings(world) for world in self.worlds)
        self.assertEqual(errors - direct_errors, set())
        self.assertLessEqual(lost, direct_lost)

    def nothing_lost(self, world):
        self.assertEqual(self.findings(world), (0, set()))


class Programs(Watched):
    """krb5's own programs."""

    def setUp(self):
        super().setUp()
        for world in self.worlds:
            self.watch(world)

    def test_kdb5_util_loses_nothing(self):
        for world in self.worlds:
            dump = world.folder / "dump"
            for arguments in (("dump", dump), ("load", dump), ("load", "-update", dump), ("stash",),
                              ("tabdump", "keyinfo"), ("list_mkeys",), ("destroy", "-f"),
                              ("create", "-s", "-P", "secret")):
                outcome = world.kdb5_util(*arguments)
                self.assertTrue(outcome.ok, outcome.output)

        self.nothing_more_lost()

    def test_kadmin_loses_nothing(self):
        queries = ("addpol -minlength 2 plain", "addprinc -policy plain -pw secret dora",
                   "cpw -keepold -pw second dora", "renprinc -force dora erin", "getprinc erin", "setstr erin a b",
                   "listprincs", "listpols", "delprinc -force erin", "delprinc -force erin",
                   "addprinc -x nonsense -pw secret dora", "ktadd -norandkey -k {}/new alice")
        for world in self.worlds:
            world.kadmin_session(*(query.format(world.folder) for query in queries))

        self.nothing_more_lost()

    def test_a_refused_setting_loses_nothing(self):
        for settings in ({"kxover_backend": None}, {"kxover_backend": "kxover"}, {"kxover_backend": "nonsense"}):
            self.kxover.module.update(settings)
            self.kxover.configure()
            self.assertFalse(self.kxover.kdb5_util("dump").ok)
        self.direct.module["db_library"] = "nonsense"
        self.direct.configure()
        for _ in range(3):
            self.direct.kdb5_util("dump")

        self.nothing_more_lost()

    def test_a_kdc_loses_nothing(self):
        self.start("kdc")
        for world in self.worlds:
            world.wrapper = []
            self.assertTrue(world.kinit("alice").ok)
            self.assertTrue(world.run("kvno", "host/www.localhost").ok)
            self.assertFalse(world.run("kvno", "host/nowhere.localhost").ok)
            self.assertFalse(world.kinit("zoe", "any").ok)
            for _ in range(3):
                self.assertFalse(world.kinit("carol", "wrong").ok)
            self.assertTrue(world.kinit(ADMIN, password_of(ADMIN)).ok)
            self.assertEqual(world.kdc.stop(), 0)

        self.nothing_more_lost()


class DriverOverDb2(Watched):
    """A program of our own, over db2."""

    def test_unusual_calls_lose_nothing(self):
        for what in ("arguments", "callbacks", "copying", "entry_outlives", "messages", "promotion", "renaming",
                     "reopening", "unopened"):
            with self.subTest(what):
                self.watched_drive(what)

    def watched_drive(self, what):
        for file in self.seed.folder.glob("principal*"):
            (self.kxover.folder / file.name).write_bytes(file.read_bytes())
        for report in self.kxover.folder.glob("valgrind-*.xml"):
            report.unlink()
        self.watch(self.kxover)
        outcome = drive(what)(self.kxover)
        self.assertTrue(outcome.ok, outcome.output)
        self.nothing_lost(self.kxover)


class DriverOverProbe(DriverOverDb2, Probe):
    """The same over a database with methods of its own, which frees what it gives out in its own way."""

    def test_master_keys_lose_nothing(self):
        for what in ("every_method", "master_keys", "master_keys_outlive"):
            with self.subTest(what):
                self.leave_out("rename_principal")
                self.watched_drive(what)


if __name__ == "__main__":
    unittest.main()
