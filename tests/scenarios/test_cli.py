"""kxover, the administrator's tool: what it prints, what it writes, what it refuses."""

import hashlib
import os
import re
import stat
import tempfile
import unittest
from pathlib import Path

from lab import tools
from lab.process import run
from scenario import Scenario

REALM = "ALPHA.EXAMPLE"
HOST = "kdc.alpha.example"
FAILED = 1
USAGE = 2
UNTRIED = 3


def cli():
    """Where kxover was built."""
    return Path(os.environ.get("KXOVER_BUILD", os.curdir)).resolve() / "kxover"


class Tool(unittest.TestCase):
    """kxover on a machine of its own, in a temporary folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kxover-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.certificate = self.folder / "cert.pem"
        self.key = self.folder / "key.pem"
        self.env = {**os.environ, "PATH": tools.search_path(), "LC_ALL": "C",
                    "KRB5_CONFIG": str(self.folder / "krb5.conf"),
                    "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf")}
        (self.folder / "krb5.conf").write_text(f"[libdefaults]\n    default_realm = {REALM}\n")
        self.binary = cli()
        self.configure()

    def configure(self, **settings):
        """Write kdc.conf with these relations in the realm's section of [dbmodules]."""
        relations = {"database_name": self.folder / "principal", "db_library": "db2", **settings}
        lines = "".join(f"        {name} = {value}\n" for name, value in relations.items())
        (self.folder / "kdc.conf").write_text(
            f"[realms]\n    {REALM} = {{\n        key_stash_file = {self.folder}/stash\n    }}\n"
            f"[dbmodules]\n    {REALM} = {{\n{lines}    }}\n")

    def kxover(self, *arguments, check=True):
        return run([cli(), *arguments], self.env, check=check)

    def as_somebody(self, *arguments, mode=0o000):
        """Run kxover as a user to whom the database's files are of that mode."""
        for path in self.folder.glob("principal*"):
            path.chmod(mode)
        if os.geteuid() != 0:
            return self.kxover(*arguments, check=False)
        self.folder.chmod(0o755)
        copy = self.folder / "kxover"
        copy.write_bytes(cli().read_bytes())
        copy.chmod(0o755)
        return self.tool("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, *arguments, check=False)

    def keygen(self, *arguments, check=True):
        return self.kxover("keygen", *arguments, self.certificate, self.key, check=check)

    def tool(self, name, *arguments, check=True, input=None):
        """Run a program of the system."""
        return run([tools.find(name), *arguments], self.env, check=check, input=input)

    def assertRefused(self, result, code, *words):
        """One line on stderr with all of words, nothing on stdout, and that exit code."""
        self.assertEqual((result.code, result.stdout), (code, ""), result.output)
        self.assertRegex(result.stderr, r"\Akxover: [^\n]+\n\Z")
        for word in words:
            self.assertIn(str(word), result.stderr)


class CommandLine(Tool):

    def test_help_and_version_go_to_stdout(self):
        for arguments in (["--help"], ["-h"], ["help"], ["keygen", "--help"], ["dns", "-h"], ["help", "list"]):
            with self.subTest(arguments=arguments):
                result = self.kxover(*arguments)
                self.assertRegex(result.stdout, r"\Ausage: kxover ")
                self.assertEqual(result.stderr, "")
        self.assertRegex(self.kxover("--version").stdout, r"\Akxover [0-9.]+\n\Z")

    def test_a_wrong_call_is_one_line_and_exit_code_2(self):
        for arguments, words in (
                ([], "which command"),
                (["lsit"], "lsit"),
                (["help", "lsit"], "lsit"),
                (["help", "list", "dns"], "dns"),
                (["list", "--color", "pink"], "--color pink"),
                (["list", "--json=yes"], "has no value"),
                (["list", "--frobnicate"], "--frobnicate"),
                (["list", "-x"], "-x"),
                (["list", "extra"], "extra"),
                (["list", *["--json"] * 257], "more than 256 options"),
                (["list", "-r"], "-r wants a value"),
                (["keygen", "one"], "two files"),
                (["keygen", "one", "two", "three"], "two files"),
                (["keygen", "--days", "0", "c", "k"], "--days 0"),
                (["keygen", "--days", "1e3", "c", "k"], "--days 1e3"),
                (["keygen", "a,b", "k"], "comma"),
                (["dns"], "--host"),
                (["dns", "--host", "kdc"], "--host kdc"),
                (["dns", "--host", "kdc alpha.example"], "--host kdc alpha.example"),
                (["dns", "--host", HOST, "--port", "65536"], "--port 65536"),
                (["dns", "--host", HOST, "extra"], "extra")):
            with self.subTest(arguments=arguments):
                self.assertRefused(self.kxover(*arguments, check=False), USAGE, words)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["kdc.conf", "krb5.conf"])

    def test_output_that_cannot_be_written_is_an_error(self):
        result = run(["/bin/sh", "-c", f"'{cli()}' --help >/dev/full"], self.env, check=False)
        self.assertRefused(result, FAILED, "stdout")

    def test_a_realm_that_nobody_named_is_asked_for(self):
        (self.folder / "krb5.conf").write_text("")
        self.assertRefused(self.keygen(check=False), UNTRIED, "-r REALM", "default_realm")


