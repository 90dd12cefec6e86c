"""Requests of docs/vectors/: those that are taken at a limit, and those that
are refused, each for one reason."""

import certificates
import der
import primitives
from draft import (DAY, P256, P384, X25519, Draft, algorithms, extension,
                   key_id, principal, prior, public)
from exchanges import CLIENT, NOW, SERVICE, Side, key

UNKNOWN_OID = "1.3.6.1.4.1.5322.99"
LONG_OID = "2.25." + "1" * 39


def check(number):
    return certificates.stream("check %d" % number, 16)


def names(number):
    return [(i + 1, 18, check(i)) for i in range(number)]


def at(seconds):
    return der.kerberos_time(NOW + seconds)


def point(group):
    """The base point of a curve, as it stands in a SubjectPublicKeyInfo."""
    x, y = primitives.CURVES[group][2]
    size = {"P-256": 32, "P-384": 48}[group]
    return b"\4" + x.to_bytes(size, "big") + y.to_bytes(size, "big")


def with_chain(length):
    """A side whose chain is that long."""
    side = Side(CLIENT, "ed25519")
    keys = [side.key] + [key("authority %d" % i, "ed25519")
                         for i in range(length - 1)]
    subjects = [CLIENT] + ["Authority %d" % i for i in range(length - 1)]
    side.chain = []
    for i in range(length):
        up = min(i + 1, length - 1)
        kind = certificates.CA if i else (
            certificates.alternative_names((side.host,)),
            certificates.purpose())
        side.chain.append(certificates.certificate(
            subjects[i], keys[i], subjects[up], keys[up], kind))
    side.tlsa = [certificates.tlsa(3, None, public=side.key.public)]
    return side


def issued(extensions=None, root_extensions=certificates.CA, usage=2,
           signed=None, **dates):
    """A side with a certificate of the test root, believed by that root."""
    side = Side(CLIENT, "ed25519", usage=2)
    root = key("root", "ed25519")
    if extensions is None:
        extensions = (certificates.alternative_names((side.host,)),
                      certificates.purpose())
    root_der = certificates.certificate("Test Root", root, "Test Root", root,
                                        root_extensions)
    side.chain = [certificates.certificate(
        CLIENT, side.key, "Test Root", root, extensions, signed=signed,
        **dates), root_der]
    side.tlsa = [certificates.tlsa(usage, side.chain[usage in (0, 2)], 0, 1)]
    return side


