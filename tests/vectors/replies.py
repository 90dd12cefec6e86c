"""Replies of docs/vectors/ that an initiator refuses, each for one reason.

Each stands in the place of the reply of an exchange, and is refused before
anything is stored.  An initiator tells nobody, so there is no error code.
"""

import certificates
import der
import second
from draft import DAY, P256, X25519, Draft, prior, principal, public
from exchanges import NOW, REPLIED, SERVICE, Side


class Reply(Draft):
    """The reply of an exchange (as its file has it), with changes."""

    msg_type = 19

    def __init__(self, exchange, side=None, **changes):
        reply = second.read(bytes.fromhex(exchange["reply"]), 19)
        super().__init__(side or Side(SERVICE, "ed25519"))
        self.time = der.kerberos_time(REPLIED)
        self.kvno = reply.kvno
        self.public = reply.public
        self.till = der.kerberos_time(reply.till)
        self.etypes = reply.etypes
        self.nonce = der.integer(reply.nonce)
        self.confirm = reply.confirm
        if reply.prior():
            self.extensions = [prior(*reply.prior())]
        for name, value in changes.items():
            if not hasattr(self, name):
                raise AttributeError(name)
            setattr(self, name, value)


def refused(plain, with_prior):
    """Name, why, exchange, draft or bytes."""
    reply = second.read(bytes.fromhex(plain["reply"]), 19)
    request = second.read(bytes.fromhex(plain["request"]), 18)

    def of(name, why, /, **changes):
        return name, why, "x25519-ed25519", Reply(plain, **changes)

    yield of("nonce-other", "another nonce than the request's",
             nonce=der.integer(reply.nonce ^ 1))
    yield of("name-other", "another crossover",
             name=principal("krbtgt", "CHARLIE.EXAMPLE"))
    yield of("name-type-1", "the name is of type 1",
             name=principal("krbtgt", SERVICE, kind=1))
    yield of("realm-other", "another client realm",
             realm=der.string("CHARLIE.EXAMPLE"))
    yield of("skew-ahead-301", "request-time is 301 seconds ahead",
             time=der.kerberos_time(NOW + 301))
    yield of("till-after-request", "till is later than the request's",
             till=der.kerberos_time(request.till + 1))
    yield of("till-too-short", "till is in a day less 301 seconds",
             till=der.kerberos_time(NOW + DAY - 301))
    yield of("kvno-none", "no key version", kvno=None)
    yield of("kvno-0", "key version 0", kvno=0)
    yield of("kvno-65536", "a key version over 65535", kvno=65536)
    yield of("group-other", "another group than the request's",
             public=public(P256, b"\4" + bytes(64)))
    yield of("etypes-none", "no encryption type in common", etypes=[23])
    yield of("x25519-zero", "a point of small order",
             public=public(X25519, bytes(32)))
    yield of("prior-not-asked", "a prior key that the request does not name",
             extensions=[prior((1, 18, bytes(16)))])
    yield of("extension-critical", "an unknown extension is critical",
             extensions=[der.sequence(
                 der.tagged(0, der.oid("1.3.6.1.4.1.5322.99")),
                 der.tagged(1, der.boolean(True)),
                 der.tagged(2, der.octets(b"")))])
    yield of("confirm-31", "confirm is not 32 bytes",
             confirm=reply.confirm[:-1])
    yield of("signature-random", "the signature is of nothing",
             signature=certificates.stream("no signature", 64))
    yield of("tlsa-other", "no TLSA record is of the chain",
             tlsa=["3 1 1 " + "00" * 32])
    yield of("key-other", "another key version than the one that is confirmed: "
             "confirm does not fit", kvno=reply.kvno + 1)
    data = bytes.fromhex(plain["reply"])
    yield ("confirm-altered", "a bit of confirm is another", "x25519-ed25519",
           data[:-1] + bytes([data[-1] ^ 1]))
    yield ("request", "the request itself comes back", "x25519-ed25519",
           bytes.fromhex(plain["request"]))
    asked = second.read(bytes.fromhex(with_prior["request"]), 18)
    given = second.read(bytes.fromhex(with_prior["reply"]), 19).prior()
    yield ("kvno-known", "the key version that the request has", "prior-keys",
           Reply(with_prior, kvno=asked.kvno))
    kvno, etype, check = given[0]
    yield ("prior-other-check", "a prior key with another check than the "
           "request has", "prior-keys", Reply(with_prior, extensions=[prior(
               (kvno, etype, bytes([check[0] ^ 1]) + check[1:]), *given[1:])]))
    yield ("prior-left-out", "a prior key that is mixed in is not named: "
           "confirm does not fit", "prior-keys",
           Reply(with_prior, extensions=[prior(*given[1:])]))
