"""A realm that asks for a crossover and is wrong in one way: refused, told why, and nothing comes of it.

ALPHA is hostile, BRAVO has a real kxoverd and krb5kdc.  Each request is right in everything but what its
mode says, and after each the same realm, once honest, is served."""

import concurrent.futures
import unittest

from badinput import CROSSOVER, BadInput
from scenario import ALPHA, BRAVO

MESSAGE = "message"
POLICY = "check 1, policy"
CHAIN = "check 2, chain"
SIGNATURE = "check 3, signature"
DANE = "check 5, DANE"
AGREEMENT = "key agreement"

# What a KRB-ERROR says: RFC 4120 7.5.9, RFC 4556 3.1.3.
POLICY_REFUSES, ETYPE_NOSUPP, SKEW, BADVERSION, MSG_TYPE, GENERIC, TOOLONG = 12, 14, 37, 39, 40, 60, 61
NOT_TRUSTED, INVALID_SIG, WRONG_REALM, INVALID_CERTIFICATE, NOT_ACCEPTED = 62, 64, 68, 71, 80

# How long kxoverd lets somebody take for a message.
PATIENCE = 10

CONFIRMED = "KX-REP confirmed"


class HostileRequests(BadInput):
    @classmethod
    def arrange(cls):
        cls.alpha_guise = cls.guise_of(cls.alpha)
        cls.make_guise("CHARLIE.EXAMPLE")
        cls.lab.dns.publish()

    def ask_bravo(self, mode):
        return self.ask(mode, self.alpha_guise, self.bravo)

    def assert_accepted(self, mode="honest"):
        """BRAVO agrees on a key and stores it; it is taken out again."""
        self.assertEqual(self.ask_bravo(mode), [CONFIRMED])
        self.assert_stored(self.bravo)

    def assert_refused(self, mode, code, step, words, client=ALPHA):
        """BRAVO refuses with that code and one line that tells step and cause, and is none the worse."""
        log = self.bravo.kxoverd.log
        mark = log.mark()
        with self.nothing_stored():
            self.assertEqual(self.ask_bravo(mode), [f"KRB-ERROR {code}"])
        line = self.one_line(log, mark)
        self.assertRegex(line, rf"krbtgt/{BRAVO}@{client}: refused to 127\.0\.0\.1:\d+: {step}: ")
        self.assertIn(words, line)
        self.assert_unharmed()

    def assert_unharmed(self):
        self.assert_serves_its_own(self.bravo)
        self.assert_accepted()

    # What is right is accepted: so what is refused below is refused for what is wrong in it.

    def test_an_honest_request_is_accepted(self):
        self.assert_accepted()

    def test_a_longer_chain_is_accepted(self):
        self.assert_accepted("chain-in-order")

    def test_an_unknown_extension_that_is_not_critical_is_passed_over(self):
        self.assert_accepted("plain-extension")

    def test_a_request_that_names_prior_keys_that_nobody_has_is_accepted(self):
        self.assert_accepted("prior-unknown")

    def test_a_key_for_ever_is_one_for_our_own_lifetime(self):
        self.assertEqual(self.ask_bravo("endless"), [CONFIRMED])
        shown = self.bravo.kadmin_local(f"getstrs {CROSSOVER}").stdout
        self.assertNotIn("9999", shown)
        self.assert_stored(self.bravo)

    def test_the_same_request_again_gets_the_same_reply_and_makes_no_second_key(self):
        log = self.bravo.kxoverd.log
        mark = log.mark()
        self.assertEqual(self.ask_bravo("repeated"), [CONFIRMED, CONFIRMED])
        versions = {kvno for kvno, _ in self.bravo.keyinfo(CROSSOVER)}
        self.assertEqual(len(versions), 1, versions)
        self.assertIn(f"key version {versions.pop()} agreed", self.one_line(log, mark))
        self.assert_stored(self.bravo)

    # The message.

    def test_a_truncated_message(self):
        self.assert_refused("truncated", GENERIC, MESSAGE, "cut off", r"\?")

    def test_bytes_behind_the_message(self):
        self.assert_refused("trailing-bytes", GENERIC, MESSAGE, "bytes follow its end", r"\?")

    def test_a_message_of_nothing(self):
        self.assert_refused("empty", GENERIC, MESSAGE, "empty", r"\?")

    def test_a_message_over_the_limit(self):
        self.assert_refused("oversized", TOOLONG, MESSAGE, "65537 bytes is over the limit", r"\?")

    def test_a_length_of_four_gigabytes(self):
        self.assert_refused("endlessly-long", TOOLONG, MESSAGE, "reserved highest bit", r"\?")

    def test_noise(self):
        self.assert_refused("garbage", GENERIC, MESSAGE, "KX-REQ: ", r"\?")

    def test_a_length_in_a_longer_form_than_der_has(self):
        self.assert_refused("ber-length", GENERIC, MESSAGE, "a length is not the shortest", r"\?")

    def test_a_length_left_open(self):
        self.assert_refused("indefinite-length", GENERIC, MESSAGE, "a length is indefinite", r"\?")

    def test_a_number_in_a_longer_form_than_der_has(self):
        self.assert_refused("padded-number", GENERIC, MESSAGE, "not the one that DER allows", r"\?")

    def test_another_message_type_within(self):
        self.assert_refused("wrong-msg-type", MSG_TYPE, MESSAGE, "msg-type is not 18", r"\?")

    def test_another_version(self):
        self.assert_refused("wrong-version", BADVERSION, MESSAGE, "pvno is not 5", r"\?")

    def test_a_field_that_there_is_not(self):
        self.assert_refused("unknown-field", GENERIC, MESSAGE, "not those of the type", r"\?")

    def test_a_list_that_is_too_long(self):
        self.assert_refused("many-etypes", TOOLONG, MESSAGE, "accept-etype has more than 32", r"\?")

    def test_a_chain_that_is_too_long(self):
        self.assert_refused("long-chain", TOOLONG, MESSAGE, "signature-owner has more than 10", r"\?")

    def test_a_certificate_that_is_too_long(self):
        self.assert_refused("huge-certificate", TOOLONG, MESSAGE,
                            "signature-owner: element 1 is over 16384 bytes", r"\?")

    def test_what_is_no_request_is_for_the_kdc_which_knows_it_no_better(self):
        for mode in ("wrong-tag", "chatter"):
            with self.subTest(mode), self.nothing_stored():
                mark = self.bravo.kdc.log.mark()
                self.assertEqual(self.ask_bravo(mode), ["closed"])
                self.bravo.kdc.log.wait_for("Invalid message type", since=mark)
        self.assert_unharmed()

    def test_the_end_in_mid_message(self):
        with self.nothing_stored():
            self.assertEqual(self.ask_bravo("cut-off"), ["closed"])
        self.assert_unharmed()

    def test_who_says_nothing_or_half_of_it_holds_up_nobody_and_is_hung_up_on(self):
        with concurrent.futures.ThreadPoolExecutor() as background, self.nothing_stored():
            slow = [background.submit(self.ask_bravo, mode) for mode in ("silent", "stalled")]
            self.assert_unharmed()
            self.assertFalse(any(one.done() for one in slow))
            for one in slow:
                self.assertEqual(one.result(2 * PATIENCE), ["closed"])
        self.assert_unharmed()

    # Check 1.

    def test_a_crossover_to_another_realm_than_the_one_asked(self):
        self.assert_refused("other-service", WRONG_REALM, POLICY, "krbtgt/CHARLIE.EXAMPLE@ALPHA.EXAMPLE")

    def test_a_crossover_the_other_way_round(self):
        self.assert_refused("both-turned", WRONG_REALM, POLICY, f"krbtgt/{ALPHA}@{BRAVO}", BRAVO)

    def test_a_crossover_with_oneself(self):
        self.assert_refused("local-name", WRONG_REALM, POLICY, "our own realm", BRAVO)

    def test_a_realm_in_small_letters(self):
        self.assert_refused("small-letters", WRONG_REALM, POLICY, "not a DNS name in capitals", r"\?")

    def test_a_realm_of_one_label(self):
        self.assert_refused("one-label", WRONG_REALM, POLICY, "not a DNS name in capitals", r"\?")

    def test_a_realm_that_would_be_something_else_in_a_log_or_a_mark(self):
        self.assert_refused("odd-characters", WRONG_REALM, POLICY, "%s%n/../ till=0 A.EXAMPLE", r"\?")

    def test_another_principal_than_krbtgt(self):
        self.assert_refused("not-krbtgt", WRONG_REALM, POLICY, f"kadmin/{BRAVO}@{ALPHA}")

    def test_a_name_of_three_components(self):
        self.assert_refused("three-components", WRONG_REALM, POLICY, f"krbtgt/{BRAVO}/more@{ALPHA}")

    def test_another_name_type(self):
        self.assert_refused("name-type", WRONG_REALM, POLICY, "name type 1")

    def test_a_request_of_an_hour_ago(self):
        self.assert_refused("old", SKEW, POLICY, "set the clocks")

    def test_a_request_of_an_hour_ahead(self):
        self.assert_refused("early", SKEW, POLICY, "set the clocks")

    def test_a_key_for_an_hour(self):
        self.assert_refused("short-till", POLICY_REFUSES, POLICY, "less than kxover_lifetime_min")

    def test_a_key_for_a_time_that_is_past(self):
        self.assert_refused("past-till", POLICY_REFUSES, POLICY, "1970-01-01T00:00:00Z")

    def test_no_encryption_type_in_common(self):
        self.assert_refused("weak-etypes", ETYPE_NOSUPP, POLICY, "accepts no encryption type that is permitted here")

    def test_a_key_version_of_more_than_16_bits(self):
        self.assert_refused("high-kvno", POLICY_REFUSES, POLICY, "65536")

    def test_an_unknown_extension_that_is_critical(self):
        self.assert_refused("critical-extension", POLICY_REFUSES, POLICY, "1.3.6.1.4.1.99999.2")

    def test_prior_keys_that_are_garbage(self):
        self.assert_refused("prior-garbage", GENERIC, MESSAGE, "KX-PriorKeyNames")

    def test_prior_keys_named_twice(self):
        self.assert_refused("prior-twice", GENERIC, MESSAGE, "there twice")

    def test_more_than_16_prior_keys(self):
        self.assert_refused("prior-too-many", TOOLONG, MESSAGE, "more than 16 elements")

    def test_no_signature_algorithm_in_common(self):
        self.assert_refused("foreign-sigalg", NOT_ACCEPTED, POLICY, "no signature algorithm that we know")

    def test_no_signature_algorithm_for_our_key(self):
        self.assert_refused("unfitting-sigalg", NOT_ACCEPTED, POLICY, "signature algorithm")

    def test_an_unknown_group_is_told_the_ones_to_take(self):
        self.assert_refused("unknown-group", "65 X25519 P-256 P-384", POLICY, "1.3.101.111")

    # Checks 2, 3 and 5.

    def test_a_chain_out_of_order(self):
        self.assert_refused("chain-out-of-order", INVALID_CERTIFICATE, CHAIN, "certificate 1")

    def test_a_chain_without_its_end(self):
        self.assert_refused("chain-incomplete", INVALID_CERTIFICATE, CHAIN, "not self-signed")

    def test_a_chain_with_a_namesake_of_the_issuer(self):
        self.assert_refused("chain-foreign", INVALID_CERTIFICATE, CHAIN, "not signed by the next")

    def test_a_certificate_that_is_none(self):
        self.assert_refused("broken-certificate", INVALID_CERTIFICATE, CHAIN, "cannot be read")

    def test_a_bad_signature(self):
        self.assert_refused("bad-signature", INVALID_SIG, SIGNATURE, "does not verify")

    def test_an_offer_altered_after_it_was_signed(self):
        self.assert_refused("altered", INVALID_SIG, SIGNATURE, "does not verify")

    def test_a_weak_signature_algorithm(self):
        self.assert_refused("weak-sigalg", NOT_ACCEPTED, POLICY, "1.2.840.113549.1.1.5")

    def test_another_key_than_the_one_in_dns(self):
        self.assert_refused("other-signer", NOT_TRUSTED, DANE, "no TLSA record")

    def test_a_realm_does_not_speak_for_another(self):
        self.assert_refused("other-client", NOT_TRUSTED, DANE, "no TLSA record of kdc.charlie.example",
                            "CHARLIE.EXAMPLE")

    # The key agreement.

    def test_a_public_key_of_zeros(self):
        self.assert_refused("zero-key", GENERIC, AGREEMENT, "not a valid one of X25519")

    def test_a_public_key_of_low_order(self):
        self.assert_refused("low-order-key", GENERIC, AGREEMENT, "not a valid one of X25519")

    def test_a_public_key_that_is_too_short(self):
        self.assert_refused("short-key", GENERIC, AGREEMENT, "not a valid one of X25519")

    def test_a_point_that_is_not_on_the_curve(self):
        self.assert_refused("off-curve-key", GENERIC, AGREEMENT, "not a valid one of P-256")


if __name__ == "__main__":
    unittest.main()
