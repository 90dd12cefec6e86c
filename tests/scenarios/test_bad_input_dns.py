"""A realm whose DNS is wrong in one way is not believed: neither when it asks nor when it is asked.

Each such realm is a zone with one fault in it and a peer that is honest.  ALPHA's real krb5kdc wants a
crossover to it, and ALPHA's real kxoverd is asked for one by it."""

import os
import re
import signal
import unittest

from badinput import CROSSOVER, BadInput
from lab import TimedOut, config, faults, tools, wait_until
from lab.process import run
from scenario import ALPHA, BRAVO

DNSSEC = "check 4, DNSSEC"
DANE = "check 5, DANE"
CONNECTION = "connection"

NOT_TRUSTED, UNAVAILABLE = 62, 29

REALMS = (
    "alias", "below.island", "elsewhere", "expired", "forged-address", "forged-srv",
    "forged-tlsa", "homeless", "mended", "no-srv", "no-tlsa", "no-zone",
    "nobody", "not-here", "port", "rootless", "sound", "spare", "stripped",
    "tlsa-changed", "unsigned", "unusable")


class FaultyDns(BadInput):
    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_wait"] = "10s"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.port = cls.lab.ports.take()
        # All at once: a resolver that has heard that there is nothing between two names believes it.
        cls.guises = {name: cls.make_guise(f"{name.upper()}.EXAMPLE", cls.port) for name in REALMS}
        del cls.lab.dns.zones["no-zone.example."]
        cls.lab.dns.zone("shady.example").records = [
            f"srv.shady.example. SRV 0 0 {cls.port} kdc.alias.example."]
        cls.lab.dns.zone("loose.example")
        cls.lab.dns.publish()

    def realm(self, name, fault=None):
        """Take one of the realms; `fault` is a function of faults that is given its zone."""
        self.guise = self.guises[name]
        self.zone = self.lab.dns.zones.get(f"{self.guise.name.lower()}.")
        if fault:
            self.enterContext(fault(self.zone))

    def edited(self, kind, edit):
        """A fault: each record of that type is what `edit` makes of its line, a line or none."""
        def change(lines):
            changed = [edit(line) if re.search(rf"\s{kind}\s", line) else line for line in lines]
            return [line for line in changed if line]
        return lambda zone: faults.records(zone, change)

    def crossover(self):
        return f"krbtgt/{self.guise.name}@{ALPHA}"

    def ask_for_the_crossover(self):
        """A user of ALPHA wants a ticket for the realm; returns the Result."""
        return self.alpha.kinit("alice").kvno(self.crossover(), check=False)

    def assert_believed(self):
        """At last, that is: resolvers may remember for a moment what was."""
        with self.answering("honest", self.guise):
            wait_until(lambda: self.ask_for_the_crossover().ok, "a ticket")
        wait_until(lambda: self.ask("honest", self.guise, self.alpha) == ["KX-REP confirmed"], "a key")

    def assert_not_believed(self, step, words):
        """Not when we want a crossover to it, and not when it wants one to us."""
        self.assert_not_reached(step, words)
        self.assert_not_served(step, words)

    def assert_not_reached(self, step, words):
        mark = self.alpha.kdc.log.mark()
        with self.nothing_stored(), self.answering("honest", self.guise):
            result = self.ask_for_the_crossover()
        self.assertIn("not found in Kerberos database", result.stderr)
        self.assert_told(mark, step, words)
        self.assert_serves_its_own(self.alpha)

    def assert_told(self, mark, step, words):
        """The user's request, which is many lookups, left one line that tells step and cause.  (The KDC
        also looks up the realms above it.)"""
        line, = [line for line in self.lines(self.alpha.kdc.log, mark) if self.crossover() in line]
        self.assertIn(f"{self.crossover()}: no crossover: {step}: ", line)
        self.assertIn(words, line)

    def assert_not_served(self, step, words, code=NOT_TRUSTED):
        mark = self.alpha.kxoverd.log.mark()
        with self.nothing_stored():
            self.assertEqual(self.ask("honest", self.guise, self.alpha), [f"KRB-ERROR {code}"])
        line = self.one_line(self.alpha.kxoverd.log, mark)
        self.assertRegex(line, rf"krbtgt/{ALPHA}@{self.guise.name}: refused to 127\.0\.0\.1:\d+: {step}: ")
        self.assertIn(words, line)

    def test_a_sound_zone_is_believed(self):
        self.realm("sound")
        self.assert_believed()

    def test_what_is_mended_is_believed(self):
        self.realm("mended")
        with faults.no_tlsa(self.zone):
            self.assert_not_believed(DNSSEC, "no TLSA record")
        self.alpha.reload_kdc()
        self.assert_believed()

    # Signatures.

    def test_an_unsigned_zone(self):
        self.realm("unsigned", faults.unsigned)
        self.assert_not_believed(DNSSEC, "SRV (there are records) is not secured by DNSSEC")

    def test_a_signed_zone_under_an_unsigned_one(self):
        self.realm("below.island")
        self.enterContext(faults.unsigned(self.lab.dns.zone("island.example")))
        self.assert_not_believed(DNSSEC, "SRV (there are records) is not secured by DNSSEC")

    def test_signatures_taken_away(self):
        self.realm("stripped", faults.stripped)
        self.assert_not_believed(DNSSEC, "SRV is bogus")

    def test_signatures_out_of_date(self):
        self.realm("expired", faults.expired)
        self.assert_not_believed(DNSSEC, "SRV is bogus: validation failure")

    def test_a_bogus_srv_record(self):
        self.realm("forged-srv", lambda zone: faults.forged(zone, "SRV"))
        self.assert_not_believed(DNSSEC, "SRV is bogus")

    def test_a_bogus_tlsa_record(self):
        self.realm("forged-tlsa", lambda zone: faults.forged(zone, "TLSA"))
        self.assert_not_believed(DNSSEC, "TLSA is bogus")

    def test_a_bogus_address(self):
        self.realm("forged-address", lambda zone: faults.forged(zone, "A"))
        self.assert_not_reached(DNSSEC, "A is bogus")

    # Records.

    def test_no_srv_record(self):
        self.realm("no-srv", faults.no_srv)
        self.assert_not_believed(DNSSEC, "no SRV record")

    def test_no_zone(self):
        self.realm("no-zone")
        self.assert_not_believed(DNSSEC, "no SRV record")

    def test_an_srv_record_that_says_not_here(self):
        self.realm("not-here", self.edited("SRV", lambda line: re.sub(r"SRV .*", "SRV 0 0 0 .", line)))
        self.assert_not_believed(DNSSEC, "no SRV record")

    def test_no_tlsa_record(self):
        self.realm("no-tlsa", faults.no_tlsa)
        self.assert_not_believed(DNSSEC, "no TLSA record")

    def test_the_tlsa_record_of_another_key(self):
        self.realm("tlsa-changed", faults.tlsa_changed)
        self.assert_not_believed(DANE, "no TLSA record")

    def test_a_tlsa_record_that_cannot_be_used(self):
        self.realm("unusable", self.edited("TLSA", lambda line: line.replace("3 1 1", "3 1 9")))
        self.assert_not_believed(DANE, "can be used")

    def test_a_tlsa_record_for_another_port(self):
        self.realm("port", self.edited("TLSA", lambda line: line.replace(f"_{self.port}.", "_1.")))
        self.assert_not_believed(DNSSEC, "no TLSA record")

    def test_a_tlsa_record_that_wants_roots_of_ours_when_we_have_none(self):
        self.realm("rootless", self.edited("TLSA", lambda line: line.replace("3 1 1", "1 1 1")))
        self.assert_not_believed(DANE, "can be used")

    def test_no_address(self):
        self.realm("homeless", self.edited("A", lambda line: None))
        self.assert_not_reached(DNSSEC, "address")

    def test_an_alias_into_an_unsigned_zone(self):
        self.realm("alias")
        self.enterContext(faults.unsigned(self.lab.dns.zone("shady.example")))
        self.enterContext(self.edited("SRV", lambda line: re.sub(r"SRV .*", "CNAME srv.shady.example.", line))(
            self.zone))
        self.assert_not_believed(DNSSEC, "SRV")

    # The server that DNS leads to.

    def test_a_target_in_another_zone_that_is_unsigned(self):
        self.realm("elsewhere")
        digest, = [line.split("TLSA ")[1] for line in self.zone.records if " TLSA " in line]
        self.lab.dns.zone("loose.example").records = [
            f"kdc.loose.example. A {config.LOOPBACK}", f"_{self.port}._tcp.kdc.loose.example. TLSA {digest}"]
        self.enterContext(faults.unsigned(self.lab.dns.zone("loose.example")))
        self.enterContext(self.edited("SRV", lambda line: line.replace("kdc.elsewhere", "kdc.loose"))(self.zone))
        self.assert_not_believed(DNSSEC, "kdc.loose.example")

    def test_a_second_server_that_is_right_is_enough(self):
        self.realm("spare")
        wrong = "_kerberos._tcp.spare.example. SRV 0 0 1 kdc.spare.example."
        others = [wrong, f"_1._tcp.kdc.spare.example. TLSA 3 1 1 {'ab' * 32}"]
        self.enterContext(self.edited("SRV", lambda line: line.replace("SRV 0", "SRV 1"))(self.zone))
        self.enterContext(faults.records(self.zone, lambda lines: [*lines, *others]))
        self.assert_believed()

    def test_nobody_at_the_port(self):
        self.realm("nobody")
        mark = self.alpha.kdc.log.mark()
        with self.nothing_stored():
            self.assertFalse(self.ask_for_the_crossover().ok)
        self.assert_told(mark, CONNECTION, "Connection refused")
        self.assert_serves_its_own(self.alpha)


