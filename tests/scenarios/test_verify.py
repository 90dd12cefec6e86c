"""kxover verify: which TLSA records are of a chain and count, one case for each rule of RFC 6698 and 7671.

What must be right besides, for usages 2, 1 and 0, is in test_verify_path.py."""

import ssl
import unittest
from pathlib import Path

import test_cli
from lab.authority import Authority
from verifying import (BETWEEN, CHAIN, CRL_SIGN, DANE, FUTURE, HOST, KDC, MISMATCH, PAST, REALM, ROOT, ROOTS,
                       SERVER_AUTH, UNKNOWN, UNUSABLE, certificates, Verify)


class Usages(Verify):
    """RFC 6698 2.1.1, RFC 7671 5: which certificate a record of each usage is of."""

    def test_rfc6698_2_1_1_usage_3_is_of_the_first_certificate(self):
        chain = self.good()
        self.assertBelieved(chain, self.record("3 1 1", chain[0]))

    def test_rfc6698_2_1_1_usage_3_of_a_further_certificate_does_not_match(self):
        chain = self.good()
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("3 0 1", chain[1]), self.record("3 0 1", chain[2]))

    def test_rfc6698_2_1_1_usage_2_is_of_any_further_certificate(self):
        chain = self.good()
        self.assertBelieved(chain, self.record("2 0 1", chain[1]))
        self.assertBelieved(chain, self.record("2 0 1", chain[2]))

    def test_rfc6698_2_1_1_usage_2_of_the_first_certificate_does_not_match(self):
        chain = self.good()
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("2 0 1", chain[0]))

    def test_rfc6698_2_1_1_usage_1_is_of_the_first_certificate_with_a_path_to_our_roots(self):
        chain = self.good()
        self.assertBelieved(chain, self.record("1 1 1", chain[0]), anchors=chain[2:])
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("1 0 1", chain[1]), anchors=chain[2:])

    def test_rfc6698_2_1_1_usage_1_of_a_chain_to_other_roots_is_refused(self):
        chain = self.good()
        self.assertNotBelieved(ROOTS, "none of kxover_anchors", chain, self.record("1 1 1", chain[0]),
                               anchors=self.make("name=root ca"))

    def test_rfc6698_2_1_1_usage_0_is_of_a_further_certificate_on_the_path_to_our_roots(self):
        chain = self.good()
        self.assertBelieved(chain, self.record("0 1 1", chain[1]), anchors=chain[2:])
        self.assertBelieved(chain, self.record("0 1 1", chain[2]), anchors=chain[2:])
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("0 0 1", chain[0]), anchors=chain[2:])

    def test_rfc6698_2_1_1_usages_0_and_1_demand_a_path_that_validates(self):
        chain = self.make(KDC, f"{BETWEEN} {PAST}", ROOT)
        for record in (self.record("1 1 1", chain[0]), self.record("0 1 1", chain[2])):
            self.assertNotBelieved(DANE, "certificate 2 of the path expired", chain, record, anchors=chain[2:])

    def test_rfc6698_2_1_1_usage_0_of_what_is_no_ca_is_refused(self):
        chain = self.make(KDC, "name=between", ROOT)
        self.assertNotBelieved(DANE, "not a CA", chain, self.record("0 1 1", chain[1]), anchors=chain[2:])

    def test_rfc6698_2_1_1_usage_0_of_a_ca_that_is_not_on_the_path_does_not_match(self):
        chain = self.good()
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("0 0 1", self.make(BETWEEN)[0]), anchors=chain[2:])

    def test_rfc7671_5_4_usage_0_of_a_ca_above_one_that_is_a_root_of_ours_too(self):
        """Trusting the lower one does not end the path before the higher one that the record is of."""
        chain = self.good()
        for index in (1, 2):
            self.assertBelieved(chain, self.record("0 0 1", chain[index]), anchors=chain[1:])

    def test_rfc7671_5_4_the_path_of_usages_0_and_1_goes_to_the_end_of_the_chain(self):
        """Stricter than RFC 7671: a path that could end at a root of ours on the way does not."""
        chain = self.good()
        for record in (self.record("1 1 1", chain[0]), self.record("0 0 1", chain[1])):
            self.assertNotBelieved(ROOTS, "none of kxover_anchors", chain, record, anchors=chain[1:2])

    def test_the_root_is_the_last_thing_that_is_asked(self):
        """Whoever is refused for the root alone is told which roots would do, and nobody else is."""
        other = self.make("name=another ca")
        chain = self.make(KDC, f"{BETWEEN} {PAST}", ROOT)
        for record in (self.record("1 1 1", chain[0]), self.record("0 1 1", chain[2])):
            self.assertNotBelieved(DANE, "certificate 2 of the path expired", chain, record, anchors=other)

    def test_rfc7671_4_1_usages_0_and_1_cannot_be_used_without_roots(self):
        chain = self.good()
        self.assertNotBelieved(DANE, UNUSABLE, chain, self.record("1 1 1", chain[0]), self.record("0 1 1", chain[1]))

    def test_rfc7671_5_3_a_self_signed_certificate_that_is_itself_a_root_needs_no_path(self):
        chain = self.make(KDC)
        self.assertBelieved(chain, self.record("1 1 1", chain[0]), anchors=chain)

    def test_roots_count_for_usages_3_and_2_too(self):
        chain, other = self.good(), self.make("name=another ca")
        for record in (self.record("3 1 1", chain[0]), self.record("2 1 1", chain[1])):
            self.assertBelieved(chain, record, anchors=[*other, chain[2]])
            self.assertNotBelieved(ROOTS, "none of kxover_anchors", chain, record, anchors=other)

    def test_a_root_in_the_midst_of_the_chain_is_not_its_end(self):
        chain = self.good()
        self.assertNotBelieved(ROOTS, "none of kxover_anchors", chain, self.record("3 1 1", chain[0]),
                               anchors=chain[1:2])


