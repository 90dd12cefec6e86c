"""kxover show and kxover list --json: what the database knows of a crossover, for people and for programs."""

import json
import re
import time
import unittest

from scenario import Scenario, service_of
from test_cli import FAILED, REALM, UNTRIED, USAGE, Tool

BRAVO = "BRAVO.EXAMPLE"
TO_BRAVO = f"krbtgt/{BRAVO}"
FROM_BRAVO = f"krbtgt/{REALM}@{BRAVO}"
TIME = r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"
LATE = "2100-01-02T03:04:05Z"


class Tables(Tool):
    """A tool with a database."""

    def setUp(self):
        super().setUp()
        self.tool("kdb5_util", "create", "-s", "-P", "master")

    def kadmin(self, *queries):
        self.tool("kadmin.local", input="".join(f"{query}\n" for query in queries))

    def mark(self, principal, kvno, established="2019-12-01T00:00:00Z", till=LATE, chain=1, prior=0):
        """Mark a key version as kxover does."""
        self.kadmin(f'setstr {principal} kxover_kvno_{kvno} "established={established} till={till} '
                    f'peer=kdc.bravo.example:88 certificate=sha256:{"0a" * 32} tlsa=3-1-1-{"0b" * 32} '
                    f'group=X25519 prior={prior} chain={chain}"')

    def make(self, principal, **fields):
        """A crossover of kxover's with one version."""
        self.kadmin(f"addprinc -randkey -e aes256-sha2,aes128-sha2 {principal}")
        self.mark(principal, 1, **fields)

    def listed(self):
        """What kxover list --json tells, one object a line."""
        return [json.loads(line) for line in self.kxover("list", "--json").stdout.splitlines()]

    def shown(self, *arguments):
        return json.loads(self.kxover("show", "--json", BRAVO, *arguments).stdout)


