#!/usr/bin/env python3
"""Make derive_vectors.h: keys and confirmations that test_derive expects.

This computes the derivation a second time, from its description alone (the
DER of KXOVER-KEY-INFO in asn1/KXOVER.asn1, hashed block by block), with
nothing but Python's standard library.  Run it without arguments; it writes to
standard output.
"""

import hashlib
import time

NT_SRV_INST = 2


def element(tag, contents):
    """One DER element."""
    length = len(contents)
    if length < 0x80:
        size = bytes([length])
    else:
        digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
        size = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + size + contents


def tagged(number, contents):
    return element(0xA0 | number, contents)


def sequence(*parts):
    return element(0x30, b"".join(parts))


def integer(value):
    length = 1
    while not -(1 << 8 * length - 1) <= value < 1 << 8 * length - 1:
        length += 1
    return element(0x02, value.to_bytes(length, "big", signed=True))


def octets(value):
    return element(0x04, value)


def general_string(text):
    return element(0x1B, text.encode("ascii"))


def generalized_time(seconds):
    text = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(seconds))
    return element(0x18, text.encode("ascii"))


def key_info(case, etype, seq):
    """KXOVER-KEY-INFO."""
    parts = [
        tagged(0, general_string("KXOVER")),
        tagged(1, integer(seq)),
        tagged(2, sequence(
            tagged(0, integer(NT_SRV_INST)),
            tagged(1, sequence(general_string("krbtgt"),
                               general_string(case["service"]))))),
        tagged(3, general_string(case["client"])),
        tagged(4, generalized_time(case["till"])),
        tagged(5, integer(case["kvno"])),
        tagged(6, integer(etype)),
        tagged(7, octets(case["z"])),
        tagged(8, octets(case["transcript"])),
    ]
    if case["prior"]:
        parts.append(tagged(9, sequence(*(
            sequence(tagged(0, integer(kvno)), tagged(1, integer(prior_etype)),
                     tagged(2, octets(value)))
            for kvno, prior_etype, value in case["prior"]))))
    return sequence(*parts)


def stream(case, etype, length):
    out = b""
    seq = 1
    while len(out) < length:
        out += hashlib.sha512(key_info(case, etype, seq)).digest()
        seq += 1
    return out[:length]


def transcript(request, reply):
    return hashlib.sha512(request + reply).digest()


# Encryption type 0 stands for the confirmation.  The random-to-key of the AES
# types takes as many bytes as the key has and changes none (RFC 3962, 8009).
LENGTHS = {0: 32, 17: 16, 18: 32, 19: 16, 20: 32}

CASES = [
    {
        "service": "BRAVO.EXAMPLE", "client": "ALPHA.EXAMPLE",
        "till": 1796572260, "kvno": 1,
        "z": bytes(range(32)), "transcript": transcript(b"request", b"reply"),
        "prior": [],
    },
    {
        # Every number with its highest bit set, a secret of P-384's length.
        "service": "A.EXAMPLE", "client": "B.EXAMPLE",
        "till": 4294967295, "kvno": 65535,
        "z": bytes(range(255, 207, -1)), "transcript": bytes([0xFF] * 64),
        "prior": [],
    },
    {
        "service": "BRAVO.EXAMPLE", "client": "ALPHA.EXAMPLE",
        "till": 1796572260, "kvno": 128,
        "z": bytes(32), "transcript": bytes(64),
        "prior": [(127, 18, bytes([0x11] * 32)), (32768, 20, b"\x80")],
    },
]


def c_bytes(value):
    return '"' + "".join("\\x%02x" % byte for byte in value) + '"'


def main():
    print("/* derive_vectors.h: made by derive.py; do not edit. */")
    print("static const struct vector vectors[] = {")
    for case in CASES:
        for etype, length in LENGTHS.items():
            print('    {"%s", "%s", %d, %d, %d,' % (
                case["service"], case["client"], case["till"], case["kvno"],
                etype))
            print("     {%d, %s}," % (len(case["z"]), c_bytes(case["z"])))
            print("     %s," % c_bytes(case["transcript"]))
            print("     %d, {" % len(case["prior"]), end="")
            print(", ".join(
                "{%d, %d, {%d, %s}}" % (kvno, prior, len(value),
                                        c_bytes(value))
                for kvno, prior, value in case["prior"]) or "{0}", end="")
            print("},")
            print("     {%d, %s}}," % (
                length, c_bytes(stream(case, etype, length))))
    print("};")


main()
