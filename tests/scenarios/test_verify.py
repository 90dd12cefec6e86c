"""kxover verify: whom kxover believes, one case for each rule of RFC 6698, 7671, 5280 and 4556.

The judgement is that of an exchange (docs/trust.md has the rules in words), and no lab runs for it.  The
certificates are made as they are wanted, by tests/scenarios/certify: a chain is a list of words for each."""

import base64
import hashlib
import os
import re
import time
import unittest
from pathlib import Path

import test_cli
from lab.process import run

REALM = "ALPHA.EXAMPLE"
HOST = "kdc.alpha.example"
KPKDC = "1.3.6.1.5.2.3.5"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
ANY_PURPOSE = "2.5.29.37.0"
UNKNOWN = "1.3.6.1.4.1.55555.1"

DIGITAL_SIGNATURE, CERT_SIGN, CRL_SIGN = 128, 4, 2

# The steps, as they are named in the log.
CHAIN = "check 2, chain"
DANE = "check 5, DANE"
ROOTS = "check 6, roots"

MISMATCH = "no TLSA record of kdc.alpha.example is of the certificate chain"
UNUSABLE = "no TLSA record of kdc.alpha.example can be used"

# The chain that is as it should be; tests change one word of it.
KDC = f"name=kdc dns=alpha.example purpose={KPKDC}"
BETWEEN = "name=between ca"
ROOT = "name=root ca"


def element(tag, *contents):
    """DER: a tag, a length and what these make together."""
    content = b"".join(contents)
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def dns(name):
    """A dNSName; bytes are taken as they are."""
    return element(0x82, name if isinstance(name, bytes) else name.encode())


def pkinit(realm, *components, kind=2):
    """PKINIT's name of a principal (RFC 4556 3.2.2), as an otherName."""
    def text(value):
        return element(0x1b, value if isinstance(value, bytes) else value.encode())
    principal = element(0x30, element(0xa0, text(realm)), element(0xa1, element(
        0x30, element(0xa0, element(0x02, bytes([kind]))),
        element(0xa1, element(0x30, *[text(component) for component in components])))))
    return element(0xa0, bytes.fromhex("06062b0601050202"), element(0xa0, principal))


def names(*general):
    """The word that gives a certificate these alternative names."""
    return f"names={element(0x30, *general).hex()}"


