"""Who knows docs/protocol.md alone comes to what docs/vectors/ says.

second.py and trust.py were written from it; they share nothing with the
product.
"""

import unittest

import der
import second
import trust
import vectors
from second import Refused


def data(text):
    return bytes.fromhex(text)


def judge(offer, peer, anchors, now):
    """Checks 2 to 6 of an offer; the TLSA record by which it is believed."""
    chain = trust.read_chain(offer.chain)
    trust.check_signed(offer, chain)
    if not peer["tlsa"]:
        raise Refused(62, "no TLSA record")
    return trust.check_dane(chain, peer["realm"], peer["host"], peer["tlsa"],
                            [data(text) for text in anchors], now)


def take_request(message, said, entry):
    """All that a responder does with a request before it makes a key."""
    request = second.read(message, 18)
    second.check_request(request, said["realm"], said["at"], said["etypes"])
    record = judge(request, entry["peer"], entry["anchors"], said["at"])
    ours = trust.Certificate(data(said["service"]["chain"][-1]))
    roots = [part.contents for root in request.roots
             for part in root.children() if part.tag == 0x80]
    if request.roots and trust.key_id(ours) not in roots:
        raise Refused(63, "no chain that ends in such a root")
    if request.group is None:
        raise Refused(65, "not a group")
    size = {"X25519": 32, "P-256": 32, "P-384": 48}[request.group]
    second.share(request.group, b"\1" * size, request.point)
    return request, record


class Exchanges(unittest.TestCase):
    def test_both_sides_come_to_the_same_keys(self):
        for name, said in vectors.exchanges():
            with self.subTest(name):
                request = second.read(data(said["request"]), 18)
                reply = second.read(data(said["reply"]), 19)
                self.assertEqual(request.tbs.hex(), said["request-tbsdata"])
                self.assertEqual(reply.tbs.hex(), said["reply-tbsdata"])
                for side, point in (("client", reply.point),
                                    ("service", request.point)):
                    z = second.share(said["group"],
                                     data(said[side]["ephemeral"]), point)
                    self.assertEqual(z.hex(), said["shared-secret"])
                    self.keys_are(said, second.derive(
                        request, reply, z, vectors.held(said[side])), reply)

    def keys_are(self, said, found, reply):
        self.assertEqual(found["transcript"].hex(), said["transcript"])
        self.assertEqual(
            [(kvno, etype, value.hex())
             for kvno, etype, value in found["prior"]],
            [(key["kvno"], key["etype"], key["value"])
             for key in said["prior"]])
        for (etype, blocks, value), stream in zip(found["streams"],
                                                  said["streams"]):
            self.assertEqual(stream, {"etype": etype, "blocks": [
                {"key-info": info.hex(), "sha512": block.hex()}
                for info, block in blocks], "bytes": value.hex()})
            self.assertEqual(value.hex(), said["keys"][str(etype)]
                             if etype else reply.confirm.hex())
        self.assertEqual(len(found["streams"]), len(said["keys"]) + 1)

    def test_the_offers_pass_all_checks(self):
        for name, said in vectors.exchanges():
            with self.subTest(name):
                request = second.read(data(said["request"]), 18)
                reply = second.read(data(said["reply"]), 19)
                service = said["service"]
                second.check_request(request, service["realm"],
                                     said["replied-at"], service["etypes"])
                judge(request, said["client"], said["anchors"],
                      said["replied-at"])
                second.check_reply(reply, request, said["at"])
                judge(reply, service, said["anchors"], said["at"])
                self.assertEqual(reply.till, min(
                    request.till, said["replied-at"] + 14 * 86400))
                self.assertEqual((reply.kvno, reply.till),
                                 (said["kvno"], said["till"]))

    def test_prior_keys_are_named_and_mixed_in(self):
        mixed = 0
        for name, said in vectors.exchanges():
            with self.subTest(name):
                request = second.read(data(said["request"]), 18)
                reply = second.read(data(said["reply"]), 19)
                client = vectors.held(said["client"])
                service = vectors.held(said["service"])
                self.assertEqual(request.prior(), [
                    (*key, second.prior_check(key[1], client[key], request))
                    for key in sorted(client)])
                self.assertEqual(reply.prior(), [
                    (*key, check) for *key, check in request.prior()
                    if tuple(key) in service and check == second.prior_check(
                        key[1], service[tuple(key)], request)])
                mixed += len(reply.prior())
        self.assertEqual(mixed, 3)


