"""A realm that answers and is wrong in one way: its reply is refused, and nothing comes of it.

BRAVO is hostile, ALPHA has a real krb5kdc with the module.  Each reply is right in everything but what its
mode says, and after each the same realm, once honest, is believed."""

import contextlib
import re
import signal
import unittest

from badinput import CROSSOVER, BadInput
from lab import TimedOut, faults, wait_until
from scenario import ALPHA

MESSAGE = "message"
POLICY = "check 1, policy"
CHAIN = "check 2, chain"
SIGNATURE = "check 3, signature"
DANE = "check 5, DANE"
AGREEMENT = "key agreement"
CONFIRMATION = "confirmation"
CONNECTION = "connection"
IDENTITY = "our identity"


class Replies(BadInput):
    """BRAVO is played by the hostile peer."""

    @classmethod
    def arrange(cls):
        cls.bravo.kxoverd.stop()
        cls.bravo_guise = cls.guise_of(cls.bravo)

    def ask_for_the_crossover(self):
        """A user of ALPHA wants a ticket for BRAVO's realm; returns the Result."""
        return self.alpha.kinit("alice").kvno(CROSSOVER, check=False)

    def assert_accepted(self, mode="honest"):
        """ALPHA agrees on a key and stores it; it is taken out again.  Returns the log line."""
        self.alpha.reload_kdc()
        mark = self.alpha.kdc.log.mark()
        with self.answering(mode, self.bravo_guise):
            self.assertTrue(self.ask_for_the_crossover().ok)
        line = self.one_line(self.alpha.kdc.log, mark)
        self.assertIn(f"{CROSSOVER}: key version 1 agreed with ", line)
        self.assert_stored(self.alpha)
        return line

    def assert_refused(self, mode, step, words, requests=1):
        """The user gets no ticket; that is one exchange, of so many requests, and one line that tells step
        and cause; and ALPHA is none the worse."""
        asked, said = self.exchanges(mode)
        self.assertEqual((len(asked), len(said)), (requests, 1), said)
        self.assertIn(f"{CROSSOVER}: no crossover: {step}: ", said[0])
        self.assertIn(words, said[0])
        self.assert_unharmed()

    def assert_older_refused(self, mode, step, words):
        """The first request is hung up on, and the next one gets the reply to it: refused like any other."""
        mark = self.alpha.kdc.log.mark()
        with self.nothing_stored(), self.answering(mode, self.bravo_guise):
            self.assertFalse(self.ask_for_the_crossover().ok)
            self.alpha.reload_kdc()  # it asks nobody whom it has just failed with
            self.assertFalse(self.ask_for_the_crossover().ok)
        first, second = self.lines(self.alpha.kdc.log, mark)
        self.assertIn(f"{CROSSOVER}: no crossover: {CONNECTION}: ", first)
        self.assertIn(f"{CROSSOVER}: no crossover: {step}: ", second)
        self.assertIn(words, second)
        self.assert_unharmed()

    def exchanges(self, mode):
        """Let a user be refused; returns what the hostile peer was asked, and what the KDC had to say."""
        mark = self.alpha.kdc.log.mark()
        with self.nothing_stored(), self.answering(mode, self.bravo_guise) as hostile:
            result = self.ask_for_the_crossover()
            self.assertFalse(result.ok)
            self.assertIn("not found in Kerberos database", result.stderr)
            asked = hostile.log.lines("KX-REQ")
        said = self.lines(self.alpha.kdc.log, mark)
        self.assertTrue(said)
        return asked, said

    def assert_unharmed(self):
        self.assert_serves_its_own(self.alpha)
        self.assert_accepted()