class Matching(Verify):
    """RFC 6698 2.1.2 to 2.1.4 and 4.1: what is compared, and which records count at all."""

    def test_rfc6698_2_1_3_each_selector_and_matching_type_of_each_usage(self):
        chain = self.good()
        for usage, index in ((3, 0), (2, 1), (1, 0), (0, 1)):
            for selector in (0, 1):
                for matching_type in (0, 1, 2):
                    with self.subTest(usage=usage, selector=selector, matching_type=matching_type):
                        record = self.record(f"{usage} {selector} {matching_type}", chain[index])
                        self.assertBelieved(chain, record, anchors=chain[2:])

    def test_rfc6698_2_1_2_the_selector_says_what_was_digested(self):
        chain = self.good()
        for selector in (0, 1):
            record = self.record(f"3 {selector} 1", chain[0])
            self.assertNotBelieved(DANE, MISMATCH, chain, record.replace(f"3 {selector}", f"3 {1 - selector}", 1))

    def test_rfc6698_2_1_3_a_certificate_as_it_is_matches_to_the_last_bit(self):
        chain = self.good()
        record = self.record("3 0 0", chain[0])
        altered = record[:-1] + ("0" if record[-1] != "0" else "1")
        self.assertNotBelieved(DANE, MISMATCH, chain, altered)

    def test_rfc6698_4_1_an_unusable_record_is_as_if_it_were_not_there(self):
        chain = self.good()
        record = self.record("3 1 1", chain[0])
        digest = record.split()[3]
        certificate, key = (self.record(f"3 {selector} 0", chain[0]).split()[3] for selector in (0, 1))
        unusable = (f"4 1 1 {digest}", f"255 1 1 {digest}", f"3 2 1 {digest}", f"3 255 1 {digest}",
                    f"3 1 3 {digest}", f"3 1 255 {digest}", f"3 1 1 {digest}00", f"3 1 1 {digest[2:]}",
                    f"3 1 2 {digest}", f"3 1 0 {digest}", f"3 0 0 {digest}", "3 1 1",
                    "3 0 0", f"3 0 0 {certificate}00", f"3 0 0 {certificate[:-2]}", f"3 0 0 {key}",
                    f"3 1 0 {certificate}", f"3 1 0 {key}00", f"2 0 1 {digest}00", f"2 1 2 {digest}",
                    f"0 0 1 {digest[2:]}", f"1 1 3 {digest}")
        for one in unusable:
            with self.subTest(record=one):
                self.assertNotBelieved(DANE, UNUSABLE, chain, one)
        self.assertBelieved(chain, *unusable, record, by=record)

    def test_rfc6698_4_1_if_no_record_can_be_used_there_is_nothing_to_fall_back_to(self):
        """Stricter than the RFC, which goes on as if there were no records: roots alone make no realm known."""
        chain = self.good()
        self.assertNotBelieved(DANE, UNUSABLE, chain, f"1 1 3 {64 * '0'}", anchors=chain[2:])

    def test_rfc6698_c_the_rfcs_own_certificate_is_signed_with_sha_1_and_refused(self):
        """That its digests are those of the RFC is test_dnssec_tlsa's matter."""
        der = (Path(__file__).parents[1] / "unit/testdata/tlsa-rfc6698.der").read_bytes()
        chain = [ssl.DER_cert_to_PEM_cert(der)]
        self.assertNotBelieved(CHAIN, "1.2.840.113549.1.1.5", chain, self.record("3 0 1", chain[0]))

    def test_rfc6698_2_2_digits_are_in_either_case_and_may_be_apart(self):
        chain = self.good()
        record = self.record("3 1 1", chain[0])
        digest = record.split()[3].upper()
        self.assertBelieved(chain, f"3 1 1 {digest[:20]} {digest[20:]}", by=record)


