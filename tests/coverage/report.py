#!/usr/bin/env python3
"""Tells what the tests reach of the products, and judges it.

    report.py --extent all coverage/counts.json coverage/report.txt

counts.json is gcovr's.  What no test reaches must be explained in the file
"unreached" beside this one, which says how.  All lines of the codec and of the
six checks are to be reached, or explained one by one; of all other files 90
of 100, and of none under 80; and what is said there of a line that is reached
now, or is no more, is to go.

The extents: "all" judges this; "unit" judges what the unit programs have to
reach by themselves: the codec and the six checks, but for two files; "some"
judges nothing.  The exit code is 0 if all is as it should be.
"""

import argparse
import json
import sys
from collections import namedtuple
from fnmatch import fnmatchcase
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent

# From the bottom up, as in docs/how-it-works.md.
ROOMS = ("base", "asn1", "dnssec", "exchange", "store", "plugin", "daemon", "cli", "hostrealm")

# The codec, and the six checks of docs/how-it-works.md: policy; chain; signature; DNSSEC; DANE; roots.
WHOLE = ("asn1/*.c", "exchange/check_*.c", "exchange/chain.c", "exchange/signature.c", "exchange/peer.c",
         "exchange/roots.c", "exchange/revocation.c")

# Of these, what needs real DNS, or files as openssl makes them: the scenarios reach it.
BY_SCENARIOS = ("exchange/peer.c", "exchange/revocation.c")

ENOUGH = 90  # of 100 lines, in all other files together
ENOUGH_OF_FILE = 80

Source = namedtuple("Source", "name text counts functions branches")
"""A file: its lines of text, {line: how often it ran}, [(line, function)] sorted, (branches taken, branches)."""


class Mistake(Exception):
    """A file that cannot be judged, or an explanation that cannot be read."""


def indent(line):
    return len(line) - len(line.lstrip(" "))


def function_of(source, number):
    """The function that line `number` is in."""
    name = ""
    for start, function in source.functions:
        if start > number:
            break
        name = function
    return name


def unreached(source):
    return [number for number, count in sorted(source.counts.items()) if count == 0]


class Explanation:
    """One line of the file "unreached": where, and why.

    It is about the lines in which `words` stand, and what hangs on them: what is indented deeper after them
    (the block of an `if`, the rest of a statement), and, when such a line is itself not reached, what comes
    after it in its block."""

    def __init__(self, number, files, functions, words, reason, at_times):
        self.number = number
        self.files = files
        self.functions = functions
        self.words = words
        self.reason = reason
        self.at_times = at_times
        self.about = set()  # the files that have such lines
        self.used = False  # by a line that is not reached

    def __str__(self):
        return f"unreached:{self.number}: {self.files}: {self.functions}: {self.words}"

    def lines(self, source):
        """The numbers of the lines of `source` that it is about, reached or not."""
        found = set()
        if self.files != source.name if is_whole(source.name) else not fnmatchcase(source.name, self.files):
            return found
        for number, line in enumerate(source.text, 1):
            if not fnmatchcase(function_of(source, number), self.functions):
                continue
            if self.words == "*":
                found.add(number)
            elif self.words in line:
                found.update(self._hanging_on(source, number))
        return found

    def _hanging_on(self, source, number):
        depth = indent(source.text[number - 1])
        with_its_block = source.counts.get(number) == 0
        yield number
        for further in range(number + 1, len(source.text) + 1):
            line = source.text[further - 1]
            if not line.strip():
                continue
            if indent(line) < depth or (indent(line) == depth and not with_its_block):
                return
            yield further


def read_explanations(text):
    """The Explanations in `text`.

    A reason is a paragraph that begins in the first column; the indented lines after it are what it is about,
    each "FILES: FUNCTIONS: WORDS".  What is reached at times is marked by a "~" before it."""
    explanations = []
    reason, entries_began = [], True
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if entries_began:
                reason, entries_began = [], False
            reason.append(line.strip())
            continue
        parts = line.strip().removeprefix("~").split(": ", 2)
        if len(parts) != 3 or not all(part.strip() for part in parts) or not reason:
            raise Mistake(f"unreached:{number}: not FILES: FUNCTIONS: WORDS below a reason")
        entries_began = True
        explanations.append(Explanation(number, *(part.strip() for part in parts), " ".join(reason),
                                        line.strip().startswith("~")))
    return explanations


def read_counts(path, source_folder):
    """The Sources that gcovr's file at `path` tells of, and Mistake if a product's file is not among them."""
    sources = {}
    for file in json.loads(Path(path).read_text())["files"]:
        room = file["file"].split("/")[0]
        if room not in ROOMS:
            continue
        lines = [line for line in file["lines"] if not line["gcovr/noncode"]]
        branches = [branch for line in lines for branch in line["branches"]]
        sources[file["file"]] = Source(
            file["file"], (source_folder / file["file"]).read_text().splitlines(),
            dict(sorted((line["line_number"], line["count"]) for line in lines)),
            sorted((function["lineno"], function["name"]) for function in file["functions"]),
            (sum(branch["count"] > 0 for branch in branches), len(branches)))
    for room in ROOMS:
        for path in sorted((source_folder / room).glob("*.c")):
            if f"{room}/{path.name}" not in sources:
                raise Mistake(f"{room}/{path.name}: nothing was counted; is it built?")
    return [sources[name] for name in sorted(sources, key=lambda name: (ROOMS.index(name.split("/")[0]), name))]


