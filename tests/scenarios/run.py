#!/usr/bin/env python3
"""Runs the scenarios: all of them, or those named, as file, class or test:

    tests/scenarios/run.py --build build test_lab test_lab.FaultsOfDns

Those that take minutes each are in files of their own, long_*.py, and run with --long alone.  The last line is "N passed, N failed".  What is skipped counts as failed: nothing here may be left out
quietly.  The exit code is 0 only if something ran and all of it passed.
"""

import argparse
import os
import signal
import sys
import time
import traceback
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from lab import Terminated  # noqa: E402  (found by the line above)


class Report(unittest.TestResult):
    """Prints a line for each test as it ends, and for a failure what went wrong and what the logs say."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.failed = 0
        self._test_failed = False
        self._started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._test_failed = False
        self._started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if self._test_failed:
            self.failed += 1
        else:
            self.passed += 1
            print(f"ok      {test.id()}  ({time.monotonic() - self._started:.1f} s)", flush=True)

    def addFailure(self, test, err):
        self._fail(test, "".join(traceback.format_exception(*err)))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._fail(subtest, "".join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        self._fail(test, f"skipped: {reason}")

    def addExpectedFailure(self, test, err):
        self._fail(test, "marked as an expected failure")

    def addUnexpectedSuccess(self, test):
        self._fail(test, "marked as an expected failure, but it passes")

    def _fail(self, test, why):
        self._test_failed = True
        if not isinstance(test, unittest.TestCase):
            self.failed += 1  # a class could not be set up: none of its tests has run
        diagnosis = getattr(test, "diagnosis", getattr(getattr(test, "test_case", None), "diagnosis", str))()
        print(f"FAILED  {test.id()}\n{why}\n{diagnosis}", flush=True)


def main():
    """Run what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run the scenarios.")
    parser.add_argument("--build", metavar="DIR", help="where kxover was built (default: $KXOVER_BUILD, or here)")
    parser.add_argument("--list", action="store_true", help="only list the tests")
    parser.add_argument("--long", action="store_true", help="run the long ones instead")
    parser.add_argument("names", nargs="*", metavar="TEST", help="file, file.Class or file.Class.test")
    arguments = parser.parse_args()
    if arguments.build:
        os.environ["KXOVER_BUILD"] = arguments.build

    loader = unittest.TestLoader()
    if arguments.names:
        suite = loader.loadTestsFromNames(arguments.names)
    else:
        suite = loader.discover(str(HERE), "long_*.py" if arguments.long else "test_*.py")
    if arguments.list:
        print("\n".join(test.id() for test in _tests(suite)))
        return 0

    report = Report()
    try:
        suite.run(report)
    except Terminated as ended:
        return 128 + ended.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        print(f"{report.passed} passed, {report.failed} failed", flush=True)
    return 0 if report.passed and not report.failed else 1


def _tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _tests(item)
        else:
            yield item


if __name__ == "__main__":
    sys.exit(main())
