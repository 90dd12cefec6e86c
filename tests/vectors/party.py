"""The product's side: tests/vectors/party, and what it says in Python."""

import os
import re
import shutil
import subprocess
import tempfile
import weakref

import primitives

BUILD = os.environ.get("KX_BUILD", ".")
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def _errors():
    """The names of kx_err.et's errors, in order, as the vectors spell them."""
    with open(os.path.join(SOURCE, "base", "kx_err.et")) as file:
        names = re.findall(r"^error_code KX_ERR_(\w+)", file.read(), re.M)
    return [name.lower().replace("_", "-") for name in names]


ERRORS = _errors()


def run(action, lines):
    """Run `party action` with lines of (word, value); what it says, by word,
    each a list."""
    said = subprocess.run(
        [os.path.join(BUILD, "tests", "vectors", "party"), action],
        input="".join("%s %s\n" % line for line in lines), check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if said.returncode != 0:
        raise AssertionError("party %s: %s" % (action, said.stderr))
    found = {}
    for line in said.stdout.splitlines():
        word, value = line.split(" ", 1)
        found.setdefault(word, []).append(value)
    for word in found:
        if word == "refused":
            found[word] = [ERRORS[int(value)] for value in found[word]]
    return found


def pem(certificate):
    return primitives.openssl("x509", "-inform", "DER", data=certificate)


class Files:
    """A folder for the files that the product reads: identities, roots."""

    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.n = 0
        weakref.finalize(self, shutil.rmtree, self.folder)

    def _write(self, data):
        self.n += 1
        path = os.path.join(self.folder, str(self.n))
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as out:
            out.write(data)
        return path

    def identity(self, key, chain):
        """The line of an identity: key in PEM, chain in DER."""
        return "identity", "FILE:%s,%s" % (
            self._write(b"".join(map(pem, chain))), self._write(key))

    def anchors(self, roots):
        """The lines of some roots in DER."""
        return [("anchors", "FILE:" + self._write(b"".join(map(pem, roots))))
                ] if roots else []
