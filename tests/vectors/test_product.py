"""What docs/vectors/ says is what the product does.

Both sides are the product's own (tests/vectors/party.c), told nothing but what
the files say.
"""

import unittest

import party
import primitives
import second
import vectors


def data(text):
    return bytes.fromhex(text)


def side_lines(files, side):
    """Who a side is."""
    key = primitives.openssl(
        "pkey", "-inform", "DER",
        data=vectors.private_keys()[side["signing-key"]])
    return [("realm", side["realm"]),
            files.identity(key, [data(text) for text in side["chain"]])]


def peer_lines(peer):
    """What a side finds of its peer in DNS."""
    return [("host", peer["host"]), ("port", peer["port"])] + \
        [("tlsa", text) for text in peer["tlsa"]]


def keys_of(said):
    return {word[4:]: value[0] for word, value in said.items()
            if word.startswith("key-")}


class Exchange(unittest.TestCase):
    """One exchange, played again by each side."""

    def same_offer(self, ours, theirs, msg_type):
        """The same bytes; but signatures of ECDSA and RSASSA-PSS are random."""
        if second.read(data(theirs), msg_type).sigalg[0] in (
                "1.2.840.113549.1.1.10", "1.2.840.10045.4.3.2",
                "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"):
            ours, theirs = (second.read(data(text), msg_type)
                            for text in (ours, theirs))
            self.assertEqual(
                (ours.tbs, ours.nonce, ours.chain, ours.sigalg, ours.confirm),
                (theirs.tbs, theirs.nonce, theirs.chain, theirs.sigalg,
                 theirs.confirm))
        else:
            self.assertEqual(ours, theirs)

    @staticmethod
    def shared_lines(files, said, side):
        return files.anchors([data(text) for text in said["anchors"]]) + \
            [("etype", etype) for etype in side["etypes"]] + \
            [("held", "%d %d %s" % (kvno, etype, key.hex()))
             for (kvno, etype), key in vectors.held(side).items()]

    def test_the_responder_makes_the_reply_and_the_keys(self):
        for name, said in vectors.exchanges():
            with self.subTest(name):
                files, side = party.Files(), said["service"]
                got = party.run("respond", [
                    *side_lines(files, side),
                    *self.shared_lines(files, said, side),
                    *peer_lines(said["client"]),
                    *(("version", kvno) for kvno in side["versions"]),
                    ("now", said["replied-at"]),
                    ("chance", side["ephemeral"]),
                    ("message", said["request"])])
                self.same_offer(got["answer"][0], said["reply"], 19)
                self.assertEqual(keys_of(got), said["keys"])
                self.assertEqual(int(got["kvno"][0]), said["kvno"])
                self.assertEqual(int(got["till"][0]), said["till"])

    def test_the_initiator_makes_the_request_and_takes_the_reply(self):
        for name, said in vectors.exchanges():
            if name == "all-options":
                continue  # kxover begins none like it
            with self.subTest(name):
                got = self.initiate(said, said["reply"], said["service"])
                self.same_offer(got["request"][-1], said["request"], 18)
                self.assertEqual(keys_of(got), said["keys"])
                self.assertEqual(int(got["kvno"][0]), said["kvno"])
                self.assertEqual(int(got["prior"][0]), len(said["prior"]))

    def initiate(self, said, reply, peer):
        """What the initiator of an exchange makes of a reply."""
        files, side = party.Files(), said["client"]
        nonce = second.read(data(said["request"]), 18).nonce
        lines = [*side_lines(files, side),
                 *self.shared_lines(files, said, side), *peer_lines(peer),
                 ("now", said["at"]), ("known", side["knows"]),
                 ("remote", said["service"]["realm"])]
        if "first-answer" in said:
            lines += [("chance", "42" * 32), ("nonce", 1),
                      ("answer", said["first-answer"])]
        return party.run("initiate", lines + [
            ("chance", side["ephemeral"]), ("nonce", nonce),
            ("answer", reply)])

    def test_the_initiator_refuses_each_other_reply(self):
        made = dict(vectors.exchanges())
        for entry in vectors.load("refused-replies")["replies"]:
            with self.subTest(entry["name"]):
                said = made[entry["exchange"]]
                got = self.initiate(said, entry["message"], dict(
                    said["service"], tlsa=entry["tlsa"]))
                self.assertEqual(got["refused"], [entry["kxover"]])
                self.assertEqual(keys_of(got), {})


class Requests(unittest.TestCase):
    def respond(self, said, entry):
        files = party.Files()
        return party.run("respond", [
            *side_lines(files, said["service"]), ("now", said["at"]),
            *files.anchors([data(text) for text in entry["anchors"]]),
            *(("etype", etype) for etype in said["etypes"]),
            *peer_lines(entry["peer"]), ("message", entry["message"])])

    def test_the_responder_takes_what_is_within_the_limits(self):
        said = vectors.load("accepted-requests")
        for entry in said["requests"]:
            with self.subTest(entry["name"]):
                got = self.respond(said, entry)
                self.assertNotIn("refused", got)
                self.assertEqual(got["tlsa"][0].replace("-", " "),
                                 entry["tlsa"])
                self.assertEqual(int(got["till"][0]), entry["till"])
                if entry["kvno"] is not None:
                    self.assertEqual(int(got["kvno"][0]), entry["kvno"])

    def test_the_responder_refuses_the_others_and_says_no_more(self):
        said = vectors.load("refused-requests")
        for entry in said["requests"]:
            with self.subTest(entry["name"]):
                got = self.respond(said, entry)
                self.assertEqual(got["refused"], [entry["kxover"]])
                self.assertEqual(got["answer"], [entry["answer"]])


class Rest(unittest.TestCase):
    def test_each_refusal_is_told_in_these_bytes(self):
        said = vectors.load("answers")
        root = [data(entry["anchors"][0]) for entry in
                vectors.load("accepted-requests")["requests"]
                if entry["name"] == "usage-1"]
        for entry in said["answers"]:
            with self.subTest(entry["kxover"]):
                files = party.Files()
                lines = files.anchors(root) if "roots" in entry else []
                got = party.run("answer", lines + [
                    ("now", said["at"]), ("realm", said["realm"]),
                    ("error", party.ERRORS.index(entry["kxover"]))])
                self.assertEqual(got["answer"], [entry["message"]])

    def test_these_key_versions_are_given(self):
        for entry in vectors.load("key-versions")["versions"]:
            with self.subTest(entry):
                got = party.run("versions", [("known", entry["known"])] + [
                    ("version", kvno) for kvno in entry["held"]])
                self.assertEqual(int(got["kvno"][0]), entry["given"])

    def test_these_lengths_are_taken(self):
        for entry in vectors.load("frames")["frames"]:
            with self.subTest(entry["header"]):
                got = party.run("frame", [("header", entry["header"])])
                self.assertEqual(int(got.get("length", ["0"])[0]) or None,
                                 entry["length"])


if __name__ == "__main__":
    unittest.main()
