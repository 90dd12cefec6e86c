"""What the scenarios of kxover verify stand on: chains of certificates, records of them, and the question.

The judgement is that of an exchange (docs/trust.md has the rules in words), and no lab runs for it.  The
certificates are made as they are wanted, by tests/scenarios/certify: a chain is a list of words for each."""

import base64
import hashlib
import os
import re
import time
from pathlib import Path

import test_cli
from lab.process import run

REALM = "ALPHA.EXAMPLE"
HOST = "kdc.alpha.example"
KPKDC = "1.3.6.1.5.2.3.5"
KPCLIENT_AUTH = "1.3.6.1.5.2.3.4"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
ANY_PURPOSE = "2.5.29.37.0"
UNKNOWN = "1.3.6.1.4.1.55555.1"

DIGITAL_SIGNATURE, CERT_SIGN, CRL_SIGN = 128, 4, 2

# The steps, as they are named in the log.
CHAIN = "check 2, chain"
DANE = "check 5, DANE"
ROOTS = "check 6, roots"

MISMATCH = "no TLSA record of kdc.alpha.example is of the certificate chain"
UNUSABLE = "no TLSA record of kdc.alpha.example can be used"

# The chain that is as it should be; tests change one word of it.
KDC = f"name=kdc dns=alpha.example purpose={KPKDC}"
BETWEEN = "name=between ca"
ROOT = "name=root ca"


def element(tag, *contents):
    """DER: a tag, a length and what these make together."""
    content = b"".join(contents)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def dns(name):
    """A dNSName; bytes are taken as they are."""
    return element(0x82, name if isinstance(name, bytes) else name.encode())


def pkinit(realm, *components, kind=2):
    """PKINIT's name of a principal (RFC 4556 3.2.2), as an otherName."""
    def text(value):
        return element(0x1b, value if isinstance(value, bytes) else value.encode())
    principal = element(0x30, element(0xa0, text(realm)), element(0xa1, element(
        0x30, element(0xa0, element(0x02, bytes([kind]))),
        element(0xa1, element(0x30, *[text(component) for component in components])))))
    return element(0xa0, bytes.fromhex("06062b0601050202"), element(0xa0, principal))


def names(*general):
    """The word that gives a certificate these alternative names."""
    return f"names={element(0x30, *general).hex()}"


def certificates(pem):
    """The certificates in a text, each in PEM."""
    return re.findall(r"-----BEGIN[^-]+-----\n[^-]+-----END[^-]+-----\n", pem)


def stamp(seconds):
    """The time so many seconds from now, as kxover writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


DAY = 86400
PAST = f"from={stamp(-20 * DAY)} till={stamp(-10 * DAY)}"
FUTURE = f"from={stamp(10 * DAY)} till={stamp(20 * DAY)}"


class Verify(test_cli.Tool):
    """Chains, records and what kxover verify says of them."""

    def make(self, *plans):
        """A chain of certificates in PEM, each signed by the next."""
        program = Path(os.environ.get("KXOVER_BUILD", os.curdir), "tests/scenarios/certify").resolve()
        return certificates(run([program], self.env, input="".join(f"{plan}\n" for plan in plans)).stdout)

    def good(self):
        return self.make(KDC, BETWEEN, ROOT)

    def selected(self, certificate, selector):
        """The bytes that a selector selects (RFC 6698 2.1.2), by certtool for the key."""
        if selector == 0:
            return base64.b64decode("".join(certificate.splitlines()[1:-1]))
        infile, outfile = self.folder / "selected.pem", self.folder / "selected.der"
        infile.write_text(certificate)
        self.tool("certtool", "--infile", infile, "--pubkey-info", "--outder", "--outfile", outfile)
        return outfile.read_bytes()

    def record(self, parameters, certificate):
        """The TLSA record with these parameters, "3 1 1", of a certificate."""
        _, selector, matching_type = (int(word) for word in parameters.split())
        data = self.selected(certificate, selector)
        digest = {0: lambda: data, 1: hashlib.sha256(data).digest, 2: hashlib.sha512(data).digest}
        return f"{parameters} {digest[matching_type]().hex()}"

    def verify(self, chain, records, realm=REALM, host=HOST, anchors=None, at=None):
        """Ask kxover verify."""
        path = self.folder / "chain.pem"
        path.write_text("".join(chain))
        arguments = ["--realm", realm, "--host", host, "--chain", path]
        for record in records:
            arguments += ["--tlsa", record]
        if anchors is not None:
            roots = self.folder / "anchors.pem"
            roots.write_text("".join(anchors))
            arguments += ["--anchors", roots]
        if at is not None:
            arguments += ["--at", at]
        return self.kxover("verify", *arguments, check=False)

    def assertBelieved(self, chain, *records, by=None, realm=REALM, **options):
        """The chain is believed, by the first record or by that one."""
        result = self.verify(chain, records, realm=realm, **options)
        self.assertEqual((result.code, result.stderr), (0, ""), result.output)
        start = (by or records[0])[:100]
        self.assertRegex(result.stdout, rf"\A{realm} is believed by TLSA {start}[^\n]*\n\Z")

    def assertNotBelieved(self, step, words, chain, *records, **options):
        """The chain is not believed, at that step and for that reason."""
        result = self.verify(chain, records, **options)
        self.assertRefused(result, test_cli.FAILED, "is not believed", step, words)