class Rollover(Verify):
    """RFC 7671 8 and 9: old and new records side by side."""

    def test_rfc7671_8_1_old_and_new_key_are_both_believed_while_both_are_published(self):
        old, new = self.good(), self.good()
        records = [self.record("3 1 1", old[0]), self.record("3 1 1", new[0])]
        self.assertBelieved(old, *records, by=records[0])
        self.assertBelieved(new, *records, by=records[1])

    def test_rfc7671_8_1_the_old_key_is_not_believed_once_its_record_is_gone(self):
        old, new = self.good(), self.good()
        self.assertNotBelieved(DANE, MISMATCH, old, self.record("3 1 1", new[0]))

    def test_rfc7671_8_1_a_next_root_beside_the_present_one(self):
        old, new = self.good(), self.good()
        records = [self.record("2 0 1", old[2]), self.record("2 0 1", new[2])]
        self.assertBelieved(old, *records, by=records[0])
        self.assertBelieved(new, *records, by=records[1])

    def test_rfc6698_a_4_old_and_new_key_with_a_path_to_our_roots(self):
        old, new = self.good(), self.good()
        records = [self.record("1 1 1", old[0]), self.record("1 1 1", new[0])]
        for chain, record in ((old, records[0]), (new, records[1])):
            self.assertBelieved(chain, *records, by=record, anchors=[old[2], new[2]])
        self.assertNotBelieved(DANE, MISMATCH, old, records[1], anchors=[old[2], new[2]])

    def test_rfc7671_8_1_the_same_key_under_another_usage(self):
        chain = self.good()
        before, after = self.record("1 1 1", chain[0]), self.record("3 1 1", chain[0])
        for anchors in (None, chain[2:]):
            self.assertBelieved(chain, before, after, by=after, anchors=anchors)
            self.assertBelieved(chain, after, anchors=anchors)

    def test_rfc7671_8_2_from_a_certificate_of_its_own_to_one_of_an_authority(self):
        """Step by step as the RFC has it: first the new key like the old one, and the authority in the end."""
        own, chain = self.make("name=kdc"), self.good()
        keys = [self.record("3 1 1", own[0]), self.record("3 1 1", chain[0])]
        self.assertBelieved(own, *keys, by=keys[0])
        self.assertBelieved(chain, *keys, by=keys[1])
        self.assertBelieved(chain, self.record("2 0 1", chain[2]))

    def test_rfc7671_8_2_a_change_from_one_usage_to_another(self):
        chain, own = self.good(), self.make("name=kdc")
        records = [self.record("2 0 1", chain[2]), self.record("3 1 1", own[0])]
        self.assertBelieved(chain, *records, by=records[0])
        self.assertBelieved(own, *records, by=records[1])

    def test_rfc7671_8_3_a_change_to_another_digest_has_both_of_each_key(self):
        old, new = self.good(), self.good()
        records = [self.record(parameters, chain[0]) for chain in (old, new) for parameters in ("3 1 1", "3 1 2")]
        self.assertBelieved(old, *records, by=records[1])
        self.assertBelieved(new, *records, by=records[3])
        self.assertNotBelieved(DANE, MISMATCH, old, records[0], records[3])

    def test_rfc7671_5_1_a_new_certificate_for_the_same_key_needs_no_new_record(self):
        chain = self.good()
        key = self.record("3 1 1", chain[0])
        self.assertBelieved(chain, self.record("3 0 1", self.good()[0]), key, by=key)

    def test_one_record_that_fits_outweighs_those_that_match_and_do_not_suffice(self):
        chain = self.make(KDC, f"{BETWEEN} {PAST}", ROOT)
        record = self.record("3 1 1", chain[0])
        self.assertBelieved(chain, self.record("2 0 1", chain[1]), record, by=record)

    def test_a_further_certificates_record_may_suffice_where_the_firsts_does_not(self):
        chain = self.make(KDC, BETWEEN, f"{ROOT} {PAST}")
        first, between = self.record("1 1 1", chain[0]), self.record("2 0 1", chain[1])
        self.assertNotBelieved(DANE, "certificate 3 of the path expired", chain, first, anchors=chain[2:])
        self.assertBelieved(chain, first, between, by=between, anchors=chain[2:])

    def test_rfc7671_9_sha_256_does_not_count_beside_sha_512(self):
        chain, other = self.good(), self.good()
        for usage, index in ((3, 0), (2, 1), (1, 0), (0, 1)):
            records = [self.record(f"{usage} 1 1", chain[index]), self.record(f"{usage} 1 2", other[index])]
            self.assertNotBelieved(DANE, MISMATCH, chain, *records, anchors=chain[2:])
            self.assertNotBelieved(DANE, "SHA-256 does not count beside SHA-512", chain, *records, anchors=chain[2:])

    def test_rfc7671_9_with_both_digests_of_the_same_key_the_stronger_one_is_matched(self):
        chain = self.good()
        record = self.record("3 1 2", chain[0])
        self.assertBelieved(chain, self.record("3 1 1", chain[0]), record, by=record)

    def test_rfc7671_9_the_digests_of_another_usage_or_selector_are_another_matter(self):
        chain, other = self.good(), self.good()
        record = self.record("3 1 1", chain[0])
        self.assertBelieved(chain, record, self.record("3 0 2", other[0]), self.record("2 1 2", other[2]))

    def test_rfc7671_9_a_record_without_digest_always_counts(self):
        chain, other = self.good(), self.good()
        self.assertBelieved(chain, self.record("3 1 0", chain[0]), self.record("3 1 2", other[0]))

    def test_rfc7671_9_an_unusable_record_outdoes_nothing(self):
        chain = self.good()
        self.assertBelieved(chain, self.record("3 1 1", chain[0]), "3 1 2 " + 63 * "00")


