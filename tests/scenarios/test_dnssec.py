"""What dnssec/ makes of real, signed DNS: only what is proven is given out, and every other case has its error.

These questions are asked by tests/scenarios/lookup, which uses dnssec/ as a KDC does."""

import os
import socket
import time
import unittest
from pathlib import Path

from lab import Lab, faults
from lab.process import run
from lab.zone import Signing

ASSOCIATION = "ab" * 32

# Zone, how it is made, and the records in it.  KX_ERR_DNS_NONE needs a proof, of which there are two kinds.
SECURE = "secure.example."
NSEC3 = "nsec3.example."
OPT_OUT = "optout.example."
INSECURE = "insecure.example."
ALIASES = "aliases.example."

RECORDS = {
    SECURE: [
        "_kerberos._tcp SRV 10 20 88 KDC1",
        "_kerberos._tcp SRV 20 0 750 kdc2.elsewhere.example.",
        f"_88._tcp.kdc1 TLSA 3 1 1 {ASSOCIATION}",
        f"_88._tcp.kdc1 TLSA 2 0 2 {ASSOCIATION}{ASSOCIATION}",
        "kdc1 A 192.0.2.1",
        "kdc1 A 192.0.2.2",
        "kdc1 AAAA 2001:db8::1",
        "four A 192.0.2.4",
        "six AAAA 2001:db8::6",
        "_kerberos.www TXT SECURE.EXAMPLE",
        '_kerberos.split TXT "SECURE." "EXAMPLE"',
        "_kerberos.none TXT ( \"\" )",
        "empty.none TXT x",
        "_kerberos._tcp.none SRV 0 0 0 .",
        *(f"_kerberos._tcp.full SRV 0 0 {port} kdc1" for port in range(1, 65)),
        *(f"_kerberos._tcp.over SRV 0 0 {port} kdc1" for port in range(1, 66)),
        *(f"_88._tcp.over TLSA 3 1 1 {number:064x}" for number in range(200)),
        *(f"_kerberos.over TXT OVER{number}.EXAMPLE" for number in range(200)),
        *(f"over A 10.0.0.{number}" for number in range(200)),
        "_kerberos._tcp.odd SRV 0 0 88 kdc\\0321",
        "*.wild TXT WILD.EXAMPLE",
    ],
    NSEC3: ["_kerberos._tcp SRV 0 0 88 kdc", "kdc A 192.0.2.1"],
    OPT_OUT: ["_kerberos._tcp SRV 0 0 88 kdc", "kdc A 192.0.2.1"],
    INSECURE: [
        "_kerberos._tcp SRV 0 0 88 kdc",
        f"_88._tcp.kdc TLSA 3 1 1 {ASSOCIATION}",
        "kdc A 192.0.2.1",
        "_kerberos.www TXT INSECURE.EXAMPLE",
        # A way through here from one secure zone to another.
        f"_kerberos._tcp.there CNAME _kerberos._tcp.{SECURE}",
        f"tree DNAME {SECURE}",
    ],
    ALIASES: [
        f"_kerberos._tcp.short CNAME _kerberos._tcp.{SECURE}",
        "_kerberos._tcp.long CNAME _kerberos._tcp.short",
        f"_kerberos._tcp.into CNAME _kerberos._tcp.{INSECURE}",
        f"_kerberos._tcp.through CNAME _kerberos._tcp.there.{INSECURE}",
        f"_kerberos._tcp.nowhere CNAME nothing.{SECURE}",
        f"_kerberos._tcp.nodata CNAME kdc1.{SECURE}",
        "_kerberos._tcp.round CNAME _kerberos._tcp.about",
        "_kerberos._tcp.about CNAME _kerberos._tcp.round",
        f"host CNAME kdc1.{SECURE}",
        f"tree DNAME {SECURE}",
        f"over DNAME tree.{INSECURE}",
    ],
}