def accepted():
    """Name, what it shows, draft."""
    ed = Side(CLIENT, "ed25519")
    expired = Side(CLIENT, "ed25519")
    expired.chain = [certificates.plain(CLIENT, expired.key, expired.host,
                                        not_after="20261102000000Z")]
    expired.tlsa = [certificates.tlsa(3, expired.chain[0], 0, 2)]
    without = Side(CLIENT, "rsa2048", signed=("pss", "sha384"))
    rsa = Side(CLIENT, "rsa2048", signed=("pkcs1", "sha512"))
    named = issued((certificates.alternative_names((), CLIENT),))
    root = issued().chain[1]
    ee = issued(usage=1)
    yield ("skew-behind", "request-time is 300 seconds ago",
           Draft(time=at(-300)))
    yield ("skew-ahead", "request-time is 300 seconds ahead",
           Draft(time=at(300)))
    yield ("till-shortest", "till is in a day less the clock skew",
           Draft(till=at(DAY - 300)))
    yield ("till-in-two-days", "till is earlier than the responder's 14 days, "
           "and counts", Draft(till=at(2 * DAY)))
    yield ("till-in-a-year", "till is later than the responder's 14 days, "
           "which count", Draft(till=at(365 * DAY)))
    yield "kvno-65535", "the latest version that there is", Draft(kvno=65535)
    yield "nonce-highest", "a nonce of 32 bits", \
        Draft(nonce=der.integer(2 ** 32 - 1))
    yield "group-p256", "P-256", Draft(public=public(P256, point("P-256")))
    yield "group-p384", "P-384", Draft(public=public(P384, point("P-384")))
    yield ("without-options", "no accept-group: any would do",
           Draft(groups=None))
    yield ("etypes-32", "32 encryption types, of which the last is known",
           Draft(etypes=list(range(1001, 1032)) + [18]))
    yield ("etypes-twice", "one encryption type twice makes one key",
           Draft(etypes=[18, 18]))
    yield "groups-32", "32 groups", Draft(groups=algorithms(32))
    yield ("sigalgs-32", "32 signature algorithms, the last of them Ed25519",
           Draft(sigalgs=algorithms(32)[:-1] +
                 [certificates.algorithm("ed25519", None)]))
    yield ("extensions-16", "16 extensions that are not known and not "
           "critical", Draft(extensions=[
               extension("%s.%d" % (UNKNOWN_OID, i), False, b"")
               for i in range(16)]))
    yield ("extension-long", "an extension of 4096 bytes, its identifier with "
           "an arc over 64 bits", Draft(extensions=[
               extension(LONG_OID, False, bytes(4096))]))
    yield ("prior-16", "16 prior keys, of which the responder has none",
           Draft(extensions=[prior(*names(16))]))
    yield "chain-10", "ten certificates", Draft(with_chain(10))
    yield ("rsa-pss-without-null", "RSASSA-PSS whose hashes have no "
           "parameters", Draft(without, sigalg=der.sequence(
               der.oid("1.2.840.113549.1.1.10"),
               certificates.pss("sha384", b""))))
    yield "rsa-pkcs1", "sha512WithRSAEncryption", Draft(rsa)
    yield ("ecdsa-p256-sha384", "ecdsa-with-SHA384 by a key on P-256",
           Draft(Side(CLIENT, "P-256", signed=("ecdsa", "sha384"))))
    yield ("usage-3-expired", "a certificate that has expired, by a record of "
           "usage 3: dates do not count", Draft(expired))
    yield ("usage-2", "a root by usage 2; the certificate names the server",
           Draft(issued()))
    yield ("usage-2-pkinit-name", "a root by usage 2; the certificate has "
           "PKINIT's name of the realm", Draft(named))
    yield ("usage-1", "usage 1, with the root configured",
           Draft(ee, anchors=[root]))
    yield ("usage-0", "usage 0, with the root configured",
           Draft(issued(usage=0), anchors=[root]))
    yield ("second-record", "the first record is of another certificate, the "
           "second fits", Draft(ed, tlsa=["3 1 1 " + "00" * 32] + ed.tlsa))
    yield ("unusable-beside", "records that cannot be used are passed over",
           Draft(ed, tlsa=["4 1 1 " + "00" * 32, "3 1 1 00", "1 1 1 " +
                           "00" * 32] + ed.tlsa))