class KeyGen(Tool):

    def test_the_key_is_for_its_owner_alone_and_the_certificate_for_all(self):
        for mask in (0o000, 0o077):
            with self.subTest(umask=mask):
                for path in (self.certificate, self.key):
                    path.unlink(missing_ok=True)
                previous = os.umask(mask)
                try:
                    self.keygen()
                finally:
                    os.umask(previous)
                self.assertEqual(stat.S_IMODE(self.key.stat().st_mode), 0o600)
                self.assertEqual(stat.S_IMODE(self.certificate.stat().st_mode), 0o644)

    def test_of_files_that_cannot_be_written_nothing_is_left(self):
        # A file of no bytes may be made, and nothing may be written to it.
        result = run(["/bin/sh", "-c", f"trap '' XFSZ; ulimit -f 0; exec '{cli()}' keygen '{self.certificate}' "
                                       f"'{self.key}'"], self.env, check=False)
        self.assertRefused(result, FAILED, "cannot write", self.key)
        self.assertFalse(self.key.exists() or self.certificate.exists())

    def test_it_prints_the_line_for_kdc_conf(self):
        line = self.keygen().stdout
        self.assertEqual(line, f"kxover_identity = FILE:{self.certificate},{self.key}\n")

    def test_others_read_what_it_made(self):
        self.keygen("--host", HOST, "--host", "KDC2.alpha.example", "--days", "30")
        text = self.tool("certtool", "-i", "--infile", self.certificate).stdout
        for words in ("Subject: CN=ALPHA.EXAMPLE", "Issuer: CN=ALPHA.EXAMPLE", "EdDSA (Ed25519)",
                      "DNSname: alpha.example", f"DNSname: {HOST}", "DNSname: kdc2.alpha.example",
                      "krbtgt/ALPHA.EXAMPLE@ALPHA.EXAMPLE", "1.3.6.1.5.2.3.5"):
            self.assertIn(words, text)
        of_key = self.tool("certtool", "--load-privkey", self.key, "--pubkey-info").stdout
        of_certificate = self.tool("certtool", "--infile", self.certificate, "--pubkey-info").stdout
        begin = "-----BEGIN PUBLIC KEY-----"
        self.assertEqual(of_key.partition(begin)[2], of_certificate.partition(begin)[2])
        self.assertIn(begin, of_key)

    def test_nothing_is_ever_overwritten(self):
        for there, other in ((self.certificate, self.key), (self.key, self.certificate)):
            with self.subTest(there=there.name):
                there.write_text("precious")
                self.assertRefused(self.keygen(check=False), FAILED, there, "overwrites nothing")
                self.assertEqual(there.read_text(), "precious")
                self.assertFalse(other.exists(), "half an identity was left behind")
                there.unlink()

    def test_a_link_is_not_followed(self):
        elsewhere = self.folder / "elsewhere"
        self.key.symlink_to(elsewhere)
        self.assertRefused(self.keygen(check=False), FAILED, self.key)
        self.assertFalse(elsewhere.exists())

    def test_one_file_cannot_be_both(self):
        result = self.kxover("keygen", self.key, self.key, check=False)
        self.assertRefused(result, FAILED, self.key)
        self.assertFalse(self.key.exists())

    def test_a_folder_that_is_not_there_is_an_error(self):
        result = self.kxover("keygen", self.certificate, self.folder / "no" / "key.pem", check=False)
        self.assertRefused(result, FAILED, "key.pem", "No such file")
        self.assertFalse(self.certificate.exists())

    def test_a_realm_that_is_no_dns_name_is_refused(self):
        for realm in ("EXAMPLE", "alpha.example"):
            with self.subTest(realm=realm):
                self.assertRefused(self.keygen("-r", realm, check=False), USAGE, realm)
                self.assertFalse(self.key.exists())

    def test_a_host_that_is_none_is_refused(self):
        self.assertRefused(self.keygen("--host", "kdc/alpha", check=False), FAILED, "kdc/alpha")
        self.assertFalse(self.key.exists())


