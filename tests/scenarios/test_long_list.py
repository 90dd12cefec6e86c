"""kxover list in a database with more crossovers than fit on a screen."""

import subprocess
import unittest

from lab.dumps import multiplied
from test_cli import REALM, Tool, cli

NUMBER = 5000  # much more than a pipe holds
FIRST = f"krbtgt/R000000.EXAMPLE@{REALM}"


class LongList(Tool):

    def setUp(self):
        super().setUp()
        self.tool("kdb5_util", "create", "-s", "-P", "master")
        self.tool("kadmin.local", "-q", f"addprinc -randkey -e aes256-sha2 {FIRST}")
        dump = self.folder / "dump"
        self.tool("kdb5_util", "dump", dump)
        text = dump.read_text()
        self.realms = [f"R{number:06d}.EXAMPLE" for number in range(NUMBER)]
        dump.write_text(text + "".join(multiplied(text, FIRST, (f"krbtgt/{realm}@{REALM}"
                                                                for realm in self.realms[1:]))))
        self.tool("kdb5_util", "load", dump)

    def test_it_is_whole_and_in_the_order_of_the_database(self):
        lines = self.kxover("list").stdout.splitlines()
        self.assertEqual([line.split()[1] for line in lines[1:]], self.realms)

    def test_nobody_waits_for_a_reader_who_has_stopped_reading(self):
        with subprocess.Popen([cli(), "list"], env=self.env, stdout=subprocess.PIPE, text=True) as process:
            self.assertIn("REALM", process.stdout.readline())
            self.tool("kadmin.local", "-q", f"addprinc -randkey zebra@{REALM}")
            self.assertIsNone(process.poll())
            self.assertEqual([line.split()[1] for line in process.stdout], self.realms)
        self.assertEqual(process.returncode, 0)

    def test_a_reader_who_has_gone_ends_it(self):
        with subprocess.Popen([cli(), "list"], env=self.env, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertNotEqual(process.wait(30), 0)

    def test_what_cannot_be_printed_is_said(self):
        result = self.tool("sh", "-c", f"exec {cli()} list >/dev/full", check=False)
        self.assertRefused(result, 1, "No space left on device")


if __name__ == "__main__":
    unittest.main()
