"""docs/troubleshooting.md quotes what the programs say: each message in its tables is one of the source's."""

import re
import unittest
from functools import cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs" / "troubleshooting.md"
# A table whose first column quotes has one of these at its head.
QUOTING = re.compile(r"the (message|log says)|its log says|\w+'s log says")
# So much of a message must be words of its own, and not filled in.
WORDS_OF_ITS_OWN = 12


def quotations():
    """The messages that the page quotes, without those of krb5, which are not set as code."""
    quoting = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            quoting = False
            continue
        first = line.split("|")[1].strip()
        quoting = quoting or QUOTING.search(first) is not None
        if quoting:
            yield from (text.strip() for _, text in re.findall(r"(`+)(.+?)(?<!`)\1(?!`)", first))


@cache
def messages():
    """Every text of the source, as a regular expression of what it can be once it is filled in."""
    expressions = []
    for path in TOP.glob("*/*.c"):
        source = path.read_text(encoding="utf-8")
        for literal in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', source):
            text = re.sub(r'"\s*"', "", literal)[1:-1].replace('\\"', '"').replace("\\n", "\n")
            pieces = re.split(r"%[-0-9.*]*(?:l|z|h)*[a-zA-Z]", text)
            if sum(map(len, pieces)) >= WORDS_OF_ITS_OWN:
                expressions.append(re.compile(".*".join(map(re.escape, pieces))))
    return expressions


def is_said(text):
    """Whether one of the programs can say exactly that, behind the name of what it is about, and with a
    reason after it that may be a library's."""
    parts = text.split(": ")
    runs = [": ".join(parts[begin:end]) for begin in range(len(parts)) for end in range(begin + 1, len(parts) + 1)
            if all(re.fullmatch(r"(realm )?\S+", part) for part in parts[:begin])]
    return any(message.fullmatch(run) for message in messages() for run in runs if " " in run)


class TroubleshootingPage(unittest.TestCase):
    def test_each_message_that_it_quotes_is_said(self):
        quoted = list(quotations())
        self.assertGreater(len(quoted), 25)
        for text in quoted:
            with self.subTest(text):
                self.assertTrue(is_said(text), "no program says so")

    def test_what_nobody_says_is_found_out(self):
        for text in ("realm BRAVO.EXAMPLE has no SRV record", "realm BRAVO.EXAMPLE is closed today",
                     "kxover_identity: private key is not that of the second certificate"):
            self.assertFalse(is_said(text), text)


if __name__ == "__main__":
    unittest.main()
