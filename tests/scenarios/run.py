#!/usr/bin/env python3
"""Runs the scenarios: all of them, or those named, as file, class or test:

    tests/scenarios/run.py --build build test_lab test_lab.FaultsOfDns

Those that take minutes each are in files of their own, long_*.py, and run with --long alone.  What is skipped
counts as failed: nothing here may be left out quietly.  Only where kxover was built with sanitizers, tests that say
why they cannot be held with those are named with the reason, and left out.  The last line is "N passed, N failed",
and how many were left out.  The exit code is 0 only if something ran and all of it passed.
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

from lab import Terminated, tools  # noqa: E402  (found by the line above)
from lab.sanitizers import LeftOut  # noqa: E402


class Report(unittest.TestResult):
    """Prints a line for each test as it ends, and for a failure what went wrong and what the logs say."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.left_out = 0
        self.failed = 0
        self._test_failed = self._test_left_out = False
        self._started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._test_failed = self._test_left_out = False
        self._started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if self._test_failed:
            self.failed += 1
        elif not self._test_left_out:
            self.passed += 1
            print(f"ok      {test.id()}  ({time.monotonic() - self._started:.1f} s)", flush=True)

    def addFailure(self, test, err):
        self._fail(test, "".join(traceback.format_exception(*err)))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._fail(subtest, "".join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        if reason.startswith(LeftOut.PREFIX):
            self.leave_out(test, reason.removeprefix(LeftOut.PREFIX))
        else:
            self._fail(test, f"skipped: {reason}")

    def leave_out(self, test, reason):
        """Name and count a test, or a class, that sanitizers do not let be."""
        self._test_left_out = True
        self.left_out += 1
        print(f"left out {test.id()}: {reason}", flush=True)

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
    sanitizers = tools.Build.chosen().sanitizers
    if sanitizers.checks:
        suite, left_out = _split(suite, sanitizers.checks)
        for test, reason in left_out:
            report.leave_out(test, reason)
    try:
        suite.run(report)
    except Terminated as ended:
        return 128 + ended.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        print(f"{report.passed} passed, {report.failed} failed"
              + (f", {report.left_out} left out" if report.left_out else ""), flush=True)
    return 0 if report.passed and not report.failed else 1


def _split(suite, checks):
    """The tests that can be held with these sanitizers, as a suite; and those that cannot, each with the reason."""
    kept, left_out = unittest.TestSuite(), []
    for test in _tests(suite):
        method = getattr(test, test._testMethodName)
        which, reason = getattr(method, "not_with_sanitizers", getattr(test, "not_with_sanitizers", ("", "")))
        if reason and which in checks:
            left_out.append((test, reason))
        else:
            kept.addTest(test)
    return kept, left_out


def _tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _tests(item)
        else:
            yield item


if __name__ == "__main__":
    sys.exit(main())
