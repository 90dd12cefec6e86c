"""The exchanges of docs/vectors/: made by the product, both sides."""

import certificates
import der
import party
from certificates import Key

NOW = certificates.when("2026-11-22T12:00:00Z")
REPLIED = NOW + 2  # the responder's clock
SERVICE, CLIENT = "BRAVO.EXAMPLE", "ALPHA.EXAMPLE"
PORT = 88
KEY_SIZES = {17: 16, 18: 32, 19: 16, 20: 32}

KEYS = {}


def key(name, kind):
    """The key of that name; the same one when asked again."""
    if (name, kind) not in KEYS:
        KEYS[name, kind] = Key("%s %s" % (name, kind), kind)
    return KEYS[name, kind]


class Side:
    """A realm with its key, its chain, and the records that it publishes."""

    def __init__(self, realm, kind, usage=3, signed=None):
        self.realm = realm
        self.host = "kdc." + realm.lower()
        self.key = key(realm, kind)
        self.signed = signed or self.key.default()
        if usage == 3:
            self.chain = [certificates.plain(realm, self.key, self.host)]
            self.tlsa = [certificates.tlsa(3, self.chain[0],
                                           public=self.key.public)]
            return
        root = key("root", "ed25519")
        names = certificates.alternative_names((self.host,))
        self.chain = [
            certificates.certificate(realm, self.key, "Test Root", root, (
                names, certificates.purpose(), certificates.usage(0x80))),
            certificates.certificate("Test Root", root, "Test Root", root,
                                     certificates.CA)]
        self.tlsa = [certificates.tlsa(usage, self.chain[1], 0, 1)]

    def described(self):
        return {"realm": self.realm, "host": self.host, "port": PORT,
                "tlsa": self.tlsa,
                "signing-key": self.key.name,
                "chain": [data.hex() for data in self.chain]}


def held_key(kvno, etype):
    return certificates.stream("prior key %d %d" % (kvno, etype),
                               KEY_SIZES[etype])


def held_lines(held):
    return [("held", "%d %d %s" % (kvno, etype, held_key(kvno, etype).hex()))
            for kvno, etype in held]


def server_lines(side):
    return [("host", side.host), ("port", PORT)] + \
        [("tlsa", text) for text in side.tlsa]


class Plan:
    """One exchange as it is to be."""

    def __init__(self, name, about, group, client, service, **options):
        self.name, self.about, self.group = name, about, group
        self.client, self.service = client, service
        self.etypes = options.get("etypes", [18, 17, 20, 19])
        self.service_etypes = options.get("service_etypes", self.etypes)
        self.held = options.get("held", [])  # by the client
        self.service_held = options.get("service_held", [])
        self.known = options.get("known", 0)
        self.versions = options.get("versions", [])
        self.anchors = options.get("anchors", [])  # of both sides


def initiator_lines(plan, files, answers):
    first = [("chance", certificates.ephemeral(
        "%s first" % plan.name, "X25519").hex()), ("nonce", 1)] \
        if plan.group != "X25519" else []
    nonce = int.from_bytes(certificates.stream(plan.name + " nonce", 4), "big")
    return [
        ("now", NOW), ("realm", plan.client.realm),
        ("remote", plan.service.realm),
        files.identity(plan.client.key.pem, plan.client.chain),
        *files.anchors(plan.anchors), *first,
        ("chance", certificates.ephemeral(plan.name + " client",
                                          plan.group).hex()),
        ("nonce", nonce), ("known", plan.known), *held_lines(plan.held),
        *(("etype", etype) for etype in plan.etypes),
        *server_lines(plan.service),
        *(("answer", data.hex()) for data in answers)]


def responder_lines(plan, files, request, now=REPLIED):
    return [
        ("now", now), ("realm", plan.service.realm),
        files.identity(plan.service.key.pem, plan.service.chain),
        *files.anchors(plan.anchors),
        ("chance", certificates.ephemeral(plan.name + " service",
                                          plan.group).hex()),
        *(("version", kvno) for kvno in plan.versions),
        *held_lines(plan.service_held),
        *(("etype", etype) for etype in plan.service_etypes),
        *server_lines(plan.client), ("message", request.hex())]


def other_group(plan):
    """The KRB-ERROR by which a responder asks for the plan's group alone."""
    oid = {"P-256": "1.2.840.10045.3.1.7", "P-384": "1.3.132.0.34"}[plan.group]
    groups = der.sequence(der.sequence(der.oid("1.2.840.10045.2.1"),
                                       der.oid(oid)))
    return krb_error(65, plan.service.realm, REPLIED, typed_data(109, groups))


