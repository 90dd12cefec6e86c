"""docs/security.md names a test for each attack: no row without one, and no name that is none."""

import re
import unittest
from importlib import import_module
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "security.md"
HEAD = ["the attack", "what stops it", "the test"]

SCENARIO = re.compile(r"(?:test|long)_\w+\.\w+\.test_\w+")
UNIT_TEST = re.compile(r"(test_\w+): (\w+)")


def rows():
    """The rows of the tables of attacks, each as its cells."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if _cells(line) == HEAD:
            next(lines)  # the rule below the head
            for row in lines:
                if not row.startswith("|"):
                    break
                yield _cells(row)


def _cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def is_scenario(name):
    """Whether there is a scenario of that name, file.Class.test."""
    if not SCENARIO.fullmatch(name):
        return False
    module, kind, test = name.split(".")
    if not (TESTS / "scenarios" / f"{module}.py").is_file():
        return False
    return callable(getattr(getattr(import_module(module), kind, None), test, None))


def is_unit_test(name):
    """Whether a program of unit tests runs a test of that name, "program: test"."""
    match = UNIT_TEST.fullmatch(name)
    source = TESTS / "unit" / f"{match[1]}.c" if match else None
    if source is None or not source.is_file():
        return False
    listed = source.read_text(encoding="utf-8").rpartition("const struct CMUnitTest")[2]
    return re.search(rf"\(\s*{match[2]}[),]", listed) is not None


class SecurityPage(unittest.TestCase):
    def test_each_row_has_an_attack_and_what_stops_it_and_a_test(self):
        table = list(rows())
        self.assertGreater(len(table), 50)
        for row in table:
            with self.subTest(row[0]):
                self.assertEqual(len(row), len(HEAD))
                self.assertTrue(all(row))
                self.assertRegex(row[2], r"^`[^`]+`(, `[^`]+`)*$")

    def test_each_test_that_it_names_exists(self):
        for row in rows():
            for name in re.findall(r"`([^`]+)`", row[2]):
                with self.subTest(name):
                    self.assertTrue(is_scenario(name) or is_unit_test(name), f"there is no test {name}")

    def test_what_does_not_exist_is_found_out(self):
        for name in ("test_daemon.Connections.test_nonesuch", "test_nonesuch.A.test_b", "test_log: nonesuch",
                     "test_nonesuch: nonesuch", "make check"):
            self.assertFalse(is_scenario(name) or is_unit_test(name), name)


if __name__ == "__main__":
    unittest.main()
