"""kxover exchange: a key with another realm now, ahead of need."""

import unittest

from contacting import UNTRIED, USAGE, Contact
from lab import faults, peers
from lab.gss import converse
from scenario import ALPHA, BRAVO, service_of


class Exchange(Contact):
    verb = "exchange"

    def setUp(self):
        self.crossover = self.alpha.crossover_to(self.bravo)

    def keys(self):
        return (self.alpha.keyinfo(self.crossover), self.bravo.keyinfo(self.crossover))


class Made(Exchange):
    """Nobody has asked for it yet."""

    def test_1_both_realms_hold_the_same_key_afterwards(self):
        self.assertEqual(self.keys(), ([], []))
        result = self.contact()
        self.assertEqual((result.code, result.stderr), (0, ""), result.output)
        ours, theirs = self.keys()
        self.assertTrue(ours)
        self.assertEqual(ours, theirs)

    def test_2_a_user_goes_there_by_it_and_no_other_is_made(self):
        requests, replies = [], []
        with faults.peer(self.bravo, peers.recording(requests, replies)):
            alice = self.alpha.kinit("alice")
            alice.kvno(service_of(self.bravo))
        self.assertEqual(requests, [])
        self.assertIn('Received message: "hello"', converse(alice, self.bravo, "hello").server)

    def test_3_it_tells_the_key_and_how_the_other_realm_was_verified(self):
        shown = self.contact().stdout
        kvno = max(kvno for kvno, _ in self.alpha.keyinfo(self.crossover))
        strings = self.alpha.kadmin_local(f"getstrs {self.crossover}").stdout
        self.assertIn(f"{self.crossover} has key version {kvno}, until ", shown)
        self.assertIn(f"  peer          kdc.bravo.example:{self.bravo.port}\n", shown)
        self.assertRegex(shown, r"  verified by   TLSA 3 1 1 [0-9a-f]{64}, under DNSSEC\n")
        self.assertIn(shown.partition("certificate   ")[2].split()[0], strings)
        self.assertIn("the last of a chain of 2 exchanges", shown)

    def test_4_programs_get_it_as_json(self):
        told = self.parsed(self.contact("--json"))
        self.assertEqual((told["realm"], told["our_realm"], told["result"]), (BRAVO, ALPHA, "ok"))
        key = told["key"]
        self.assertEqual((key["principal"], key["peer_host"], key["peer_port"]),
                         (self.crossover, "kdc.bravo.example", self.bravo.port))
        strings = self.alpha.kadmin_local(f"getstrs {self.crossover}").stdout
        for part in (f"kxover_kvno_{key['kvno']}: ", f"till={key['till']}", f"tlsa={key['tlsa']}", key["certificate"]):
            self.assertIn(part, strings)
        self.assertEqual(told["steps"][-1]["step"], "store")

    def test_5_it_is_stored_as_kxoverd_does(self):
        """Hooks and incremental propagation see it, and its principal is kxover's."""
        shown = self.alpha.kadmin_local(f"getprinc {self.crossover}").stdout
        self.assertIn("LOCKDOWN_KEYS", shown)
        self.assertIn("(kxover@ALPHA.EXAMPLE)", shown)


