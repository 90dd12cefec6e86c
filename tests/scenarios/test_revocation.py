"""Lists of revoked certificates (RFC 5280 5), as kxover_revoke and kxover verify --crl have them.

The judgement is that of an exchange; test_federation has the files of a realm that is running."""

import base64
import textwrap
import unittest

import test_cli
import verifying
from lab.authority import Authority

REVOKED = "is revoked since"
NOT_SIGNED = "and is not signed by it"


class Revocation(verifying.Verify):
    """A realm certified by an authority between, that by a root."""

    def setUp(self):
        super().setUp()
        self.root = Authority(self.env, self.folder, "root")
        self.between = Authority(self.env, self.folder, "between", self.root)
        self.serial = self.between.certify(verifying.REALM, self.certificate, self.key)
        self.chain = verifying.certificates(self.certificate.read_text())

    def list(self, authority, *serials, name="crl.pem", **options):
        """A list of that authority's."""
        return authority.revoke(self.folder / name, *serials, **options)

    def judge(self, *lists, chain=None, parameters="3 1 1", at=None):
        """What kxover verify says of the chain with these lists."""
        chain = chain or self.chain
        path = self.folder / "chain.pem"
        path.write_text("".join(chain))
        index = 1 if parameters.startswith("2") else 0
        options = [word for crl in lists for word in ("--crl", crl)] + (["--at", at] if at else [])
        return self.kxover("verify", "--realm", verifying.REALM, "--host", verifying.HOST, "--chain", path,
                           "--tlsa", self.record(parameters, chain[index]), *options, check=False)

    def assertJudged(self, result, *words):
        """Refused at check 6 with these words, or believed if there are none."""
        if words:
            self.assertRefused(result, test_cli.FAILED, "is not believed", verifying.ROOTS, *words)
        else:
            self.assertEqual((result.code, result.stderr), (0, ""), result.output)

    def test_who_is_not_listed_is_believed(self):
        self.assertJudged(self.judge(self.list(self.between), self.list(self.root, 77, name="other.pem")))

    def test_a_revoked_realm_is_refused_with_its_name_and_number_and_since_when(self):
        result = self.judge(self.list(self.between, 8, self.serial, 9))
        self.assertJudged(result, f"certificate 1 of the chain (CN={verifying.REALM}, serial number 02) {REVOKED} 20",
                          self.folder / "crl.pem")

    def test_it_is_refused_whatever_the_usage_of_its_record(self):
        crl = self.list(self.between, self.serial)
        for parameters in ("3 1 1", "3 0 0", "2 0 1", "2 1 2"):
            with self.subTest(parameters=parameters):
                self.assertJudged(self.judge(crl, parameters=parameters), REVOKED)

    def test_a_revoked_authority_takes_its_realms_along(self):
        self.assertJudged(self.judge(self.list(self.root, self.between.serial)),
                          "certificate 2 of the chain (CN=between, serial number 02)", REVOKED)

    def test_the_number_counts_of_the_issuers_own_list_alone(self):
        third = Authority(self.env, self.folder, "third")
        self.assertJudged(self.judge(self.list(third, self.serial)))

    def test_a_number_longer_than_any_list_can_have_is_in_none(self):
        """RFC 5280 4.1.2.2 allows for 20 bytes; 64 are compared, and these have more."""
        request, path = self.folder / "request.pem", self.folder / "long.pem"
        self.tool("openssl", "req", "-new", "-key", self.key, "-subj", "/CN=long", "-out", request)
        crl = self.list(self.between, self.serial, 0x41)
        for length in (65, 100, 200):
            with self.subTest(length=length):
                self.tool("openssl", "x509", "-req", "-in", request, "-CA", self.between.certificate,
                          "-CAkey", self.between.key, "-set_serial", f"0x{length * '41'}", "-out", path)
                self.assertJudged(self.judge(crl, chain=[path.read_text(), *self.chain[1:]]))

    def test_every_list_of_every_file_counts(self):
        both = self.folder / "both.pem"
        both.write_text(self.list(self.root).read_text() + self.list(self.between, self.serial).read_text())
        self.assertJudged(self.judge(both), REVOKED)
        self.assertJudged(self.judge(self.list(self.root), self.list(self.between, self.serial, name="b.pem")),
                          REVOKED)

    def test_a_list_that_is_overdue_counts_on(self):
        crl = self.list(self.between, self.serial, days=1)
        self.assertJudged(self.judge(crl, at=verifying.stamp(5 * verifying.DAY)), REVOKED)

    def test_a_list_that_was_altered_stops_all_of_its_issuer(self):
        for number in (self.serial, 9):
            with self.subTest(number=number):
                self.assertJudged(self.judge(self.altered(self.list(self.between, number))), "CN=between", NOT_SIGNED)

    def altered(self, path):
        """The list with the last bit of its signature the other way."""
        body = path.read_text().replace("-----BEGIN X509 CRL-----", "").replace("-----END X509 CRL-----", "")
        der = bytearray(base64.b64decode(body))
        der[-1] ^= 1
        text = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
        path.write_text(f"-----BEGIN X509 CRL-----\n{text}\n-----END X509 CRL-----\n")
        return path

    def test_a_list_of_the_authoritys_former_key_stops_nobody_who_is_not_in_it(self):
        former = Authority(self.env, self.folder / "former", "between", self.root)
        self.assertJudged(self.judge(self.list(former, 99)))
        self.assertJudged(self.judge(self.list(former, self.serial)), NOT_SIGNED)

    def test_another_certificate_of_the_authoritys_key_does_not_help_the_revoked(self):
        """Whoever was revoked sends the chain, and can have its issuer's key certified by a root of its own:
        under another key identifier, and not for lists."""
        own = Authority(self.env, self.folder, "own")
        extra = ['cn = "between"', "ca", "cert_signing_key", "subject_key_id = 0102030405"]
        other = self.folder / "other.pem"
        own.sign(self.between.key, other, extra)
        chain = [self.chain[0], other.read_text(), own.certificate.read_text()]
        self.assertJudged(self.judge(self.list(self.between), chain=chain))
        self.assertJudged(self.judge(self.list(self.between, self.serial), chain=chain), REVOKED)

    def test_a_list_of_the_root_that_was_is_verified_by_the_root_that_is_configured(self):
        """The root has a new certificate of another key, and both are configured; the list is by the new."""
        new = Authority(self.env, self.folder / "new", "root")
        crl = self.list(new, self.between.serial)
        anchors = self.folder / "anchors.pem"
        anchors.write_text(self.chain[2] + new.certificate.read_text())
        path = self.folder / "chain.pem"
        path.write_text("".join(self.chain))
        arguments = ("verify", "--realm", verifying.REALM, "--host", verifying.HOST, "--chain", path,
                     "--tlsa", self.record("3 1 1", self.chain[0]), "--crl", crl)
        self.assertJudged(self.kxover(*arguments, "--anchors", anchors, check=False), REVOKED)
        anchors.write_text(self.chain[2])
        self.assertJudged(self.kxover(*arguments, "--anchors", anchors, check=False), NOT_SIGNED)

    def test_a_list_that_cannot_be_read_is_no_answer(self):
        broken = self.folder / "broken.pem"
        broken.write_text("To be done.\n")
        for path in (broken, self.folder / "missing.pem", self.certificate):
            with self.subTest(path=path):
                self.assertRefused(self.judge(path), test_cli.USAGE, "--crl", path)

    def test_a_list_that_does_not_stand_for_itself_is_no_answer(self):
        """A list of changes, as its critical extension says (RFC 5280 5.2.4)."""
        path = self.list_by_openssl("", "2.5.29.27 = critical,DER:020101\n")
        self.assertRefused(self.judge(path), test_cli.USAGE, "critical extension 2.5.29.27")

    def test_a_list_with_a_number_that_cannot_be_read_is_no_answer(self):
        """Nobody knows whether it is not the one that is asked about."""
        path = self.list_by_openssl(f"R\t391231235959Z\t261101000000Z\t{100 * '41'}\tunknown\t/CN=somebody\n")
        self.assertRefused(self.judge(path), test_cli.USAGE, "entry 1 of the list in", "cannot be read")

    def list_by_openssl(self, index, extensions=""):
        """A list of BETWEEN's that certtool would not make; `index` has a line for each certificate."""
        conf, database = self.folder / "openssl.cnf", self.folder / "index"
        database.write_text(index)
        conf.write_text(f"[ca]\ndefault_ca = it\n[it]\ndatabase = {database}\ndefault_md = default\n"
                        "default_crl_days = 5\ncrl_extensions = more\n"
                        f"[more]\nauthorityKeyIdentifier = keyid\n{extensions}")
        path = self.folder / "openssl.pem"
        self.tool("openssl", "ca", "-config", conf, "-gencrl", "-keyfile", self.between.key,
                  "-cert", self.between.certificate, "-out", path)
        return path


if __name__ == "__main__":
    unittest.main()
