"""Requests of docs/vectors/ that are refused for what is wrong with their
chain, their signature, or their records in DNS."""

import certificates
import der
from asked import issued, with_chain
from draft import Draft, key_id
from exchanges import CLIENT, Side, key


def chain():
    """Check 2."""
    side = with_chain(3)
    yield ("chain-no-root", 71, "the last certificate is not self-signed",
           Draft(side, chain=side.chain[:2]))
    yield ("chain-order", 71, "the certificates are not in order",
           Draft(side, chain=[side.chain[0], side.chain[2], side.chain[1]]))
    yield ("chain-twice", 71, "a certificate is there twice",
           Draft(side, chain=side.chain + side.chain[-1:]))
    yield ("chain-unreadable", 71, "a certificate is no certificate",
           Draft(side, chain=[der.sequence(der.integer(1))]))
    broken = side.chain[1][:-1] + bytes([side.chain[1][-1] ^ 1])
    yield ("chain-not-signed", 71, "a certificate is not signed by the next, "
           "whose name it has", Draft(side, chain=[side.chain[0], broken,
                                                   side.chain[2]]))
    weak = Side(CLIENT, "rsa2048")
    weak.chain = [certificates.plain(CLIENT, weak.key, weak.host,
                                     signed=("pkcs1", "sha1"))]
    yield ("chain-sha1", 71, "a certificate is signed with SHA-1",
           Draft(weak))
    for name, code, kind in (("rsa-1024", 12, "rsa1024"),
                             ("p521", 80, "P-521"), ("ed448", 80, "ed448")):
        poor = Side(CLIENT, kind)
        carried = issued()
        carried.key = poor.key
        carried.signed = poor.key.default()
        carried.chain = [certificates.certificate(
            CLIENT, poor.key, "Test Root", key("root", "ed25519"),
            (certificates.alternative_names((carried.host,)),)),
            carried.chain[1]]
        yield ("key-" + name, code, "the key that signs is of " + kind,
               Draft(carried, sigalg=certificates.algorithm("ed25519", None)))


def signature():
    """Check 3."""
    good = Draft()
    data = good.encode()
    yield ("signature-altered", 64, "a bit of the signature is another", None,
           data[:-1] + bytes([data[-1] ^ 1]))
    other = certificates.stream("no signature", 64)
    yield ("signature-random", 64, "the signature is of nothing",
           Draft(signature=other))
    with_tag = Draft()
    with_tag.signature = certificates.primitives.sign(
        "ed25519", None, with_tag.side.key.pem,
        der.tagged(1, with_tag.tbs()))
    yield ("signature-over-tag", 64, "the signature covers the tag [1], too",
           with_tag)
    rsa = Side(CLIENT, "rsa2048", signed=("pss", "sha256"))
    yield ("pss-salt-20", 80, "RSASSA-PSS with a salt of 20 bytes",
           Draft(rsa, sigalg=der.sequence(
               der.oid("1.2.840.113549.1.1.10"),
               certificates.pss("sha256", salt=20))))
    yield ("sha1", 80, "sha1WithRSAEncryption",
           Draft(rsa, sigalg=certificates.algorithm("pkcs1", "sha1")))
    yield ("rsa-without-null", 80, "sha256WithRSAEncryption without NULL",
           Draft(rsa, sigalg=der.sequence(
               der.oid("1.2.840.113549.1.1.11"))))
    yield ("ed25519-null", 80, "Ed25519 with parameters",
           Draft(sigalg=der.sequence(der.oid("1.3.101.112"),
                                     der.element(der.NULL))))
    yield ("algorithm-of-another-key", 80, "ecdsa-with-SHA256 by an Ed25519 "
           "key", Draft(sigalg=certificates.algorithm("ecdsa", "sha256")))


def trust():
    """Checks 4 to 6, and accept-ca."""
    side = Side(CLIENT, "ed25519")
    zero = "00" * 32
    yield ("no-tlsa", 62, "DNS has no TLSA record", Draft(tlsa=[]))
    yield ("tlsa-other", 62, "the record is of another key",
           Draft(tlsa=["3 1 1 " + zero]))
    yield ("tlsa-unusable", 62, "no record can be used",
           Draft(tlsa=["3 1 1 00", "3 2 1 " + zero, "3 1 3 " + zero]))
    yield ("tlsa-sha256-outdone", 62, "the record with SHA-256 fits, but does "
           "not count beside one with SHA-512",
           Draft(tlsa=side.tlsa + ["3 1 2 " + zero + zero]))
    ee = issued(usage=1)
    yield ("usage-1-without-roots", 62, "usage 1 where no roots are "
           "configured", Draft(ee))
    yield ("usage-2-of-first", 62, "a record of usage 2 of the first "
           "certificate", Draft(ee, tlsa=[certificates.tlsa(
               2, ee.chain[0], 0, 1)]))
    yield ("usage-2-name", 75, "the certificate names another server",
           Draft(issued((certificates.alternative_names(
               ("kdc.charlie.example",)), certificates.purpose()))))
    yield ("usage-2-no-name", 75, "the certificate has no alternative name",
           Draft(issued((certificates.purpose(),))))
    yield ("usage-2-other-realm", 75, "PKINIT's name of another realm",
           Draft(issued((certificates.alternative_names(
               (), "CHARLIE.EXAMPLE"), certificates.purpose()))))
    mine = certificates.alternative_names((side.host,))
    yield ("usage-2-purpose", 77, "an extended key usage without "
           "id-pkinit-KPKdc", Draft(issued((mine, certificates.purpose(
               "1.3.6.1.5.5.7.3.1")))))
    yield ("usage-2-key-usage", 77, "a key usage without digitalSignature",
           Draft(issued((mine, certificates.usage(0x20)))))
    yield ("usage-2-expired", 70, "a certificate that has expired",
           Draft(issued(not_after="20261102000000Z")))
    yield ("usage-2-not-yet", 70, "a certificate that is not valid yet",
           Draft(issued(not_before="20261122120001Z")))
    yield ("usage-2-no-ca", 70, "the root is no CA",
           Draft(issued(root_extensions=(certificates.basic(False),))))
    yield ("usage-2-ca-cannot-sign", 70, "the root's key usage lacks "
           "keyCertSign", Draft(issued(root_extensions=(
               certificates.basic(True), certificates.usage(0x80)))))
    other = certificates.plain("Other Root", key("other", "ed25519"),
                               "other.example")
    yield ("root-other", 70, "usage 3, but the chain ends in another root "
           "than the configured ones: the answer tells those",
           Draft(side, anchors=[other]))
    yield ("roots-64", 63, "64 roots, none of which the responder's chain "
           "ends in", Draft(roots=[key_id(i) for i in range(64)]))