def stamp(seconds):
    """The time so many seconds from now, as kxover writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


DAY = 86400
PAST = f"from={stamp(-20 * DAY)} till={stamp(-10 * DAY)}"
FUTURE = f"from={stamp(10 * DAY)} till={stamp(20 * DAY)}"


class Verify(test_cli.Tool):
    """Chains, records and what kxover verify says of them."""

    def make(self, *plans):
        """A chain of certificates in PEM, each signed by the next."""
        program = Path(os.environ.get("KXOVER_BUILD", os.curdir), "tests/scenarios/certify").resolve()
        pem = run([program], self.env, input="".join(f"{plan}\n" for plan in plans)).stdout
        return re.findall(r"-----BEGIN[^-]+-----\n[^-]+-----END[^-]+-----\n", pem)

    def good(self):
        return self.make(KDC, BETWEEN, ROOT)

    def selected(self, certificate, selector):
        """The bytes that a selector selects (RFC 6698 2.1.2), by certtool for the key."""
        if selector == 0:
            return base64.b64decode("".join(certificate.splitlines()[1:-1]))
        infile, outfile = self.folder / "selected.pem", self.folder / "selected.der"
        infile.write_text(certificate)
        self.tool("certtool", "--infile", infile, "--pubkey-info", "--outder", "--outfile", outfile)
        return outfile.read_bytes()

    def record(self, parameters, certificate):
        """The TLSA record with these parameters, "3 1 1", of a certificate."""
        _, selector, matching_type = (int(word) for word in parameters.split())
        data = self.selected(certificate, selector)
        digest = {0: lambda: data, 1: hashlib.sha256(data).digest, 2: hashlib.sha512(data).digest}
        return f"{parameters} {digest[matching_type]().hex()}"

    def verify(self, chain, records, realm=REALM, host=HOST, anchors=None, at=None):
        """Ask kxover verify."""
        path = self.folder / "chain.pem"
        path.write_text("".join(chain))
        arguments = ["--realm", realm, "--host", host, "--chain", path]
        for record in records:
            arguments += ["--tlsa", record]
        if anchors is not None:
            roots = self.folder / "anchors.pem"
            roots.write_text("".join(anchors))
            arguments += ["--anchors", roots]
        if at is not None:
            arguments += ["--at", at]
        return self.kxover("verify", *arguments, check=False)

    def assertBelieved(self, chain, *records, by=None, realm=REALM, **options):
        """The chain is believed, by the first record or by that one."""
        result = self.verify(chain, records, realm=realm, **options)
        self.assertEqual((result.code, result.stderr), (0, ""), result.output)
        start = (by or records[0])[:100]
        self.assertRegex(result.stdout, rf"\A{realm} is believed by TLSA {start}[^\n]*\n\Z")

    def assertNotBelieved(self, step, words, chain, *records, **options):
        """The chain is not believed, at that step and for that reason."""
        result = self.verify(chain, records, **options)
        self.assertRefused(result, test_cli.FAILED, "is not believed", step, words)


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
        unusable = (f"4 1 1 {digest}", f"255 1 1 {digest}", f"3 2 1 {digest}", f"3 255 1 {digest}",
                    f"3 1 3 {digest}", f"3 1 255 {digest}", f"3 1 1 {digest}00", f"3 1 1 {digest[2:]}",
                    f"3 1 2 {digest}", f"3 1 0 {digest}", f"3 0 0 {digest}", "3 1 1")
        for one in unusable:
            with self.subTest(record=one):
                self.assertNotBelieved(DANE, UNUSABLE, chain, one)
        self.assertBelieved(chain, *unusable, record, by=record)

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
        records = [self.record("3 1 1", chain[0]), self.record("3 1 2", other[0])]
        self.assertNotBelieved(DANE, MISMATCH, chain, *records)
        self.assertNotBelieved(DANE, "SHA-256 does not count beside SHA-512", chain, *records)

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


class Usage2(Verify):
    """RFC 7671 5.2: a root of trust in the chain."""

    def assertPath(self, *plans, words, index=-1, step=DANE, **options):
        """A chain of these, with a record of certificate `index`, is refused with these words."""
        chain = self.make(*plans)
        self.assertNotBelieved(step, words, chain, self.record("2 0 1", chain[index]), **options)

    def test_rfc7671_5_2_what_is_above_the_root_of_trust_does_not_count(self):
        chain = self.make(KDC, BETWEEN, f"name=root {PAST} critical={UNKNOWN}")
        self.assertBelieved(chain, self.record("2 0 1", chain[1]))

    def test_rfc7671_5_2_2_a_root_of_trust_that_the_chain_lacks_is_refused(self):
        chain = self.good()
        self.assertNotBelieved(CHAIN, "is not self-signed", chain[:2], self.record("2 0 1", chain[2]))

    def test_rfc7671_5_2_3_a_bare_key_is_that_of_a_certificate_in_the_chain(self):
        chain = self.good()
        self.assertBelieved(chain, self.record("2 1 0", chain[2]))

    def test_rfc7671_5_2_3_a_bare_key_does_not_stand_in_for_its_certificate(self):
        """A verifier may build a path to a key that is in DNS alone; here the chain is complete or refused."""
        chain = self.good()
        self.assertNotBelieved(CHAIN, "is not self-signed", chain[:2], self.record("2 1 0", chain[2]))

    def test_rfc6698_b_a_root_of_another_chain_is_no_root_of_this_one(self):
        chain, other = self.good(), self.good()
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("2 0 1", other[2]))

    def test_a_self_signed_certificate_is_not_its_own_root_of_trust(self):
        chain = self.make(KDC)
        self.assertNotBelieved(DANE, MISMATCH, chain, self.record("2 0 1", chain[0]))
        self.assertNotBelieved(DANE, MISMATCH, self.make(f"{KDC} ca"), self.record("2 0 1", chain[0]))

    def test_a_self_signed_certificate_twice_is_refused(self):
        for plan in (KDC, f"{KDC} ca"):
            chain = 2 * self.make(plan)
            self.assertNotBelieved(CHAIN, "certificate 2 of the chain is number 1 once more", chain,
                                   self.record("2 0 1", chain[1]))

    def test_a_root_twice_is_refused(self):
        chain = self.good()
        chain.append(chain[2])
        self.assertNotBelieved(CHAIN, "certificate 4 of the chain is number 3 once more", chain,
                               self.record("2 0 1", chain[2]))

    def test_a_certificate_after_the_root_is_refused(self):
        chain = [*self.good(), *self.make("name=other ca")]
        self.assertNotBelieved(CHAIN, "was not issued by the next", chain, self.record("2 0 1", chain[3]))

    def test_a_certificate_that_is_not_on_the_path_is_refused(self):
        chain = self.good()
        chain.insert(1, self.make("name=other ca")[0])
        self.assertNotBelieved(CHAIN, "was not issued by the next", chain, self.record("2 0 1", chain[1]))

    def test_a_chain_out_of_order_is_refused(self):
        chain = self.good()
        self.assertNotBelieved(CHAIN, "was not issued by the next", [chain[0], chain[2], chain[1]],
                               self.record("2 0 1", chain[2]))

    def test_a_namesake_of_the_issuer_is_refused(self):
        chain, other = self.good(), self.good()
        self.assertNotBelieved(CHAIN, "is not signed by the next", [chain[0], *other[1:]],
                               self.record("2 0 1", other[2]))

    def test_a_root_that_issued_a_new_root_of_its_own_name_is_refused(self):
        """RFC 5280 has a path there; GnuTLS takes the new one for the root.  The new one alone will do."""
        chain = self.make(KDC, ROOT, ROOT)
        self.assertNotBelieved(DANE, "does not validate", chain, self.record("2 0 1", chain[2]))
        self.assertBelieved(chain, self.record("2 0 1", chain[1]))

    def test_eleven_certificates_are_refused(self):
        between = [f"name=between{i} ca" for i in range(9)]
        self.assertPath(KDC, *between, ROOT, words="chain of 11 certificates", step=CHAIN)

    def test_ten_certificates_are_read(self):
        chain = self.make(KDC, *[f"name=between{i} ca" for i in range(8)], ROOT)
        self.assertBelieved(chain, self.record("2 0 1", chain[9]))

    def test_rfc5280_4_2_1_9_an_issuer_that_is_no_ca_is_refused(self):
        self.assertPath(KDC, "name=between", ROOT, words="not a CA")
        self.assertPath(KDC, "name=root", words="not a CA")

    def test_rfc5280_4_2_1_9_an_issuer_without_basic_constraints_is_refused(self):
        self.assertPath(KDC, "name=between no-basic", ROOT, words="not a CA")
        self.assertPath(KDC, "name=root no-basic", words="not a CA")

    def test_rfc5280_6_1_4_an_issuer_of_version_1_is_refused(self):
        self.assertPath(KDC, "name=between version=1", ROOT, words="not a CA")
        self.assertPath(KDC, "name=root version=1", words="not a CA")

    def test_rfc5280_4_2_1_9_a_path_longer_than_an_issuer_allows_is_refused(self):
        self.assertPath(KDC, BETWEEN, f"{ROOT} path-length=0", words="constraints")
        self.assertPath(KDC, "name=low ca", f"{BETWEEN} path-length=0", ROOT, words="constraints")
        chain = self.make(KDC, f"{BETWEEN} path-length=0", f"{ROOT} path-length=1")
        self.assertBelieved(chain, self.record("2 0 1", chain[2]))

    def test_rfc5280_4_2_1_3_an_issuer_that_may_not_sign_certificates_is_refused(self):
        self.assertPath(KDC, f"{BETWEEN} usage={CRL_SIGN}", ROOT, words="constraints")
        self.assertPath(KDC, f"{ROOT} usage={DIGITAL_SIGNATURE}", words="constraints")
        chain = self.make(KDC, f"{BETWEEN} usage={CERT_SIGN}", f"{ROOT} usage={CERT_SIGN}")
        self.assertBelieved(chain, self.record("2 0 1", chain[2]))

    def test_rfc5280_4_2_1_10_a_name_that_an_issuer_excludes_is_refused(self):
        self.assertPath(KDC, f"{BETWEEN} excluded=alpha.example", ROOT, words="constraints")
        self.assertPath(KDC, BETWEEN, f"{ROOT} excluded=example", words="constraints")
        self.assertPath(f"{KDC} {names(dns('ALPHA.Example'))}", f"{ROOT} excluded=alpha.example",
                        words="constraints")

    def test_rfc5280_4_2_1_10_a_name_outside_of_what_an_issuer_permits_is_refused(self):
        self.assertPath(KDC, f"{BETWEEN} permitted=bravo.example", ROOT, words="constraints")
        self.assertPath(f"{KDC} {names(dns('alpha.example'), dns('www.bravo.example'))}",
                        f"{ROOT} permitted=alpha.example", words="constraints")
        chain = self.make(KDC, f"{BETWEEN} permitted=alpha.example", f"{ROOT} permitted=example")
        self.assertBelieved(chain, self.record("2 0 1", chain[2]))

    def test_rfc5280_4_2_1_10_constraints_on_dns_names_do_not_bind_pkinits_name(self):
        """As the RFC has it: a constraint is about names of its own form.  DNS has proven the realm as it is."""
        chain = self.make(f"name=kdc {names(pkinit(REALM, 'krbtgt', REALM))} purpose={KPKDC}",
                          f"{ROOT} permitted=bravo.example")
        self.assertBelieved(chain, self.record("2 0 1", chain[1]))

    def test_rfc5280_4_2_an_unknown_critical_extension_on_the_path_is_refused(self):
        words = "unknown critical"
        self.assertPath(f"{KDC} critical={UNKNOWN}", BETWEEN, ROOT, words=words)
        self.assertPath(KDC, f"{BETWEEN} critical={UNKNOWN}", ROOT, words=words)
        self.assertPath(KDC, BETWEEN, f"{ROOT} critical={UNKNOWN}", words=words)

    def test_rfc5280_6_1_3_each_certificate_up_to_the_root_of_trust_is_within_its_dates(self):
        for index, plans in enumerate(((f"{KDC} {PAST}", BETWEEN, ROOT), (KDC, f"{BETWEEN} {PAST}", ROOT),
                                       (KDC, BETWEEN, f"{ROOT} {PAST}"))):
            self.assertPath(*plans, words=f"certificate {index + 1} of the path expired at")
        self.assertPath(KDC, f"{BETWEEN} {FUTURE}", ROOT, words="certificate 2 of the path is not valid before")

    def test_md5_and_sha_1_are_refused_anywhere(self):
        """The root's own signature, too: the chain must hold to its last link."""
        rsa = "key=rsa bits=2048"
        for digest in ("md5", "sha1"):
            self.assertPath(KDC, f"{BETWEEN} {rsa} digest={digest}", ROOT, step=CHAIN, words="is not accepted")
            self.assertPath(KDC, f"{ROOT} {rsa} digest={digest}", step=CHAIN, words="is not accepted")

    def test_a_key_that_is_too_small_or_too_large_is_refused(self):
        for bits in (1024, 16384):
            words = f"RSA of {bits} bits"
            self.assertPath(f"{KDC} key=rsa bits={bits}", ROOT, step="policy", words=words)
            self.assertPath(KDC, f"{BETWEEN} key=rsa bits={bits}", ROOT, step=CHAIN, words=words)

    def test_a_key_of_a_kind_that_offers_are_not_signed_with_is_refused(self):
        self.assertPath(f"{KDC} key=ed448", ROOT, step="policy", words="Ed25519, ECDSA and RSA are accepted")

    def test_a_certificate_over_16_kib_is_refused(self):
        many = names(*[dns(f"{i}.example") for i in range(1500)])
        self.assertPath(f"name=kdc {many}", ROOT, step=CHAIN, words="over 16384 bytes")


