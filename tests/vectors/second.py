"""A second implementation of KXOVER, as far as docs/vectors/ goes.

It is written from docs/protocol.md and the RFCs that it names, and shares
nothing with the product.  So where it comes to the same, the document says
enough.  What is wrong here for real use: it is slow, and keeps no secret.
"""

import hashlib
import re

import der
import primitives
from der import NotDer, expect

DAY = 86400
PRIOR_OID = "2.25.281321573356214804194614218603097957721"
GROUPS = {
    ("1.3.101.110", b""): "X25519",
    ("1.2.840.10045.2.1", der.oid("1.2.840.10045.3.1.7")): "P-256",
    ("1.2.840.10045.2.1", der.oid("1.3.132.0.34")): "P-384",
}
KEY_SIZES = {17: 16, 18: 32, 19: 16, 20: 32}


class Refused(Exception):
    """An offer is not taken; code is what a KRB-ERROR tells, None from an
    initiator, who tells nobody."""

    def __init__(self, code, why):
        super().__init__("%s: %s" % (code, why))
        self.code = code


# Signature algorithms: "Algorithms" of docs/protocol.md

def _pss(arc, size, parameters):
    """RSASSA-PSS-params: RFC 4055 3.1."""
    digest = der.sequence(der.oid("2.16.840.1.101.3.4.2.%d" % arc), parameters)
    return der.sequence(
        der.tagged(0, digest),
        der.tagged(1, der.sequence(der.oid("1.2.840.113549.1.1.8"), digest)),
        der.tagged(2, der.integer(size)))


NULL = der.element(der.NULL)
SIGNATURES = {("1.3.101.112", b""): ("ed25519", None)}
for _arc, _name, _size in ((1, "sha256", 32), (2, "sha384", 48),
                           (3, "sha512", 64)):
    SIGNATURES["1.2.840.10045.4.3.%d" % (_arc + 1), b""] = ("ecdsa", _name)
    SIGNATURES["1.2.840.113549.1.1.%d" % (_arc + 10), NULL] = ("pkcs1", _name)
    for _parameters in (NULL, b""):
        SIGNATURES["1.2.840.113549.1.1.10",
                   _pss(_arc, _size, _parameters)] = ("pss", _name)


# Reading messages

class Fields:
    """The fields of a SEQUENCE, by their context tags."""

    def __init__(self, element, known):
        self.found = {}
        last = -1
        for child in expect(element, der.SEQUENCE).children():
            number = child.tag - 0xA0
            if number not in known or number <= last:
                raise NotDer("field %#x is unknown, or not in order" %
                             child.tag)
            self.found[number] = der.whole(child.contents)
            last = number

    def __getitem__(self, number):
        if number not in self.found:
            raise NotDer("field [%d] is missing" % number)
        return self.found[number]

    def get(self, number):
        return self.found.get(number)


def bounded(length, most):
    if length > most:
        raise Refused(61, "%d are over %d" % (length, most))


def read_list(element, most):
    children = expect(element, der.SEQUENCE).children()
    bounded(len(children), most)
    if not children:
        raise NotDer("an empty list")
    return children


def read_algorithm(element):
    """An AlgorithmIdentifier: dotted identifier, parameters in DER."""
    children = expect(element, der.SEQUENCE).children()
    if not 1 <= len(children) <= 2:
        raise NotDer("not an AlgorithmIdentifier")
    dotted = der.read_oid(children[0])
    bounded(len(dotted), 64)
    parameters = children[1].whole if len(children) == 2 else b""
    bounded(len(parameters), 256)
    return dotted, parameters


def read_algorithms(element):
    return [read_algorithm(child) for child in read_list(element, 32)] \
        if element else []


def read_octets(element, most):
    contents = expect(element, der.OCTET_STRING).contents
    bounded(len(contents), most)
    return contents


def read_name(element):
    fields = Fields(element, range(2))
    components = fields[1]
    children = expect(components, der.SEQUENCE).children()
    bounded(len(children), 4)
    names = [der.read_string(child) for child in children]
    for name in names:
        bounded(len(name), 255)
    return der.read_integer(fields[0], -2 ** 31, 2 ** 31 - 1), names


def read_prior_names(value):
    """KX-PriorKeyNames: a list of version, type, check."""
    bounded(len(value), 4096)
    names = []
    for child in read_list(der.whole(value), 16):
        fields = Fields(child, range(3))
        name = (der.read_integer(fields[0], 1, 2 ** 32 - 1),
                der.read_integer(fields[1], -2 ** 31, 2 ** 31 - 1),
                expect(fields[2], der.OCTET_STRING).contents)
        if len(name[2]) != 16:
            raise NotDer("a check is not 16 bytes")
        if names and names[-1][:2] >= name[:2]:
            raise NotDer("prior keys are not in order")
        names.append(name)
    return names