class Usage3(Verify):
    """RFC 7671 5.1: the key is bound to the server by DNS alone."""

    def assertNothingElseCounts(self, first, *further, **options):
        chain = self.make(first, *further)
        self.assertBelieved(chain, self.record("3 1 1", chain[0]), **options)

    def test_rfc7671_5_1_names_do_not_count(self):
        self.assertNothingElseCounts("name=kdc dns=other.example")
        self.assertNothingElseCounts("name=kdc")

    def test_rfc7671_5_1_dates_do_not_count(self):
        self.assertNothingElseCounts(f"{KDC} {PAST}")
        self.assertNothingElseCounts(f"{KDC} {FUTURE}")

    def test_rfc7671_5_1_purposes_and_critical_extensions_do_not_count(self):
        self.assertNothingElseCounts(f"name=kdc purpose={SERVER_AUTH} usage={CRL_SIGN} critical={UNKNOWN}")

    def test_rfc7671_5_1_the_further_certificates_do_not_count(self):
        self.assertNothingElseCounts(KDC, f"name=between {PAST}", f"name=root {PAST} no-basic")

    def test_but_the_chain_must_hold_together(self):
        """Stricter than RFC 7671: the protocol wants a complete chain whatever the record says."""
        chain = self.good()
        self.assertNotBelieved(CHAIN, "is not self-signed", chain[:2], self.record("3 1 1", chain[0]))