class Show(Tables):

    def test_a_version_tells_with_whom_and_by_what(self):
        self.make(TO_BRAVO, chain=3, prior=4)
        text = self.kxover("show", BRAVO).stdout
        for words in (f"users of {REALM} go to {BRAVO}", f"{TO_BRAVO}@{REALM}", "key version 1", f"{LATE}, ",
                      "kdc.bravo.example:88", f"sha256:{'0a' * 32}", f"TLSA 3 1 1 {'0b' * 32}", "group X25519",
                      "4 mixed in; number 3 of a chain", "aes256-sha2, aes128-sha2"):
            self.assertIn(words, text)

    def test_the_direction_that_there_is_not_is_told(self):
        self.make(TO_BRAVO)
        self.assertRegex(self.kxover("show", BRAVO).stdout, r"(?m)^incoming: .*\n +keys +none$")

    def test_a_program_gets_all_of_it(self):
        self.make(TO_BRAVO, chain=3, prior=4)
        shown = self.shown()
        self.assertEqual((shown["realm"], shown["incoming"]), (BRAVO, None))
        self.assertEqual(shown["outgoing"], {
            "realm": BRAVO, "direction": "outgoing", "principal": f"{TO_BRAVO}@{REALM}", "keys": "kxover",
            "damage": None, "blocked": False, "blocked_by": None, "blocked_at": None, "refused": False, "kept": False,
            "kept_by": None, "used": None,
            "versions": [{
                "kvno": 1, "source": "kxover", "state": "in use", "established": "2019-12-01T00:00:00Z", "till": LATE,
                "encryption_types": ["aes256-sha2", "aes128-sha2"], "peer_host": "kdc.bravo.example",
                "peer_port": 88, "certificate": f"sha256:{'0a' * 32}", "tlsa": f"3-1-1-{'0b' * 32}",
                "group": "X25519", "prior_keys": 4, "chain": 3}]})

    def test_of_two_made_in_one_second_the_later_one_is_the_next(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.make(TO_BRAVO, established=now)
        self.kadmin(f"cpw -randkey -keepold -e aes256-sha2,aes128-sha2 {TO_BRAVO}")
        self.mark(TO_BRAVO, 2, established=now)
        self.assertEqual([(version["kvno"], version["state"]) for version in self.shown()["outgoing"]["versions"]],
                         [(2, "next"), (1, "in use")])

    def test_of_what_was_keyed_by_hand_there_is_less_to_tell(self):
        self.kadmin(f"addprinc -randkey -e aes256-sha2 {FROM_BRAVO}")
        shown = self.shown()["incoming"]
        self.assertEqual(shown["keys"], "by hand")
        version, = shown["versions"]
        self.assertEqual((version["source"], version["state"]), ("by hand", "accepted"))
        for field in ("established", "till", "peer_host", "peer_port", "certificate", "tlsa", "group", "prior_keys",
                      "chain"):
            self.assertIsNone(version[field], field)
        self.assertIn("set by hand", self.kxover("show", BRAVO).stdout)

    def test_of_what_was_keyed_by_hand_it_is_not_said_that_it_is_renewed(self):
        self.kadmin(f"addprinc -randkey {TO_BRAVO}")
        self.assertNotIn("kept renewed", self.kxover("show", BRAVO).stdout)

    def test_damaged_marks_are_told_with_the_remedy(self):
        self.make(TO_BRAVO)
        self.kadmin(f"setstr {TO_BRAVO} kxover_kvno_1 nonsense")
        self.assertEqual(self.shown()["outgoing"]["keys"], "marks damaged")
        self.assertIn("kxover_kvno_1", self.shown()["outgoing"]["damage"])
        self.assertIn("kxover_kvno_1", self.kxover("show", BRAVO).stdout)

    def test_of_several_versions_one_is_in_use(self):
        self.make(TO_BRAVO)
        self.kadmin(f"cpw -randkey -keepold {TO_BRAVO}", f"cpw -randkey -keepold {TO_BRAVO}")
        self.mark(TO_BRAVO, 2, established="2019-12-02T00:00:00Z")
        self.mark(TO_BRAVO, 3, established="2019-11-30T00:00:00Z", till="2019-12-30T00:00:00Z")
        self.assertEqual([(version["kvno"], version["state"]) for version in self.shown()["outgoing"]["versions"]],
                         [(2, "in use"), (1, "replaced"), (3, "expired")])

    def test_when_it_was_used_is_told(self):
        self.make(TO_BRAVO)
        self.kadmin(f"setstr {TO_BRAVO} kxover_used 2026-01-02T03:04:05Z")
        self.assertEqual(self.shown()["outgoing"]["used"], "2026-01-02T03:04:05Z")

    def test_a_note_of_use_that_is_no_time_is_as_none(self):
        self.make(TO_BRAVO)
        self.kadmin(f"setstr {TO_BRAVO} kxover_used yesterday")
        self.assertIsNone(self.shown()["outgoing"]["used"])

    def test_a_realm_of_kxover_keep_is_told_as_kept(self):
        self.make(TO_BRAVO)
        self.configure(kxover_keep=BRAVO)
        self.assertEqual(self.shown()["outgoing"]["kept_by"], "kxover_keep")

    def test_a_realm_that_kxover_realms_refuses_is_told_as_refused(self):
        self.make(TO_BRAVO)
        self.make(FROM_BRAVO)
        self.kadmin("addprinc -randkey krbtgt/CHARLIE.EXAMPLE")
        self.configure(kxover_realms="in:*")
        self.assertEqual({(entry["realm"], entry["direction"]): entry["refused"] for entry in self.listed()},
                         {(BRAVO, "outgoing"): True, (BRAVO, "incoming"): False,
                          ("CHARLIE.EXAMPLE", "outgoing"): False})
        self.assertRegex(self.kxover("list").stdout, rf"(?m)^outgoing +{BRAVO} .* refused ")
        self.assertIn("by kxover_realms", self.kxover("show", BRAVO).stdout)

    def test_it_works_with_settings_that_do_not(self):
        self.make(TO_BRAVO)
        self.configure(kxover_keep="-1")
        self.assertEqual(self.shown()["outgoing"]["keys"], "kxover")


class ShowInWords(Tables):
    """What people get, where programs get a word or a time."""

    def words(self):
        return self.kxover("show", BRAVO).stdout

    def ago(self, seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))

    def test_how_long_ago_and_how_long_yet_is_told_in_its_largest_units(self):
        self.make(TO_BRAVO)
        for seconds, words in ((50 * 3600 + 30, "2 d 2 h"), (3 * 3600 + 330, "3 h 5 min"), (330, "5 min"),
                               (30, r"\d+ s")):
            # Of what is left, some seconds go by until it is asked.
            self.mark(TO_BRAVO, 1, established=self.ago(seconds), till=self.ago(-seconds))
            with self.subTest(words):
                self.assertRegex(self.words(), rf"established +\S+, {words} ago\n")
                self.assertRegex(self.words(), rf"until +\S+, {words} left\n")

    def test_what_becomes_of_each_version(self):
        self.make(TO_BRAVO, established=self.ago(3 * 86400))
        for _ in range(3):
            self.kadmin(f"cpw -randkey -keepold -e aes256-sha2 {TO_BRAVO}")
        self.mark(TO_BRAVO, 2, established=self.ago(2 * 86400))
        self.mark(TO_BRAVO, 3, established=self.ago(0))
        self.mark(TO_BRAVO, 4, established=self.ago(4 * 86400), till=self.ago(86400))
        text = self.words()
        for number, words in ((3, "next: tickets are issued under it within minutes"),
                              (2, "in use: tickets are issued under it"),
                              (1, "replaced: no more tickets are issued under it"), (4, "expired")):
            with self.subTest(words):
                self.assertRegex(text, rf"key version {number}\n +state +{words}\n")
        self.assertRegex(text, r"until +\S+, 1 d 0 h ago\n")

    def test_a_version_without_a_mark_beside_one_with_is_not_used(self):
        self.kadmin(f"addprinc -randkey {TO_BRAVO}", f"cpw -randkey -keepold {TO_BRAVO}")
        self.mark(TO_BRAVO, 2)
        self.assertRegex(self.words(), r"key version 1\n +state +not used: its mark is missing\n")

    def test_keys_that_the_marks_do_not_fit_are_left_to_the_administrator(self):
        self.make(TO_BRAVO)
        self.kadmin(f"cpw -randkey -keepold {TO_BRAVO}")
        self.assertRegex(self.words(), r"keys +left to you, as kxover's marks do not fit them\n")

    def test_a_version_that_was_taken_over_is_told_as_keyed_by_hand(self):
        self.make(TO_BRAVO)
        self.kadmin(f"cpw -randkey -keepold {TO_BRAVO}", f'setstr {TO_BRAVO} kxover_adopted_1 "till={LATE}"',
                    f"delstr {TO_BRAVO} kxover_kvno_1")
        self.mark(TO_BRAVO, 2)
        self.assertRegex(self.words(), r"key version 1\n.*\n +source +keyed by hand, taken over \(kxover_adopt\)\n")

    def test_an_entry_without_keys_has_none_yet(self):
        self.kxover("block", BRAVO)
        self.assertRegex(self.words(), r"keys +none yet\n")

    def test_who_blocked_it_is_told(self):
        self.make(TO_BRAVO)
        self.assertRegex(self.words(), r"blocked +no\n")
        self.kxover("block", BRAVO)
        self.assertRegex(self.words(), r"blocked +by kxover block, since \d{4}-")
        self.kxover("allow", BRAVO)
        self.kadmin(f"modprinc -allow_tix {TO_BRAVO}")
        self.assertIn("by kadmin (DISALLOW_ALL_TIX); modprinc +allow_tix undoes it", self.words())

    def test_for_how_long_it_is_renewed_is_told(self):
        self.make(TO_BRAVO)
        self.assertRegex(self.words(), r"kept renewed +while it is used\n")
        self.kadmin(f"setstr {TO_BRAVO} kxover_used 2026-01-02T03:04:05Z")
        self.assertRegex(self.words(), r"use noted +2026-01-02T03:04:05Z\n")
        self.configure(kxover_keep=BRAVO)
        self.assertRegex(self.words(), r"kept renewed +always, by kxover_keep in kdc.conf\n")
        self.configure()
        self.kxover("keep", BRAVO)
        self.assertRegex(self.words(), r"kept renewed +always, by kxover keep\n")

    def test_what_cannot_be_printed_is_said(self):
        self.make(TO_BRAVO)
        for options in "", "--json":
            with self.subTest(options):
                self.assertRefused(self.tool("sh", "-c", f"exec {self.binary} show {options} {BRAVO} >/dev/full",
                                             check=False), FAILED, "No space left on device")


