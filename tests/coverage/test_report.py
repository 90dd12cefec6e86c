#!/usr/bin/env python3
"""What report.py demands, tried on counts that are made up."""

import contextlib
import io
import json
import shutil
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import report

CODEC = "asn1/codec.c"
OTHER = "cli/list.c"

TEXT = """\
int
first(int a)
{
    if (a < 0)
        return
            -1;
    a++;
    return a;
}

int
second(void)
{
    return 0;
}
"""


class Judged(unittest.TestCase):
    """A source tree of two files, all of their lines reached."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kxover-coverage-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for room in report.ROOMS:
            (self.folder / room).mkdir()
        for name in (CODEC, OTHER):
            (self.folder / name).write_text(TEXT)
        self.counts = {CODEC: dict.fromkeys((2, 4, 5, 6, 7, 8, 12, 14), 1),
                       OTHER: dict.fromkeys((2, 4, 5, 6, 7, 8, 12, 14), 1)}

    def judge(self, unreached="", extent="all"):
        """The complaints about these counts, with that file of explanations."""
        counts = self.folder / "counts.json"
        counts.write_text(json.dumps({"files": [
            {"file": name, "functions": [{"lineno": 2, "name": "first"}, {"lineno": 12, "name": "second"}],
             "lines": [{"line_number": number, "count": count, "gcovr/noncode": False,
                        "branches": [{"count": count}, {"count": 0}] if number == 4 else []}
                       for number, count in lines.items()]}
            for name, lines in self.counts.items()]}))
        self.sources = report.read_counts(counts, self.folder)
        explanations = report.read_explanations(unreached)
        self.missing = report.explain(self.sources, explanations)
        return list(report.complaints(self.sources, explanations, self.missing, extent))

    def not_reached(self, name, *numbers):
        self.counts[name].update(dict.fromkeys(numbers, 0))


class WhatIsDemanded(Judged):
    def test_nothing_is_said_when_all_is_reached(self):
        self.assertEqual(self.judge(), [])

    def test_a_line_of_the_codec_that_is_not_reached_is_named(self):
        self.not_reached(CODEC, 14)
        self.assertEqual(self.judge(), [f"{CODEC}:14: not reached, and not explained: return 0;"])

    def test_lines_that_follow_each_other_are_named_once(self):
        self.not_reached(CODEC, 5, 6)
        self.assertEqual(len(self.judge()), 1)

    def test_the_unit_programs_are_to_reach_the_codec_and_not_all_else(self):
        self.not_reached(OTHER, *self.counts[OTHER])
        self.assertEqual(self.judge(extent="unit"), [])
        self.not_reached(CODEC, 14)
        self.assertEqual(len(self.judge(extent="unit")), 1)

    def test_the_rest_is_to_be_reached_nine_times_in_ten_whatever_is_explained(self):
        self.not_reached(OTHER, 14)
        self.assertEqual(self.judge("Why.\n  cli/*: second: return 0\n"),
                         ["all other files: 7 of 8 lines are reached, under 90 of 100"])

    def test_no_file_is_to_be_reached_less_than_eight_times_in_ten(self):
        self.not_reached(OTHER, 12, 14)
        self.assertIn(f"{OTHER}: 6 of 8 lines are reached, under 80 of 100",
                      self.judge("Why.\n  cli/*: second: second\n"))

    def test_in_another_file_too_all_that_is_not_reached_is_explained(self):
        self.not_reached(OTHER, 14)
        self.assertIn(f"{OTHER}:14: not reached, and not explained: return 0;", self.judge())

    def test_of_the_codec_lines_are_explained_by_the_name_of_the_file(self):
        self.not_reached(CODEC, 14)
        self.assertIn(f"{CODEC}:14: not reached, and not explained: return 0;",
                      self.judge("Why.\n  asn1/*: second: return 0\n"))

    def test_a_file_that_is_not_built_is_an_error(self):
        (self.folder / "base/forgotten.c").write_text(TEXT)
        self.assertRaisesRegex(report.Mistake, "base/forgotten.c", self.judge)


class WhatIsExplained(Judged):
    def explained(self, words):
        """The lines of the codec that are explained by this."""
        self.judge(f"Why.\n  asn1/codec.c: first: {words}\n")
        return [number for number, explanation in self.missing[CODEC].items() if explanation]

    def test_a_condition_explains_what_hangs_on_it(self):
        self.not_reached(CODEC, 5, 6)
        self.assertEqual(self.explained("if (a < 0)"), [5, 6])

    def test_a_condition_does_not_explain_what_comes_after_it(self):
        self.not_reached(CODEC, 5, 6, 7, 8)
        self.assertEqual(self.explained("if (a < 0)"), [5, 6])

    def test_a_line_that_is_not_reached_explains_the_rest_of_its_block(self):
        self.not_reached(CODEC, 7, 8, 14)
        self.assertEqual(self.explained("a++;"), [7, 8])

    def test_an_asterisk_is_all_of_a_function(self):
        self.not_reached(CODEC, 2, 5, 14)
        self.assertEqual(self.explained("*"), [2, 5])

    def test_the_same_words_in_another_function_are_not_meant(self):
        self.not_reached(CODEC, 14)
        self.assertEqual(self.explained("return 0"), [])

    def test_the_reason_is_in_the_report(self):
        self.not_reached(CODEC, 14)
        self.judge("Nobody\nasks for it.\n  asn1/codec.c: *: return 0\n")
        self.assertIn("1 lines are not reached. Nobody asks for it.", list(report.report(self.sources, self.missing)))

    def test_what_is_reached_now_is_to_go(self):
        unreached = "Why.\n  asn1/codec.c: second: return 0\n"
        self.assertEqual(self.judge(unreached), ["unreached:2: asn1/codec.c: second: return 0: is reached now"])
        self.assertEqual(self.judge(unreached.replace("  asn1", "  ~asn1")), [])

    def test_what_is_no_more_is_to_go(self):
        for mark in "", "~":
            self.assertEqual(self.judge(f"Why.\n  {mark}asn1/codec.c: second: return 1\n"),
                             ["unreached:2: asn1/codec.c: second: return 1: there is no such line"])

    def test_what_is_no_more_in_another_file_is_not_for_the_unit_programs_to_tell(self):
        self.assertEqual(self.judge("Why.\n  cli/list.c: second: return 1\n", extent="unit"), [])

    def test_words_that_count_in_all_files_are_told_with_how_many_lines_they_have(self):
        self.not_reached(OTHER, 12, 14)
        self.judge(f"Why.\n  *: *: return 0\n  {OTHER}: second: second\n")
        told = list(report.report(self.sources, self.missing))
        self.assertEqual(told[-2:], ["1 of these lines are explained by words that count in all files:",
                                     "     1 unreached:2: *: *: return 0"])

    def test_words_without_a_reason_are_an_error(self):
        for text in "  a: b: c\n", "Why.\n  a: b\n":
            self.assertRaises(report.Mistake, self.judge, text)


class TheTable(unittest.TestCase):
    def test_all_is_said_of_all_alone(self):
        self.assertEqual(report.share(9999, 10000), " 99.9 %")
        self.assertEqual(report.share(10000, 10000), "100.0 %")


class TheProgram(Judged):
    def run_it(self, extent):
        self.judge()
        with unittest.mock.patch.multiple(report, SOURCE=self.folder, HERE=self.folder), \
                contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return report.main(["--extent", extent, str(self.folder / "counts.json"), str(self.folder / "report")])

    def test_its_exit_code_tells(self):
        (self.folder / "unreached").write_text("")
        self.assertEqual(self.run_it("all"), 0)
        self.not_reached(CODEC, 14)
        self.assertEqual(self.run_it("all"), 1)
        self.assertEqual(self.run_it("some"), 0)


if __name__ == "__main__":
    unittest.main()