class HostileReplies(Replies):
    # What is right is accepted: so what is refused below is refused for what is wrong in it.

    def test_an_honest_reply_is_accepted(self):
        self.assert_accepted()

    def test_a_longer_chain_is_accepted(self):
        self.assert_accepted("chain-in-order")

    def test_an_unknown_extension_that_is_not_critical_is_passed_over(self):
        self.assert_accepted("plain-extension")

    def test_another_group_is_tried_when_the_first_is_refused(self):
        self.assertIn(" group=P-256 ", self.assert_accepted("group-wanted"))

    # The message.

    def test_a_truncated_message(self):
        self.assert_refused("truncated", MESSAGE, "cut off")

    def test_bytes_behind_the_message(self):
        self.assert_refused("trailing-bytes", MESSAGE, "bytes follow its end")

    def test_a_second_message(self):
        self.assert_refused("two-messages", MESSAGE, "more than one message")

    def test_a_message_of_nothing(self):
        self.assert_refused("empty", MESSAGE, "empty")

    def test_a_message_over_the_limit(self):
        self.assert_refused("oversized", MESSAGE, "65537 bytes is over the limit")

    def test_a_length_of_four_gigabytes(self):
        self.assert_refused("endlessly-long", MESSAGE, "reserved highest bit")

    def test_noise(self):
        self.assert_refused("garbage", MESSAGE, "KX-REP: ")

    def test_another_protocol(self):
        self.assert_refused("chatter", MESSAGE, "KX-REP: ")

    def test_a_length_in_a_longer_form_than_der_has(self):
        self.assert_refused("ber-length", MESSAGE, "a length is not the shortest")

    def test_a_length_left_open(self):
        self.assert_refused("indefinite-length", MESSAGE, "a length is indefinite")

    def test_a_number_in_a_longer_form_than_der_has(self):
        self.assert_refused("padded-number", MESSAGE, "not the one that DER allows")

    def test_another_tag(self):
        self.assert_refused("wrong-tag", MESSAGE, "not [APPLICATION 19]")

    def test_another_message_type_within(self):
        self.assert_refused("wrong-msg-type", MESSAGE, "msg-type is not 19")

    def test_another_version(self):
        self.assert_refused("wrong-version", MESSAGE, "pvno is not 5")

    def test_a_field_that_there_is_not(self):
        self.assert_refused("unknown-field", MESSAGE, "not those of the type")

    def test_a_list_that_is_too_long(self):
        self.assert_refused("many-etypes", MESSAGE, "accept-etype has more than 32")

    def test_a_chain_that_is_too_long(self):
        self.assert_refused("long-chain", MESSAGE, "signature-owner has more than 10")

    def test_a_certificate_that_is_too_long(self):
        self.assert_refused("huge-certificate", MESSAGE, "signature-owner: element 1 is over 16384 bytes")

    def test_our_own_request(self):
        self.assert_refused("reflected", MESSAGE, "not [APPLICATION 19]")

    # Check 1.

    def test_our_own_request_in_the_shape_of_a_reply(self):
        self.assert_refused("posing-request", POLICY, "no key version")

    def test_the_reply_to_another_nonce(self):
        self.assert_refused("other-nonce", POLICY, "another nonce")

    def test_the_reply_to_somebody_elses_request(self):
        self.assert_older_refused("older", POLICY, "another nonce")

    def test_a_crossover_to_another_realm(self):
        self.assert_refused("other-service", POLICY, "another crossover")

    def test_a_crossover_from_another_realm(self):
        self.assert_refused("other-client", POLICY, "another crossover")

    def test_a_crossover_the_other_way_round(self):
        self.assert_refused("both-turned", POLICY, "another crossover")

    def test_another_principal_than_krbtgt(self):
        self.assert_refused("not-krbtgt", POLICY, "another crossover")

    def test_a_name_of_three_components(self):
        self.assert_refused("three-components", POLICY, "another crossover")

    def test_another_name_type(self):
        self.assert_refused("name-type", POLICY, "another crossover")

    def test_a_reply_of_an_hour_ago(self):
        self.assert_refused("old", POLICY, "set the clocks")

    def test_a_reply_of_an_hour_ahead(self):
        self.assert_refused("early", POLICY, "set the clocks")

    def test_a_key_for_an_hour(self):
        self.assert_refused("short-till", POLICY, "less than kxover_lifetime_min")

    def test_a_key_for_a_time_that_is_past(self):
        self.assert_refused("past-till", POLICY, "1970-01-01T00:00:00Z")

    def test_a_key_for_longer_than_we_asked(self):
        self.assert_refused("longer-till", POLICY, "lives longer than we asked")

    def test_no_encryption_type_in_common(self):
        self.assert_refused("weak-etypes", POLICY, "no encryption type in common")

    def test_no_key_version(self):
        self.assert_refused("no-kvno", POLICY, "no key version from 1 to 65535")

    def test_key_version_0(self):
        self.assert_refused("zero-kvno", POLICY, "no key version from 1 to 65535")

    def test_a_key_version_of_more_than_16_bits(self):
        self.assert_refused("high-kvno", POLICY, "no key version from 1 to 65535")

    def test_an_unknown_extension_that_is_critical(self):
        self.assert_refused("critical-extension", POLICY, "1.3.6.1.4.1.99999.2")

    def test_prior_keys_that_are_garbage(self):
        self.assert_refused("prior-garbage", MESSAGE, "KX-PriorKeyNames")

    def test_a_prior_key_that_the_request_did_not_name(self):
        self.assert_refused("prior-unknown", AGREEMENT, "which our request did not name")

    def test_prior_keys_named_twice(self):
        self.assert_refused("prior-twice", MESSAGE, "there twice")

    def test_more_than_16_prior_keys(self):
        self.assert_refused("prior-too-many", MESSAGE, "more than 16 elements")

    def test_an_unknown_group(self):
        self.assert_refused("unknown-group", POLICY, "1.3.101.111")

    def test_another_group_than_the_requests(self):
        self.assert_refused("other-group", POLICY, "in group P-256, our request in X25519")

    # Checks 2, 3 and 5.

    def test_a_chain_out_of_order(self):
        self.assert_refused("chain-out-of-order", CHAIN, "certificate 1")

    def test_a_chain_without_its_end(self):
        self.assert_refused("chain-incomplete", CHAIN, "not self-signed")

    def test_a_chain_with_a_namesake_of_the_issuer(self):
        self.assert_refused("chain-foreign", CHAIN, "not signed by the next")

    def test_a_certificate_that_is_none(self):
        self.assert_refused("broken-certificate", CHAIN, "cannot be read")

    def test_a_bad_signature(self):
        self.assert_refused("bad-signature", SIGNATURE, "does not verify")

    def test_an_offer_altered_after_it_was_signed(self):
        self.assert_refused("altered", SIGNATURE, "does not verify")

    def test_a_weak_signature_algorithm(self):
        self.assert_refused("weak-sigalg", POLICY, "1.2.840.113549.1.1.5")

    def test_another_key_than_the_one_in_dns(self):
        self.assert_refused("other-signer", DANE, "no TLSA record")

    # The key agreement and its confirmation.

    def test_a_public_key_of_zeros(self):
        self.assert_refused("zero-key", AGREEMENT, "not a valid one of X25519")

    def test_a_public_key_of_low_order(self):
        self.assert_refused("low-order-key", AGREEMENT, "not a valid one of X25519")

    def test_a_public_key_that_is_too_short(self):
        self.assert_refused("short-key", AGREEMENT, "not a valid one of X25519")

    def test_another_confirmation(self):
        self.assert_refused("other-confirm", CONFIRMATION, "does not match")

    def test_the_reply_to_somebody_elses_request_with_our_nonce_put_in(self):
        self.assert_older_refused("older-nonce", CONFIRMATION, "does not match")

    # What is no reply.

    def test_the_end_in_mid_message(self):
        self.assert_refused("cut-off", CONNECTION, "in mid-message")

    def test_the_end_instead_of_an_answer(self):
        self.assert_refused("hang-up", CONNECTION, "without an answer")

    def test_a_refusal(self):
        self.assert_refused("error", CONNECTION, "refused the exchange: generic error (error 60)")

    def test_a_refusal_cut_off(self):
        self.assert_refused("broken-error", MESSAGE, "KRB-ERROR: cut off")

    def test_every_group_refused(self):
        self.assert_refused("group-always", CONNECTION, "(error 65)", requests=2)

    def test_the_group_refused_without_a_word_on_which_would_do(self):
        self.assert_refused("group-silent", CONNECTION, "(error 65)")

    def test_the_group_refused_for_what_cannot_be_read(self):
        self.assert_refused("group-garbled", MESSAGE, "groups that kdc.bravo.example accepts")

    def test_the_group_refused_for_itself(self):
        self.assert_refused("group-same", POLICY, "no key agreement group that we know")

    def test_the_group_refused_for_one_that_we_do_not_know(self):
        self.assert_refused("group-unknown", POLICY, "no key agreement group that we know")

    def test_the_root_refused_for_itself(self):
        self.assert_refused("root-same", CONNECTION, "(error 70)", requests=2)

    def test_the_root_refused_for_one_that_we_do_not_have(self):
        self.assert_refused("root-unknown", IDENTITY, "no chain of kxover_identity ends in a root")

    def test_the_root_refused_without_a_word_on_which_would_do(self):
        self.assert_refused("root-silent", CONNECTION, "(error 70)")

    def test_the_root_refused_for_what_cannot_be_read(self):
        self.assert_refused("root-garbled", MESSAGE, "does not accept the root of our chain")