def typed_data(number, value):
    return der.sequence(der.sequence(der.tagged(0, der.integer(number)),
                                     der.tagged(1, der.octets(value))))


def krb_error(code, realm, now, data=None):
    return der.element(0x7E, der.sequence(
        der.tagged(0, der.integer(5)), der.tagged(1, der.integer(30)),
        der.tagged(4, der.kerberos_time(now)), der.tagged(5, der.integer(0)),
        der.tagged(6, der.integer(code)), der.tagged(9, der.string(realm)),
        der.tagged(10, der.sequence(
            der.tagged(0, der.integer(2)),
            der.tagged(1, der.sequence(der.string("krbtgt"),
                                       der.string(realm))))),
        der.tagged(12, der.octets(data)) if data else b""))


def make(plan):
    """Go through the exchange; what its file says."""
    files = party.Files()
    answers = [] if plan.group == "X25519" else [other_group(plan)]
    asked = party.run("initiate", initiator_lines(plan, files, answers))
    request = bytes.fromhex(asked["request"][-1])
    replied = party.run("respond", responder_lines(plan, files, request))
    if "kvno" not in replied:
        raise AssertionError("%s: refused: %s" % (plan.name, replied))
    reply = bytes.fromhex(replied["answer"][0])
    client = dict(plan.client.described(), **{
        "etypes": plan.etypes,
        "ephemeral": certificates.ephemeral(plan.name + " client",
                                            plan.group).hex(),
        "knows": plan.known, "holds": holds(plan.held)})
    service = dict(plan.service.described(), **{
        "etypes": plan.service_etypes,
        "ephemeral": certificates.ephemeral(plan.name + " service",
                                            plan.group).hex(),
        "versions": plan.versions, "holds": holds(plan.service_held)})
    said = {
        "about": plan.about, "group": plan.group,
        "at": NOW, "replied-at": REPLIED,
        "client": client, "service": service,
        "anchors": [root.hex() for root in plan.anchors]}
    if answers:
        said["first-request"] = asked["request"][0]
        said["first-answer"] = answers[0].hex()
    said.update({
        "request": request.hex(), "reply": reply.hex(),
        "kvno": int(replied["kvno"][0]), "till": int(replied["till"][0]),
        "keys": {word[4:]: value[0] for word, value in sorted(replied.items())
                 if word.startswith("key-")}})
    return said


def holds(held):
    return [{"kvno": kvno, "etype": etype,
             "key": held_key(kvno, etype).hex()} for kvno, etype in held]


def plans():
    """All of them."""
    root_side = Side(CLIENT, "rsa2048", usage=2)
    return [
        Plan("x25519-ed25519",
             "the plain case: two realms that never met, as kxover does it "
             "unless told otherwise", "X25519",
             Side(CLIENT, "ed25519"), Side(SERVICE, "ed25519")),
        Plan("p256-ecdsa",
             "group and signatures on P-256; the responder asked for the "
             "group", "P-256",
             Side(CLIENT, "P-256"), Side(SERVICE, "P-256")),
        Plan("p384-ecdsa",
             "group and signatures on P-384, the responder's on P-256; the "
             "responder asked for the group", "P-384",
             Side(CLIENT, "P-384"), Side(SERVICE, "P-256"),
             etypes=[20, 19], service_etypes=[19, 20]),
        Plan("x25519-rsa",
             "RSASSA-PSS from the responder, whose chain ends in a root that "
             "a TLSA record of usage 2 names; both sides have that root "
             "configured, so accept-ca is there", "X25519",
             root_side, Side(SERVICE, "rsa2048", usage=2),
             anchors=[root_side.chain[-1]], etypes=[18],
             service_etypes=[18, 17]),
        Plan("prior-keys",
             "the client realm names five keys that it has; the service realm "
             "has another key of version 2 and type 18 and none of version 1, "
             "so three are mixed in", "X25519",
             Side(CLIENT, "ed25519"), Side(SERVICE, "ed25519"),
             held=[(3, 20), (3, 19), (2, 18), (2, 17), (1, 18)],
             service_held=[(3, 20), (3, 19), (2, 17)],
             known=3, versions=[3, 2]),
        Plan("version-wraps",
             "the client realm knows version 65535, so the new one is 1",
             "X25519", Side(CLIENT, "ed25519"), Side(SERVICE, "ed25519"),
             etypes=[18], known=65535, versions=[65535, 65534]),
    ]
