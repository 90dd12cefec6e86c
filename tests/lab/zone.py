"""One DNS zone: its records, its key, and its file, signed well or in one of the ways that go wrong.

Records live a second only, so that what a test changes counts soon, also with a resolver that is running.
"""

import enum
import re
import time
from pathlib import Path

from . import tools
from .process import run

TTL = 1
DAY = 86400
# Far enough either way that a clock set off by weeks does not make signatures expire.
VALIDITY = 90 * DAY
ALGORITHM = "ECDSAP256SHA256"


class Signing(enum.Enum):
    """How a zone is signed, and with that what a validating resolver thinks of it."""

    VALID = "signed, and the parent zone vouches for the key: secure"
    UNSIGNED = "not signed, and the parent zone says so: insecure"
    STRIPPED = "not signed, although the parent zone says it is: bogus"
    EXPIRED = "signed, but the signatures have run out: bogus"


class Zone:
    """A zone with its own key.

    `records` are zone-file lines that anybody may add to.  `edits` are functions that are given the list
    of all lines at publication and return the list to publish instead; `damaged_types` are the record
    types whose signatures get damaged after they are made; `signer_options` are what ldns-signzone is told
    besides, such as ["-n"] for NSEC3; `ttl` is the seconds that its records may be remembered."""

    def __init__(self, name, folder, env, publish):
        """`name` is absolute and in small letters; files go into `folder`; `publish` is a function that
        makes the server serve what has changed."""
        self.name = name
        self.publish = publish
        self.records = []
        self.edits = []
        self.signing = Signing.VALID
        self.damaged_types = set()
        self.signer_options = []
        self.ttl = TTL
        self.serial = 0
        self._folder = Path(folder)
        self._env = env
        self._stem = name.rstrip(".") or "root"
        self._written = None
        self._key = self._make_key()
        self._ds = run([tools.find("ldns-key2ds"), "-n", "-2", self.key_file], env).stdout.strip()

    @property
    def file(self):
        """The file to be served."""
        return self._folder / f"{self._stem}.signed"

    @property
    def key_file(self):
        """The public key as a DNSKEY record: at the root it is the trust anchor."""
        return Path(f"{self._key}.key")

    def has_parent(self, other):
        """Whether this zone lies below the zone `other`."""
        return self.name != other.name and (other.name == "." or self.name.endswith("." + other.name))

    def write(self, children):
        """Make the file anew, with a new serial number and the delegations to `children`, unless that would
        change nothing.  Returns whether it did."""
        lines = [line for child in children for line in child.delegation()]
        lines += self.records
        for edit in self.edits:
            lines = edit(lines)
        content = (self.ttl, lines, self.signing, frozenset(self.damaged_types))
        if content == self._written:
            return False
        self._written = content
        self.serial += 1
        source = self._folder / f"{self._stem}.zone"
        source.write_text("\n".join([f"$ORIGIN {self.name}", f"$TTL {self.ttl}", *self._head(), *lines]) + "\n")
        unsigned = self.signing in (Signing.UNSIGNED, Signing.STRIPPED)
        text = source.read_text() if unsigned else self._signed(source)
        self.file.write_text(text)
        return True

    def delegation(self):
        """The lines that the parent zone has about this one."""
        lines = [f"{self.name} NS {self._server()}", f"{self._server()} A 127.0.0.1"]
        if self.signing is not Signing.UNSIGNED:
            lines.append(self._ds)
        return lines

    def _server(self):
        return "ns." if self.name == "." else f"ns.{self.name}"

    def _head(self):
        return [f"{self.name} SOA {self._server()} hostmaster.{self._server()} {self.serial} 3600 600 86400 {self.ttl}",
                f"{self.name} NS {self._server()}",
                f"{self._server()} A 127.0.0.1"]

    def _make_key(self):
        """Make the zone's one key, for its records and for itself; returns the stem of its files."""
        made = run(["/bin/sh", "-c", 'cd "$1" && exec "$2" -a "$3" -k "$4"', "sh", self._folder,
                    tools.find("ldns-keygen"), ALGORITHM, self.name], self._env)
        return self._folder / made.stdout.strip()

    def _signed(self, source):
        """The zone in `source` with signatures, as text."""
        until = time.time() + (-30 * DAY if self.signing is Signing.EXPIRED else VALIDITY)
        since = until - 2 * VALIDITY
        signed = source.with_suffix(".fresh")
        run([tools.find("ldns-signzone"), *self.signer_options, "-i", int(since), "-e", int(until),
             "-o", self.name, "-f", signed, source, self._key], self._env)
        return "".join(self._maybe_damaged(line) for line in signed.read_text().splitlines(keepends=True))

    def _maybe_damaged(self, line):
        """The line, with another signature if it is one over a type of damaged_types."""
        found = re.search(r"\sRRSIG\s+(\S+)\s", line)
        if not found or found[1] not in self.damaged_types:
            return line
        head, signature = line.rstrip("\n").rsplit(" ", 1)
        return f"{head} {signature[40:80]}{signature[:40]}{signature[80:]}\n"
