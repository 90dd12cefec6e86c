"""Whoever follows a link in README.md or docs/ gets somewhere, and from README.md to every page."""

import re
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
FOLDERS = "asn1|base|cli|daemon|dnssec|docs|exchange|hostrealm|man|plugin|tests"


def prose_of(page):
    """The text of a page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def links_of(page):
    """The targets of its links and pictures."""
    return re.findall(r"\]\(([^)\s]+)\)", prose_of(page))


def anchors_of(page):
    """What its headings are called in links: small letters, hyphens for blanks, most signs left out."""
    anchors = set()
    for heading in re.findall(r"^#+ (.*)$", prose_of(page), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower())
        anchor = words.strip().replace(" ", "-")
        number = sum(1 for known in anchors if re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", known))
        anchors.add(f"{anchor}-{number}" if number else anchor)
    return anchors


class Links(unittest.TestCase):
    def test_each_leads_somewhere(self):
        count = 0
        for page in PAGES:
            for link in links_of(page):
                if re.match(r"[a-z]+:", link):
                    continue
                count += 1
                name, _, anchor = link.partition("#")
                target = (page.parent / name).resolve() if name else page
                with self.subTest(f"{page.name}: {link}"):
                    self.assertTrue(target.exists(), "there is no such file")
                    self.assertTrue(target.is_relative_to(TOP), "it leads out of the project")
                    if anchor:
                        self.assertIn(anchor, anchors_of(target), "there is no such heading")
        self.assertGreater(count, 30)

    def test_each_page_can_be_reached_from_the_readme(self):
        reached, ahead = set(), [TOP / "README.md"]
        while ahead:
            page = ahead.pop()
            if page in reached or page not in PAGES:
                continue
            reached.add(page)
            ahead += [(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)]
        self.assertEqual(reached, set(PAGES))

    def test_each_page_and_each_picture_is_installed(self):
        rooms = [*TOP.glob("*/*.am"), *TOP.glob("*/*/*.am")]
        listed = "".join(path.read_text(encoding="utf-8") for path in [TOP / "Makefile.am", *rooms])
        for page in [*PAGES, *(TOP / "docs" / "pictures").iterdir()]:
            with self.subTest(page.name):
                self.assertTrue(f"{page.relative_to(TOP)}" in listed, "no .am lists it")

    def test_each_file_of_the_source_that_they_name_is_there(self):
        for page in PAGES:
            for name in re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", prose_of(page)):
                with self.subTest(f"{page.name}: {name}"):
                    self.assertTrue((TOP / name).exists())


if __name__ == "__main__":
    unittest.main()
