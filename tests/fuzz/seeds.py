#!/usr/bin/env python3
"""Make the first inputs of the fuzz targets from docs/vectors/.

	seeds.py SRCDIR

What stands in tests/fuzz/corpus/ already, such as inputs that once made a
target fail, stays.
"""

import base64
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "vectors"))

import der  # noqa: E402


class Corpus:
    """The folder of one target."""

    def __init__(self, source, target):
        self.folder = os.path.join(source, "tests", "fuzz", "corpus", target)
        os.makedirs(self.folder, exist_ok=True)

    def add(self, data):
        name = hashlib.sha1(data).hexdigest()[:16]
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)


def load(source, name):
    with open(os.path.join(source, "docs", "vectors", name + ".json")) as file:
        return json.load(file)


def exchanges(source):
    for name in sorted(os.listdir(os.path.join(source, "docs", "vectors"))):
        if name.startswith("exchange-"):
            yield load(source, name[:-5])


def refused(source):
    """Refused requests that are not large, one of each kind."""
    for entry in load(source, "refused-requests")["requests"]:
        if len(entry["message"]) < 6000:
            yield entry


def field(element, *path):
    """The element in these explicit tags."""
    for number in path:
        element = der.whole(next(
            child.contents for child in element.children()
            if child.tag == 0xA0 + number))
    return element


def messages(source):
    corpus = Corpus(source, "messages")
    for made in exchanges(source):
        for kind, name in ((0, "request"), (1, "reply")):
            data = bytes.fromhex(made[name])
            corpus.add(bytes([kind]) + data)
            tbs = bytes.fromhex(made[name + "-tbsdata"])
            public = field(der.whole(tbs), 4)
            corpus.add(bytes([6]) + public.whole)
            corpus.add(bytes([7]) + public.whole)
        for chain in (made["client"]["chain"], made["service"]["chain"]):
            corpus.add(bytes([8]) + bytes.fromhex(chain[0]))
        if made["prior"]:
            tbs = der.whole(bytes.fromhex(made["request-tbsdata"]))
            extension = field(tbs, 10).children()[0]
            corpus.add(bytes([5]) + field(extension, 2).contents)
    for entry in refused(source):
        corpus.add(b"\0" + bytes.fromhex(entry["message"]))
    for entry in load(source, "answers")["answers"]:
        data = bytes.fromhex(entry["message"])
        corpus.add(bytes([2]) + data)
        body = der.whole(der.whole(data).contents)
        for code, kind in ((65, 3), (70, 4)):
            if entry["code"] == code and body.children()[-1].tag == 0xAC:
                corpus.add(bytes([kind]) + field(body, 12).contents)
    realm = der.string("ALPHA.EXAMPLE")
    corpus.add(bytes([9]) + der.sequence(
        der.tagged(0, realm), der.tagged(1, der.sequence(
            der.tagged(0, der.integer(2)),
            der.tagged(1, der.sequence(der.string("krbtgt"), realm))))))
    corpus.add(bytes([10]) + der.sequence(der.element(0x80, bytes(20))))


# The first byte of an offer: tests/fuzz/offers.h.
SIGNED, IN_DNS, USAGE, ROOTED, PRIOR, REGROUP, REROOT = 1, 2, 4, 16, 32, 64, 128
FOREIGN, CROWD = 64, 128


def flags_of(made, side):
    """What the byte has to be for an offer of that side to be taken."""
    usage = int(made[side]["tlsa"][0][0])
    return IN_DNS | usage * USAGE | (ROOTED if made["anchors"] else 0) | (
        PRIOR if made["prior"] else 0)


