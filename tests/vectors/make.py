#!/usr/bin/env python3
"""Make docs/vectors/: `make vectors`.

Exchanges and answers are made by the product (tests/vectors/party); messages
that are to be refused, and requests at a limit, are drafted here, and the
product says what becomes of them.  docs/vectors/README.md tells what is in
the files, and why they are kept.
"""

import json
import os
import sys

import asked
import certificates
import doubted
import exchanges
import party
import replies
import second
import trust
from draft import Draft
from exchanges import CLIENT, NOW, REPLIED, SERVICE, Side

ETYPES = [18, 17, 20, 19]
# One of kx_err.et's errors for each code that a KRB-ERROR can have.
ANSWERS = [
    (12, "policy-till"), (14, "policy-etype"), (29, "busy"),
    (37, "policy-time"), (39, "version"), (40, "msg-type"), (60, "decode"),
    (61, "too-long"), (62, "tlsa-mismatch"), (63, "policy-ca"),
    (64, "signature"), (65, "policy-group"), (68, "policy-name"),
    (70, "cert-path"), (70, "anchor"), (71, "chain"), (72, "revoked"),
    (75, "cert-name"), (77, "cert-purpose"), (80, "policy-sigalg")]
# What is held, what the request knows, what is given; protocol.md, "Key
# versions".
VERSIONS = [
    ([], 7, 8), ([7], 0, 8), ([7], 9, 10), ([9], 7, 10), ([7, 6], 7, 8),
    ([65535], 0, 1), ([65535, 1], 0, 2), ([65534], 65535, 1),
    ([], 65535, 1), ([65535, 1, 2], 65535, 3), ([63487], 1, 63488),
    ([63488], 1, 2), ([63488], 2048, 2049), ([63488], 2049, 63489),
    ([65535, 2048], 0, 2049), ([65535, 2049], 0, 1), ([65535, 65534], 0, 1)]
HEADERS = ["00000000", "00000001", "00010000", "00010001", "7fffffff",
           "80000001", "ffffffff"]


def add_derivation(made):
    """What the keys of an exchange come from; the product's keys must be
    those."""
    request = second.read(bytes.fromhex(made["request"]), 18)
    reply = second.read(bytes.fromhex(made["reply"]), 19)
    held = {(key["kvno"], key["etype"]): bytes.fromhex(key["key"])
            for key in made["service"]["holds"]}
    z = second.share(made["group"],
                     bytes.fromhex(made["service"]["ephemeral"]),
                     request.point)
    found = second.derive(request, reply, z, held)
    for etype, _, value in found["streams"]:
        expected = made["keys"][str(etype)] if etype else reply.confirm.hex()
        assert value.hex() == expected, "the product derives another key"
    made.update({
        "request-tbsdata": request.tbs.hex(), "reply-tbsdata": reply.tbs.hex(),
        "shared-secret": z.hex(), "transcript": found["transcript"].hex(),
        "prior": [{"kvno": kvno, "etype": etype, "check": check.hex(),
                   "value": value.hex()}
                  for (kvno, etype, value), (_, _, check)
                  in zip(found["prior"], reply.prior())],
        "streams": [{"etype": etype, "blocks": [
            {"key-info": info.hex(), "sha512": block.hex()}
            for info, block in blocks], "bytes": value.hex()}
            for etype, blocks, value in found["streams"]]})
    return made


def crafted():
    """An exchange that begins as kxover itself would not: with all optional
    fields, and an RSA PKCS #1 signature asked for and given."""
    plan = exchanges.Plan(
        "all-options", "a request as kxover makes none, with all optional "
        "fields and extensions that are not known; it asks for RSA with "
        "PKCS #1 and for a life of 30 days, and gets 14", "X25519",
        Side(CLIENT, "rsa2048", signed=("pkcs1", "sha512")),
        Side(SERVICE, "rsa2048"), versions=[1], known=1)
    draft = Draft(
        plan.client, kvno=1, till=asked.at(30 * asked.DAY), etypes=ETYPES,
        public=asked.public(asked.X25519, second.primitives.x25519(
            certificates.ephemeral(plan.name + " client", "X25519"),
            bytes([9]) + bytes(31))),
        sigalgs=[certificates.algorithm("pkcs1", "sha256"),
                 certificates.algorithm("pkcs1", "sha512")],
        extensions=[
            asked.extension(asked.UNKNOWN_OID, False, b"passed over"),
            asked.extension(asked.LONG_OID, False, b"")])
    request = draft.encode()
    files = party.Files()
    said = party.run("respond", exchanges.responder_lines(plan, files,
                                                          request))
    return plan, {
        "about": plan.about, "group": "X25519", "at": NOW,
        "replied-at": REPLIED,
        "client": dict(plan.client.described(), etypes=ETYPES, knows=1,
                       holds=[], ephemeral=certificates.ephemeral(
                           plan.name + " client", "X25519").hex()),
        "service": dict(plan.service.described(), etypes=ETYPES, versions=[1],
                        holds=[], ephemeral=certificates.ephemeral(
                            plan.name + " service", "X25519").hex()),
        "anchors": [], "request": request.hex(), "reply": said["answer"][0],
        "kvno": int(said["kvno"][0]), "till": int(said["till"][0]),
        "keys": {word[4:]: value[0] for word, value in sorted(said.items())
                 if word.startswith("key-")}}