class Reissued(Verify):
    """RFC 6698 A.1.2, RFC 7671 5.2.1: an authority has its key certified once more."""

    def setUp(self):
        super().setUp()
        self.root = Authority(self.env, self.folder, "root")
        self.between = Authority(self.env, self.folder, "between", self.root)
        self.between.certify(REALM, self.certificate, self.key)
        self.chain = certificates(self.certificate.read_text())

    def reissued(self, *extra):
        """The chain with the other certificate in it."""
        path = self.folder / "again.pem"
        self.root.sign(self.between.key, path, ['cn = "between"', "ca", "cert_signing_key", *extra])
        return [self.chain[0], path.read_text(), self.chain[2]]

    def test_rfc6698_a_1_2_1_a_record_of_the_certificate_is_of_that_one_alone(self):
        record = self.record("2 0 1", self.chain[1])
        self.assertBelieved(self.chain, record)
        self.assertNotBelieved(DANE, MISMATCH, self.reissued(), record)

    def test_rfc6698_a_1_2_2_a_record_of_the_key_is_of_both(self):
        record = self.record("2 1 1", self.chain[1])
        self.assertBelieved(self.chain, record)
        self.assertBelieved(self.reissued(), record)

    def test_rfc7671_5_2_1_of_two_certificates_for_a_key_the_one_that_was_sent_sets_the_constraints(self):
        record = self.record("2 1 1", self.chain[1])
        constrained = self.reissued('nc_exclude_dns = "alpha.example"')
        self.assertNotBelieved(DANE, "constraints", constrained, record)
        self.assertBelieved(self.chain, record)


class Question(Verify):
    """What kxover verify says of a question that it cannot understand."""

    def setUp(self):
        super().setUp()
        chain = self.good()
        path = self.folder / "chain.pem"
        path.write_text("".join(chain))
        self.options = {"--realm": REALM, "--host": HOST, "--chain": path, "--tlsa": self.record("3 1 1", chain[0])}

    def ask(self, **changed):
        options = {**self.options, **{f"--{name}": value for name, value in changed.items()}}
        words = [word for pair in options.items() if pair[1] is not None for word in pair]
        return self.kxover("verify", *words, check=False)

    def test_help_goes_to_stdout(self):
        self.assertRegex(self.kxover("verify", "--help").stdout, r"\Ausage: kxover verify ")

    def test_what_is_wrong_is_named_with_exit_code_2(self):
        nothing = self.folder / "nothing"
        nothing.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        for changed, words in (
                ({"realm": None}, "all wanted"), ({"host": None}, "all wanted"), ({"chain": None}, "all wanted"),
                ({"tlsa": None}, "all wanted"), ({"realm": "alpha.example"}, "--realm alpha.example"),
                ({"realm": "ALPHA"}, "--realm ALPHA"), ({"host": "kdc"}, "--host kdc"),
                ({"at": "tomorrow"}, "--at tomorrow"), ({"at": "2030-02-30T00:00:00Z"}, "--at 2030-02-30"),
                ({"at": "2030-01-01T00:00:00"}, "--at 2030-01-01"), ({"tlsa": "3 1"}, "TLSA record"),
                ({"tlsa": "3 1 1 0"}, "TLSA record"), ({"tlsa": "3 1 256 00"}, "TLSA record"),
                ({"tlsa": "3 1 1 xy"}, "TLSA record"), ({"tlsa": "-3 1 1 00"}, "TLSA record"),
                ({"tlsa": "311 00"}, "TLSA record"), ({"chain": nothing}, "nothing"),
                ({"chain": self.folder / "missing"}, "missing"), ({"anchors": self.folder / "missing"}, "missing")):
            with self.subTest(changed=changed):
                self.assertRefused(self.ask(**changed), test_cli.USAGE, words)
        self.assertRefused(self.kxover("verify", "--frobnicate", check=False), test_cli.USAGE, "--frobnicate")
        self.assertEqual(self.ask().code, 0)

    def test_no_krb5_conf_is_needed(self):
        (self.folder / "krb5.conf").write_text("")
        self.assertEqual(self.ask().code, 0)


if __name__ == "__main__":
    unittest.main()
