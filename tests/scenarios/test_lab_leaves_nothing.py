"""When a lab is over, nothing of it is left: no process, no folder.  However it came to its end."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

import lab
from lab import Lab, Terminated, wait_until

TESTS = Path(lab.__file__).resolve().parent.parent


def processes_of(folder):
    """The processes whose environment names the folder, which is that of every process of its lab."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found.append(f"{process.name} {(process / 'cmdline').read_bytes()}")
        except OSError:
            continue  # it has gone, or is not ours
    return found


class AtTheEnd(unittest.TestCase):
    def assert_gone(self, folder, but_for_itself=False):
        """No process of the folder is left, and nothing in it; nor the folder, but where the test made it."""
        wait_until(lambda: not processes_of(folder), lambda: f"the end of {processes_of(folder)}")
        if but_for_itself:
            self.assertEqual(os.listdir(folder), [])
        else:
            self.assertFalse(Path(folder).exists(), f"{folder} is still there")

    def test_nothing_is_left_after_a_with_statement(self):
        with Lab(("ALPHA.EXAMPLE",), module="db2") as one:
            folder = one.folder
            self.assertTrue(processes_of(folder))
        self.assert_gone(folder)

    def test_nothing_is_left_after_a_failure(self):
        with self.assertRaises(ZeroDivisionError):
            with Lab(("ALPHA.EXAMPLE",), module="db2") as one:
                folder = one.folder
                raise ZeroDivisionError
        self.assert_gone(folder)

    def test_nothing_is_left_after_a_failure_to_start(self):
        one = Lab(("ALPHA.EXAMPLE", "NOT/A.NAME"), module="db2")
        with self.assertRaises(Exception):
            one.start()
        self.assert_gone(one.folder)

    def test_nothing_is_left_of_what_was_being_started_at_a_signal(self):
        class Interrupted(subprocess.Popen):
            """A program that is there, and that we do not know of yet, when the signal comes."""

            def __init__(self, argv, **options):
                super().__init__(argv, **options)
                if name in (Path(word).name for word in argv):
                    os.kill(os.getpid(), signal.SIGTERM)

        for name in ("ldns-signzone", "nsd", "kdb5_util", "krb5kdc"):
            with self.subTest(name):
                one = Lab(("ALPHA.EXAMPLE",), module="db2")
                with unittest.mock.patch("subprocess.Popen", Interrupted), self.assertRaises(Terminated):
                    one.start()
                self.assert_gone(one.folder)

    def test_the_folder_is_kept_when_asked_for(self):
        one = Lab(("ALPHA.EXAMPLE",), module="db2", keep=True)
        try:
            with one:
                pass
            self.assertEqual(processes_of(one.folder), [])
            self.assertIn("commencing operation", (one.folder / "alpha.example" / "krb5kdc.log").read_text())
        finally:
            one.keep = False
            one.stop()
        self.assert_gone(one.folder)


class AfterASignal(unittest.TestCase):
    """The same for a lab on the command line, which somebody ends."""

    assert_gone = AtTheEnd.assert_gone

    def setUp(self):
        self.temporary = self.enterContext(tempfile.TemporaryDirectory())
        self.process = None
        self.addCleanup(self._end)

    def _up(self, stderr=None):
        """Start a lab on the command line, in a temporary folder of its own.  It heeds Ctrl-C from its first
        moment, also where the tests run in the background of a shell, which has them ignore it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", "up", "--module", "db2"],
            stdout=subprocess.PIPE, stderr=stderr, text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1",
                 "TMPDIR": self.temporary},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def _end(self):
        """Wait for its end, and hasten it if that takes too long; returns its exit code."""
        if self.process:
            with self.process:
                try:
                    self.process.wait(30)
                finally:
                    self.process.kill()
            return self.process.returncode
        return None

    def _folder(self):
        """Its folder, when it is up."""
        for line in self.process.stdout:
            if line.startswith("# The lab is up in "):
                return line.split("up in ")[1].split(";")[0]
        self.fail("the lab did not come up")

    def test_nothing_is_left_after_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                self._up()
                folder = self._folder()
                self.assertTrue(processes_of(folder))
                self.process.send_signal(number)
                self.assertEqual(self._end(), 128 + number)
                self.assert_gone(folder)

    def test_nothing_is_left_after_impatient_signals(self):
        self._up()
        folder = self._folder()
        for _ in range(20):
            self.process.send_signal(signal.SIGINT)
            time.sleep(0.002)
        self._end()
        self.assert_gone(folder)

    def test_nothing_is_left_after_a_signal_while_it_starts(self):
        for delay in (0.1, 0.2, 0.3, 0.4):
            with self.subTest(delay=delay):
                self._up(stderr=subprocess.DEVNULL)
                time.sleep(delay)
                self.process.send_signal(signal.SIGINT)
                self._end()
                self.assert_gone(self.temporary, but_for_itself=True)

    def test_no_process_is_left_when_it_is_killed(self):
        self._up()
        folder = self._folder()
        self.process.kill()
        self._end()
        wait_until(lambda: not processes_of(folder), lambda: f"the end of {processes_of(folder)}")


if __name__ == "__main__":
    unittest.main()
