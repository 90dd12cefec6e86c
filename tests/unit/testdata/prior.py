#!/usr/bin/env python3
"""Make prior_vectors.h: what test_prior expects to come out of prior keys.

This computes checks and values a second time, from docs/protocol.md, RFC 6113
5.1 (PRF+) and RFC 8009 5 (the PRF of AES with SHA-2), with nothing but Python's
standard library.  Run it without arguments; it writes to standard output.
"""

import hashlib
import hmac

# Of each encryption type: the hash, and the bits of its PRF.
TYPES = {19: (hashlib.sha256, 256), 20: (hashlib.sha384, 384)}
KEYS = {19: bytes(range(16)), 20: bytes(range(255, 223, -1))}

PUBLIC = b"the request's key-exchange"
TRANSCRIPT = hashlib.sha512(b"request" + b"reply").digest()


def prf(etype, key, octets):
    digest, bits = TYPES[etype]
    message = (1).to_bytes(4, "big") + b"prf" + b"\0" + octets + bits.to_bytes(4, "big")
    return hmac.new(key, message, digest).digest()


def prf_plus(etype, key, octets, length):
    out = b""
    counter = 1
    while len(out) < length:
        out += prf(etype, key, bytes([counter]) + octets)
        counter += 1
    return out[:length]


def c_bytes(value):
    return '"' + "".join("\\x%02x" % byte for byte in value) + '"'


def main():
    print("/* prior_vectors.h: made by prior.py; do not edit. */")
    print("#define PUBLIC %s" % c_bytes(PUBLIC))
    print("#define TRANSCRIPT %s" % c_bytes(TRANSCRIPT))
    print("static const struct vector vectors[] = {")
    for etype, key in KEYS.items():
        print("    {%d, %s, %d," % (etype, c_bytes(key), len(key)))
        print("     %s," % c_bytes(prf_plus(etype, key, b"KXOVER-CHECK" + PUBLIC, 16)))
        print("     %s}," % c_bytes(prf_plus(etype, key, b"KXOVER-PRIOR" + TRANSCRIPT, 64)))
    print("};")


main()