class Dates(Verify):
    """--at: the same question at another time."""

    FROM, TILL = "2030-01-01T00:00:00Z", "2030-12-31T23:59:59Z"

    def test_the_time_of_the_question_counts_and_not_that_of_the_clock(self):
        chain = self.make(f"{KDC} from={self.FROM} till={self.TILL}", f"{ROOT} from={self.FROM} till={self.TILL}")
        record = self.record("2 0 1", chain[1])
        self.assertBelieved(chain, record, at="2030-06-01T00:00:00Z")
        self.assertNotBelieved(DANE, f"is not valid before {self.FROM}", chain, record)
        self.assertNotBelieved(DANE, f"expired at {self.TILL}", chain, record, at="2031-06-01T00:00:00Z")

    def test_rfc5280_4_1_2_5_the_first_and_the_last_second_are_within(self):
        chain = self.make(f"{KDC} from={self.FROM} till={self.TILL}", f"{ROOT} till=2040-01-01T00:00:00Z")
        record = self.record("2 0 1", chain[1])
        for at in (self.FROM, self.TILL):
            self.assertBelieved(chain, record, at=at)
        self.assertNotBelieved(DANE, "certificate 1 of the path", chain, record, at="2029-12-31T23:59:59Z")
        self.assertNotBelieved(DANE, "certificate 1 of the path", chain, record, at="2031-01-01T00:00:00Z")

    def test_rfc5280_4_1_2_5_a_certificate_without_an_end_has_none(self):
        chain = self.make(f"{KDC} till=never", f"{ROOT} till=never")
        self.assertBelieved(chain, self.record("2 0 1", chain[1]), at="2100-01-01T00:00:00Z")


