#!/usr/bin/env python3
"""Make the first inputs of the fuzz targets from docs/vectors/.

	seeds.py SRCDIR

What stands in tests/fuzz/corpus/ already, such as inputs that once made a
target fail, stays.
"""

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
SIGNED, IN_DNS, USAGE, ROOTED, PRIOR, REGROUP = 1, 2, 4, 16, 32, 64


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
    for entry in load(source, "refused-replies")["replies"]:
        prior = PRIOR if entry["exchange"] == "prior-keys" else 0
        corpus.add(bytes([SIGNED | IN_DNS | 3 * USAGE | prior]) +
                   bytes.fromhex(entry["message"]))
    for entry in load(source, "answers")["answers"]:
        corpus.add(b"\x0e" + bytes.fromhex(entry["message"]))


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
    for header in load(source, "frames")["frames"]:
        corpus.add(b"\0\0" + bytes.fromhex(header["header"]) + b"\x72x")
        corpus.add(b"\0\2" + other + bytes.fromhex(header["header"]) + b"\x6c")


def main():
    source = sys.argv[1]
    messages(source)
    requests(source)
    reply_seeds(source)
    marks(source)
    settings(source)
    trust(source)
    connections(source)


if __name__ == "__main__":
    main()