class Offer:
    """KX-REQ or KX-REP, read."""

    def __init__(self, data, msg_type):
        bounded(len(data), 65536)
        outer = der.first(data)
        if outer.tag != 0x60 | msg_type:
            raise Refused(40, "another message")
        body = der.whole(der.whole(data).contents)
        fields = Fields(body, range(4 if msg_type == 19 else 3))
        if der.read_integer(fields[0], -2 ** 63, 2 ** 63) != 5:
            raise Refused(39, "another version")
        if der.read_integer(fields[1], -2 ** 63, 2 ** 63) != msg_type:
            raise Refused(40, "another message")
        self.confirm = None
        if msg_type == 19:
            self.confirm = expect(fields[3], der.OCTET_STRING).contents
            if len(self.confirm) != 32:
                raise NotDer("confirm is not 32 bytes")
        offer = Fields(fields[2], range(5))
        self.nonce = der.read_integer(offer[0], 0, 2 ** 32 - 1)
        self.tbs = offer[1].whole
        self._read_tbs(Fields(offer[1], range(11)))
        self.chain = []
        for child in read_list(offer[2], 10):
            bounded(len(child.whole), 16384)
            self.chain.append(expect(child, der.SEQUENCE).whole)
        self.sigalg = read_algorithm(offer[3])
        self.signature = der.read_bits(offer[4])
        bounded(len(self.signature), 2048)

    def _read_tbs(self, tbs):
        self.time = der.read_time(tbs[0])
        self.kvno = der.read_integer(tbs[1], 0, 2 ** 32 - 1) \
            if tbs.get(1) else None
        self.name = read_name(tbs[2])
        self.realm = der.read_string(tbs[3])
        bounded(len(self.realm), 253)
        self.public = tbs[4].whole
        bounded(len(self.public), 1024)
        algorithm, key = (expect(tbs[4], der.SEQUENCE).children() + [None] * 2
                          )[:2]
        if algorithm is None or key is None:
            raise NotDer("not a SubjectPublicKeyInfo")
        self.group = GROUPS.get(read_algorithm(algorithm))
        self.point = der.read_bits(key)
        self.till = der.read_time(tbs[5])
        self.etypes = [der.read_integer(child, -2 ** 31, 2 ** 31 - 1)
                       for child in read_list(tbs[6], 32)]
        self.groups = read_algorithms(tbs.get(7))
        self.sigalgs = read_algorithms(tbs.get(8))
        self.roots = read_list(tbs.get(9), 64) if tbs.get(9) else []
        for root in self.roots:
            bounded(len(root.whole), 2048)
            for part in expect(root, der.SEQUENCE).children():
                if part.tag not in (0x80, 0xA1, 0x82):
                    raise NotDer("not an AuthorityKeyIdentifier")
        self.extensions = []
        for child in read_list(tbs.get(10), 16) if tbs.get(10) else []:
            fields = Fields(child, range(3))
            bounded(len(fields[0].whole), 64)
            self.extensions.append((der.read_oid(fields[0]),
                                    der.read_boolean(fields[1]),
                                    read_octets(fields[2], 4096)))

    def prior(self):
        """The prior keys that it names."""
        values = [value for oid, _, value in self.extensions
                  if oid == PRIOR_OID]
        if len(values) > 1:
            raise NotDer("prior keys twice")
        return read_prior_names(values[0]) if values else []


def read(data, msg_type):
    """An Offer; all that cannot be read is refused with 60."""
    try:
        offer = Offer(data, msg_type)
        offer.prior_keys = None
        return offer
    except NotDer as error:
        raise Refused(60, str(error)) from None


def realm_is_valid(realm):
    label = "[A-Z0-9]([A-Z0-9-]{0,61}[A-Z0-9])?"
    return len(realm) <= 238 and \
        re.fullmatch(r"%s(\.%s)+" % (label, label), realm) is not None


# Check 1

def check_common(offer, now):
    if abs(offer.time - now) > 300:
        raise Refused(37, "the clocks are too far apart")
    for oid, critical, _ in offer.extensions:
        if critical and oid != PRIOR_OID:
            raise Refused(12, "a critical extension is not known")


def check_till(offer, now):
    if offer.till < now + DAY - 300:
        raise Refused(12, "the key ends too soon")


def read_prior(offer):
    try:
        offer.prior_keys = offer.prior()
    except NotDer as error:
        raise Refused(60, str(error)) from None


