"""A lab of programs built with sanitizers: what they find is told, wherever it is.

For `make check-sanitized`, which says where the program with the faults is (tests/sanitized/faulty.c)."""

import os
import unittest
from pathlib import Path

from lab import Lab
from lab.process import run
from lab.sanitizers import SanitizerReport
from scenario import Scenario, service_of

# By sanitizer: how to commit a fault, and what it is called.
FAULTS = {
    "address": {"overflow": "heap-buffer-overflow", "leak": "detected memory leaks"},
    "undefined": {"shift": "shift_out_of_bounds"},
    "thread": {"race": "data race"},
}


class Findings(unittest.TestCase):
    def test_each_kind_of_fault_fails_the_lab_and_is_told(self):
        checks = Lab(()).sanitizers.checks.split(",")
        for fault, words in [fault for check in checks for fault in FAULTS[check].items()]:
            with self.subTest(fault):
                with self.assertRaises(SanitizerReport) as told:
                    self.commit(fault)
                self.assertRegex(str(told.exception), rf"(?s)^faulty\.\d+: .*{words}")

    @staticmethod
    def commit(fault):
        """A program does it in a lab where nobody asks how it ended."""
        with Lab(()) as lab:
            env = {**lab.env, **lab.sanitizers.env(lab.folder)}
            run([Path(os.environ["KXOVER_FAULTY"]), fault], env, check=False)


class Kdc(Scenario):
    def test_a_kdc_that_knows_nothing_of_sanitizers_runs_under_them(self):
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        loaded = Path(f"/proc/{self.alpha.kdc.pid}/maps").read_text(encoding="utf-8")
        self.assertIn(str(self.lab.build.module_folder / "kxover.so"), loaded)
        for library in self.lab.sanitizers.runtime.split():
            self.assertIn(str(Path(library).resolve()), loaded)


if __name__ == "__main__":
    unittest.main()
