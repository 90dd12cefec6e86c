"""kxover check: each step of a contact with another realm, and what to do where it stops."""

import os
import re
import shutil
import socket
import unittest
from pathlib import Path

from contacting import UNTRIED, USAGE, Contact
from lab import faults, peers
from scenario import ALPHA, BRAVO

STEPS = ["settings", "our identity", "our policy", "our database", "SRV", "TLSA", "address", "connection", "request",
         "answer", "reply", "check 1: policy", "check 2: chain", "check 3: signature", "check 4: DNSSEC",
         "check 5: DANE", "check 6: roots", "key agreement", "confirmation"]


def only_a_kdc(realm):
    """A KDC stands at the port, and no kxoverd."""

    def behave(client, upstream):
        del upstream
        peers.relaying(client, lambda: socket.create_connection(("127.0.0.1", realm.kdc_tcp_port)))

    return behave


class Check(Contact):
    verb = "check"

    def setUp(self):
        self.before = self.alpha.principals()

    def tearDown(self):
        """Whatever a check finds, it stores nothing."""
        self.assertEqual(self.alpha.principals(), self.before)

    def assert_fails_at(self, label, *words, result=None, code=1):
        result = super().assert_fails_at(label, *words, result=result, code=code)
        failed = [step for verdict, step in self.steps(result) if verdict == "FAIL"]
        self.assertEqual(failed, [label], result.stdout)
        for word in words:
            self.assertIn(word, result.stdout)
        return result


class Reached(Check):
    """All is well with BRAVO."""

    def test_all_steps_are_told_in_order(self):
        result = self.contact()
        self.assertEqual(result.code, 0, result.output)
        self.assertEqual(self.steps(result), [("ok", step) for step in STEPS])
        self.assertEqual(result.stderr, "")
        self.assertIn("Users of ALPHA.EXAMPLE can cross over to BRAVO.EXAMPLE.", result.stdout)

    def test_each_step_of_the_exchange_has_its_time(self):
        shown = self.contact().stdout
        for step in ("SRV", "TLSA", "address", "connection", "request", "answer", "check 1: policy", "confirmation"):
            with self.subTest(step):
                self.assertRegex(shown, rf"{step} +\d+\.\d ms ")

    def test_it_tells_what_is_left_at_the_other_realm(self):
        crossover = self.alpha.crossover_to(self.bravo)
        kept = self.parsed(self.contact("--json"))["left_there"]
        self.assertIn(kept["kvno"], [kvno for kvno, _ in self.bravo.keyinfo(crossover)])
        self.assertIn(f"till={kept['till']}", self.bravo.kadmin_local(f"getstrs {crossover}").stdout)
        self.assertRegex(self.contact().stdout, r"Nothing was stored here\.  BRAVO\.EXAMPLE holds key version \d+")

    def test_the_key_that_is_left_there_has_the_shortest_life(self):
        """Of which the default is a day; others live for two weeks."""
        crossover = self.alpha.crossover_to(self.bravo)
        self.contact()
        shown = self.bravo.kadmin_local(f"getprinc {crossover}").stdout
        self.assertIn("Expiration date: ", shown)
        self.bravo.kxoverd.log.wait_for(f"{crossover}: key version .* agreed")
        kept = self.parsed(self.contact("--json"))["left_there"]["till"]
        tomorrow = self.alpha.run("date", "-ud", "+25 hours", "+%FT%TZ").stdout.strip()
        self.assertLess(kept, tomorrow)

    def test_programs_get_the_same_as_json(self):
        told = self.parsed(self.contact("--json"))
        self.assertEqual((told["realm"], told["our_realm"], told["result"]), (BRAVO, ALPHA, "ok"))
        self.assertEqual([step["step"] for step in told["steps"]],
                         ["settings", "identity", "realm", "database", "srv", "tlsa", "address", "connect", "offer",
                          "answer", "message", "policy", "chain", "signature", "dnssec", "dane", "roots", "agreement",
                          "confirmation"])
        self.assertEqual({step["result"] for step in told["steps"]}, {"ok"})

    def test_nothing_is_sent_if_so_wanted(self):
        requests, replies = [], []
        with faults.peer(self.bravo, peers.recording(requests, replies)):
            result = self.contact("--no-exchange")
        self.assertEqual((result.code, requests), (0, []))
        self.assertEqual(self.steps(result), [("ok", step) for step in STEPS[:8]])
        self.assertIn("Nothing was sent to it.", result.stdout)

    def test_of_what_is_worked_on_nothing_is_printed_where_no_terminal_is(self):
        self.assertNotIn("  ...  ", self.contact().stdout)

    def test_a_terminal_shows_what_is_worked_on(self):
        result = self.alpha.run("script", "-qec", f"{self.lab.build.cli} check {BRAVO}", "/dev/null")
        self.assertRegex(result.stdout, r"\.\.\.   answer: kdc\.bravo\.example\s+.*ok.*  answer ")
        self.assertIn("\033[32mok", result.stdout)