class Dns(Tool):

    def records(self, *arguments):
        return self.kxover("dns", *arguments).stdout.splitlines()

    def of_files(self, certificate=None, key=None):
        return f"FILE:{certificate or self.certificate},{key or self.key}"

    def digest_by_certtool(self, certificate):
        der = self.folder / "public.der"
        self.tool("certtool", "--infile", certificate, "--pubkey-info", "--outder", "--outfile", der)
        return hashlib.sha256(der.read_bytes()).hexdigest()

    def test_three_records_with_absolute_names(self):
        self.keygen()
        self.configure(kxover_identity=self.of_files())
        self.assertEqual(self.records("--host", HOST), [
            f"_kerberos._tcp.alpha.example. 3600 IN SRV 0 0 88 {HOST}.",
            f"_88._tcp.{HOST}. 3600 IN TLSA 3 1 1 {self.digest_by_certtool(self.certificate)}",
            '_kerberos.alpha.example. 3600 IN TXT "ALPHA.EXAMPLE"'])

    def test_the_port_is_in_both_records(self):
        self.keygen()
        records = self.records("--host", HOST, "--port", "1088", "--identity", self.of_files())
        self.assertIn(f" SRV 0 0 1088 {HOST}.", records[0])
        self.assertTrue(records[1].startswith(f"_1088._tcp.{HOST}. "))

    def test_the_host_is_written_one_way(self):
        self.keygen()
        one = self.records("--host", HOST, "--identity", self.of_files())
        self.assertEqual(self.records("--host", "KDC.Alpha.EXAMPLE.", "--identity", self.of_files()), one)

    def test_zone_checkers_take_them(self):
        self.keygen()
        zone = self.folder / "zone"
        zone.write_text("\n".join([
            "alpha.example. 3600 IN SOA ns.alpha.example. hostmaster.alpha.example. 1 3600 600 86400 600",
            "alpha.example. 3600 IN NS ns.alpha.example.",
            "ns.alpha.example. 3600 IN A 192.0.2.1",
            f"{HOST}. 3600 IN A 192.0.2.2",
            *self.records("--host", HOST, "--identity", self.of_files()), ""]))
        self.assertIn("is ok", self.tool("nsd-checkzone", "alpha.example", zone).output)
        read = self.tool("ldns-read-zone", zone).stdout
        for kind in ("SRV", "TLSA", "TXT"):
            self.assertRegex(read, rf"\sIN\s+{kind}\s")

    def test_of_a_chain_it_is_the_first_certificates_key(self):
        self.make_chain()
        records = self.records("--host", HOST, "--identity", self.of_files())
        self.assertTrue(records[1].endswith(
            f" TLSA 3 1 1 {self.digest_by_certtool(self.folder / 'end.pem')}"), records[1])

    def make_chain(self):
        """A certificate by a root that certtool made, root included; RSA, as CAs do."""
        root_key, root, end = (self.folder / name for name in ("root-key.pem", "root.pem", "end.pem"))
        root_template, end_template = (self.folder / name for name in ("root.cfg", "end.cfg"))
        root_template.write_text("cn = a root\nca\ncert_signing_key\n")
        end_template.write_text("cn = ALPHA.EXAMPLE\ndns_name = alpha.example\n")
        for key in (root_key, self.key):
            self.tool("certtool", "--generate-privkey", "--key-type", "rsa", "--bits", "2048", "--outfile", key)
        self.tool("certtool", "--generate-self-signed", "--load-privkey", root_key, "--template", root_template,
                  "--outfile", root)
        self.tool("certtool", "--generate-certificate", "--load-privkey", self.key, "--load-ca-certificate", root,
                  "--load-ca-privkey", root_key, "--template", end_template, "--outfile", end)
        self.certificate.write_text(end.read_text() + root.read_text())

    def test_a_chain_without_its_root_is_not_published(self):
        self.make_chain()
        self.certificate.write_text((self.folder / "end.pem").read_text())
        result = self.kxover("dns", "--host", HOST, "--identity", self.of_files(), check=False)
        self.assertRefused(result, UNTRIED, "self-signed")

    def test_without_an_identity_it_says_where_one_is_missing(self):
        result = self.kxover("dns", "--host", HOST, check=False)
        self.assertRefused(result, UNTRIED, "kxover_identity", REALM, "kxover keygen")

    def test_a_wrong_setting_is_named(self):
        self.configure(kxover_identity="cert.pem")
        result = self.kxover("dns", "--host", HOST, check=False)
        self.assertRefused(result, UNTRIED, "[dbmodules]", REALM, "kxover_identity = cert.pem")

    def test_a_key_of_another_certificate_is_not_published(self):
        self.keygen()
        other = self.folder / "other.pem"
        self.kxover("keygen", other, self.folder / "other-key.pem")
        result = self.kxover("dns", "--host", HOST, "--identity", self.of_files(certificate=other), check=False)
        self.assertRefused(result, UNTRIED, "not that of the first certificate")

    def test_a_realm_that_is_no_dns_name_is_refused(self):
        self.keygen()
        result = self.kxover("dns", "-r", "EXAMPLE", "--host", HOST, "--identity", self.of_files(), check=False)
        self.assertRefused(result, USAGE, "EXAMPLE")


