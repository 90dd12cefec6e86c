"""What is wrong at start.  A setting that cannot be used stops krb5kdc and kxoverd, and is named; an
identity that cannot be used stops new crossovers alone, until there is one."""

import shutil
import signal
import unittest

from badinput import CROSSOVER, BadInput
from lab import process, tools
from scenario import ALPHA, BRAVO, service_of

# A value that cannot be used for each of the settings, and further ones that are easy to write.
WRONG = (
    ("kxover_identity", "/etc/krb5kdc/cert.pem"),
    ("kxover_identity", "FILE:cert.pem,key.pem"),
    ("kxover_identity", "FILE:/cert.pem"),
    ("kxover_anchors", "roots.pem"),
    ("kxover_realms", "BRAVO..EXAMPLE"),
    ("kxover_realms", "*.*"),
    ("kxover_adopt", "yes"),
    ("kxover_listen", "localhost:88"),
    ("kxover_listen", "127.0.0.1:99999"),
    ("kxover_kdc", "kdc.alpha.example"),
    ("kxover_lifetime", "32d"),
    ("kxover_lifetime", "3 weeks"),
    ("kxover_wait", "-1s"),
    ("kxover_wait", "1h"),
    ("kxover_max_connections", "63"),
    ("kxover_stall", "101%"),
    ("kxover_stall", "a fifth"),
    ("kxover_store", "disk"),
    ("kxover_not_yet", "later"),
    ("kxover_unbound_conf", "unbound.conf"),
    ("kxover_allow_address", "127.0.0.1/8"),
    ("kxover_allow_address", "::/129"),
    ("kxover_transit", "bravo"),
    ("kxover_lifetime_min", "9s"),
    ("kxover_keep", "everything"),
    ("kxover_lifetiem", "14d"),
    ("KXOVER_WAIT", "3s"),
)


class SettingsAtStart(BadInput):
    def set(self, **settings):
        """Write these settings into ALPHA's kdc.conf, until the end of the test."""
        before = dict(self.alpha.settings)
        self.addCleanup(self._restore, before)
        self.alpha.settings.update(settings)
        self.alpha.configure()

    def _restore(self, settings):
        self.alpha.settings = settings
        self.alpha.configure()

    def assert_named(self, text, name, value):
        line, = [line for line in text.splitlines() if name in line]
        for word in ("[dbmodules]", "store", name, value):
            self.assertIn(word, line)

    def run_to_its_end(self, argv):
        """Run a server that ought not to start; returns the Result."""
        return process.run(argv, self.alpha.env, check=False, timeout=10)

    def test_krb5kdc_does_not_start_with_what_it_cannot_read_and_names_it(self):
        self.alpha.kdc.stop()
        for name, value in WRONG:
            with self.subTest(name=name, value=value):
                self.set(**{name: value})
                mark = self.alpha.kdc.log.mark()
                self.assertNotEqual(self.run_to_its_end([tools.find("krb5kdc"), "-n"]).code, 0)
                self.assert_named(self.alpha.kdc.log.since(mark), name, value if name in self.known() else "")
                self.doCleanups()
        self.alpha.kdc.start()
        self.assert_serves_its_own(self.alpha)

    def test_kxoverd_does_not_start_with_what_it_cannot_read_and_names_it(self):
        self.alpha.kxoverd.stop()
        for name, value in WRONG:
            with self.subTest(name=name, value=value):
                self.set(**{name: value})
                result = self.run_to_its_end([self.lab.build.daemon, "-n"])
                self.assertNotEqual(result.code, 0)
                self.assert_named(result.stderr, name, value if name in self.known() else "")
                self.doCleanups()
        self.alpha.kxoverd.start()

    @staticmethod
    def known():
        """The settings that there are; of others the name is told, not the value."""
        return {name for name, _ in WRONG} - {"kxover_lifetiem", "KXOVER_WAIT"}

    def test_a_setting_that_is_set_twice_is_named(self):
        self.set(kxover_wait=["3s", "4s"])
        self.alpha.kxoverd.stop()
        self.alpha.kdc.stop()
        mark = self.alpha.kdc.log.mark()
        self.assertNotEqual(self.run_to_its_end([tools.find("krb5kdc"), "-n"]).code, 0)
        self.assert_named(self.alpha.kdc.log.since(mark), "kxover_wait", "4s")
        result = self.run_to_its_end([self.lab.build.daemon, "-n"])
        self.assert_named(result.stderr, "kxover_wait", "4s")
        self.doCleanups()
        self.alpha.kdc.start()
        self.alpha.kxoverd.start()

    def test_krb5kdc_does_not_start_without_a_database_behind(self):
        self.alpha.kdc.stop()
        for backend in (None, "kxover", "nonesuch"):
            with self.subTest(backend=backend):
                self.set(kxover_backend=backend)
                mark = self.alpha.kdc.log.mark()
                self.assertNotEqual(self.run_to_its_end([tools.find("krb5kdc"), "-n"]).code, 0)
                self.assert_named(self.alpha.kdc.log.since(mark), "kxover_backend", backend or "db2")
                self.doCleanups()
        self.alpha.kdc.start()

    def test_the_administrators_tools_work_meanwhile(self):
        self.set(kxover_wait="never")
        self.assertIn(f"alice@{ALPHA}", self.alpha.kadmin_local("listprincs").stdout)

    def test_what_cannot_be_read_at_a_sighup_is_named_and_the_old_stays(self):
        self.set(kxover_wait="never")
        for service in (self.alpha.kdc, self.alpha.kxoverd):
            with self.subTest(service.name):
                mark = service.log.mark()
                service.signal(signal.SIGHUP)
                self.assertIn("never", service.log.wait_for("kxover_wait", since=mark))
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.assert_stored(self.alpha, self.bravo)
        self.bravo.kinit("alice").kvno(service_of(self.alpha))
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force krbtgt/{ALPHA}@{BRAVO}")


