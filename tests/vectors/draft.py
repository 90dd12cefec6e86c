"""Offers that are not quite as they should be: each part can be changed."""

import certificates
import der
import primitives
from exchanges import CLIENT, NOW, PORT, SERVICE, Side

DAY = 86400
X25519 = der.sequence(der.oid("1.3.101.110"))
P256 = der.sequence(der.oid("1.2.840.10045.2.1"),
                    der.oid("1.2.840.10045.3.1.7"))
P384 = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.3.132.0.34"))
PRIOR_OID = "2.25.281321573356214804194614218603097957721"


def public(algorithm, key):
    return der.sequence(algorithm, der.bits(key))


def x25519_public(name):
    private = certificates.ephemeral(name, "X25519")
    return public(X25519, primitives.x25519(private, bytes([9]) + bytes(31)))


def algorithms(number):
    """That many identifiers that nobody knows, P-256 the last."""
    return [der.sequence(der.oid("1.3.6.1.4.1.5322.1.%d" % i))
            for i in range(1, number)] + [P256]


def extension(oid, critical, value):
    return der.sequence(der.tagged(0, der.oid(oid)),
                        der.tagged(1, der.boolean(critical)),
                        der.tagged(2, der.octets(value)))


def prior_names(*names):
    """KX-PriorKeyNames."""
    return der.sequence(*(
        der.sequence(der.tagged(0, der.integer(kvno)),
                     der.tagged(1, der.integer(etype)),
                     der.tagged(2, der.octets(check)))
        for kvno, etype, check in names))


def prior(*names):
    return extension(PRIOR_OID, False, prior_names(*names))


def principal(*components, kind=2):
    return der.sequence(
        der.tagged(0, der.integer(kind)),
        der.tagged(1, der.sequence(*map(der.string, components))))


def key_id(number):
    """An AuthorityKeyIdentifier."""
    return der.sequence(der.element(0x80, certificates.stream(
        "root %d" % number, 20)))


class Draft:
    """A KX-REQ of CLIENT to SERVICE, or the KX-REP to it.  A part that is
    None is left out; tbs_extra and offer_extra stand behind the others."""

    msg_type = 18

    def __init__(self, side=None, **changes):
        self.side = side or Side(CLIENT, "ed25519")
        self.now = NOW
        self.time = der.kerberos_time(NOW)
        self.kvno = None
        self.name = principal("krbtgt", SERVICE)
        self.realm = der.string(CLIENT)
        self.public = x25519_public("variant client")
        self.till = der.kerberos_time(NOW + 7 * DAY)
        self.etypes = [18, 17]
        self.groups = [X25519, P256, P384]
        self.sigalgs = None
        self.roots = None
        self.extensions = None
        self.tbs_extra = b""
        self.nonce = der.integer(0x1234567)
        self.chain = self.side.chain
        self.signed = self.side.signed
        self.sigalg = None
        self.signature = None
        self.signature_bits = None
        self.offer_extra = b""
        self.confirm = None
        self.pvno = 5
        self.told_type = self.msg_type
        self.tlsa = self.side.tlsa
        self.anchors = []
        for name, value in changes.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)

    def tbs(self):
        def optional(number, parts):
            return b"" if parts is None else \
                der.tagged(number, der.sequence(*parts))

        return der.sequence(
            der.tagged(0, self.time),
            b"" if self.kvno is None else
            der.tagged(1, der.integer(self.kvno)),
            der.tagged(2, self.name), der.tagged(3, self.realm),
            der.tagged(4, self.public), der.tagged(5, self.till),
            optional(6, map(der.integer, self.etypes)),
            optional(7, self.groups), optional(8, self.sigalgs),
            optional(9, self.roots), optional(10, self.extensions),
            self.tbs_extra)

    def encode(self):
        tbs = self.tbs()
        signature = self.signature or primitives.sign(
            *self.signed, self.side.key.pem, tbs)
        sigalg = self.sigalg or certificates.algorithm(
            *self.signed, self.side.key.kind)
        offer = der.sequence(
            der.tagged(0, self.nonce), der.tagged(1, tbs),
            der.tagged(2, der.sequence(*self.chain)),
            der.tagged(3, sigalg),
            der.tagged(4, self.signature_bits or der.bits(signature)),
            self.offer_extra)
        return der.element(0x60 | self.msg_type, der.sequence(
            der.tagged(0, der.integer(self.pvno)),
            der.tagged(1, der.integer(self.told_type)),
            der.tagged(2, offer),
            b"" if self.confirm is None else
            der.tagged(3, der.octets(self.confirm))))

    def peer(self):
        """What DNS says of the peer."""
        return {"realm": self.side.realm, "host": self.side.host,
                "port": PORT, "tlsa": self.tlsa}