class DnsOfAToken(Tool):
    """The identity is in a PKCS #11 token (RFC 7512), here SoftHSM's."""

    def setUp(self):
        super().setUp()
        tokens = self.folder / "tokens"
        tokens.mkdir()
        (self.folder / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\nlog.level = ERROR\n")
        self.env["SOFTHSM2_CONF"] = str(self.folder / "softhsm2.conf")
        self.pin = self.folder / "pin"
        self.pin.write_text("1234")
        self.keygen()
        self.tool("softhsm2-util", "--init-token", "--free", "--label", "kx", "--so-pin", "5678", "--pin", "1234")
        self.tool("softhsm2-util", "--import", self.key, "--token", "kx", "--label", "realm", "--id", "01",
                  "--pin", "1234")
        self.tool("p11tool", "--login", "--set-pin=1234", "--write", "--load-certificate", self.certificate,
                  "--label", "realm", "--id", "01", "pkcs11:token=kx")

    def dns(self, pin_source, check=True):
        spec = (f"PKCS11:pkcs11:token=kx;object=realm;type=cert,"
                f"pkcs11:token=kx;object=realm;type=private?pin-source={pin_source}")
        return self.kxover("dns", "--host", HOST, "--identity", spec, check=check)

    def test_its_records_are_those_of_the_same_key_in_files(self):
        of_files = self.kxover("dns", "--host", HOST, "--identity", f"FILE:{self.certificate},{self.key}").stdout
        self.assertEqual(self.dns(self.pin).stdout, of_files)

    def test_a_wrong_pin_is_refused_and_not_repeated(self):
        self.pin.write_text("9999")
        result = self.dns(self.pin, check=False)
        self.assertRefused(result, UNTRIED, "token's private key", "pin-source")
        self.assertNotIn("9999", result.output)

    def test_nobody_is_asked_for_a_pin_that_is_missing(self):
        self.assertRefused(self.dns(self.folder / "no-pin", check=False), UNTRIED, "token's private key")


class List(Tool):

    def setUp(self):
        super().setUp()
        self.tool("kdb5_util", "create", "-s", "-P", "master")

    def kadmin(self, *queries):
        self.tool("kadmin.local", input="".join(f"{query}\n" for query in queries))

    def rows(self):
        """The lines of the table as lists of columns; the first is the titles."""
        return [re.split(r"  +", line) for line in self.kxover("list").stdout.splitlines()]

    def mark(self, principal, kvno, till="2100-01-02T03:04:05Z", established="2019-12-01T00:00:00Z"):
        """Mark a key version as kxover does."""
        self.kadmin(
            f"setstr {principal} kxover_kvno_{kvno} \"established={established} till={till} "
            f"peer=kdc.bravo.example:88 "
            f"certificate=sha256:{'0a' * 32} tlsa=3-1-1-{'0b' * 32} group=X25519 prior=0\"")

    def test_an_empty_database_has_titles_alone(self):
        self.assertEqual(self.rows(), [["DIRECTION", "REALM", "KVNO", "UNTIL", "STATE", "PEER", "ENCRYPTION TYPES"]])

    def test_a_crossover_of_kxover_tells_until_when_and_with_whom(self):
        self.kadmin("addprinc -randkey -e aes256-sha2,aes128-sha2 krbtgt/BRAVO.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 1, "2100-01-02T03:04:05Z")
        self.assertEqual(self.rows()[1:], [["outgoing", "BRAVO.EXAMPLE", "1", "2100-01-02T03:04:05Z", "in use",
                                            "kdc.bravo.example:88", "aes256-sha2,aes128-sha2"]])

    def test_an_expired_key_is_shown_as_such(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 1, "2020-01-01T00:00:00Z")
        self.assertEqual(self.rows()[1][3:5], ["2020-01-01T00:00:00Z", "expired"])

    def test_one_keyed_by_hand_is_shown_as_such(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE",
                    "addprinc -randkey -e aes256-sha2 -expire 2099-01-01 krbtgt/ALPHA.EXAMPLE@CHARLIE.EXAMPLE")
        self.assertEqual(self.rows()[1:], [
            ["outgoing", "BRAVO.EXAMPLE", "1", "never", "in use", "(by hand)", "aes256-sha2"],
            ["incoming", "CHARLIE.EXAMPLE", "1", "2099-01-01T00:00:00Z", "accepted", "(by hand)", "aes256-sha2"]])

    def test_both_directions_and_all_versions_in_order(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/CHARLIE.EXAMPLE",
                    "addprinc -randkey -e aes256-sha2 krbtgt/ALPHA.EXAMPLE@BRAVO.EXAMPLE",
                    "cpw -randkey -keepold -e aes256-sha2 krbtgt/ALPHA.EXAMPLE@BRAVO.EXAMPLE",
                    "addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE")
        self.assertEqual([row[:3] for row in self.rows()[1:]], [
            ["outgoing", "BRAVO.EXAMPLE", "1"], ["incoming", "BRAVO.EXAMPLE", "2"],
            ["incoming", "BRAVO.EXAMPLE", "1"], ["outgoing", "CHARLIE.EXAMPLE", "1"]])

    def test_each_version_has_its_own_encryption_types(self):
        self.kadmin("addprinc -randkey -e aes256-sha2,aes128-sha2 krbtgt/BRAVO.EXAMPLE",
                    "cpw -randkey -keepold -e aes256-cts krbtgt/BRAVO.EXAMPLE")
        self.assertEqual([(row[2], row[6]) for row in self.rows()[1:]],
                         [("2", "aes256-cts"), ("1", "aes256-sha2,aes128-sha2")])

    def test_a_version_without_a_mark_beside_one_with_is_not_used(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE",
                    "cpw -randkey -keepold -e aes256-sha2 krbtgt/BRAVO.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 2, "2100-01-02T03:04:05Z")
        self.assertEqual([row[5] for row in self.rows()[1:]], ["kdc.bravo.example:88", "(no mark: not used)"])

    def test_a_version_that_was_taken_over_is_shown_with_its_end(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE",
                    "cpw -randkey -keepold -e aes256-sha2 krbtgt/BRAVO.EXAMPLE",
                    'setstr krbtgt/BRAVO.EXAMPLE kxover_adopted_1 "till=2100-01-02T03:04:05Z"')
        self.mark("krbtgt/BRAVO.EXAMPLE", 2, "2100-02-02T03:04:05Z")
        self.assertEqual(self.rows()[2], ["outgoing", "BRAVO.EXAMPLE", "1", "2100-01-02T03:04:05Z", "replaced",
                                          "(by hand: taken over)", "aes256-sha2"])

    def test_a_damaged_mark_is_told_and_stops_nothing(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE",
                    "setstr krbtgt/BRAVO.EXAMPLE kxover_kvno_1 nonsense",
                    "addprinc -randkey -e aes256-sha2 krbtgt/CHARLIE.EXAMPLE")
        self.assertEqual([row[5] for row in self.rows()[1:]], ["(by hand: marks damaged)", "(by hand)"])

    def test_marks_that_do_not_fit_the_keys_are_told(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 2)
        self.assertEqual([row[5] for row in self.rows()[1:]], ["(by hand: marks damaged)"])

    def test_an_entry_that_was_keyed_by_hand_after_kxover_is_told(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 krbtgt/BRAVO.EXAMPLE",
                    "cpw -randkey -keepold -e aes256-sha2 krbtgt/BRAVO.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 1)
        self.assertEqual([row[5] for row in self.rows()[1:]], ["(by hand: marks damaged)"] * 2)

    def test_an_entry_without_keys_is_told(self):
        self.kadmin("addprinc -nokey krbtgt/BRAVO.EXAMPLE", "addprinc -nokey krbtgt/CHARLIE.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 1)
        self.assertEqual(self.rows()[1:], [
            ["outgoing", "BRAVO.EXAMPLE", "-", "-", "no keys", "(by hand: marks damaged)", "-"],
            ["outgoing", "CHARLIE.EXAMPLE", "-", "-", "no keys", "-", "-"]])

    def test_the_newest_version_is_first_whatever_its_number(self):
        self.kadmin("addprinc -randkey -e aes256-sha2 -kvno 40000 krbtgt/BRAVO.EXAMPLE",
                    "cpw -randkey -keepold -e aes256-sha2 krbtgt/BRAVO.EXAMPLE")
        self.mark("krbtgt/BRAVO.EXAMPLE", 40001)
        self.mark("krbtgt/BRAVO.EXAMPLE", 40000, established="2019-12-02T00:00:00Z")
        self.assertEqual([row[2] for row in self.rows()[1:]], ["40000", "40001"])

    def test_other_principals_are_not_listed(self):
        self.kadmin("addprinc -randkey krbtgt/BRAVO.EXAMPLE@CHARLIE.EXAMPLE", "addprinc -randkey host/a.example",
                    "addprinc -randkey krbtgt/A/B", "addprinc -randkey krbtgt")
        self.assertEqual(len(self.rows()), 1)

    def test_it_takes_the_rights_of_kadmin_local(self):
        self.assertRefused(self.as_somebody("list"), UNTRIED, "rights of kadmin.local", "Permission denied")

    def test_to_read_is_enough(self):
        self.assertEqual(self.as_somebody("list", mode=0o444).code, 0)

    def test_a_database_that_is_not_there_is_named(self):
        self.assertRefused(self.kxover("list", "-r", "BRAVO.EXAMPLE", check=False), UNTRIED, "BRAVO.EXAMPLE")

    def test_nothing_is_written(self):
        self.kadmin("addprinc -randkey krbtgt/BRAVO.EXAMPLE")
        before = {path: path.read_bytes() for path in self.folder.glob("principal*")}
        self.kxover("list")
        self.assertEqual({path: path.read_bytes() for path in self.folder.glob("principal*")}, before)


class ListAfterAnExchange(Scenario):
    """What two realms that have just met tell of each other."""

    def row(self, realm):
        """The only row of the realm's table, as columns."""
        _, row = realm.kxover("list").stdout.splitlines()
        return re.split(r"  +", row)

    def test_both_realms_list_the_same_crossover_from_their_sides(self):
        self.alpha.kinit("alice").kvno(f"host/{self.bravo.service_host}@{self.bravo.name}")
        here, there = self.row(self.alpha), self.row(self.bravo)
        self.assertEqual(here[:2], ["outgoing", self.bravo.name])
        self.assertEqual(there[:2], ["incoming", self.alpha.name])
        self.assertEqual(here[4:6], ["in use", f"{self.bravo.kdc_host}:{self.bravo.port}"])
        self.assertEqual(there[4:6], ["accepted", f"{self.alpha.kdc_host}:{self.alpha.port}"])
        self.assertEqual((here[2:4], here[6]), (there[2:4], there[6]))
        self.assertIn("aes256-sha2", here[6].split(","))


if __name__ == "__main__":
    unittest.main()