class Messages(unittest.TestCase):
    def test_requests_within_the_limits_are_taken(self):
        said = vectors.load("accepted-requests")
        for entry in said["requests"]:
            with self.subTest(entry["name"]):
                request, record = take_request(data(entry["message"]), said,
                                               entry)
                self.assertEqual(entry["tlsa"], record.text)
                self.assertEqual(entry["till"], min(
                    request.till, said["at"] + 14 * 86400))

    def test_the_others_are_refused_with_their_codes(self):
        said = vectors.load("refused-requests")
        for entry in said["requests"]:
            with self.subTest(entry["name"]):
                with self.assertRaises(Refused) as caught:
                    take_request(data(entry["message"]), said, entry)
                self.assertEqual(caught.exception.code, entry["code"])
                self.assertEqual(read_error(entry["answer"])[0],
                                 entry["code"])

    def test_other_replies_are_refused(self):
        made = dict(vectors.exchanges())
        for entry in vectors.load("refused-replies")["replies"]:
            with self.subTest(entry["name"]):
                with self.assertRaises(Refused):
                    take_reply(made[entry["exchange"]], entry)

    def test_the_answers_say_what_they_are_to_say(self):
        for entry in vectors.load("answers")["answers"]:
            with self.subTest(entry["kxover"]):
                code, typed = read_error(entry["message"])
                self.assertEqual(code, entry["code"])
                if "groups" in entry:
                    groups = second.read_algorithms(der.whole(typed[109]))
                    self.assertEqual(
                        [der.read_oid(der.whole(parameters)) if parameters
                         else oid for oid, parameters in groups],
                        entry["groups"])
                elif "roots" in entry:
                    self.assertEqual(
                        [part.contents.hex()
                         for root in der.whole(typed[104]).children()
                         for part in root.children() if part.tag == 0x82],
                        entry["roots"])
                else:
                    self.assertEqual(typed, {})

    def test_key_versions_are_these(self):
        for entry in vectors.load("key-versions")["versions"]:
            with self.subTest(entry):
                self.assertEqual(next_version(entry["held"], entry["known"]),
                                 entry["given"])


def take_reply(said, entry):
    """All that an initiator does with a reply."""
    request = second.read(data(said["request"]), 18)
    reply = second.read(data(entry["message"]), 19)
    second.check_reply(reply, request, said["at"])
    judge(reply, dict(said["service"], tlsa=entry["tlsa"]), [], said["at"])
    z = second.share(said["group"], data(said["client"]["ephemeral"]),
                     reply.point)
    found = second.derive(request, reply, z, vectors.held(said["client"]))
    if found["streams"][0][2] != reply.confirm:
        raise Refused(None, "confirm does not fit")


def read_error(text):
    """The code of a KRB-ERROR, and its TYPED-DATA by their types."""
    fields = {child.tag - 0xA0: der.whole(child.contents) for child in
              der.whole(der.whole(data(text)).contents).children()}
    typed = {}
    if 12 in fields:
        for part in der.whole(fields[12].contents).children():
            number, value = (der.whole(child.contents)
                             for child in part.children())
            typed[der.read_integer(number, 0, 255)] = value.contents
    return der.read_integer(fields[6], 0, 255), typed


def next_version(held, known):
    """"Key versions" of docs/protocol.md."""
    def latest(numbers):
        begun_again = any(number <= 2048 for number in numbers)
        if begun_again:
            numbers = [number for number in numbers
                       if number <= 65535 - 2048]
        return max(numbers, default=0)

    number = latest([number for number in held + [known] if number])
    while True:
        number = number % 65535 + 1
        if number not in held:
            return number


if __name__ == "__main__":
    unittest.main()