class Dns(Check):
    """The records of BRAVO are not as they should be."""

    def test_without_an_srv_record(self):
        with faults.no_srv(self.bravo.zone):
            self.assert_fails_at("SRV", "no SRV record", "kxover dns")

    def test_a_realm_that_does_not_exist(self):
        self.assert_fails_at("SRV", "NOPE.EXAMPLE has no SRV record", result=self.contact(realm="NOPE.EXAMPLE"))

    def test_without_dnssec(self):
        with faults.unsigned(self.bravo.zone):
            self.assert_fails_at("SRV", "not secured by DNSSEC", "signs that zone", "DS record")

    def test_with_bogus_signatures(self):
        with faults.stripped(self.bravo.zone):
            self.assert_fails_at("SRV", "is bogus", "signs that zone anew", "clock")

    def test_without_a_tlsa_record(self):
        with faults.no_tlsa(self.bravo.zone):
            self.assert_fails_at("TLSA", "no TLSA record", "kxover dns")

    def test_with_another_key_s_tlsa_record(self):
        with faults.tlsa_changed(self.bravo.zone):
            result = self.assert_fails_at("check 5: DANE", "TLSA record of the key in use")
        self.assertIn("holds key version", result.stdout)

    def further_server(self, *types):
        """BRAVO has a second server, with records of these types, where nobody listens."""
        port = self.lab.ports.take()

        def edit(lines):
            more = [re.sub(rf"(?<!\d){self.bravo.port}(?!\d)", str(port), line) for line in lines
                    if any(f" {kind} " in line for kind in types)]
            return lines + [line.replace("SRV 0 ", "SRV 9 ") for line in more]

        return faults.records(self.bravo.zone, edit)

    def test_of_several_servers_each_is_told(self):
        with self.further_server("SRV", "TLSA"):
            result = self.contact()
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("FAIL", "connection"), self.steps(result))
        self.assertIn("though not by all its servers", result.stdout)

    def test_a_further_server_for_clients_alone_wants_a_look_and_no_more(self):
        with self.further_server("SRV"):
            result = self.contact()
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("care", "TLSA"), self.steps(result))
        self.assertIn("It is passed over", result.stdout)
        self.assertNotIn("though not by all", result.stdout)

    def test_several_servers_without_a_tlsa_record(self):
        with self.further_server("SRV"), faults.no_tlsa(self.bravo.zone):
            self.assert_fails_at("TLSA", "no server of BRAVO.EXAMPLE has a TLSA record", "kxover dns")