def requests(source):
    corpus = Corpus(source, "request")
    for made in exchanges(source):
        flags = flags_of(made, "client")
        request = bytes.fromhex(made["request"])
        corpus.add(bytes([flags]) + request)
        corpus.add(bytes([flags | SIGNED]) + request)
    flags, request = min(
        ((flags_of(made, "client") | SIGNED, bytes.fromhex(made["request"]))
         for made in exchanges(source)), key=lambda one: len(one[1]))
    corpus.add(bytes([flags | FOREIGN]) + request)
    # How many more, and how: tests/fuzz/fuzz_request.c.
    for further, ways in ((3, 0), (3, 0x17), (5, 4), (5, 5), (20, 0), (20, 5),
                          (20, 8), (1, 2), (0, 0x10), (0, 0x14), (1, 0x20),
                          (0, 0x40)):
        corpus.add(bytes([flags | CROWD, further, ways]) + request)
    corpus.add(bytes([CROWD, 20, 0]) + request[:50])
    corpus.add(bytes([CROWD, 20, 1]) + request[:50])
    for entry in load(source, "accepted-requests")["requests"]:
        if len(entry["message"]) < 6000:
            usage = int(entry["tlsa"][0])
            corpus.add(bytes([SIGNED | IN_DNS | usage * USAGE |
                              (ROOTED if entry["anchors"] else 0)]) +
                       bytes.fromhex(entry["message"]))
    for number, entry in enumerate(refused(source)):
        if number % 2:
            corpus.add(bytes([SIGNED | IN_DNS | 3 * USAGE]) +
                       bytes.fromhex(entry["message"]))


def reply_seeds(source):
    corpus = Corpus(source, "reply")
    for made in exchanges(source):
        flags = flags_of(made, "service") | (
            REGROUP if "first-answer" in made else 0)
        reply = bytes.fromhex(made["reply"])
        corpus.add(bytes([flags]) + reply)
        corpus.add(bytes([flags | SIGNED]) + reply)
        corpus.add(bytes([flags | SIGNED | REROOT]) + reply)
    made = load(source, "exchange-x25519-ed25519")
    flags = flags_of(made, "service") | SIGNED
    # What happens before it: tests/fuzz/fuzz_reply.c.
    for happens in (0, 1, 2, 3, 4, 7, 8, 0xc, 0xf, 0x10, 0x14, 0x1c, 0x20):
        corpus.add(bytes([flags, 0xfe, happens]) +
                   bytes.fromhex(made["reply"]))
    for entry in load(source, "refused-replies")["replies"]:
        prior = PRIOR if entry["exchange"] == "prior-keys" else 0
        corpus.add(bytes([SIGNED | IN_DNS | 3 * USAGE | prior]) +
                   bytes.fromhex(entry["message"]))
    for again in (REROOT, REGROUP, REROOT | REGROUP):
        corpus.add(bytes([again, 0]))
    for entry in load(source, "answers")["answers"]:
        corpus.add(b"\x0e" + bytes.fromhex(entry["message"]))
        corpus.add(b"\x8e" + bytes.fromhex(entry["message"]))


def marks(source):
    corpus = Corpus(source, "marks")
    first = ("kxover_kvno_7=established=2026-11-22T11:00:00Z "
             "till=2026-12-06T11:00:00Z peer=kdc.bravo.example:88 "
             "certificate=sha256:" + "0a" * 32 + " tlsa=3-1-1-" + "1b" * 32 +
             " group=X25519 prior=0 chain=1\n")
    second = first.replace("kvno_7", "kvno_8").replace("22T11", "22T11:30") \
        .replace("chain=1", "chain=2").replace("11:30:00:00", "11:30:00")
    adopted = "kxover_adopted_3=till=2026-11-24T15:51:00Z\n"
    corpus.add(("key 7\n" + first).encode())
    corpus.add(("key 7\nkey 8\n" + first + second).encode())
    corpus.add(("key 3\nkey 7\n" + first + adopted + "hours 1\n").encode())
    corpus.add(("key 2\nkey 3\nkey 7\n" + first + adopted).encode())
    corpus.add(("hours 1400\nkey 3\n" + adopted).encode())
    corpus.add(b"key 1\nkey 1\nkey 65535\n")
    corpus.add(("hours 336\nkey 65535\nkey 1\n" +
                first.replace("kvno_7", "kvno_65535") +
                second.replace("kvno_8", "kvno_1")).encode())
    corpus.add(("key 7\n" + first.replace(" chain=1", "")).encode())
    corpus.add(("key 7\n" + first.replace("group", "gruop")).encode())
    corpus.add(("key 8\n" + first).encode())
    corpus.add(("key 7\nkxover_attributes=ok a b\nother=value\n" +
                first).encode())