class OrdersForPrograms(Tables):
    """kxover block, allow, keep and drop with --json."""

    def order(self, verb, *options, check=True):
        return json.loads(self.kxover(verb, "--json", BRAVO, *options, check=check).stdout)

    def results(self, verb, check=True):
        told = self.order(verb, check=check)
        self.assertEqual(told["realm"], BRAVO)
        return {direction: told[direction]["result"] for direction in ("outgoing", "incoming") if direction in told}

    def test_block_and_allow_tell_what_became_of_either_direction(self):
        self.make(TO_BRAVO)
        self.assertEqual(self.order("block"), {
            "realm": BRAVO, "outgoing": {"principal": f"{TO_BRAVO}@{REALM}", "result": "done"},
            "incoming": {"principal": FROM_BRAVO, "result": "done"}})
        self.assertEqual(self.results("block"), {"outgoing": "already", "incoming": "already"})
        self.assertEqual(self.results("allow"), {"outgoing": "done", "incoming": "done"})
        self.assertEqual(self.results("allow"), {"outgoing": "nothing", "incoming": "nothing"})

    def test_what_kadmin_blocked_is_told_as_by_hand(self):
        self.make(TO_BRAVO)
        self.kadmin(f"modprinc -allow_tix {TO_BRAVO}")
        self.assertEqual(self.results("allow", check=False), {"outgoing": "by hand", "incoming": "nothing"})

    def test_keep_and_drop_tell_of_the_outgoing_direction_alone(self):
        self.make(TO_BRAVO)
        for verb, result in (("keep", "done"), ("keep", "already"), ("drop", "done"), ("drop", "nothing")):
            with self.subTest(verb, result=result):
                self.assertEqual(self.order(verb), {
                    "realm": BRAVO, "outgoing": {"principal": f"{TO_BRAVO}@{REALM}", "result": result}})