class Names(Verify):
    """RFC 7671 10.2, RFC 4556 3.2.4: for usages 2, 1 and 0 the first certificate names the realm or its server."""

    WORDS = "none of the alternative names alpha.example, kdc.alpha.example and krbtgt/ALPHA.EXAMPLE@ALPHA.EXAMPLE"

    def named(self, *general, **options):
        chain = self.make(f"name=kdc purpose={KPKDC} {names(*general)}", ROOT)
        return (chain, self.record("2 0 1", chain[1]))

    def assertNames(self, *general, **options):
        self.assertBelieved(*self.named(*general), **options)

    def assertNamesNot(self, *general, words=None, **options):
        self.assertNotBelieved(DANE, words or self.WORDS, *self.named(*general), **options)

    def test_rfc7671_10_2_the_realms_name_and_the_servers_will_do_in_any_case_of_letters(self):
        for name in ("alpha.example", "ALPHA.example", "kdc.alpha.example", "KDC.ALPHA.EXAMPLE"):
            self.assertNames(dns(name))

    def test_rfc7671_10_2_any_of_several_names_will_do(self):
        self.assertNames(dns("www.alpha.example"), element(0x81, b"root@alpha.example"), dns("alpha.example"))

    def test_rfc7671_10_2_the_name_counts_for_each_usage_but_3(self):
        chain = self.make("name=kdc dns=other.example", ROOT)
        for record in (self.record("2 0 1", chain[1]), self.record("1 0 1", chain[0]),
                       self.record("0 0 1", chain[1])):
            self.assertNotBelieved(DANE, self.WORDS, chain, record, anchors=chain[1:])

    def test_other_names_will_not_do(self):
        for name in ("other.example", "example", "www.alpha.example", "alpha.example.org", "xalpha.example",
                     "alpha.example."):
            self.assertNamesNot(dns(name))

    def test_rfc6125_6_4_3_a_wildcard_is_no_name_of_a_kdc(self):
        """Stricter than RFC 6125: a realm's KDCs are few, and each can be named."""
        for name in ("*.alpha.example", "*.example", "kdc.*.example", "*"):
            self.assertNamesNot(dns(name))

    def test_rfc6125_6_4_4_the_common_name_does_not_count(self):
        for name in ("alpha.example", HOST, f"krbtgt/{REALM}@{REALM}"):
            chain = self.make(f"name={name} purpose={KPKDC}", ROOT)
            self.assertNotBelieved(DANE, self.WORDS, chain, self.record("2 0 1", chain[1]))

    def test_a_nul_in_a_name_does_not_end_it(self):
        self.assertNamesNot(dns(b"alpha.example\0.evil.example"))
        self.assertNamesNot(dns(b"alpha.example\0"))
        self.assertNamesNot(dns(b"kdc.alpha.example\0.evil.example"))

    def test_rfc5280_7_2_a_name_in_another_script_is_in_its_ascii_form(self):
        options = {"realm": "XN--BCHER-KVA.EXAMPLE", "host": "kdc.xn--bcher-kva.example"}
        self.assertNames(dns("xn--bcher-kva.example"), **options)
        chain, record = self.named(dns("b\u00fccher.example"))
        self.assertNotBelieved(DANE, "none of the alternative names", chain, record, **options)

    def test_names_of_other_kinds_do_not_count(self):
        for tag in (0x81, 0x86):
            self.assertNamesNot(element(tag, b"alpha.example"))

    def test_names_of_other_kinds_do_no_harm(self):
        subject = bytes.fromhex("300c310a30080603550403") + element(0x0c, b"x")
        other = bytes.fromhex("06032a0304") + element(0xa0, b"\x05\x00")
        for name in (element(0x81, b"root@alpha.example"), element(0x86, b"urn:x"), element(0x87, bytes(4)),
                     element(0x88, b"\x2a\x03"), element(0xa4, subject), element(0xa0, other)):
            self.assertNames(name, dns("alpha.example"))

    def test_rfc4556_3_2_4_pkinits_name_of_the_realm_will_do(self):
        self.assertNames(pkinit(REALM, "krbtgt", REALM))
        self.assertNames(pkinit(REALM, "krbtgt", REALM, kind=1))

    def test_rfc4556_3_2_4_pkinits_name_is_exactly_that_of_the_realm(self):
        for other in (pkinit("OTHER.EXAMPLE", "krbtgt", REALM), pkinit(REALM, "krbtgt", "OTHER.EXAMPLE"),
                      pkinit(REALM.lower(), "krbtgt", REALM.lower()), pkinit(REALM, "KRBTGT", REALM),
                      pkinit(REALM, "host", REALM), pkinit(REALM, "krbtgt"), pkinit(REALM, "krbtgt", REALM, "x")):
            self.assertNamesNot(other)

    def test_rfc4556_3_2_4_one_component_with_a_slash_in_it_is_another_principal(self):
        self.assertNamesNot(pkinit(REALM, f"krbtgt/{REALM}"))
        self.assertNamesNot(pkinit("", "krbtgt", f"{REALM}@{REALM}"))

    def test_rfc4556_3_2_4_a_nul_in_pkinits_name_does_not_end_it(self):
        for other in (pkinit(REALM, "krbtgt", REALM.encode() + b"\0X"), pkinit(REALM.encode() + b"\0", "krbtgt", REALM)):
            self.assertNamesNot(other)

    def test_rfc4556_3_2_4_a_name_that_is_not_der_is_none(self):
        self.assertNamesNot(pkinit(REALM, "krbtgt", REALM)[:-1] + b"\xc3")
        broken = element(0xa0, bytes.fromhex("06062b0601050202"), element(0xa0, element(0x30, b"\xa0\x80")))
        self.assertNamesNot(broken)

    def test_a_certificate_of_many_names_is_read_to_the_64th(self):
        many = [dns(f"{i}.example") for i in range(1000)]
        self.assertNames(*many[:63], dns("alpha.example"), *many[63:])
        self.assertNamesNot(*many[:64], dns("alpha.example"), *many[64:])