def settings(source):
    corpus = Corpus(source, "settings")
    lines = {
        "kxover_identity": "FILE:/etc/kx.pem,/etc/kx.key",
        "kxover_anchors": "FILE:/etc/one.pem FILE:/etc/two.pem",
        "kxover_realms": "!EVIL.EXAMPLE, in:*.EXAMPLE out:B.EXAMPLE",
        "kxover_listen": "192.0.2.1 [2001:db8::1]:1088 *:88",
        "kxover_kdc": "127.0.0.1:1088", "kxover_lifetime": "7d",
        "kxover_lifetime_min": "2d", "kxover_wait": "5s",
        "kxover_stall": "30 %", "kxover_store": "memory",
        "kxover_keep": "7 BRAVO.EXAMPLE, HUB.EXAMPLE",
        "kxover_allow_address": "127.0.0.0/8 ::1 fd00::/8",
        "kxover_transit": "HUB.EXAMPLE", "kxover_versions": "2/3",
        "kxover_attributes": "ok_as_delegate session_enctypes=aes256-cts",
        "kxover_unbound_conf": "/etc/unbound/kxover.conf",
        "kxover_replica": "yes", "kxover_not_yet": "unknown",
        "kxover_max_peers": "5000", "kxover_max_connections": "2048",
        "kxover_backend": "db2",
        "kxover_adopt": "out:*.TEST PARTNER.TEST"}
    corpus.add("\n".join("%s = %s" % line for line in lines.items()).encode())
    for name, value in lines.items():
        corpus.add(("%s = %s" % (name, value)).encode())
    corpus.add(b"kxover_identity = PKCS11:pkcs11:id=%01,pkcs11:id=%02\n"
               b"kxover_identity = FILE:/a,/b")
    corpus.add(b"kxover_lifetime = 1d\nkxover_lifetime = 2d")


def record(text):
    """A TLSA record as fuzz_trust.c takes it."""
    usage, selector, matching, data = text.split(" ")
    data = bytes.fromhex(data)
    return bytes([int(usage), int(selector), int(matching), 0]) + \
        len(data).to_bytes(2, "big") + data


def trust(source):
    corpus = Corpus(source, "trust")
    entries = load(source, "accepted-requests")["requests"] + [
        entry for entry in load(source, "refused-requests")["requests"]
        if entry["code"] in (12, 62, 70, 71, 75, 77, 80)]
    for entry in entries:
        if len(entry["message"]) > 8000:
            continue
        data = bytes.fromhex(entry["message"])
        offer = field(der.whole(der.whole(data).contents), 2)
        chain = field(offer, 2).whole
        words = entry["peer"]["tlsa"][0].encode() if entry["peer"]["tlsa"] \
            else b""
        corpus.add(b"\1" + chain + b"\0\0\0\xff" +
                   len(words).to_bytes(2, "big") + words)
        if entry["anchors"]:
            corpus.add(bytes([5]) + chain +
                       b"".join(map(record, entry["peer"]["tlsa"])))
        for signed in (0, 1):
            corpus.add(bytes([signed | (2 if entry["anchors"] else 0)]) +
                       chain + b"".join(map(record, entry["peer"]["tlsa"])))


def framed(data):
    return len(data).to_bytes(4, "big") + data


