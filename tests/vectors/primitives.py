"""What KXOVER computes with, a second time: the groups, PRF+, signatures.

From the RFCs that docs/protocol.md names, with Python's standard library; AES
and signatures are the openssl command's.  None of it is fit for real keys: it
takes its time by what the key is.
"""

import hashlib
import hmac
import math
import os
import subprocess
import tempfile


def openssl(*arguments, data=b""):
    """What openssl prints; subprocess.CalledProcessError when it fails."""
    try:
        return subprocess.run(("openssl",) + arguments, input=data, check=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE).stdout
    except FileNotFoundError:
        raise SystemExit("openssl is missing (Debian package: openssl)") \
            from None


# X25519: RFC 7748 5

P25519 = 2 ** 255 - 19


def x25519(private, u):
    """The product of a private key and a point, 32 bytes each."""
    scalar = int.from_bytes(private, "little")
    scalar = (scalar & ~7 & ~(128 << 8 * 31)) | 64 << 8 * 31
    x1 = int.from_bytes(u, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = scalar >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P25519, x1 * (da - cb) ** 2 % P25519
        x2, z2 = aa * bb % P25519, e * (aa + 121665 * e) % P25519
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P25519 - 2, P25519) % P25519).to_bytes(32, "little")


# P-256 and P-384: y^2 = x^3 - 3x + b, SEC 2

CURVES = {
    "P-256": (
        2 ** 256 - 2 ** 224 + 2 ** 192 + 2 ** 96 - 1,
        0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
        (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
         0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)),
    "P-384": (
        2 ** 384 - 2 ** 128 - 2 ** 96 + 2 ** 32 - 1,
        0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a
        << 128 | 0xc656398d8a2ed19d2a85c8edd3ec2aef,
        (0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38
         << 128 | 0x5502f25dbf55296c3a545e3872760ab7,
         0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0
         << 128 | 0x0a60b1ce1d7e819d7a431d7c90ea0e5f)),
}


def on_curve(group, point):
    prime, b, _ = CURVES[group]
    x, y = point
    return x < prime and y < prime and \
        (y * y - x * x * x + 3 * x - b) % prime == 0


def multiply(group, scalar, point):
    """The product of a number and a point of the curve."""
    prime = CURVES[group][0]

    def add(p, q):
        if p is None or q is None:
            return p or q
        if p[0] == q[0] and (p[1] + q[1]) % prime == 0:
            return None
        if p == q:
            slope = 3 * (p[0] * p[0] - 1) * pow(2 * p[1], -1, prime)
        else:
            slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, prime)
        x = (slope * slope - p[0] - q[0]) % prime
        return x, (slope * (p[0] - x) - p[1]) % prime

    product = None
    for bit in bin(scalar)[2:]:
        product = add(product, product)
        if bit == "1":
            product = add(product, point)
    return product


# PRF+: RFC 6113 5.1, over the PRF of each encryption type

def _aes(key, data, mode):
    return openssl("enc", "-aes-%d-%s" % (8 * len(key), mode), "-K", key.hex(),
                   "-nopad", *(("-iv", "00" * 16) if mode == "cbc" else ()),
                   data=data)


def _n_fold(data, size):
    """RFC 3961 5.1; all lengths in bytes."""
    number, bits = int.from_bytes(data, "big"), 8 * len(data)
    length = math.lcm(len(data), size)
    copies, total = b"", 0
    for i in range(length // len(data)):
        turn = 13 * i % bits
        copies += (number >> turn | number << bits - turn & (1 << bits) - 1) \
            .to_bytes(len(data), "big")
    for at in range(0, length, size):
        total += int.from_bytes(copies[at:at + size], "big")
    while total >> 8 * size:
        total = (total & (1 << 8 * size) - 1) + (total >> 8 * size)
    return total.to_bytes(size, "big")


def _prf_sha1(key, octets):
    """RFC 3961 5.3 with AES (RFC 3962)."""
    block, derived = _n_fold(b"prf", 16), b""
    while len(derived) < len(key):
        block = _aes(key, block, "ecb")
        derived += block
    return _aes(derived[:len(key)], hashlib.sha1(octets).digest()[:16], "cbc")


def _prf_sha2(key, octets):
    """RFC 8009 5."""
    digest = hashlib.sha256 if len(key) == 16 else hashlib.sha384
    bits = 8 * digest().digest_size
    return hmac.new(key, (1).to_bytes(4, "big") + b"prf\0" + octets +
                    bits.to_bytes(4, "big"), digest).digest()


def prf_plus(etype, key, octets, length):
    prf = {17: _prf_sha1, 18: _prf_sha1, 19: _prf_sha2, 20: _prf_sha2}[etype]
    out, counter = b"", 1
    while len(out) < length:
        out += prf(key, bytes([counter]) + octets)
        counter += 1
    return out[:length]


# Signatures, by openssl

def _options(kind, digest):
    """What openssl pkeyutl is told of a kind: ed25519, ecdsa, pss, pkcs1."""
    if kind == "ed25519":
        return ("-rawin",)
    options = ("-rawin", "-digest", digest)
    if kind == "pss":
        options += ("-pkeyopt", "rsa_padding_mode:pss",
                    "-pkeyopt", "rsa_pss_saltlen:digest")
    return options


def _run(action, kind, digest, data, files):
    """Run pkeyutl on data, with options that name a file for each of files."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["pkeyutl", action]
        for option, contents in [("-in", data)] + files:
            path = os.path.join(folder, option.strip("-"))
            with open(path, "wb") as file:
                file.write(contents)
            arguments += [option, path]
        if action == "-verify":
            arguments.append("-pubin")
        return openssl(*arguments, *_options(kind, digest))


def sign(kind, digest, private_key, data):
    """The signature by a private key (PKCS #8, PEM)."""
    return _run("-sign", kind, digest, data, [("-inkey", private_key)])


def verifies(kind, digest, public_key, data, signature):
    """Whether the signature is that by a SubjectPublicKeyInfo (DER)."""
    pem = openssl("pkey", "-pubin", "-inform", "DER", data=public_key)
    try:
        _run("-verify", kind, digest, data,
             [("-sigfile", signature), ("-inkey", pem)])
        return True
    except subprocess.CalledProcessError:
        return False