class OtherRoots(BadInput):
    """Each realm has roots configured, and the other's chain does not end in one of them."""

    ROOTS = "check 6, roots"
    CANT_VERIFY = 70

    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.settings["kxover_anchors"] = f"FILE:{realm.certificate}"
            realm.configure()
            realm.kdc.restart()
            realm.kxoverd.restart()

    def test_the_one_who_asks_is_not_believed_and_is_told_which_roots_are(self):
        mark = self.alpha.kxoverd.log.mark()
        text = run([tools.find("certtool"), "-i", "--infile", self.alpha.certificate], self.alpha.plain_env).stdout
        root, = re.findall(r"Subject Key Identifier \(not critical\):\s+([0-9a-f]+)", text)
        with self.nothing_stored():
            self.assertEqual(self.ask("honest", self.guise_of(self.bravo), self.alpha),
                             [f"KRB-ERROR {self.CANT_VERIFY} roots {root}"])
        self.assertIn(f"krbtgt/{ALPHA}@{BRAVO}: refused to 127.0.0.1:", self.one_line(self.alpha.kxoverd.log, mark))
        self.assertIn(f"{self.ROOTS}: ", self.one_line(self.alpha.kxoverd.log, mark))

    def test_the_roots_are_not_told_to_who_has_not_proven_its_name(self):
        self.addCleanup(self.lab.dns.publish)
        self.addCleanup(setattr, self.bravo.zone, "records", self.bravo.zone.records)
        self.bravo.zone.records = [re.sub("TLSA 3 1 1 .*", f"TLSA 3 1 1 {'00' * 32}", record)
                                   for record in self.bravo.zone.records]
        self.lab.dns.publish()
        self.alpha.forget_dns()
        self.addCleanup(self.alpha.forget_dns)
        self.assertEqual(self.ask("honest", self.guise_of(self.bravo), self.alpha), ["KRB-ERROR 62"])

    def test_the_one_who_is_asked_is_not_believed(self):
        self.bravo.kxoverd.stop()
        mark = self.alpha.kdc.log.mark()
        with self.nothing_stored(), self.answering("honest", self.guise_of(self.bravo)):
            self.assertFalse(self.alpha.kinit("alice").kvno(CROSSOVER, check=False).ok)
        lines = self.lines(self.alpha.kdc.log, mark)
        self.assertTrue(lines)
        for line in lines:
            self.assertIn(f"{CROSSOVER}: no crossover: {self.ROOTS}: ", line)
        self.bravo.kxoverd.start()
        self.assert_serves_its_own(self.alpha)