class Identity(BadInput):
    """ALPHA's identity cannot be used, in one way or another."""

    def setUp(self):
        self.bravo_guise = self.guise_of(self.bravo)
        self.saved = self.alpha.folder / "saved"
        self.saved.mkdir(exist_ok=True)
        for path in (self.alpha.certificate, self.alpha.key):
            shutil.copy2(path, self.saved)

    def mend(self):
        for path in (self.alpha.certificate, self.alpha.key):
            shutil.copy2(self.saved / path.name, path)

    def assert_alone_until_mended(self, *words):
        """With this identity both servers start, and say what is wrong with it; the KDC serves its own
        realm; there is no crossover in either direction, which is said.  Once the identity is
        mended there is, though nobody restarted anything."""
        self.addCleanup(self.mend)
        starts = {service: service.log.mark() for service in (self.alpha.kdc, self.alpha.kxoverd)}
        for service, mark in starts.items():
            service.restart()
            self.assert_line(service.log, mark, f"{ALPHA}: new crossovers are refused until this is mended", words)
        self.assert_serves_its_own(self.alpha)
        self.assert_no_crossover(words)
        self.assert_serves_its_own(self.alpha)
        self.mend()
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.bravo.kinit("alice").kvno(service_of(self.alpha))
        self.forget()

    def forget(self):
        """Take the crossovers out of both databases."""
        for realm in (self.alpha, self.bravo):
            for principal in (CROSSOVER, f"krbtgt/{ALPHA}@{BRAVO}"):
                realm.kadmin_local(f"delprinc -force {principal}", check=False)

    def assert_no_crossover(self, words):
        with self.nothing_stored():
            mark = self.alpha.kdc.log.mark()
            self.assertFalse(self.alpha.kinit("alice").kvno(CROSSOVER, check=False).ok)
            self.assert_line(self.alpha.kdc.log, mark, f"{CROSSOVER}: no crossover: our identity: ", words)
            mark = self.alpha.kxoverd.log.mark()
            self.assertEqual(self.ask("honest", self.bravo_guise, self.alpha), ["KRB-ERROR 29"])
            self.assert_line(self.alpha.kxoverd.log, mark, f"krbtgt/{ALPHA}@{BRAVO}: refused to ", words)

    def assert_line(self, log, mark, beginning, words):
        line = log.wait_for(beginning, since=mark)
        for word in ("kxover_identity", *words):
            self.assertIn(word, line)

    def test_no_certificate(self):
        self.alpha.certificate.unlink()
        self.assert_alone_until_mended("No such file", self.alpha.certificate.name)

    def test_no_key(self):
        self.alpha.key.unlink()
        self.assert_alone_until_mended("No such file", self.alpha.key.name)

    def test_a_key_that_everybody_can_read(self):
        self.alpha.key.chmod(0o644)
        self.assert_alone_until_mended("chmod", self.alpha.key.name)

    def test_a_certificate_that_is_none(self):
        self.alpha.certificate.write_text("To be done.\n")
        self.assert_alone_until_mended(self.alpha.certificate.name)

    def test_a_key_that_is_none(self):
        self.alpha.key.write_text("To be done.\n")
        self.assert_alone_until_mended(self.alpha.key.name)

    def test_the_key_of_another_certificate(self):
        shutil.copy2(self.bravo.key, self.alpha.key)
        self.assert_alone_until_mended("not that of the first certificate")

    def test_a_certificate_out_of_date(self):
        self.make_identity("-5000d")
        self.assert_alone_until_mended("expired at", "kxover keygen")

    def test_a_certificate_of_the_future(self):
        self.make_identity("+5000d")
        self.assert_alone_until_mended("not valid before")

    def test_roots_that_cannot_be_read(self):
        """They are not the identity, but what is true of it is true of them."""
        roots = self.alpha.folder / "roots.pem"
        self.alpha.settings["kxover_anchors"] = f"FILE:{roots}"
        self.addCleanup(self.alpha.settings.clear)
        self.alpha.configure()
        for realm in (self.alpha, self.bravo):
            realm.kdc.restart()
            realm.kxoverd.restart()
        self.assert_serves_its_own(self.alpha)
        mark = self.alpha.kxoverd.log.mark()
        self.assertEqual(self.ask("honest", self.bravo_guise, self.alpha), ["KRB-ERROR 29"])
        self.assertIn("check 6, roots: kxover_anchors: cannot read", self.one_line(self.alpha.kxoverd.log, mark))
        mark = self.alpha.kdc.log.mark()
        self.assertFalse(self.alpha.kinit("alice").kvno(CROSSOVER, check=False).ok)
        self.alpha.kdc.log.wait_for("no crossover: check 6, roots: .*cannot read certificates from", since=mark)
        shutil.copy2(self.bravo.certificate, roots)
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.forget()

    def make_identity(self, when):
        """Make an identity of ALPHA with the clock set off."""
        for path in (self.alpha.certificate, self.alpha.key):
            path.unlink()
        process.run([tools.find("faketime"), "-f", when, self.lab.build.cli, "keygen", "-r", ALPHA,
                     "--host", self.alpha.kdc_host, self.alpha.certificate, self.alpha.key], self.alpha.env)


if __name__ == "__main__":
    unittest.main()