def unreadable():
    """Requests that are refused before anything in them counts."""
    good = Draft().encode()
    body = der.whole(good).contents
    yield ("message-of-another-type", 40, "the tag is [APPLICATION 19]",
           der.element(0x73, body))
    yield ("msg-type-19", 40, "msg-type is 19", Draft(told_type=19).encode())
    yield "pvno-4", 39, "pvno is 4", Draft(pvno=4).encode()
    yield "cut-off", 60, "the last byte is missing", good[:-1]
    yield "byte-behind", 60, "a byte follows the end", good + b"\0"
    yield ("length-indefinite", 60, "an indefinite length is not DER",
           b"\x72\x80" + body + b"\0\0")
    length = len(body)
    yield ("length-with-zero", 60, "a length with a leading zero is not DER",
           b"\x72\x83\x00" + length.to_bytes(2, "big") + body)
    yield ("nonce-with-zero", 60, "an INTEGER with a leading zero is not DER",
           Draft(nonce=b"\x02\x05\x00\x01\x02\x03\x04").encode())
    yield ("nonce-33-bits", 60, "a nonce over 32 bits",
           Draft(nonce=der.integer(2 ** 32)).encode())
    yield ("nonce-negative", 60, "a nonce under 0",
           Draft(nonce=der.integer(-1)).encode())
    yield "kvno-negative", 60, "a kvno under 0", Draft(kvno=-1).encode()
    yield ("etype-33-bits", 60, "an encryption type over 32 bits",
           Draft(etypes=[2 ** 31]).encode())
    flag = der.boolean(False)
    yield ("boolean-01", 60, "a BOOLEAN that is true as 01 is not DER",
           Draft(extensions=[extension(UNKNOWN_OID, False, b"").replace(
               flag, b"\x01\x01\x01")]).encode())
    yield ("field-unknown-in-offer", 60, "a field that nobody knows",
           Draft(offer_extra=der.tagged(5, der.integer(1))).encode())
    yield ("field-unknown-in-tbsdata", 60, "a field that nobody knows",
           Draft(tbs_extra=der.tagged(11, der.integer(1))).encode())
    yield ("field-order", 60, "accept-group stands behind extensions",
           Draft(groups=None, extensions=[
               extension(UNKNOWN_OID, False, b"")],
               tbs_extra=der.tagged(7, der.sequence(X25519))).encode())
    yield ("etypes-empty", 60, "accept-etype has no element",
           Draft(etypes=[]).encode())
    yield ("groups-empty", 60, "accept-group is there and has no element",
           Draft(groups=[]).encode())
    yield "chain-empty", 60, "no certificate", Draft(chain=[]).encode()
    for name, why, text in (
            ("fraction", "has a fraction of a second", "20261122120000.0Z"),
            ("offset", "has an offset", "20261122120000+0000"),
            ("february-30", "is a day that there is not", "20260230120000Z"),
            ("short", "has no seconds", "202611221200Z")):
        yield ("time-" + name, 60, "request-time " + why,
               Draft(time=der.element(der.GENERALIZED_TIME,
                                      text.encode())).encode())
    yield ("realm-high-byte", 60, "a KerberosString has bytes over 7e",
           Draft(realm=der.string("ALPH\xc4.EXAMPLE")).encode())
    yield "realm-empty", 60, "kxrealm is empty", \
        Draft(realm=der.string("")).encode()
    yield ("signature-unused-bits", 60, "the BIT STRING has unused bits",
           Draft(signature_bits=der.element(
               der.BIT_STRING, b"\x01" + bytes(64))).encode())
    yield ("request-with-confirm", 60, "a KX-REQ has no confirm",
           Draft(confirm=bytes(32)).encode())


def unbounded():
    """Requests with more of something than there may be."""
    def over(name, why, draft):
        return name, 61, why, draft.encode()

    yield over("etypes-33", "33 encryption types",
               Draft(etypes=list(range(1001, 1033)) + [18]))
    yield over("groups-33", "33 groups", Draft(groups=algorithms(33)))
    yield over("sigalgs-33", "33 signature algorithms",
               Draft(sigalgs=algorithms(33)))
    yield over("roots-65", "65 roots",
               Draft(roots=[key_id(i) for i in range(65)]))
    yield over("extensions-17", "17 extensions", Draft(extensions=[
        extension("%s.%d" % (UNKNOWN_OID, i), False, b"")
        for i in range(17)]))
    yield over("extension-4097", "an extension of 4097 bytes",
               Draft(extensions=[extension(UNKNOWN_OID, False, bytes(4097))]))
    yield over("prior-17", "17 prior keys",
               Draft(extensions=[prior(*names(17))]))
    ten = with_chain(10)
    yield over("chain-11", "eleven certificates",
               Draft(chain=ten.chain + ten.chain[-1:]))
    yield over("certificate-16385", "a certificate of 16385 bytes",
               Draft(chain=[der.element(der.SEQUENCE, bytes(16381))]))
    yield over("signature-2049", "a signature of 2049 bytes",
               Draft(signature=bytes(2049)))
    yield over("key-exchange-1025", "a key-exchange of 1025 bytes",
               Draft(public=public(X25519, bytes(1009))))
    yield over("parameters-257", "an algorithm's parameters of 257 bytes",
               Draft(sigalgs=[der.sequence(der.oid(UNKNOWN_OID),
                                           der.octets(bytes(254)))]))
    yield over("name-five", "a name of five components",
               Draft(name=principal("krbtgt", SERVICE, "C", "D", "E")))


