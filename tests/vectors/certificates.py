"""Keys and certificates of the vectors: made from nothing but their names.

A key is a digest of its name, so that nobody takes it for a secret, and so
that it is the same in each run.
"""

import calendar
import hashlib
import time

import der
import primitives

NOT_BEFORE, NOT_AFTER = "20261101000000Z", "20361101000000Z"
DIGESTS = {"sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13}
CURVES = {"P-256": "1.2.840.10045.3.1.7", "P-384": "1.3.132.0.34",
          "P-521": "1.3.132.0.35"}
ORDERS = {
    "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
    "P-384": int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973",
                 16),
}


def stream(name, length):
    """Bytes that are a digest of name."""
    out, counter = b"", 0
    while len(out) < length:
        out += hashlib.sha512(b"kxover test vectors: %d %s" % (
            counter, name.encode())).digest()
        counter += 1
    return out[:length]


def ephemeral(name, group):
    """A private key of the key agreement."""
    if group == "X25519":
        return stream(name, 32)
    size = {"P-256": 32, "P-384": 48}[group]
    number = int.from_bytes(stream(name, size), "big")
    return (number % (ORDERS[group] - 1) + 1).to_bytes(size, "big")


def _is_prime(number):
    """Miller and Rabin's test, with bases that are primes."""
    even, twos = number - 1, 0
    while even % 2 == 0:
        even, twos = even // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        if number % base == 0:
            return number == base
        power = pow(base, even, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(name, size):
    top = 3 << size - 2
    number = int.from_bytes(stream(name, size // 8), "big") | top | 1
    while not (_is_prime(number) and (number - 1) % 65537):
        number += 2
    return number


def _rsa(name, size):
    p, q = (_prime("%s %s" % (name, part), size // 2) for part in "pq")
    n, e = p * q, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    return der.sequence(*map(der.integer, (
        0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))))


class Key:
    """A key to sign with: kind is ed25519, ed448, a curve, or rsa and bits."""

    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        if kind in ("ed25519", "ed448"):
            size, arc = (32, 112) if kind == "ed25519" else (57, 113)
            algorithm = der.sequence(der.oid("1.3.101.%d" % arc))
            private = der.octets(stream(name, size))
        elif kind in CURVES:
            size = {"P-256": 32, "P-384": 48, "P-521": 66}[kind]
            scalar = b"\0" + stream(name, size - 1)
            algorithm = der.sequence(der.oid("1.2.840.10045.2.1"),
                                     der.oid(CURVES[kind]))
            private = self._with_public(algorithm, scalar)
        else:
            algorithm = der.sequence(der.oid("1.2.840.113549.1.1.1"),
                                     der.element(der.NULL))
            private = _rsa(name, int(kind[3:]))
        self.pkcs8 = der.sequence(der.integer(0), algorithm,
                                  der.octets(private))
        self.pem = primitives.openssl("pkey", "-inform", "DER",
                                      data=self.pkcs8)
        self.public = primitives.openssl("pkey", "-inform", "DER", "-pubout",
                                         "-outform", "DER", data=self.pkcs8)

    @staticmethod
    def _with_public(algorithm, scalar):
        """An ECPrivateKey (RFC 5915) that GnuTLS takes: with its public
        half."""
        alone = der.sequence(der.integer(0), algorithm, der.octets(
            der.sequence(der.integer(1), der.octets(scalar))))
        public = der.whole(primitives.openssl(
            "pkey", "-inform", "DER", "-pubout", "-outform", "DER",
            data=alone))
        return der.sequence(der.integer(1), der.octets(scalar),
                            der.tagged(1, public.children()[1].whole))

    def default(self):
        """How it signs, unless told otherwise: kind, digest."""
        if self.kind in ("ed25519", "ed448"):
            return "ed25519", None
        if self.kind.startswith("rsa"):
            return "pkcs1", "sha256"
        return "ecdsa", {"P-256": "sha256", "P-384": "sha384"}.get(self.kind,
                                                                   "sha512")


def algorithm(kind, digest, key_kind="ed25519"):
    """The AlgorithmIdentifier of a signature."""
    if kind == "ed25519":
        arc = 113 if key_kind == "ed448" else 112
        return der.sequence(der.oid("1.3.101.%d" % arc))
    if kind == "ecdsa":
        arc = {"sha256": 2, "sha384": 3, "sha512": 4}[digest]
        return der.sequence(der.oid("1.2.840.10045.4.3.%d" % arc))
    if kind == "pkcs1":
        return der.sequence(
            der.oid("1.2.840.113549.1.1.%d" % DIGESTS[digest]),
            der.element(der.NULL))
    return der.sequence(der.oid("1.2.840.113549.1.1.10"), pss(digest))


def pss(digest, parameters=der.element(der.NULL), salt=None):
    """RSASSA-PSS-params."""
    arc, size = {"sha256": (1, 32), "sha384": (2, 48),
                 "sha512": (3, 64)}[digest]
    hashed = der.sequence(der.oid("2.16.840.1.101.3.4.2.%d" % arc), parameters)
    return der.sequence(
        der.tagged(0, hashed),
        der.tagged(1, der.sequence(der.oid("1.2.840.113549.1.1.8"), hashed)),
        der.tagged(2, der.integer(salt or size)))


def _name(text):
    return der.sequence(der.element(der.SET, der.sequence(
        der.oid("2.5.4.3"), der.element(0x0C, text.encode()))))


def _date(text):
    # RFC 5280 4.1.2.5: UTCTime until 2049.
    return der.element(0x17, text[2:].encode())


def _extension(oid, value, critical=False):
    return der.sequence(der.oid(oid),
                        der.boolean(True) if critical else b"",
                        der.octets(value))


def alternative_names(dns=(), realm=None):
    names = [der.element(0x82, name.encode()) for name in dns]
    if realm is not None:
        names.append(der.element(0xA0, der.oid("1.3.6.1.5.2.2"), der.tagged(
            0, der.sequence(
                der.tagged(0, der.string(realm)),
                der.tagged(1, der.sequence(
                    der.tagged(0, der.integer(2)),
                    der.tagged(1, der.sequence(der.string("krbtgt"),
                                               der.string(realm)))))))))
    return _extension("2.5.29.17", der.sequence(*names))


def purpose(oid="1.3.6.1.5.2.3.5"):
    return _extension("2.5.29.37", der.sequence(der.oid(oid)))


def usage(byte):
    return _extension("2.5.29.15", der.element(der.BIT_STRING,
                                               bytes([0, byte])), True)


def basic(is_ca, length=None):
    parts = [der.boolean(True)] if is_ca else []
    if length is not None:
        parts.append(der.integer(length))
    return _extension("2.5.29.19", der.sequence(*parts), True)


CA = (basic(True), usage(0x06))


def certificate(subject, key, issuer, issuer_key, extensions,
                not_before=NOT_BEFORE, not_after=NOT_AFTER, signed=None):
    """A certificate of version 3; signed is (kind, digest) of its
    signature."""
    signed = signed or issuer_key.default()
    identifier = algorithm(*signed, issuer_key.kind)
    serial = int.from_bytes(hashlib.sha256(subject.encode()).digest()[:7],
                            "big") | 1
    tbs = der.sequence(
        der.tagged(0, der.integer(2)), der.integer(serial), identifier,
        _name(issuer), der.sequence(_date(not_before), _date(not_after)),
        _name(subject), key.public,
        der.tagged(3, der.sequence(*extensions)))
    signature = primitives.sign(*signed, issuer_key.pem, tbs)
    return der.sequence(tbs, identifier, der.bits(signature))


def plain(realm, key, host, **changes):
    """The one certificate that `kxover keygen` makes for a realm."""
    names = alternative_names((realm.lower(), host), realm)
    return certificate(realm, key, realm, key,
                       (names, purpose(), basic(False)), **changes)


def tlsa(usage_number, certificate_der, selector=1, matching=1, public=None):
    """The text of a TLSA record."""
    data = public if selector else certificate_der
    data = {0: lambda: data, 1: lambda: hashlib.sha256(data).digest(),
            2: lambda: hashlib.sha512(data).digest()}[matching]()
    return "%d %d %d %s" % (usage_number, selector, matching, data.hex())


def when(text):
    """Seconds since 1970 of 2026-11-22T12:00:00Z."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
