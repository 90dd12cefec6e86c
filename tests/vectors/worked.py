#!/usr/bin/env python3
"""The worked bytes of docs/protocol.md, made from docs/vectors/.

Prints the section; test_document.py checks that the document has it.
"""

import der
import vectors

EXCHANGE = "x25519-ed25519"
WIDTH = 16  # bytes in a line

NAME = {0: "name-type", 1: "name-string"}
TBS = {0: "request-time", 1: "kvno", 2: ("kxname", NAME), 3: "kxrealm",
       4: "key-exchange", 5: "till", 6: "accept-etype", 7: "accept-group",
       8: "accept-sigalg", 9: "accept-ca", 10: "extensions"}
OFFER = {0: "nonce", 1: ("signature-input", TBS), 2: "signature-owner",
         3: "signature-alg", 4: "signature-value"}
MESSAGE = {0: "pvno", 1: "msg-type", 2: ("offer", OFFER), 3: "confirm"}
KEY_INFO = {0: "name", 1: "seq", 2: ("kxname", NAME), 3: "kxrealm", 4: "till",
            5: "kvno", 6: "etype", 7: "shared-key", 8: "transcript",
            9: "prior"}
TYPES = {0x02: "INTEGER", 0x03: "BIT STRING", 0x04: "OCTET STRING",
         0x06: "OBJECT IDENTIFIER", 0x18: "GeneralizedTime",
         0x1B: "GeneralString", 0x30: "SEQUENCE"}


def lines(data, label, depth):
    """Lines of bytes, the label beside the first."""
    for at in range(0, len(data), WIDTH):
        part = data[at:at + WIDTH].hex(" ")
        yield "%-*s  %s%s" % (3 * WIDTH - 1, part, " " * depth,
                              label) if at == 0 else part


def header(element):
    return element.whole[:len(element.whole) - len(element.contents)]


def value(element):
    """What a primitive element says, in words."""
    name = TYPES[element.tag]
    if element.tag == 0x02:
        return "%s %d" % (name, int.from_bytes(element.contents, "big"))
    if element.tag in (0x18, 0x1B):
        return '%s "%s"' % (name, element.contents.decode())
    if element.tag == 0x06:
        return "%s %s" % (name, der.read_oid(element))
    if element.tag == 0x03:
        return "%s, %d bytes behind a 00" % (name, len(element.contents) - 1)
    return "%s, %d bytes" % (name, len(element.contents))


def plain(element, depth):
    """An element without field names."""
    if element.tag & 0x20:
        yield from lines(header(element), TYPES[element.tag], depth)
        for child in element.children():
            yield from plain(child, depth + 1)
    else:
        yield from lines(element.whole, value(element), depth)


def fields(element, names, depth):
    """A SEQUENCE whose fields have these names."""
    yield from lines(header(element), "SEQUENCE", depth)
    for child in element.children():
        number = child.tag - 0xA0
        name = names[number]
        inner = der.whole(child.contents)
        if isinstance(name, tuple):
            yield from lines(header(child), "%s [%d]" % (name[0], number),
                             depth + 1)
            yield from fields(inner, name[1], depth + 2)
        elif inner.tag & 0x20:
            yield from lines(header(child), "%s [%d]" % (name, number),
                             depth + 1)
            if name == "signature-owner":
                yield from certificates(inner, depth + 2)
            else:
                yield from plain(inner, depth + 2)
        else:
            yield from lines(child.whole, "%s [%d] %s" % (
                name, number, value(inner)), depth + 1)


def certificates(element, depth):
    yield from lines(header(element), "SEQUENCE", depth)
    for child in element.children():
        yield from lines(child.whole, "a certificate, %d bytes" %
                         len(child.whole), depth + 1)


def message(data, name):
    yield from lines(len(data).to_bytes(4, "big"),
                     "length of the message: %d" % len(data), 0)
    outer = der.whole(data)
    yield from lines(header(outer), name, 0)
    yield from fields(der.whole(outer.contents), MESSAGE, 1)


def block(text):
    return "```\n%s\n```\n" % "\n".join(text)


def section():
    """All of it, in Markdown."""
    said = vectors.load("exchange-" + EXCHANGE)
    stream = {part["etype"]: part for part in said["streams"]}

    def bytes_of(name):
        return bytes.fromhex(said[name])

    def shown(text, label):
        return list(lines(bytes.fromhex(text), label, 0))

    confirm = stream[0]["blocks"][0]
    key = stream[18]["blocks"][0]
    return "\n".join((
        "The request, as it goes over the connection:\n",
        block(message(bytes_of("request"), "KX-REQ [APPLICATION 18]")),
        "The reply:\n",
        block(message(bytes_of("reply"), "KX-REP [APPLICATION 19]")),
        "The ephemeral keys, the secret, and the transcript:\n",
        block(shown(said["client"]["ephemeral"], "the initiator's private key")
              + shown(said["service"]["ephemeral"],
                      "the responder's private key")
              + shown(said["shared-secret"], "Z")
              + shown(said["transcript"], "transcript")),
        "KXOVER-KEY-INFO of the confirmation, its digest, and what `confirm` "
        "is:\n",
        block(list(fields(der.whole(bytes.fromhex(confirm["key-info"])),
                          KEY_INFO, 0))
              + shown(confirm["sha512"], "SHA-512 of it")
              + shown(stream[0]["bytes"], "confirm: the first 32 bytes")),
        "For encryption type 18, all but `etype` is the same, and that is\n"
        "`a6 03 02 01 12`:\n",
        block(shown(key["sha512"], "SHA-512")
              + shown(stream[18]["bytes"], "the key of type 18")),
        "And the others:\n",
        block(sum((shown(stream[etype]["bytes"], "the key of type %d" % etype)
                   for etype in (17, 20, 19)), []))))


if __name__ == "__main__":
    print(section(), end="")