class Network(Check):
    """BRAVO's server is not to be had."""

    def test_an_address_that_is_not_public(self):
        self.setting(self.alpha, kxover_allow_address=None)
        self.assert_fails_at("address", "127.0.0.1 (not public)", "kxover_allow_address")

    def test_nobody_listens(self):
        self.addCleanup(self.bravo.kxoverd.start)
        self.bravo.kxoverd.stop()
        self.assert_fails_at("connection", "Connection refused", "kxoverd runs there", "firewall")

    def test_a_kdc_and_no_kxoverd(self):
        with faults.peer(self.bravo, only_a_kdc(self.bravo)):
            self.assert_fails_at("answer", "closed the connection", "starts kxoverd at that port")

    def test_something_else_than_kerberos(self):
        with faults.peer(self.bravo, peers.saying_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")):
            self.assert_fails_at("answer", "kxoverd has that port")

    def test_an_answer_that_cannot_be_read(self):
        with faults.peer(self.bravo, peers.saying(b"\x73garbage")):
            self.assert_fails_at("reply", "cut off", "kxoverd has that port")


class Refusals(Check):
    """BRAVO does not want, or we do not."""

    def test_their_policy_refuses_us(self):
        self.setting(self.bravo, [self.bravo.kxoverd], kxover_realms="!ALPHA.EXAMPLE")
        self.assert_fails_at("answer", "its policy refuses it", "kxover_realms there")

    def test_our_policy_refuses_them(self):
        self.setting(self.alpha, kxover_realms="!BRAVO.EXAMPLE")
        self.assert_fails_at("our policy", "refused by kxover_realms", "Permit the realm")

    def test_our_roots_are_others(self):
        self.setting(self.alpha, kxover_anchors=f"FILE:{self.alpha.certificate}")
        self.assert_fails_at("answer", "kxover_anchors", "Add the root")

    def test_their_roots_are_others(self):
        self.setting(self.bravo, [self.bravo.kxoverd], kxover_anchors=f"FILE:{self.bravo.certificate}")
        result = self.assert_fails_at("request", "Add an identity to kxover_identity", "a root that is accepted there")
        self.assertIn(("care", "answer"), self.steps(result))

    def test_the_clocks_are_apart(self):
        with faults.clock_off(self.alpha, 3600):
            self.assert_fails_at("answer", "the clocks are too far apart", "NTP")

    def test_a_crossover_keyed_by_hand_is_left_alone(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.alpha.kadmin_local(f"addprinc -randkey {crossover}")
        self.addCleanup(self.alpha.kadmin_local, f"delprinc -force {crossover}")
        self.before = self.alpha.principals()
        self.addCleanup(setattr, self, "before", [])
        self.assert_fails_at("our database", "keyed by hand", "kxover_adopt")

    def test_a_crossover_that_is_blocked_is_not_tried(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.alpha.kadmin_local(f"addprinc -nokey -allow_tix {crossover}")
        self.addCleanup(self.alpha.kadmin_local, f"delprinc -force {crossover}")
        self.before = self.alpha.principals()
        self.assert_fails_at("our database", "is blocked", "kxover allow")


class OurSide(Check):
    """What is wrong is ours."""

    def test_without_an_identity(self):
        self.setting(self.alpha, kxover_identity=None)
        self.assert_fails_at("our identity", "kxover_identity is not set", "kxover keygen")

    def test_a_certificate_that_has_ended(self):
        certificate, key = (self.alpha.folder / name for name in ("ended.pem", "ended.key"))
        self.alpha.kxover("keygen", "--days", "1", certificate, key)
        self.setting(self.alpha, kxover_identity=f"FILE:{certificate},{key}")
        with faults.clock_off(self.alpha, 2 * 86400):
            self.assert_fails_at("our identity", "expired")

    def test_a_key_that_is_not_root_s_wants_a_look(self):
        """Root reads it all the same, but a krb5kdc without capabilities does not.  Who is not root has none."""
        copy = self.alpha.folder / "copy.key"
        shutil.copy(self.alpha.key, copy)
        copy.chmod(0o600)
        self.setting(self.alpha, kxover_identity=f"FILE:{self.alpha.certificate},{copy}")
        self.assertIn(("ok", "our identity"), self.steps(self.contact("--no-exchange")))
        if os.geteuid() == 0:
            os.chown(copy, 65534, 65534)
            result = self.contact("--no-exchange")
            self.assertIn(("care", "our identity"), self.steps(result))
            self.assertIn("have certificate and key belong to root", result.stdout)

    def test_one_identity_that_is_missing_is_no_harm_while_there_is_another(self):
        self.setting(self.alpha, kxover_identity=["FILE:/nowhere.pem,/nowhere.key",
                                                  f"FILE:{self.alpha.certificate},{self.alpha.key}"])
        result = self.contact("--no-exchange")
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("care", "our identity"), self.steps(result))
        self.assertIn(("ok", "our identity"), self.steps(result))

    def test_our_clock_is_so_wrong_that_dnssec_fails(self):
        with faults.clock_off(self.alpha, 200 * 86400):
            self.assert_fails_at("SRV", "is bogus", "look at the clock of this machine")

    def test_their_certificate_has_ended(self):
        """They find out by themselves, and serve nobody."""
        certificate, key = (self.bravo.folder / name for name in ("ended.pem", "ended.key"))
        self.bravo.kxover("keygen", "--days", "1", certificate, key)
        self.setting(self.bravo, [self.bravo.kxoverd], kxover_identity=f"FILE:{certificate},{key}")
        with faults.clock_off(self.bravo, 2 * 86400), faults.clock_off(self.alpha, 2 * 86400):
            self.assert_fails_at("answer", "cannot serve at the moment", "the log of kxoverd there")

    def test_a_certificate_that_ends_soon_wants_a_look(self):
        certificate, key = (self.alpha.folder / name for name in ("soon.pem", "soon.key"))
        self.alpha.kxover("keygen", "--days", "20", certificate, key)
        self.setting(self.alpha, kxover_identity=f"FILE:{certificate},{key}")
        result = self.contact("--no-exchange")
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("care", "our identity"), self.steps(result))
        self.assertIn("It ends soon", result.stdout)


    def test_without_a_database(self):
        self.assert_refused(self.contact("-r", "NOPE.EXAMPLE"), UNTRIED, "no database of NOPE.EXAMPLE", "-r REALM")

    def test_a_setting_that_cannot_be_used(self):
        self.setting(self.alpha, kxover_wait="soon")
        self.assert_refused(self.contact(), UNTRIED, "kxover_wait = soon")

    def test_dns_settings_that_cannot_be_used(self):
        self.setting(self.alpha, kxover_unbound_conf="/nowhere/unbound.conf")
        self.assert_refused(self.contact(), UNTRIED, "/nowhere/unbound.conf")


class Remedies(unittest.TestCase):
    """There is one for whatever an exchange may fail with."""

    # Their messages say what to do, or nothing can be done but to read them.
    WITHOUT = {"KX_ERR_REALM_NAME", "KX_ERR_DNS_SETUP", "KX_ERR_IDENTITY", "KX_ERR_CRYPTO", "KX_ERR_ENCODE",
               "KX_ERR_METADATA", "KX_ERR_PEERS", "KX_ERR_UNATTENDED", "KX_ERR_SETTING", "KX_ERR_BACKEND"}

    def test_each_error_has_one(self):
        top = Path(__file__).resolve().parents[2]
        errors = set(re.findall(r"^error_code (KX_\w+)", (top / "base" / "kx_err.et").read_text(), re.MULTILINE))
        named = set(re.findall(r"\{(KX_ERR_\w+),", (top / "cli" / "remedy.c").read_text()))
        self.assertEqual(errors - named, self.WITHOUT)


class Calls(Check):
    """The call itself is wrong, or the caller."""

    def test_each_is_told_what_to_do(self):
        for arguments, words in (([], ["which realm"]),
                                 (["bravo.example"], ["in capitals", "did you mean BRAVO.EXAMPLE?"]),
                                 (["BRAVO"], ["two labels or more"]),
                                 (["BRAVO.EXAMPLE", "EXTRA.EXAMPLE"], ["what is EXTRA.EXAMPLE?"]),
                                 (["--frobnicate", "BRAVO.EXAMPLE"], ["--frobnicate"])):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.alpha.kxover("check", *arguments, check=False), USAGE, *words,
                                    "kxover check --help")

    def test_without_rights(self):
        self.assert_refused(self.as_somebody("check", BRAVO), UNTRIED, "rights of kadmin.local")


if __name__ == "__main__":
    unittest.main()
