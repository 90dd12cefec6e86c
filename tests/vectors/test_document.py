"""docs/protocol.md has the bytes and the module that are in other files."""

import os
import re
import unittest

import party
import vectors
import worked


def read(*path):
    with open(os.path.join(party.SOURCE, *path)) as file:
        return file.read()


class Document(unittest.TestCase):
    def setUp(self):
        self.text = read("docs", "protocol.md")

    def test_the_worked_bytes_are_those_of_the_vectors(self):
        self.assertTrue("\n" + worked.section() + "\n## " in self.text,
                        "worked.py prints other ones")

    def test_the_module_is_the_one_that_is_compiled(self):
        self.assertTrue("```asn1\n%s```\n" % read("asn1", "KXOVER.asn1")
                        in self.text, "asn1/KXOVER.asn1 is another one")

    def test_every_code_that_is_answered_is_explained(self):
        table = self.text.split("\n## Refusals\n")[1].split("\n## ")[0]
        told = {int(code) for line in re.findall(r"^\| ([\d, ]+) \|", table,
                                                 re.M)
                for code in line.split(",")}
        given = {entry["code"]
                 for entry in vectors.load("answers")["answers"]}
        self.assertEqual(told, given)

    def test_every_code_that_the_product_has_is_there(self):
        source = read("exchange", "refusal.c")
        codes = set(map(int, re.findall(r"^    WIRE_\w+ = (\d+)", source,
                                        re.M)))
        given = {entry["code"]
                 for entry in vectors.load("answers")["answers"]}
        self.assertEqual(codes, given)

    def test_every_vector_file_is_in_the_readme(self):
        readme = read("docs", "vectors", "README.md")
        for name in os.listdir(vectors.FOLDER):
            if name.endswith(".json"):
                self.assertIn("`%s`" % name, readme)


if __name__ == "__main__":
    unittest.main()