def connections(source):
    corpus = Corpus(source, "connection")
    other = framed(b"\x6c" + bytes(range(200)))
    for made in exchanges(source):
        flags = flags_of(made, "client")
        request = framed(bytes.fromhex(made["request"]))
        corpus.add(bytes([flags, 0]) + request)
        corpus.add(bytes([flags, 4]) + other + request + other)
    for piece in range(8):
        corpus.add(bytes([0, piece]) + other + other)
    for kdc in (1, 2, 3):
        corpus.add(bytes([0, 16 * kdc]) + other + other)
    corpus.add(bytes([0, 0x40]) + other)
    # What else happens, and how: tests/fuzz/fuzz_connection.c.
    made = load(source, "exchange-x25519-ed25519")
    flags = flags_of(made, "client") | SIGNED
    all_kinds = other + framed(bytes.fromhex(made["request"])) + other
    for ways in range(1, 8):
        corpus.add(bytes([flags, 0x80, ways, 0]) + all_kinds)
        corpus.add(bytes([flags, 0xc0, ways, 0]) + other * 2)
        corpus.add(bytes([flags, 0x87, ways, 0xd2]) + other * 2)
    for happens in (0x12, 0x24, 0x32, 0x83, 0xd4):
        corpus.add(bytes([flags, 0x80, 0x10, happens]) + all_kinds)
        for ways in (0xa0, 6):
            corpus.add(bytes([flags, 0x84, ways, happens]) + other * 2)
    corpus.add(bytes([flags, 0x80, 6, 0x83]) + other * 2)
    corpus.add(bytes([flags, 0x84, 0x26, 0x41]) + other * 2)
    corpus.add(bytes([flags, 0x84, 0x26, 0xc1]) + other * 2)
    corpus.add(bytes([flags, 0x80, 0, 0x40]) + all_kinds)
    for ways in (8, 9):
        for happens in (0, 0x15, 0x1f, 0x25):
            corpus.add(bytes([flags, 0x80, ways, happens]) + other * 4)
    for happens in (0, 0x11):
        corpus.add(bytes([0, 0x83, 0x40, happens]) +
                   b"\0\2\0\0" + other)
    for header in load(source, "frames")["frames"]:
        corpus.add(b"\0\0" + bytes.fromhex(header["header"]) + b"\x72x")
        corpus.add(b"\0\2" + other + bytes.fromhex(header["header"]) + b"\x6c")


def name(host):
    """A domain name on the wire."""
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in host.split(".") if label) + b"\0"


def dns(source):
    corpus = Corpus(source, "dns")

    def add(kind, *records):
        corpus.add(bytes([kind]) + b"".join(
            len(data).to_bytes(2, "big") + data for data in records))

    def srv(priority, weight, port, host):
        return b"".join(number.to_bytes(2, "big") for number in
                        (priority, weight, port)) + name(host)

    def text(*strings):
        return b"".join(bytes([len(string)]) + string.encode()
                        for string in strings)

    one = srv(10, 0, 88, "KDC.alpha.example")
    several = [srv(10, 5, 88, "a.alpha.example"), one,
               srv(5, 65535, 1088, "b-2.alpha.example"),
               srv(10, 60, 88, "_c.alpha.example")]
    add(0, one)
    add(0, *several)
    add(0, srv(0, 0, 0, "."))
    add(0, one[:-1])
    add(0, one + b"x")
    add(0, srv(0, 0, 88, "a." * 126 + "a"))
    add(0, srv(0, 0, 88, "a" * 63 + ".example"))
    add(0, b"\0" * 6 + b"\3a.b\0")
    add(1, bytes([3, 1, 1]) + bytes(range(32)))
    add(1, bytes([3, 1, 1]) + bytes(32), bytes([2, 0, 2]) + bytes(64),
        bytes([3, 1, 0]) + bytes(90), bytes([255, 2, 9]))
    add(1, bytes([3, 1]))
    add(2, text("ALPHA.EXAMPLE"))
    add(2, text("v=spf1 -all"), text("ALPHA", ".EXAMPLE"), text(""))
    add(2, text("ALPHA.EXAMPLE"), text("BRAVO.EXAMPLE"))
    add(2, text("ALPHA.EXAMPLE"), text("alpha\0example"),
        text("ALPHA.EXAMPLE"))
    add(2, b"\5abc")
    add(2, b"")
    add(3, bytes(15) + b"\1", bytes(range(16)))
    add(3, bytes(4))
    add(4, bytes([127, 0, 0, 1]), bytes([192, 0, 2, 1]))
    add(4, *[bytes([10, 0, 0, last]) for last in range(64)])
    add(4, *[bytes([10, 0, 0, last]) for last in range(65)])
    for judged in (8, 16, 32, 64, 128):
        add(judged, one)


