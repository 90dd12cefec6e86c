"""kxover verify: the path to a root of trust, and what the first certificate is for, one case for each rule of
RFC 7671, 5280, 4556 and 6125."""

import unittest

from verifying import (ANY_PURPOSE, BETWEEN, CERT_SIGN, CHAIN, CLIENT_AUTH, CRL_SIGN, DANE, DIGITAL_SIGNATURE, FUTURE,
                       HOST, KDC, KPCLIENT_AUTH, KPKDC, MISMATCH, PAST, REALM, ROOT, SERVER_AUTH, UNKNOWN, dns, element,
                       names, pkinit, Verify)


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

    def test_rfc7671_5_2_2_a_root_of_trust_that_is_in_dns_alone_is_refused(self):
        """Stricter than the RFC, which has a verifier complete the chain by the certificate in the record."""
        chain = self.good()
        self.assertNotBelieved(CHAIN, "is not self-signed", chain[:2], self.record("2 0 0", chain[2]))

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

    def test_rfc6698_a_1_a_self_signed_certificate_is_not_its_own_root_of_trust(self):
        """Stricter than the RFC, which has a first certificate that is the root of trust, too."""
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
        """A web server's, a user's, and a user's of PKINIT (RFC 4556 3.2.2)."""
        for purpose in (SERVER_AUTH, CLIENT_AUTH, KPCLIENT_AUTH):
            self.assertPurpose(f"purpose={purpose}", "extended key usage lacks id-pkinit-KPKdc")

    def test_rfc5280_4_2_1_3_a_key_that_may_not_sign_is_refused(self):
        self.assertPurpose(f"usage={CERT_SIGN}", "key usage lacks digitalSignature")
        self.assertPurpose(f"usage={DIGITAL_SIGNATURE}")

    def test_a_usage_that_cannot_be_read_is_not_an_absent_one(self):
        for oid, words in (("2.5.29.15", "key usage lacks digitalSignature"),
                           ("2.5.29.37", "extended key usage lacks id-pkinit-KPKdc")):
            self.assertPurpose(f"critical={oid}", words)


if __name__ == "__main__":
    unittest.main()
