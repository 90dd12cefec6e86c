"""DER for the scripts of docs/vectors/: X.690 10, the part that KXOVER needs.

Reading is strict and knows nothing of libtasn1, which the product reads with.
"""

import calendar
import time

INTEGER, BIT_STRING, OCTET_STRING, OID = 0x02, 0x03, 0x04, 0x06
BOOLEAN, NULL, GENERAL_STRING, GENERALIZED_TIME = 0x01, 0x05, 0x1B, 0x18
SEQUENCE, SET = 0x30, 0x31


class NotDer(Exception):
    """Bytes are not what they should be."""


class Element:
    """One element: its tag byte, its contents, and all of its bytes."""

    def __init__(self, tag, contents, whole):
        self.tag, self.contents, self.whole = tag, contents, whole

    def children(self):
        """The elements that this one is made of."""
        found, rest = [], self.contents
        while rest:
            element = first(rest)
            found.append(element)
            rest = rest[len(element.whole):]
        return found


def first(data):
    """The element that data begins with."""
    if len(data) < 2:
        raise NotDer("cut off")
    tag, length, at = data[0], data[1], 2
    if tag & 0x1F == 0x1F:
        raise NotDer("a tag over 30")
    if length >= 0x80:
        size = length & 0x7F
        digits = data[2:2 + size]
        if size == 0 or size > 4 or len(digits) < size:
            raise NotDer("indefinite or endless length")
        length, at = int.from_bytes(digits, "big"), 2 + size
        if length < 0x80 or digits[0] == 0:
            raise NotDer("length is not the shortest")
    if len(data) < at + length:
        raise NotDer("cut off")
    return Element(tag, data[at:at + length], data[:at + length])


def whole(data):
    """The one element that data is."""
    element = first(data)
    if len(element.whole) != len(data):
        raise NotDer("bytes follow its end")
    return element


def expect(element, tag):
    if element.tag != tag:
        raise NotDer("tag %#x is not %#x" % (element.tag, tag))
    return element


def read_integer(element, low, high):
    contents = expect(element, INTEGER).contents
    if not contents or (len(contents) > 1 and (
            (contents[0] == 0 and contents[1] < 0x80) or
            (contents[0] == 0xFF and contents[1] >= 0x80))):
        raise NotDer("an INTEGER is not the shortest")
    value = int.from_bytes(contents, "big", signed=True)
    if not low <= value <= high:
        raise NotDer("an INTEGER is out of its range")
    return value


def read_boolean(element):
    contents = expect(element, BOOLEAN).contents
    if contents not in (b"\0", b"\xff"):
        raise NotDer("a BOOLEAN is neither 00 nor ff")
    return contents == b"\xff"


def read_bits(element):
    contents = expect(element, BIT_STRING).contents
    if len(contents) < 2 or contents[0] != 0:
        raise NotDer("a BIT STRING is empty or has unused bits")
    return contents[1:]


def read_string(element):
    contents = expect(element, GENERAL_STRING).contents
    if not contents or not all(0x20 <= byte <= 0x7E for byte in contents):
        raise NotDer("a KerberosString has other characters, or none")
    return contents.decode("ascii")


def read_time(element):
    """Seconds since 1970 of a KerberosTime."""
    text = expect(element, GENERALIZED_TIME).contents.decode("latin-1")
    try:
        parsed = time.strptime(text, "%Y%m%d%H%M%SZ")
    except ValueError:
        raise NotDer("not YYYYMMDDHHMMSSZ") from None
    if len(text) != 15 or time.strftime("%Y%m%d%H%M%SZ", parsed) != text:
        raise NotDer("not YYYYMMDDHHMMSSZ")
    return calendar.timegm(parsed)


def read_oid(element):
    """The dotted form."""
    contents = expect(element, OID).contents
    if not contents or contents[-1] & 0x80:
        raise NotDer("an OBJECT IDENTIFIER is cut off")
    arcs, value, fresh = [], 0, True
    for byte in contents:
        if fresh and byte == 0x80:
            raise NotDer("an arc is not the shortest")
        value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    root = min(arcs[0] // 40, 2)
    return ".".join(map(str, [root, arcs[0] - 40 * root] + arcs[1:]))


# Writing


def element(tag, *parts):
    contents = b"".join(parts)
    length = len(contents)
    if length < 0x80:
        return bytes([tag, length]) + contents
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + contents


def sequence(*parts):
    return element(SEQUENCE, *parts)


def tagged(number, *parts):
    """An explicit context tag."""
    return element(0xA0 | number, *parts)


def integer(value):
    length = 1
    while not -(1 << 8 * length - 1) <= value < 1 << 8 * length - 1:
        length += 1
    return element(INTEGER, value.to_bytes(length, "big", signed=True))


def octets(value):
    return element(OCTET_STRING, value)


def bits(value):
    return element(BIT_STRING, b"\0", value)


def boolean(value):
    return element(BOOLEAN, b"\xff" if value else b"\0")


def string(text):
    return element(GENERAL_STRING, text.encode("latin-1"))


def kerberos_time(seconds):
    text = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))
    return element(GENERALIZED_TIME, text.encode("ascii"))


def oid(dotted):
    arcs = [int(arc) for arc in dotted.split(".")]
    out = b""
    for arc in [40 * arcs[0] + arcs[1]] + arcs[2:]:
        digits = bytes([arc & 0x7F])
        while arc := arc >> 7:
            digits = bytes([0x80 | arc & 0x7F]) + digits
        out += digits
    return element(OID, out)