def certificate_parts(data):
    """The serial number and the issuer of a certificate."""
    fields = der.whole(data).children()[0].children()
    if fields[0].tag == 0xA0:
        fields = fields[1:]
    return fields[0].whole, fields[2].whole


ED25519 = der.sequence(der.oid("1.3.101.112"))


def extension(oid, value, critical=False):
    return der.sequence(der.oid(oid),
                        der.element(1, b"\xff") if critical else b"",
                        der.element(4, value))


def revocations(issuer, serials, *extensions, until="261201000000Z"):
    """A list of an issuer, in DER; its signature is none."""
    date = der.element(0x17, b"261120000000Z")
    entries = der.sequence(*[der.sequence(serial, date)
                             for serial in serials]) if serials else b""
    signed = der.sequence(
        der.integer(1), ED25519, issuer, date,
        der.element(0x17, until.encode()), entries,
        der.tagged(0, der.sequence(*extensions)) if extensions else b"")
    return der.sequence(signed, ED25519, der.element(3, bytes(65)))


def pem(data, kind):
    words = base64.encodebytes(data).decode()
    return ("-----BEGIN %s-----\n%s-----END %s-----\n" %
            (kind, words, kind)).encode()


NUMBER = extension("2.5.29.20", der.integer(7))
CHANGES = extension("2.5.29.27", der.integer(1), critical=True)
KEY = extension("2.5.29.35", der.sequence(der.element(0x80, bytes(20))))


def revoked(source):
    corpus = Corpus(source, "revoked")
    for made in exchanges(source):
        chain = [bytes.fromhex(one) for one in made["client"]["chain"]]
        serial, issuer = certificate_parts(chain[0])
        other = der.integer(12345678901234567890)
        whole = der.sequence(*chain)
        lists = [revocations(issuer, []),
                 revocations(issuer, [other, serial], NUMBER),
                 revocations(issuer, [other], KEY, until="261121000000Z"),
                 revocations(issuer, [serial], CHANGES)]
        for flags in (0, 1, 3):
            for one in lists:
                corpus.add(bytes([flags]) + whole + one)
            corpus.add(bytes([flags]) + whole + lists[2] + lists[1])
            corpus.add(bytes([flags]) + whole + revocations(
                issuer, [serial] + [der.integer(low)
                                    for low in range(9, 0, -1)]))
            corpus.add(bytes([flags]) + whole + revocations(
                issuer, [der.integer(1 << 100 + high)
                         for high in range(8)] + [serial]))
        corpus.add(b"\4" + pem(lists[1], "X509 CRL") + b"words\n" +
                   pem(lists[2], "X509 CRL"))
    corpus.add(b"\4" + b"no list")


def identities(source):
    corpus = Corpus(source, "identity")
    keys = {key["name"]: bytes.fromhex(key["pkcs8"])
            for key in load(source, "keys")["signing-keys"]}
    for made in exchanges(source):
        for side in ("client", "service"):
            chain = [bytes.fromhex(one) for one in made[side]["chain"]]
            key = keys[made[side]["signing-key"]]
            corpus.add(b"\3" + der.sequence(*chain))
            corpus.add(b"\1" + der.sequence(*chain) + key)
            corpus.add(b"\5" + der.sequence(*chain) + key)
            corpus.add(b"\xf1" + der.sequence(*chain) + key)
            corpus.add(b"\1" + der.sequence(*chain * 4) + key)
            files = b"".join(pem(one, "CERTIFICATE") for one in chain)
            corpus.add(b"\0" + len(files).to_bytes(2, "big") + files +
                       pem(key, "PRIVATE KEY"))
    corpus.add(b"\0\0\5wordsnone")


def main():
    source = sys.argv[1]
    messages(source)
    requests(source)
    reply_seeds(source)
    marks(source)
    settings(source)
    trust(source)
    connections(source)
    dns(source)
    revoked(source)
    identities(source)


if __name__ == "__main__":
    main()