def make_exchanges():
    for plan in exchanges.plans():
        yield plan.name, add_derivation(exchanges.make(plan))
    plan, made = crafted()
    yield plan.name, add_derivation(made)


def request_lines(side, files, peer, anchors, message):
    """How the responder of side gets a request."""
    return [("now", NOW), ("realm", SERVICE),
            files.identity(side.key.pem, side.chain), *files.anchors(anchors),
            *(("etype", etype) for etype in ETYPES),
            ("host", peer["host"]), ("port", peer["port"]),
            *(("tlsa", text) for text in peer["tlsa"]),
            ("message", message.hex())]


def respond(draft, message):
    files = party.Files()
    return party.run("respond", request_lines(
        Side(SERVICE, "ed25519"), files, draft.peer(), draft.anchors,
        message))


def described(draft, message):
    return {"peer": draft.peer(),
            "anchors": [root.hex() for root in draft.anchors],
            "message": message.hex()}


def accepted_requests():
    for name, about, draft in asked.accepted():
        message = draft.encode()
        said = respond(draft, message)
        if "refused" in said:
            raise AssertionError("%s is refused: %s" % (name, said))
        yield dict({"name": name, "about": about},
                   **described(draft, message),
                   tlsa=said["tlsa"][0].replace("-", " "),
                   kvno=int(said["kvno"][0]) if draft.kvno else None,
                   till=int(said["till"][0]))


def all_refused():
    for name, code, why, message in (*asked.unreadable(),
                                     *asked.unbounded()):
        yield name, code, why, Draft(), message
    for part in (asked.policy, doubted.chain, doubted.signature,
                 doubted.trust, asked.agreement):
        for name, code, why, draft, *message in part():
            yield (name, code, why, draft or Draft(),
                   message[0] if message else draft.encode())


def refused_requests():
    for name, code, why, draft, message in all_refused():
        said = respond(draft, message)
        if "refused" not in said:
            raise AssertionError("%s is not refused" % name)
        yield dict({"name": name, "code": code, "why": why,
                    "kxover": said["refused"][0]},
                   **described(draft, message), answer=said["answer"][0])


def initiate(plan, answer, tlsa):
    """What becomes of an answer to the request of plan."""
    files = party.Files()
    plan.service.tlsa = tlsa
    return party.run("initiate",
                     exchanges.initiator_lines(plan, files, [answer]))


def refused_replies(made):
    plans = {plan.name: plan for plan in exchanges.plans()}
    for name, why, exchange, draft in replies.refused(made["x25519-ed25519"],
                                                      made["prior-keys"]):
        whole = isinstance(draft, bytes)
        tlsa = plans[exchange].service.tlsa if whole else draft.tlsa
        message = draft if whole else draft.encode()
        said = initiate(plans[exchange], message, tlsa)
        if "refused" not in said:
            raise AssertionError("%s is not refused" % name)
        yield {"name": name, "why": why, "kxover": said["refused"][0],
               "exchange": exchange, "tlsa": tlsa, "message": message.hex()}


def answers():
    root = asked.issued().chain[1]
    for code, error in ANSWERS:
        files = party.Files()
        lines = [("now", NOW), ("realm", SERVICE),
                 ("error", party.ERRORS.index(error))]
        if error == "anchor":
            lines += files.anchors([root])
        said = party.run("answer", lines)
        entry = {"code": code, "kxover": error, "message": said["answer"][0]}
        if error == "policy-group":
            entry["groups"] = ["1.3.101.110", "1.2.840.10045.3.1.7",
                               "1.3.132.0.34"]
        if error == "anchor":
            entry["roots"] = [trust.key_id(trust.Certificate(root)).hex()]
        yield entry


def everything():
    """What each file says, by its name."""
    made = dict(make_exchanges())
    files = {"exchange-%s" % name: said for name, said in made.items()}
    place = {"at": NOW, "realm": SERVICE, "etypes": ETYPES,
             "service": Side(SERVICE, "ed25519").described()}
    files["accepted-requests"] = dict(place,
                                      requests=list(accepted_requests()))
    files["refused-requests"] = dict(place, requests=list(refused_requests()))
    files["refused-replies"] = {"at": NOW,
                                "replies": list(refused_replies(made))}
    files["answers"] = {"at": NOW, "realm": SERVICE,
                        "answers": list(answers())}
    files["key-versions"] = {"versions": [
        {"held": held, "known": known, "given": given}
        for held, known, given in VERSIONS]}
    files["frames"] = {"frames": [
        {"header": header, "length": length if 0 < length <= 65536 else None}
        for header in HEADERS for length in [int(header, 16)]]}
    files["keys"] = {"signing-keys": [
        {"name": key.name, "kind": key.kind, "pkcs8": key.pkcs8.hex(),
         "public": key.public.hex()}
        for _, key in sorted(exchanges.KEYS.items())]}
    return files


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, said in everything().items():
        with open(os.path.join(folder, name + ".json"), "w") as file:
            json.dump(said, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