class Dnssec(unittest.TestCase):
    """One signed DNS; faults are switched on where a test wants them."""

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(realms=(), module="db2")
        cls.enterClassContext(cls.lab)
        dns = cls.lab.dns
        for name, records in RECORDS.items():
            dns.zone(name).records += records
        cls.secure, cls.insecure, cls.aliases = (dns.zone(name) for name in (SECURE, INSECURE, ALIASES))
        dns.zone(NSEC3).signer_options = ["-n"]
        dns.zone(OPT_OUT).signer_options = ["-n", "-p"]
        # Zones that the parent speaks of but nobody serves.
        for child in ("gone", "silent"):
            dns.zone("example.").records += [f"{child} NS ns.{child}", f"ns.{child} A 127.0.0.1"]
        cls.insecure.signing = Signing.UNSIGNED
        dns.publish()
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.addClassCleanup(silent.close)
        silent.bind(("127.0.0.1", 0))
        cls.conf = cls.lab.folder / "lookup.conf"
        cls.conf.write_text(
            dns.resolver_conf.read_text()
            + f'stub-zone:\n  name: "gone.example."\n  stub-addr: 127.0.0.1@{cls.lab.ports.take()}\n'
            + "  stub-tcp-upstream: yes\n"
            + f'stub-zone:\n  name: "silent.example."\n  stub-addr: 127.0.0.1@{silent.getsockname()[1]}\n')

    def diagnosis(self):
        return self.lab.last_words()

    def ask(self, *questions, timeout=20000):
        """What is printed for each question, asked with one resolver."""
        program = Path(os.environ.get("KXOVER_BUILD", os.curdir), "tests/scenarios/lookup").resolve()
        result = run([program, self.conf, timeout, *questions], self.lab.env)
        self.assertEqual(result.stderr, "")
        return [part.splitlines() for part in result.stdout.split("\n\n")[:-1]]

    def assert_error(self, question, error, *words):
        """The question ends in that error, whose message has these words; asked again, too."""
        first, again = self.ask(question, question)
        for answer in (first, again):
            self.assertEqual(len(answer), 1, answer)
            self.assertTrue(answer[0].startswith(f"error {error}: "), answer)
            for word in words:
                self.assertIn(word, answer[0])

    def assert_answer(self, question, *lines):
        """The question has these records, in any order; asked again, too."""
        first, again = self.ask(question, question)
        self.assertEqual(sorted(first), sorted(lines))
        self.assertEqual(sorted(again), sorted(lines))

    # Proven records.

    def test_secure_srv_records_are_given_out(self):
        self.assert_answer("srv:SECURE.EXAMPLE", "srv 10 20 88 kdc1.secure.example.",
                           "srv 20 0 750 kdc2.elsewhere.example.")

    def test_secure_tlsa_records_are_given_out(self):
        self.assert_answer("tlsa:kdc1.secure.example:88", f"tlsa 3 1 1 {ASSOCIATION}",
                           f"tlsa 2 0 2 {ASSOCIATION}{ASSOCIATION}")

    def test_addresses_of_both_families_are_given_out_ipv6_first(self):
        answer, = self.ask("address:kdc1.secure.example")
        self.assertEqual(answer[0], "address 2001:db8::1")
        self.assertEqual(sorted(answer[1:]), ["address 192.0.2.1", "address 192.0.2.2"])

    def test_one_family_of_addresses_is_enough(self):
        self.assert_answer("address:four.secure.example", "address 192.0.2.4")
        self.assert_answer("address:six.secure.example", "address 2001:db8::6")

    def test_a_bogus_family_does_not_spoil_the_other(self):
        with faults.forged(self.secure, "AAAA"):
            self.assert_answer("address:four.secure.example", "address 192.0.2.4")
            self.assert_answer("address:kdc1.secure.example", "address 192.0.2.1", "address 192.0.2.2")

    def test_a_bogus_family_counts_more_than_an_absent_one(self):
        with faults.forged(self.secure, "A", "AAAA"):
            self.assert_error("address:four.secure.example", "KX_ERR_DNS_BOGUS", "four.secure.example A is bogus")
            self.assert_error("address:six.secure.example", "KX_ERR_DNS_BOGUS", "six.secure.example AAAA is bogus")

    def test_secure_texts_are_given_out_put_together(self):
        self.assert_answer("text:www.secure.example", "text SECURE.EXAMPLE")
        self.assert_answer("text:split.secure.example", "text SECURE.EXAMPLE")

    def test_a_target_of_no_service_is_given_out(self):
        self.assert_answer("srv:NONE.SECURE.EXAMPLE", "srv 0 0 0 .")

    def test_a_wildcard_proves_its_answer(self):
        self.assert_answer("text:any.wild.secure.example", "text WILD.EXAMPLE")

    def test_a_zone_with_nsec3_is_secure(self):
        self.assert_answer("srv:NSEC3.EXAMPLE", "srv 0 0 88 kdc.nsec3.example.")

    # Proven absence.

    def test_a_name_that_is_proven_absent_is_none(self):
        for zone in ("secure", "nsec3"):
            with self.subTest(zone=zone):
                self.assert_error(f"srv:ABSENT.{zone.upper()}.EXAMPLE", "KX_ERR_DNS_NONE",
                                  f"_kerberos._tcp.absent.{zone}.example SRV", "publish")

    def test_a_type_that_is_proven_absent_is_none(self):
        for zone in ("secure", "nsec3"):
            with self.subTest(zone=zone):
                self.assert_error(f"tlsa:_kerberos._tcp.{zone}.example:88", "KX_ERR_DNS_NONE", "TLSA")
                self.assert_error(f"address:_kerberos._tcp.{zone}.example", "KX_ERR_DNS_NONE")

    def test_a_realm_whose_zone_is_proven_absent_is_none(self):
        self.assert_error("srv:NO.SUCH.ZONE.EXAMPLE", "KX_ERR_DNS_NONE")

    def test_absence_behind_opt_out_is_no_proof(self):
        self.assert_error("srv:ABSENT.OPTOUT.EXAMPLE", "KX_ERR_DNS_INSECURE")

    def test_a_proof_of_absence_with_a_forged_signature_is_bogus(self):
        with faults.forged(self.secure, "NSEC"):
            self.assert_error("srv:ABSENT.SECURE.EXAMPLE", "KX_ERR_DNS_BOGUS")

    # No proof.

    def test_records_of_an_unsigned_zone_are_insecure(self):
        for question in ("srv:INSECURE.EXAMPLE", "tlsa:kdc.insecure.example:88", "address:kdc.insecure.example",
                         "text:www.insecure.example"):
            with self.subTest(question):
                self.assert_error(question, "KX_ERR_DNS_INSECURE", "DS record")

    def test_absence_in_an_unsigned_zone_is_insecure(self):
        self.assert_error("srv:ABSENT.INSECURE.EXAMPLE", "KX_ERR_DNS_INSECURE")

    def test_below_an_unsigned_zone_all_is_insecure(self):
        with faults.unsigned(self.lab.dns.zone("example.")):
            self.assert_error("srv:SECURE.EXAMPLE", "KX_ERR_DNS_INSECURE")

    # Wrong proof.

    def test_a_forged_signature_is_bogus(self):
        with faults.forged(self.secure, "SRV", "TLSA"):
            self.assert_error("srv:SECURE.EXAMPLE", "KX_ERR_DNS_BOGUS", "_kerberos._tcp.secure.example SRV",
                              "validation failure")
            self.assert_error("tlsa:kdc1.secure.example:88", "KX_ERR_DNS_BOGUS", "TLSA")
            self.assert_answer("text:www.secure.example", "text SECURE.EXAMPLE")

    def test_an_expired_signature_is_bogus_and_said_to_be_expired(self):
        with faults.expired(self.secure):
            self.assert_error("srv:SECURE.EXAMPLE", "KX_ERR_DNS_BOGUS", "expired")

    def test_missing_signatures_are_bogus(self):
        with faults.stripped(self.secure):
            self.assert_error("srv:SECURE.EXAMPLE", "KX_ERR_DNS_BOGUS")

    # Aliases.

    def test_an_alias_within_secure_zones_is_followed(self):
        answers = self.ask("srv:SHORT.ALIASES.EXAMPLE", "srv:LONG.ALIASES.EXAMPLE", "srv:TREE.ALIASES.EXAMPLE",
                           "srv:SECURE.EXAMPLE")
        for answer in answers:
            self.assertEqual(sorted(answer), ["srv 10 20 88 kdc1.secure.example.",
                                              "srv 20 0 750 kdc2.elsewhere.example."])
        self.assert_answer("text:www.tree.aliases.example", "text SECURE.EXAMPLE")
        self.assert_answer("address:host.aliases.example", "address 2001:db8::1", "address 192.0.2.1",
                           "address 192.0.2.2")

    def test_an_alias_into_an_unsigned_zone_is_insecure(self):
        self.assert_error("srv:INTO.ALIASES.EXAMPLE", "KX_ERR_DNS_INSECURE")

    def test_an_alias_through_an_unsigned_zone_is_insecure_although_both_ends_are_secure(self):
        self.assert_error("srv:THROUGH.ALIASES.EXAMPLE", "KX_ERR_DNS_INSECURE")
        self.assert_error("srv:OVER.ALIASES.EXAMPLE", "KX_ERR_DNS_INSECURE")

    def test_an_alias_out_of_an_unsigned_zone_is_insecure(self):
        self.assert_error("srv:THERE.INSECURE.EXAMPLE", "KX_ERR_DNS_INSECURE")

    def test_an_alias_is_as_insecure_when_its_end_is_in_the_cache(self):
        good, bad, still_good = self.ask("srv:SECURE.EXAMPLE", "srv:THROUGH.ALIASES.EXAMPLE", "srv:SECURE.EXAMPLE")
        self.assertEqual(len(good), 2)
        self.assertIn("KX_ERR_DNS_INSECURE", bad[0])
        self.assertEqual(sorted(still_good), sorted(good))

    def test_an_alias_with_a_forged_signature_is_bogus(self):
        with faults.forged(self.aliases, "CNAME"):
            self.assert_error("srv:SHORT.ALIASES.EXAMPLE", "KX_ERR_DNS_BOGUS")

    def test_an_alias_to_a_forged_record_is_bogus(self):
        with faults.forged(self.secure, "SRV"):
            self.assert_error("srv:LONG.ALIASES.EXAMPLE", "KX_ERR_DNS_BOGUS")

    def test_an_alias_to_what_is_proven_absent_is_none(self):
        self.assert_error("srv:NOWHERE.ALIASES.EXAMPLE", "KX_ERR_DNS_NONE")
        self.assert_error("srv:NODATA.ALIASES.EXAMPLE", "KX_ERR_DNS_NONE")

    def test_aliases_in_a_circle_fail(self):
        answers = self.ask("srv:ROUND.ALIASES.EXAMPLE")
        self.assertEqual(len(answers), 1, answers)
        self.assertRegex(answers[0][0], "error KX_ERR_DNS_(FAILED|NONE)")

    # Records that cannot be taken.

    def test_64_records_are_taken_and_65_refused(self):
        answer, = self.ask("srv:FULL.SECURE.EXAMPLE")
        self.assertEqual(sorted(answer), sorted(f"srv 0 0 {port} kdc1.secure.example." for port in range(1, 65)))
        self.assert_error("srv:OVER.SECURE.EXAMPLE", "KX_ERR_DNS_RECORD", "more than 64 records")

    def test_of_hundreds_of_records_none_is_taken_whatever_their_kind(self):
        for question in ("tlsa:over.secure.example:88", "text:over.secure.example", "address:over.secure.example"):
            with self.subTest(question):
                self.assert_error(question, "KX_ERR_DNS_RECORD", "more than 64 records")

    def test_a_target_that_is_no_host_name_is_refused(self):
        self.assert_error("srv:ODD.SECURE.EXAMPLE", "KX_ERR_DNS_RECORD", "_kerberos._tcp.odd.secure.example SRV")

    # No answer.

    def test_a_silent_server_is_a_timeout_at_the_deadline(self):
        began = time.monotonic()
        answer, = self.ask("srv:SILENT.EXAMPLE", timeout=300)
        self.assertLess(time.monotonic() - began, 5)
        self.assertIn("error KX_ERR_DNS_TIMEOUT: ", answer[0])
        self.assertIn("_kerberos._tcp.silent.example SRV", answer[0])

    def test_a_server_that_takes_no_connection_is_a_failure(self):
        self.assert_error("srv:GONE.EXAMPLE", "KX_ERR_DNS_FAILED", "_kerberos._tcp.gone.example SRV")

    def test_a_server_that_is_gone_is_a_timeout_and_its_return_is_noticed(self):
        self.lab.dns.server.stop()
        try:
            answer, = self.ask("srv:SECURE.EXAMPLE", timeout=500)
        finally:
            self.lab.dns.server.start()
        self.assertIn("error KX_ERR_DNS_TIMEOUT: ", answer[0])
        self.assert_answer("text:www.secure.example", "text SECURE.EXAMPLE")
