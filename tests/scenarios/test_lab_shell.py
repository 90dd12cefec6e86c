"""The lab's shell: a newcomer at a terminal is in a realm at once, and leaves nothing behind."""

import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import lab
from lab import tools, wait_until
from test_lab_leaves_nothing import processes_of

TESTS = Path(lab.__file__).resolve().parent.parent


class Terminal:
    """A lab's shell at a terminal that we type at."""

    def __init__(self, temporary):
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [tools.find("setsid"), "--ctty", sys.executable, "-m", "lab", "shell", "--module", "db2"],
            stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1",
                 "TMPDIR": temporary, "TERM": "dumb"})
        os.close(theirs)
        os.set_blocking(self._ours, False)
        self._shown = ""

    def type(self, text):
        os.write(self._ours, text.encode())

    def show(self, pattern):
        """Wait until the terminal shows the pattern, and take all up to there away from it."""
        found = wait_until(lambda: self._search(pattern),
                           lambda: f"{pattern!r} at a terminal that shows:\n{self._shown}")
        shown, self._shown = self._shown[:found.end()], self._shown[found.end():]
        return shown

    def close(self):
        """End the lab, which may have ended already."""
        self.process.terminate()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            os.close(self._ours)

    def _search(self, pattern):
        try:
            while part := os.read(self._ours, 65536):
                self._shown += part.decode(errors="replace")
        except BlockingIOError:
            pass
        except OSError:
            pass  # nobody has the terminal open any more
        return re.search(pattern, self._shown)


class Shell(unittest.TestCase):
    def setUp(self):
        self.temporary = self.enterContext(tempfile.TemporaryDirectory())
        self.terminal = Terminal(self.temporary)
        self.addCleanup(self.terminal.close)
        self.terminal.show(r"lab\$ ")

    def assert_gone(self):
        self.assertEqual(processes_of(self.temporary), [])
        self.assertEqual(os.listdir(self.temporary), [])

    def test_what_it_says_can_be_tried_does_work(self):
        self.terminal.type("passwords\n")
        self.terminal.show("alice@ALPHA.EXAMPLE  password-of-alice")
        self.terminal.type("kinit alice\n")
        self.terminal.show("Password for alice@ALPHA.EXAMPLE: ")
        self.terminal.type("password-of-alice\n")
        self.terminal.show(r"lab\$ ")
        self.terminal.type("klist\n")
        self.terminal.show("krbtgt/ALPHA.EXAMPLE@ALPHA.EXAMPLE")
        self.terminal.type("bravo kadmin.local listprincs\n")
        self.terminal.show("krbtgt/BRAVO.EXAMPLE@BRAVO.EXAMPLE")
        self.terminal.type("dns SRV _kerberos._tcp.bravo.example\n")
        self.terminal.show(r"has SRV record .* \(secure\)")

    def test_nothing_is_left_after_it_and_its_exit_code_is_ours(self):
        self.terminal.type("exit 7\n")
        self.assertEqual(self.terminal.process.wait(30), 7)
        self.assert_gone()

    def test_ctrl_c_ends_the_command_and_not_the_lab(self):
        self.terminal.type("sleep 1000\n")
        wait_until(lambda: any("sleep" in process for process in processes_of(self.temporary)), "sleep to run")
        self.terminal.type("\x03")
        self.terminal.type("echo still $((40 + 2)) here\n")
        self.terminal.show("still 42 here")

    def test_nothing_is_left_when_the_lab_is_ended_under_it(self):
        self.terminal.type("sleep 1000\n")
        wait_until(lambda: any("sleep" in process for process in processes_of(self.temporary)), "sleep to run")
        self.terminal.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.terminal.process.wait(30), 128 + signal.SIGTERM)
        wait_until(lambda: not processes_of(self.temporary), lambda: f"the end of {processes_of(self.temporary)}")
        self.assertEqual(os.listdir(self.temporary), [])


if __name__ == "__main__":
    unittest.main()