class ShowRefuses(Tables):

    def test_a_wrong_realm_with_what_would_be_right(self):
        for realm, words in (("bravo.example", "did you mean BRAVO.EXAMPLE?"), ("BRAVO", "two labels"),
                             ("B_A.EXAMPLE", "DNS name"), ("", "DNS name")):
            with self.subTest(realm):
                self.assertRefused(self.kxover("show", realm, check=False), USAGE, words)

    def test_a_call_without_a_realm_or_with_two(self):
        self.assertRefused(self.kxover("show", check=False), USAGE, "the other realm is missing")
        self.assertRefused(self.kxover("show", BRAVO, "C.EXAMPLE", check=False), USAGE, "what is C.EXAMPLE?")

    def test_a_realm_that_there_is_not(self):
        self.assertRefused(self.kxover("show", BRAVO, check=False), FAILED, BRAVO, "kxover list")

    def test_a_database_that_there_is_not(self):
        self.assertRefused(self.kxover("show", "-r", "CHARLIE.EXAMPLE", BRAVO, check=False), UNTRIED,
                           "no database of CHARLIE.EXAMPLE", "-r REALM")

    def test_somebody_without_rights(self):
        result = self.as_somebody("show", BRAVO)
        self.assertRefused(result, UNTRIED, "rights of kadmin.local", "Permission denied")


