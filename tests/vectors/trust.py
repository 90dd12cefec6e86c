"""Checks 2, 3, 5 and 6, a second time: from docs/protocol.md, docs/trust.md
and RFC 5280.  Of a path, what the vectors are about: CA flags, dates, names,
purposes."""

import calendar
import hashlib
import time

import der
import primitives
from der import NotDer, expect
from second import SIGNATURES, Refused, read_algorithm

KPKDC, ANY_PURPOSE = "1.3.6.1.5.2.3.5", "2.5.29.37.0"
PKINIT_NAME = "1.3.6.1.5.2.2"
CURVES = {"1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384}


class Certificate:
    """RFC 5280 4.1."""

    def __init__(self, data):
        self.der = data
        outer = der.whole(data).children()
        self.tbs, self.sigalg = outer[0].whole, read_algorithm(outer[1])
        self.signature = der.read_bits(outer[2])
        fields = expect(outer[0], der.SEQUENCE).children()
        if fields[0].tag == 0xA0:
            fields = fields[1:]
        self.issuer, self.subject = fields[2].whole, fields[4].whole
        self.dates = [self._time(part) for part in fields[3].children()]
        self.public = fields[5].whole
        algorithm, key = fields[5].children()
        self.kind, self.bits = self._key(read_algorithm(algorithm), key)
        self.extensions = {}
        for field in fields[6:]:
            if field.tag == 0xA3:
                for extension in der.whole(field.contents).children():
                    parts = extension.children()
                    self.extensions[der.read_oid(parts[0])] = \
                        der.whole(parts[-1].contents)

    @staticmethod
    def _time(element):
        text = element.contents.decode("ascii")
        if element.tag == 0x17:
            text = ("20" if text < "50" else "19") + text
        return calendar.timegm(time.strptime(text, "%Y%m%d%H%M%SZ"))

    @staticmethod
    def _key(algorithm, key):
        oid, parameters = algorithm
        if oid == "1.3.101.112":
            return "ed25519", 256
        if oid == "1.2.840.10045.2.1":
            return "ecdsa", CURVES.get(der.read_oid(der.whole(parameters)))
        if oid == "1.2.840.113549.1.1.1":
            modulus = der.whole(der.read_bits(key)).children()[0].contents
            return "rsa", int.from_bytes(modulus, "big").bit_length()
        return oid, None

    def check_key(self):
        """Its key is of a kind and size that may sign an offer."""
        if self.kind not in ("ed25519", "ecdsa", "rsa") or self.bits is None:
            raise Refused(80, "a key of another kind")
        if self.kind == "rsa" and not 2048 <= self.bits <= 8192:
            raise Refused(12, "an RSA key of %d bits" % self.bits)

    def check_can_sign(self, sigalg):
        """Its key can have signed with that algorithm."""
        if sigalg not in SIGNATURES:
            raise Refused(80, "an algorithm that is not accepted")
        self.check_key()
        kind = SIGNATURES[sigalg][0]
        if self.kind != {"pss": "rsa", "pkcs1": "rsa"}.get(kind, kind):
            raise Refused(80, "an algorithm for another kind of key")

    def has_signed(self, sigalg, data, signature):
        kind, digest = SIGNATURES[sigalg]
        return primitives.verifies(kind, digest, self.public, data, signature)


def read_chain(chain):
    try:
        return [Certificate(data) for data in chain]
    except (NotDer, ValueError, IndexError) as error:
        raise Refused(71, str(error)) from None


def check_order(chain):
    """Check 2 without its signatures."""
    if len({certificate.der for certificate in chain}) < len(chain):
        raise Refused(71, "a certificate is there twice")
    for subject, issuer in zip(chain, chain[1:] + chain[-1:]):
        if subject.issuer != issuer.subject:
            raise Refused(71, "a certificate is not issued by the next")
        try:
            issuer.check_can_sign(subject.sigalg)
        except Refused as error:
            raise Refused(71, str(error)) from None
    chain[0].check_key()


def check_signed(offer, chain):
    """Checks 2 and 3."""
    check_order(chain)
    chain[0].check_can_sign(offer.sigalg)
    if not chain[0].has_signed(offer.sigalg, offer.tbs, offer.signature):
        raise Refused(64, "the signature does not verify")
    for subject, issuer in zip(chain, chain[1:] + chain[-1:]):
        if not issuer.has_signed(subject.sigalg, subject.tbs,
                                 subject.signature):
            raise Refused(71, "a certificate is not signed by the next")


def key_id(certificate):
    """A root's key identifier: RFC 5280 4.2.1.2, "Roots" of the document."""
    own = certificate.extensions.get("2.5.29.14")
    if own and len(own.contents) <= 64:
        return own.contents
    key = der.whole(certificate.public).children()[1]
    return hashlib.sha1(der.read_bits(key)).digest()


class Record:
    """A TLSA record, from its text in a zone."""

    def __init__(self, text):
        self.text = text
        usage, selector, matching, data = text.split(" ", 3)
        self.usage, self.selector = int(usage), int(selector)
        self.matching, self.data = int(matching), bytes.fromhex(data)

    def is_usable(self, anchors):
        return self.usage < 4 and self.selector < 2 and \
            self.matching < 3 and (self.usage > 1 or anchors) and \
            self.matching in (0, {32: 1, 64: 2}.get(len(self.data)))

    def is_of(self, certificate):
        data = certificate.public if self.selector else certificate.der
        return self.data == (data if self.matching == 0 else
                             hashlib.sha256(data).digest()
                             if self.matching == 1 else
                             hashlib.sha512(data).digest())


def _check_names(certificate, realm, host):
    extension = certificate.extensions.get("2.5.29.17")
    pkinit = der.sequence(
        der.tagged(0, der.string(realm)),
        der.tagged(1, der.sequence(
            der.tagged(0, der.integer(2)),
            der.tagged(1, der.sequence(der.string("krbtgt"),
                                       der.string(realm))))))
    for name in extension.children() if extension else []:
        if name.tag == 0x82 and \
                name.contents.decode().lower() in (realm.lower(), host):
            return
        if name.tag == 0xA0 and name.contents == \
                der.oid(PKINIT_NAME) + der.tagged(0, pkinit):
            return
    raise Refused(75, "the certificate does not name the realm")


def _check_purpose(certificate):
    usage = certificate.extensions.get("2.5.29.15")
    if usage and not usage.contents[1] & 0x80:
        raise Refused(77, "not for digital signatures")
    purposes = certificate.extensions.get("2.5.29.37")
    if purposes and not {KPKDC, ANY_PURPOSE} & set(
            map(der.read_oid, purposes.children())):
        raise Refused(77, "not for a KDC")


def _check_path(path, now):
    for certificate in path:
        if not certificate.dates[0] <= now <= certificate.dates[1]:
            raise Refused(70, "a certificate is not within its dates")
    for number, certificate in enumerate(path[1:]):
        basic = certificate.extensions.get("2.5.29.19")
        parts = basic.children() if basic else []
        if not parts or not der.read_boolean(parts[0]):
            raise Refused(70, "an issuer is no CA")
        if len(parts) > 1 and der.read_integer(parts[1], 0, 255) < number:
            raise Refused(70, "the path is too long")
        usage = certificate.extensions.get("2.5.29.15")
        if usage and not usage.contents[1] & 0x04:
            raise Refused(70, "an issuer may not sign certificates")


def check_dane(chain, realm, host, tlsa, anchors, now):
    """Checks 5 and 6; the record by which the chain is believed."""
    records = [record for record in map(Record, tlsa)
               if record.is_usable(anchors)]
    strong = {(record.usage, record.selector) for record in records
              if record.matching == 2}
    if not records:
        raise Refused(62, "no TLSA record can be used")
    verdict = Refused(62, "no TLSA record is of the chain")
    for number, certificate in enumerate(chain):
        for usage in (3, 1) if number == 0 else (2, 0):
            for record in records:
                if record.usage != usage or not record.is_of(certificate) or \
                        (record.matching == 1 and
                         (usage, record.selector) in strong):
                    continue
                try:
                    _check_record(chain, number, usage, realm, host, anchors,
                                  now)
                except Refused as error:
                    verdict = error
                    continue
                if anchors and chain[-1].der not in anchors:
                    raise Refused(70, "another root")
                return record
    raise verdict


def _check_record(chain, number, usage, realm, host, anchors, now):
    if usage == 3:
        return
    _check_names(chain[0], realm, host)
    _check_purpose(chain[0])
    _check_path(chain[:number + 1] if usage == 2 else chain, now)
    if usage != 2 and chain[-1].der not in anchors:
        raise Refused(70, "another root")