def is_whole(name):
    return any(fnmatchcase(name, pattern) for pattern in WHOLE)


def is_judged(name, extent):
    return extent == "all" or (is_whole(name) and name not in BY_SCENARIOS)


def explain(sources, explanations):
    """{file: {unreached line: its Explanation or None}}; marks each Explanation as to what came of it."""
    found = {}
    for source in sources:
        missing = dict.fromkeys(unreached(source))
        for explanation in explanations:
            lines = explanation.lines(source)
            if lines:
                explanation.about.add(source.name)
            for number in lines & missing.keys():
                explanation.used = True
                if missing[number] is None:
                    missing[number] = explanation
        found[source.name] = missing
    return found


def complaints(sources, explanations, missing, extent):
    """What is not as it should be, a sentence each."""
    for source in sources:
        gaps = missing[source.name]
        if is_judged(source.name, extent):
            last = None
            for number in source.counts:
                unexplained = number in gaps and gaps[number] is None
                if unexplained and not last:
                    yield (f"{source.name}:{number}: not reached, and not explained: "
                           f"{source.text[number - 1].strip()}")
                last = unexplained
    if extent == "all":
        rest = [source for source in sources if not is_whole(source.name)]
        groups = [(source.name, [source], ENOUGH_OF_FILE) for source in rest]
        groups += [("all other files", rest, ENOUGH)]
        for name, group, enough in groups:
            lines = sum(len(source.counts) for source in group)
            reached = lines - sum(len(missing[source.name]) for source in group)
            if 100 * reached < enough * lines:
                yield f"{name}: {reached} of {lines} lines are reached, under {enough} of 100"
    for explanation in explanations:
        if not explanation.about:
            if is_judged(explanation.files, extent):
                yield f"{explanation}: there is no such line"
        elif not explanation.used and not explanation.at_times and \
                all(is_judged(name, extent) for name in explanation.about):
            yield f"{explanation}: is reached now"


def share(part, whole):
    """In percent, and 100.0 only if it is all."""
    return f"{100 if part == whole else min(99.9, 100 * part / whole):5.1f} %"


def table(groups):
    """A row for each (name, sources)."""
    yield f"{'':24} {'lines':>6} {'reached':>15} {'branches':>9} {'taken':>15}"
    for name, sources in groups:
        lines = sum(len(source.counts) for source in sources)
        reached = lines - sum(len(unreached(source)) for source in sources)
        taken = sum(source.branches[0] for source in sources)
        branches = sum(source.branches[1] for source in sources)
        yield (f"{name:24} {lines:6} {reached:6} {share(reached, lines)} {branches:9} {taken:6} "
               f"{share(taken, branches)}")


def report(sources, missing):
    """The report, line by line."""
    rooms = [(f"{room}/", [source for source in sources if source.name.startswith(room + "/")]) for room in ROOMS]
    checks = [source for source in sources if is_whole(source.name) and not source.name.startswith("asn1/")]
    yield from table([("the codec (asn1/)", rooms[ROOMS.index("asn1")][1]), ("the six checks", checks)])
    yield ""
    yield from table(rooms + [("all", sources)])
    yield ""
    yield from table([(source.name, [source]) for source in sources])
    reasons = {}
    for source in sources:
        for number, explanation in missing[source.name].items():
            reason = explanation.reason if explanation else "Not explained."
            reasons.setdefault(reason, []).append(f"{source.name}:{number}: {source.text[number - 1].strip()}")
    for reason, lines in sorted(reasons.items(), key=lambda item: -len(item[1])):
        yield ""
        yield f"{len(lines)} lines are not reached. {reason}"
        yield from (f"  {line}" for line in lines)
    yield from broad(missing)


def broad(missing):
    """How many lines each explanation has that is about all files, the report's last part.  A new line may hide
    behind such a one, so its number is to be looked at."""
    counts = {}
    for explained in missing.values():
        for explanation in explained.values():
            if explanation and "*" in explanation.files:
                counts[str(explanation)] = counts.get(str(explanation), 0) + 1
    yield ""
    yield f"{sum(counts.values())} of these lines are explained by words that count in all files:"
    yield from (f"  {count:4} {explanation}" for explanation, count in
                sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def main(argv=None):
    parser = argparse.ArgumentParser(description="Tell and judge what tests reach.")
    parser.add_argument("--extent", choices=("all", "unit", "some"), default="all")
    parser.add_argument("counts")
    parser.add_argument("report")
    arguments = parser.parse_args(argv)
    try:
        sources = read_counts(arguments.counts, SOURCE)
        explanations = read_explanations((HERE / "unreached").read_text())
    except Mistake as mistake:
        print(f"coverage: {mistake}", file=sys.stderr)
        return 1
    missing = explain(sources, explanations)
    text = list(report(sources, missing))
    Path(arguments.report).write_text("\n".join(text) + "\n")
    if arguments.extent != "unit":
        print("\n".join(text[:text.index("", text.index("") + 1)]))
        print(f"\n{Path(arguments.report).resolve()} lists what is not reached.")
    if arguments.extent == "some":
        return 0
    wrong = list(complaints(sources, explanations, missing, arguments.extent))
    for sentence in wrong:
        print(f"coverage: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
