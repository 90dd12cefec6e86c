"""The module of libkrb5 for clients and application servers: which realm a host is of, from signed DNS."""

import os
import time
import unittest
from pathlib import Path

from lab import config, faults
from lab.dns import SilentDns
from lab.process import run
from scenario import ALPHA, BRAVO, Scenario, not_with_sanitizers, service_of

BUILD = Path(os.environ.get("KXOVER_BUILD", os.curdir)).resolve()
MODULE = BUILD / "hostrealm/.libs/kxover_hostrealm.so"
NOT_KNOWN = ""  # libkrb5 then leaves it to the KDC


class HostRealm(Scenario):
    """A machine whose krb5.conf has the module, and maps no host of BRAVO.EXAMPLE to a realm."""

    @classmethod
    def arrange(cls):
        cls.zone = cls.bravo.zone
        cls.zone.records += [
            f'_kerberos.www TXT "{BRAVO}"',
            '_kerberos.split TXT "BRAVO." "EXAMPLE"',
            f'_kerberos.two TXT "{BRAVO}"',
            f'_kerberos.two TXT "{ALPHA}"',
            '_kerberos.more TXT "v=something else"',
            f'_kerberos.more TXT "{BRAVO}"',
            '_kerberos.small TXT "bravo.example"',
            '_kerberos.label TXT "BRAVO"',
            '_kerberos.root TXT ""',
            f'_kerberos TXT "{BRAVO}"',
        ]
        cls.lab.dns.publish()
        cls.conf = cls.lab.folder / "client.conf"

    def env(self, domain_realm=None, resolver_conf=None):
        """The environment of that machine."""
        sections = config.krb5_conf(self.alpha, self.lab.realms)
        sections["domain_realm"] = domain_realm or {}
        sections["libdefaults"]["kxover_unbound_conf"] = resolver_conf or self.alpha.resolver_conf
        sections["plugins"] = {"hostrealm": {"module": f"kxover:{MODULE}"}}
        self.conf.write_text(config.render(sections))
        return {**self.alpha.env, "KRB5_CONFIG": str(self.conf)}

    def ask(self, *hosts, **settings):
        """What libkrb5 says to each host, asked by one program."""
        return run([BUILD / "tests/scenarios/host_realm", *hosts], self.env(**settings)).stdout.splitlines()

    def assert_not_known(self, host, **settings):
        self.assertEqual(self.ask(host, **settings), [NOT_KNOWN])

    def test_a_user_without_a_mapping_gets_a_ticket_for_a_host_by_its_name(self):
        alice = self.alpha.kinit("alice")
        run(["kvno", "-S", "host", self.bravo.service_host], {**alice.env, "KRB5_CONFIG": self.env()["KRB5_CONFIG"]})
        self.assertIn(service_of(self.bravo), alice.tickets())

    def test_what_dns_proves_is_the_realm(self):
        self.assertEqual(self.ask(self.bravo.service_host), [BRAVO])

    def test_capitals_in_the_host_do_not_matter(self):
        self.assertEqual(self.ask(self.bravo.service_host.upper()), [BRAVO])

    def test_strings_of_one_record_belong_together(self):
        self.assertEqual(self.ask("split.bravo.example"), [BRAVO])

    def test_records_that_name_no_realm_are_passed_over(self):
        self.assertEqual(self.ask("more.bravo.example"), [BRAVO])

    def test_two_realms_prove_neither(self):
        self.assert_not_known("two.bravo.example")

    def test_what_is_no_realm_of_kxover_is_not_one(self):
        for host in ("small", "label", "root"):
            with self.subTest(host):
                self.assert_not_known(f"{host}.bravo.example")

    def test_the_domain_says_nothing_of_its_hosts(self):
        self.assertEqual(self.ask("bravo.example"), [BRAVO])
        self.assert_not_known("other.bravo.example")

    def test_an_unsigned_zone_is_not_believed(self):
        with faults.unsigned(self.zone):
            self.assert_not_known(self.bravo.service_host)

    def test_a_forged_record_is_not_believed(self):
        with faults.forged(self.zone, "TXT"):
            self.assert_not_known(self.bravo.service_host)

    def test_expired_signatures_are_not_believed(self):
        with faults.expired(self.zone):
            self.assert_not_known(self.bravo.service_host)

    def test_the_administrators_mapping_comes_first(self):
        for mapped in ("www.bravo.example", ".bravo.example", "bravo.example", ".example", "example"):
            with self.subTest(mapped):
                self.assertEqual(self.ask(self.bravo.service_host, domain_realm={mapped: "MAPPED.TEST"}),
                                 ["MAPPED.TEST"])

    def test_a_mapping_of_another_domain_does_not_matter(self):
        self.assertEqual(self.ask(self.bravo.service_host, domain_realm={".ravo.example": "MAPPED.TEST"}), [BRAVO])

    def test_names_that_are_no_domain_names_are_not_looked_up(self):
        silent = self._silent_dns()
        for name in ("www", "127.0.0.1", "::1"):
            with self.subTest(name):
                self.assert_not_known(name, resolver_conf=silent.conf)
        self.assertEqual(silent.questions(), 0)

    def test_silent_dns_is_not_waited_for_for_ever(self):
        """Nothing is asserted of the time but that it ends long before libunbound would give up."""
        silent = self._silent_dns()
        started = time.monotonic()
        self.assert_not_known(self.bravo.service_host, resolver_conf=silent.conf)
        self.assertLess(time.monotonic() - started, 12)
        self.assertGreater(silent.questions(), 0)

    def test_without_a_root_key_nothing_is_believed(self):
        conf = self.lab.folder / "no-anchor.conf"
        conf.write_text("server:\n  do-ip6: no\n")
        self.assert_not_known(self.bravo.service_host, resolver_conf=conf)

    @not_with_sanitizers("ThreadSanitizer cannot follow into the child of a process with threads", "thread")
    def test_a_forked_child_asks_anew(self):
        host = self.bravo.service_host
        self.assertEqual(self.ask(host, "-", host, host), [BRAVO] * 3)

    def _silent_dns(self):
        """A name server that never answers."""
        silent = SilentDns(self.lab.folder / "silent.conf", self.alpha.resolver_conf)
        self.addCleanup(silent.close)
        return silent


if __name__ == "__main__":
    unittest.main()