class Json(Tables):

    def test_list_has_one_object_on_each_line(self):
        self.make(TO_BRAVO)
        self.kadmin(f"addprinc -randkey {FROM_BRAVO}", "addprinc -nokey krbtgt/CHARLIE.EXAMPLE")
        listed = {(entry["realm"], entry["direction"]): entry for entry in self.listed()}
        self.assertEqual(sorted(listed), [(BRAVO, "incoming"), (BRAVO, "outgoing"), ("CHARLIE.EXAMPLE", "outgoing")])
        self.assertEqual(listed[BRAVO, "outgoing"], self.shown()["outgoing"])
        self.assertEqual((listed["CHARLIE.EXAMPLE", "outgoing"]["keys"],
                          listed["CHARLIE.EXAMPLE", "outgoing"]["versions"]), ("none", []))

    def test_an_empty_list_is_empty(self):
        self.assertEqual(self.kxover("list", "--json").stdout, "")

    def test_keygen_dns_and_verify_have_it_too(self):
        made = json.loads(self.keygen("--json").stdout)
        self.assertEqual(made, {"certificate": str(self.certificate), "key": str(self.key),
                                "kxover_identity": f"FILE:{self.certificate},{self.key}"})
        plain = self.kxover("dns", "--host", "kdc.alpha.example", "--identity", made["kxover_identity"]).stdout
        records = json.loads(self.kxover("dns", "--json", "--host", "kdc.alpha.example", "--identity",
                                         made["kxover_identity"]).stdout)
        self.assertEqual([f"{record['name']} {record['ttl']} IN {record['type']} {record['data']}"
                          for record in records], plain.splitlines())
        tlsa = records[1]["data"]
        ask = ("verify", "--json", "-r", REALM, "--host", "kdc.alpha.example", "--chain", self.certificate)
        self.assertEqual(json.loads(self.kxover(*ask, "--tlsa", tlsa).stdout),
                         {"realm": REALM, "believed": True, "tlsa": tlsa, "step": None, "reason": None})
        result = self.kxover(*ask, "--tlsa", f"3 1 1 {'00' * 32}", check=False)
        answer = json.loads(result.stdout)
        self.assertEqual((result.code, answer["believed"], answer["tlsa"], answer["step"]),
                         (FAILED, False, None, "check 5, DANE"))
        self.assertIn(answer["reason"], result.stderr)


class Colours(Tables):

    def setUp(self):
        super().setUp()
        self.make(TO_BRAVO)
        for name in ("NO_COLOR", "TERM"):
            self.env.pop(name, None)

    def on_terminal(self, *arguments):
        """What the tool writes to a terminal."""
        words = " ".join(str(word) for word in (self.binary, *arguments))
        return self.tool("script", "-qec", words, "/dev/null").stdout

    def test_a_terminal_has_them_unless_no_color_is_set(self):
        self.assertIn("\033[", self.on_terminal("list"))
        self.env["NO_COLOR"] = "1"
        self.assertNotIn("\033[", self.on_terminal("list"))
        self.assertIn("\033[", self.on_terminal("list", "--color=always"))
        self.assertNotIn("\033[", self.on_terminal("list", "--color=auto"))

    def test_a_terminal_that_knows_no_colours_has_none(self):
        self.env["TERM"] = "dumb"
        self.assertNotIn("\033[", self.on_terminal("list"))

    def test_a_pipe_has_none_unless_wanted(self):
        self.assertNotIn("\033[", self.kxover("list").stdout)
        self.assertIn("\033[", self.kxover("list", "--color", "always").stdout)
        self.assertNotIn("\033[", self.on_terminal("show", BRAVO, "--color", "never"))

    def test_they_change_no_word(self):
        painted = self.kxover("list", "--color", "always").stdout
        self.assertEqual(re.sub(r"\033\[\d*m", "", painted), self.kxover("list").stdout)


class ShowAfterAnExchange(Scenario):

    def test_both_realms_show_the_same_key_from_their_sides(self):
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        here = json.loads(self.alpha.kxover("show", "--json", self.bravo.name).stdout)["outgoing"]["versions"][0]
        there = json.loads(self.bravo.kxover("show", "--json", self.alpha.name).stdout)["incoming"]["versions"][0]
        self.assertEqual((here["state"], there["state"]), ("in use", "accepted"))
        for field in ("kvno", "till", "encryption_types", "group", "prior_keys", "chain"):
            self.assertEqual(here[field], there[field], field)
        for version, peer in ((here, self.bravo), (there, self.alpha)):
            self.assertEqual((version["peer_host"], version["peer_port"]), (peer.kdc_host, peer.port))
            self.assertRegex(version["certificate"], r"\Asha256:[0-9a-f]{64}\Z")
            self.assertRegex(version["tlsa"], r"\A3-1-1-[0-9a-f]{64}\Z")
            self.assertRegex(version["established"], TIME)


if __name__ == "__main__":
    unittest.main()