class Failed(Exchange):
    """What goes wrong, and what to do; no key is made."""

    def tearDown(self):
        self.assertEqual(self.alpha.keyinfo(self.crossover), [])

    def assert_fails_at(self, label, *words, result=None, code=1):
        result = super().assert_fails_at(label, *words, result=result, code=code)
        self.assertEqual(result.stdout, "")

    def test_without_an_srv_record(self):
        with faults.no_srv(self.bravo.zone):
            self.assert_fails_at("SRV", "no SRV record", "kxover dns")

    def test_a_realm_that_does_not_exist(self):
        self.assert_fails_at("SRV", "NOPE.EXAMPLE", result=self.contact(realm="NOPE.EXAMPLE"))

    def test_without_dnssec(self):
        with faults.unsigned(self.bravo.zone):
            self.assert_fails_at("SRV", "not secured by DNSSEC", "DS record")

    def test_without_a_tlsa_record(self):
        with faults.no_tlsa(self.bravo.zone):
            self.assert_fails_at("TLSA", "no TLSA record", "kxover dns")

    def test_with_another_key_s_tlsa_record(self):
        with faults.tlsa_changed(self.bravo.zone):
            self.assert_fails_at("check 5: DANE", "TLSA record of the key in use")

    def test_an_address_that_is_not_public(self):
        self.setting(self.alpha, kxover_allow_address=None)
        self.assert_fails_at("address", "127.0.0.1 (not public)", "kxover_allow_address")

    def test_nobody_listens(self):
        self.addCleanup(self.bravo.kxoverd.start)
        self.bravo.kxoverd.stop()
        self.assert_fails_at("connection", "Connection refused", "firewall")

    def test_they_refuse(self):
        self.setting(self.bravo, [self.bravo.kxoverd], kxover_realms="!ALPHA.EXAMPLE")
        self.assert_fails_at("answer", "its policy refuses it", "kxover_realms there")

    def test_we_refuse(self):
        self.setting(self.alpha, kxover_realms="!BRAVO.EXAMPLE")
        self.assert_fails_at("our policy", "refused by kxover_realms", "Permit the realm")

    def test_the_failure_as_json(self):
        self.setting(self.alpha, kxover_realms="!BRAVO.EXAMPLE")
        result = self.contact("--json")
        told = self.parsed(result)
        self.assertEqual((result.code, told["result"], told["key"]), (1, "failed", None))
        self.assertEqual((told["steps"][-1]["step"], told["steps"][-1]["result"]), ("realm", "failed"))
        self.assertIn("Permit the realm", told["steps"][-1]["remedy"])

    def test_a_full_disk_is_named(self):
        """The limit on the size of files stands for it."""
        limited = f"ulimit -S -f 1; exec {self.lab.build.cli} exchange {BRAVO}"
        result = self.alpha.run("sh", "-c", limited, check=False)
        self.assert_fails_at("storage", "size of files", "database can be written", result=result)

    def test_a_locked_database_is_named(self):
        with faults.database_locked(self.alpha):
            self.assert_fails_at("storage", "locked by another program")

    def test_the_clocks_are_apart(self):
        with faults.clock_off(self.alpha, 3600):
            self.assert_fails_at("answer", "the clocks are too far apart", "NTP")


class LeftAlone(Exchange):
    """A key of the administrator's."""

    @classmethod
    def arrange(cls):
        cls.alpha.kadmin_local(f"addprinc -pw by-hand {cls.alpha.crossover_to(cls.bravo)}")

    def test_a_crossover_keyed_by_hand_stays_as_it_is(self):
        before = self.keys()
        self.assert_fails_at("our database", "keyed by hand", "kxover_adopt")
        self.assertEqual(self.keys(), before)

    def test_it_is_taken_over_where_that_is_wanted(self):
        self.setting(self.alpha, kxover_adopt=BRAVO)
        result = self.contact()
        self.assertEqual(result.code, 0, result.output)
        self.assertGreater(len(self.keys()[0]), 2)


class Blocked(Exchange):
    """The administrator wants no tickets there."""

    @classmethod
    def arrange(cls):
        cls.alpha.kadmin_local(f"addprinc -nokey -allow_tix {cls.alpha.crossover_to(cls.bravo)}")

    def test_no_exchange_is_made(self):
        self.assert_fails_at("our database", "is blocked", "kxover allow")
        self.assertEqual(self.keys(), ([], []))


class Calls(Exchange):
    """What cannot be tried, and what makes no sense."""

    def test_each_is_told_what_to_do(self):
        for arguments, words in (([], ["which realm"]),
                                 (["bravo.example"], ["in capitals", "did you mean BRAVO.EXAMPLE?"]),
                                 (["BRAVO"], ["two labels or more"]),
                                 ([ALPHA], ["our own realm", "name another one"]),
                                 ([BRAVO, "EXTRA.EXAMPLE"], ["what is EXTRA.EXAMPLE?"])):
            with self.subTest(arguments=arguments):
                self.assert_refused(self.alpha.kxover("exchange", *arguments, check=False), USAGE, *words,
                                    "kxover exchange --help")

    def test_without_rights(self):
        self.assert_refused(self.as_somebody("exchange", BRAVO), UNTRIED, "rights of kadmin.local")

    def test_without_a_database(self):
        self.assert_refused(self.contact("-r", "NOPE.EXAMPLE"), UNTRIED, "no database of NOPE.EXAMPLE", "-r REALM")

    def test_where_nothing_is_stored(self):
        self.setting(self.alpha, kxover_store="memory")
        self.assert_refused(self.contact(), UNTRIED, "kxover_store is memory")

    def test_at_a_copy_of_the_database(self):
        self.setting(self.alpha, kxover_replica="yes")
        self.assert_refused(self.contact(), UNTRIED, "kxover_replica", "where it is written")


if __name__ == "__main__":
    unittest.main()