def policy():
    """Check 1."""
    other = {"realm": der.string("BRAVO.EXAMPLE")}
    yield ("name-other-service", 68, "a key for another realm's service",
           Draft(name=principal("krbtgt", "CHARLIE.EXAMPLE")))
    yield ("name-host", 68, "a key for another service than krbtgt",
           Draft(name=principal("host", SERVICE)))
    yield ("name-type-1", 68, "the name is of type 1",
           Draft(name=principal("krbtgt", SERVICE, kind=1)))
    yield ("name-three", 68, "a name of three components",
           Draft(name=principal("krbtgt", SERVICE, "X")))
    yield "realm-ours", 68, "the responder's own realm", Draft(**other)
    for name, why, realm in (
            ("small", "a realm in small letters", "alpha.example"),
            ("one-label", "a realm of one label", "ALPHA"),
            ("underscore", "a realm with another character", "AL_PHA.EXAMPLE"),
            ("hyphen-first", "a label that begins with a hyphen",
             "-ALPHA.EXAMPLE"),
            ("dot-last", "a realm that ends in a dot", "ALPHA.EXAMPLE."),
            ("label-64", "a label of 64 characters", "A" * 64 + ".EXAMPLE"),
            ("239", "a realm of 239 characters",
             ".".join(["A" * 59] * 3 + ["B" * 59]))):
        yield "realm-" + name, 68, why, Draft(realm=der.string(realm))
    yield ("skew-behind-301", 37, "request-time is 301 seconds ago",
           Draft(time=at(-301)))
    yield ("skew-ahead-301", 37, "request-time is 301 seconds ahead",
           Draft(time=at(301)))
    yield ("extension-critical", 12, "an unknown extension is critical",
           Draft(extensions=[extension(UNKNOWN_OID, True, b"")]))
    yield ("till-too-short", 12, "till is in a day less 301 seconds",
           Draft(till=at(DAY - 301)))
    yield "till-past", 12, "till is past", Draft(till=at(-1))
    yield "kvno-65536", 12, "a kvno over 65535", Draft(kvno=65536)
    yield ("etypes-unknown", 14, "no encryption type in common",
           Draft(etypes=[23, 1001]))
    yield ("sigalgs-unknown", 80, "no signature algorithm in common",
           Draft(sigalgs=algorithms(3)[:-1]))
    two = prior(*names(1))
    yield ("prior-twice", 60, "the extension of prior keys is there twice",
           Draft(extensions=[two, two]))
    yield ("prior-order", 60, "prior keys are not ordered by version",
           Draft(extensions=[prior((2, 18, check(0)), (1, 18, check(1)))]))
    yield ("prior-order-of-types", 60, "nor by encryption type",
           Draft(extensions=[prior((1, 18, check(0)), (1, 17, check(1)))]))
    yield ("prior-same-twice", 60, "a prior key is named twice",
           Draft(extensions=[prior((1, 18, check(0)), (1, 18, check(0)))]))
    yield ("prior-version-0", 60, "a prior key of version 0",
           Draft(extensions=[prior((0, 18, check(0)))]))
    yield ("prior-check-15", 60, "a check of 15 bytes",
           Draft(extensions=[prior((1, 18, check(0)[:15]))]))
    yield ("prior-empty", 60, "the list of prior keys is empty",
           Draft(extensions=[prior()]))


def agreement():
    """The group and the public key: judged when all else is proven."""
    p521 = der.sequence(der.oid("1.2.840.10045.2.1"),
                        der.oid("1.3.132.0.35"))
    yield ("group-p521", 65, "a group that is none of the three",
           Draft(public=public(p521, b"\4" + bytes(132))))
    yield ("group-x25519-null", 65, "X25519 with parameters",
           Draft(public=public(der.sequence(
               der.oid("1.3.101.110"), der.element(der.NULL)), bytes(32))))
    yield ("x25519-31", 60, "a public key of 31 bytes",
           Draft(public=public(X25519, bytes(31))))
    yield ("x25519-zero", 60, "a point of small order: the secret would be "
           "all zeros", Draft(public=public(X25519, bytes(32))))
    base = point("P-256")
    yield ("p256-off-curve", 60, "a point that is not on the curve",
           Draft(public=public(P256, base[:-1] + bytes([base[-1] ^ 1]))))
    yield ("p256-compressed", 60, "a compressed point",
           Draft(public=public(P256, b"\3" + base[1:33])))
    yield ("p256-as-p384", 60, "a point of P-256 for one of P-384",
           Draft(public=public(P384, base)))