def check_request(offer, realm, now, etypes):
    if offer.name != (2, ["krbtgt", realm]):
        raise Refused(68, "not for this realm")
    if not realm_is_valid(offer.realm) or offer.realm == realm:
        raise Refused(68, "not from a realm that there can be")
    check_common(offer, now)
    check_till(offer, now)
    if offer.kvno is not None and offer.kvno > 65535:
        raise Refused(12, "the key version is over 65535")
    if not set(offer.etypes) & set(etypes):
        raise Refused(14, "no encryption type in common")
    read_prior(offer)
    known = {oid for oid, _ in SIGNATURES}
    if offer.sigalgs and not {oid for oid, _ in offer.sigalgs} & known:
        raise Refused(80, "no signature algorithm in common")


def check_reply(reply, request, now):
    if reply.nonce != request.nonce:
        raise Refused(None, "another nonce")
    if (reply.name, reply.realm) != (request.name, request.realm):
        raise Refused(None, "another crossover")
    check_common(reply, now)
    if reply.till > request.till:
        raise Refused(None, "lives longer than asked for")
    check_till(reply, now)
    if reply.kvno is None or not 1 <= reply.kvno <= 65535 or \
            reply.kvno == request.kvno:
        raise Refused(None, "not a key version that it can be")
    if reply.group is None or reply.group != request.group:
        raise Refused(None, "another group")
    if not common_etypes(request, reply):
        raise Refused(None, "no encryption type in common")
    read_prior(reply)
    if any(name not in request.prior() for name in reply.prior_keys):
        raise Refused(None, "a prior key that was not named")


def common_etypes(request, reply):
    return [etype for i, etype in enumerate(request.etypes)
            if etype in reply.etypes and etype not in request.etypes[:i]]


# Keys

def share(group, private, peer):
    """Z, from our private key and the peer's public one."""
    if group == "X25519":
        if len(peer) != 32:
            raise Refused(60, "not a key of X25519")
        z = primitives.x25519(private, peer)
        if not any(z):
            raise Refused(60, "a secret of all zeros")
        return z
    size = len(private)
    point = (int.from_bytes(peer[1:1 + size], "big"),
             int.from_bytes(peer[1 + size:], "big"))
    if len(peer) != 1 + 2 * size or peer[0] != 4 or \
            not primitives.on_curve(group, point):
        raise Refused(60, "not a point of " + group)
    return primitives.multiply(group, int.from_bytes(private, "big"),
                               point)[0].to_bytes(size, "big")


def transcript(request, reply):
    return hashlib.sha512(request.tbs + reply.tbs).digest()


def prior_check(etype, key, request):
    return primitives.prf_plus(etype, key, b"KXOVER-CHECK" + request.public,
                               16)


def prior_value(etype, key, digest):
    return primitives.prf_plus(etype, key, b"KXOVER-PRIOR" + digest, 64)


def key_info(reply, z, digest, prior, etype, seq):
    """KXOVER-KEY-INFO."""
    kind, components = reply.name
    parts = [
        der.tagged(0, der.string("KXOVER")),
        der.tagged(1, der.integer(seq)),
        der.tagged(2, der.sequence(
            der.tagged(0, der.integer(kind)),
            der.tagged(1, der.sequence(*map(der.string, components))))),
        der.tagged(3, der.string(reply.realm)),
        der.tagged(4, der.kerberos_time(reply.till)),
        der.tagged(5, der.integer(reply.kvno)),
        der.tagged(6, der.integer(etype)),
        der.tagged(7, der.octets(z)),
        der.tagged(8, der.octets(digest)),
    ]
    if prior:
        parts.append(der.tagged(9, der.sequence(*(
            der.sequence(der.tagged(0, der.integer(kvno)),
                         der.tagged(1, der.integer(kind)),
                         der.tagged(2, der.octets(value)))
            for kvno, kind, value in prior))))
    return der.sequence(*parts)


def derive(request, reply, z, held):
    """All that comes of an exchange; held are keys by version and type."""
    digest = transcript(request, reply)
    prior = [(kvno, etype, prior_value(etype, held[kvno, etype], digest))
             for kvno, etype, _ in reply.prior()]
    streams = []
    for etype in [0] + common_etypes(request, reply):
        length = KEY_SIZES[etype] if etype else 32
        blocks = []
        while 64 * len(blocks) < length:
            info = key_info(reply, z, digest, prior, etype, len(blocks) + 1)
            blocks.append((info, hashlib.sha512(info).digest()))
        streams.append((etype, blocks, b"".join(
            block for _, block in blocks)[:length]))
    return {"shared-secret": z, "transcript": digest, "prior": prior,
            "streams": streams}