class Purpose(Verify):
    """RFC 4556 3.2.4, RFC 5280 4.2.1.12 and 4.2.1.3: the first certificate is meant for a KDC."""

    def assertPurpose(self, plan, words=None):
        chain = self.make(f"name=kdc dns=alpha.example {plan}", ROOT)
        record = self.record("2 0 1", chain[1])
        if words is None:
            self.assertBelieved(chain, record)
        else:
            self.assertNotBelieved(DANE, words, chain, record)

    def test_rfc4556_3_2_4_a_purpose_is_that_of_a_kdc_or_any_or_none(self):
        for plan in (f"purpose={KPKDC}", f"purpose={ANY_PURPOSE}", ""):
            self.assertPurpose(plan)

    def test_rfc4556_3_2_4_another_purpose_is_refused(self):
        self.assertPurpose(f"purpose={SERVER_AUTH}", "extended key usage lacks id-pkinit-KPKdc")

    def test_rfc5280_4_2_1_3_a_key_that_may_not_sign_is_refused(self):
        self.assertPurpose(f"usage={CERT_SIGN}", "key usage lacks digitalSignature")
        self.assertPurpose(f"usage={DIGITAL_SIGNATURE}")

    def test_a_usage_that_cannot_be_read_is_not_an_absent_one(self):
        for oid, words in (("2.5.29.15", "key usage lacks digitalSignature"),
                           ("2.5.29.37", "extended key usage lacks id-pkinit-KPKdc")):
            self.assertPurpose(f"critical={oid}", words)


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