class SilentDns(BadInput):
    """No name server answers."""

    WAIT = 1

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_wait"] = f"{cls.WAIT}s"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.guise = cls.make_guise("SILENT.EXAMPLE")
        cls.lab.dns.publish()
        # All of its processes: the one that was started does not answer queries itself.
        server = cls.lab.dns.server.pid
        os.killpg(server, signal.SIGSTOP)
        cls.addClassCleanup(os.killpg, server, signal.SIGCONT)

    def test_the_one_who_asks_is_put_off(self):
        mark = self.alpha.kxoverd.log.mark()
        with self.nothing_stored():
            self.assertEqual(self.ask("honest", self.guise, self.alpha), [f"KRB-ERROR {UNAVAILABLE}"])
        line = self.one_line(self.alpha.kxoverd.log, mark)
        self.assertIn(f"{DNSSEC}: ", line)
        self.assertIn("SRV", line)

    def test_the_kdc_serves_its_own_meanwhile(self):
        mark = self.alpha.kdc.log.mark()
        with self.nothing_stored():
            with self.assertRaises(TimedOut):
                self.alpha.kinit("alice").run("kvno", f"krbtgt/{self.guise.name}@{ALPHA}", timeout=2 * self.WAIT)
            self.alpha.kdc.log.wait_for("waits for the SRV record", since=mark)
            self.assert_serves_its_own(self.alpha)


if __name__ == "__main__":
    unittest.main()