class RepliesToARenewal(Replies):
    """ALPHA has held a key of that realm, which ran out."""

    DAY = 86400

    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.give_clock()
        super().arrange()

    def agree(self):
        """ALPHA and an honest BRAVO agree on a key; returns its version."""
        self.alpha.reload_kdc()
        mark = self.alpha.kdc.log.mark()
        with self.answering("honest", self.bravo_guise):
            self.assertTrue(self.ask_for_the_crossover().ok)
        agreed = r"key version (\d+) agreed"
        return re.search(agreed, self.alpha.kdc.log.wait_for(agreed, since=mark))[1]

    def test_the_key_version_that_ran_out(self):
        self.assertEqual(self.agree(), "1")
        with faults.clock_off(self.alpha, 15 * self.DAY), faults.clock_off(self.bravo, 15 * self.DAY):
            line, = self.exchanges("same-kvno")[1]
            self.assertIn(f"{CROSSOVER}: no crossover: {POLICY}: ", line)
            self.assertIn("key version 1, which we hold already", line)
            self.assertEqual(self.agree(), "2")


class PeersThatStopTalking(BadInput):
    """They accept a connection, and then say nothing, or half of what they have to say."""

    WAIT = 1  # what the KDC waits within a lookup
    LIMIT = 10  # what the module waits for an answer, in all

    @classmethod
    def arrange(cls):
        cls.alpha.settings.update({"kxover_wait": f"{cls.WAIT}s", "kxover_stall": "100"})
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.guises = {"silent": cls.make_guise("SILENT.EXAMPLE"), "stalled": cls.make_guise("STALLED.EXAMPLE")}
        cls.lab.dns.publish()

    def crossover(self, mode):
        return f"krbtgt/{self.guises[mode].name}@{ALPHA}"

    def ask_in_vain(self, mode):
        """A user wants a ticket for that realm, and loses patience."""
        with self.assertRaises(TimedOut):
            self.alpha.kinit("alice").run("kvno", self.crossover(mode), timeout=2 * self.WAIT)

    def test_the_kdc_serves_its_own_meanwhile_and_later_gives_up(self):
        log = self.alpha.kdc.log
        mark = log.mark()
        with self.nothing_stored():
            with contextlib.ExitStack() as peers:
                for mode, guise in self.guises.items():
                    peers.enter_context(self.answering(mode, guise))
                    self.ask_in_vain(mode)
                    log.wait_for(f"exchange with realm {guise.name} waits for the answer", since=mark)
                    self.assert_serves_its_own(self.alpha)
                self.assertEqual(self.lines(log, mark), [])
                wait_until(lambda: self.told(mark), "the KDC to give up", 2 * self.LIMIT)
            for mode in self.guises:
                line, = [line for line in self.lines(log, mark) if self.crossover(mode) in line]
                self.assertIn(f"no crossover: {CONNECTION}: ", line)
                self.assertIn(f"did not answer in {self.LIMIT} s", line)
        self.alpha.reload_kdc()
        for mode, guise in self.guises.items():
            with self.answering("honest", guise):
                self.assertTrue(self.alpha.kinit("alice").kvno(self.crossover(mode)).ok)
            self.alpha.kadmin_local(f"delprinc -force {self.crossover(mode)}")

    def test_a_kdc_that_reads_its_settings_again_meanwhile_forgets_them(self):
        guise = self.guises["silent"]
        mark = self.alpha.kdc.log.mark()
        with self.answering("silent", guise):
            self.ask_in_vain("silent")
            self.alpha.kdc.log.wait_for(f"exchange with realm {guise.name} waits for the answer", since=mark)
            self.alpha.kdc.signal(signal.SIGHUP)
            self.assert_serves_its_own(self.alpha)
        with self.answering("honest", guise):
            self.assertTrue(self.alpha.kinit("alice").kvno(self.crossover("silent")).ok)
        self.alpha.kadmin_local(f"delprinc -force {self.crossover('silent')}")

    def told(self, mark):
        """Whether both exchanges are over.  Each lookup moves those under way, whatever it is for."""
        self.alpha.kinit("alice")
        return all(self.alpha.kdc.log.lines(rf"{self.crossover(mode)}: no crossover", since=mark)
                   for mode in self.guises)


if __name__ == "__main__":
    unittest.main()
