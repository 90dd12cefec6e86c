"""Users name a host, and their KDC finds out by signed DNS which realm it is of."""

from lab import faults
from lab.dns import SilentDns
from scenario import ALPHA, BRAVO, Scenario

CHARLIE = "CHARLIE.EXAMPLE"

# A host of BRAVO.EXAMPLE whose name does not tell: libkrb5, when all else fails, guesses by the name.
HOST = "www.hosting.example"


class Referral(Scenario):
    """No machine of ALPHA.EXAMPLE, its KDC included, has been told which realm a host is of."""

    realms = (ALPHA, BRAVO)

    @classmethod
    def arrange(cls):
        cls.alpha.maps_hosts = False
        cls.zone = cls.lab.dns.zone("hosting.example")
        cls.zone.records.append(f'_kerberos.www TXT "{BRAVO}"')
        cls.lab.dns.publish()
        cls.bravo.kadmin_local(f"addprinc -randkey host/{HOST}")
        cls.settle()

    @classmethod
    def settle(cls):
        """The KDC of ALPHA.EXAMPLE knows no crossover, no failure, and all its settings."""
        cls.alpha.configure()
        cls.alpha.kdc.restart()

    def setUp(self):
        """Every test begins with realms that never met."""
        for realm in (self.alpha, self.bravo):
            known = [name for name in realm.principals() if name == self.alpha.crossover_to(self.bravo)]
            realm.kadmin_local(*(f"delprinc -force {name}" for name in known))
        self.alpha.settings.clear()
        self.alpha.kdc_settings.clear()
        self.alpha.host_mappings.clear()
        self.settle()

    def ask(self, *names, options=("-S", "host")):
        """A session of alice, and what came of asking for the services of these hosts."""
        alice = self.alpha.kinit("alice")
        return alice, alice.run("kvno", *options, *(names or [HOST]), check=False)

    def assert_reached(self, alice, answer):
        """She has a ticket for the host, from the realm that it is of."""
        self.assertTrue(answer.ok, answer.output)
        self.assertIn(f"Ticket server: host/{HOST}@{BRAVO}", alice.run("klist").stdout)

    def assert_unknown(self, *names, options=("-S", "host")):
        """There is no such service, and no crossover was made."""
        _, answer = self.ask(*names, options=options)
        self.assertIn("not found in Kerberos database", answer.output)
        self.assertNotIn(self.alpha.crossover_to(self.bravo), self.alpha.principals())

    def test_a_user_with_no_mapping_reaches_a_host_of_another_realm(self):
        self.assert_reached(*self.ask())

        self.assertIn(self.alpha.crossover_to(self.bravo), self.alpha.principals())

    def test_she_is_referred_by_her_kdc_in_one_answer(self):
        mark = self.alpha.kdc.log.mark()

        self.ask()

        asked = self.alpha.kdc.log.lines("TGS_REQ", since=mark)
        self.assertEqual(len(asked), 1, asked)
        self.assertRegex(asked[0], f"ISSUE: .* for krbtgt/{BRAVO}@{ALPHA}$")

    def test_capitals_in_the_host_do_not_matter(self):
        self.alpha.kdc_settings["host_based_services"] = "host"
        self.settle()
        mark = self.alpha.kdc.log.mark()

        self.ask(f"host/WWW.Hosting.Example@{ALPHA}", options=("-u",))

        self.alpha.kdc.log.wait_for(f"ISSUE: .* for krbtgt/{BRAVO}@{ALPHA}$", since=mark)

    def test_a_crossover_keyed_by_hand_serves_as_well(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"addprinc -pw by-hand {self.alpha.crossover_to(self.bravo)}")

        self.assert_reached(*self.ask())

    def test_the_administrators_mapping_comes_first(self):
        """It leads to a realm that there is not, and signed DNS is not asked."""
        self.alpha.host_mappings[".hosting.example"] = CHARLIE
        self.settle()

        self.assert_unknown()

        self.alpha.kdc.log.wait_for(f"krbtgt/{CHARLIE}@{ALPHA}: no crossover")

    def test_no_host_referral_keeps_its_meaning(self):
        for value in ("host", "*", "ftp, host", "ftp\thost"):
            with self.subTest(value):
                self.alpha.kdc_settings["no_host_referral"] = value
                self.settle()
                self.assert_unknown()
        self.alpha.kdc_settings["no_host_referral"] = "ftp hos hosts"
        self.settle()
        self.assert_reached(*self.ask())

    def test_names_of_no_known_kind_want_host_based_services(self):
        host = f"host/{HOST}@{ALPHA}"
        self.assert_unknown(host, options=("-u",))
        self.alpha.kdc_settings["host_based_services"] = "host"
        self.settle()
        self.assert_reached(*self.ask(host, options=("-u",)))

    def test_a_name_that_is_not_marked_as_a_services_is_not_referred(self):
        self.alpha.kdc_settings["host_based_services"] = "*"
        self.settle()
        self.assert_unknown(f"host/{HOST}@{ALPHA}", options=())

    def test_who_wants_a_ticket_to_another_users_session_is_not_referred(self):
        bob = self.alpha.kinit("bob")
        self.assert_unknown(options=("--u2u", f"FILE:{bob.ccache}", "-S", "host"))

    def test_unsigned_dns_says_nothing(self):
        with faults.unsigned(self.zone):
            self.assert_unknown()

    def test_forged_dns_says_nothing(self):
        with faults.forged(self.zone, "TXT"):
            self.assert_unknown()

    def test_a_refused_realm_is_not_referred_to(self):
        self.alpha.settings["kxover_realms"] = f"!out:{BRAVO} *"
        self.settle()
        self.assert_unknown()

    def test_a_host_of_our_own_that_we_do_not_know_is_unknown(self):
        with faults.records(self.alpha.zone, lambda lines: [*lines, f'_kerberos.new TXT "{ALPHA}"']):
            mark = self.alpha.kdc.log.mark()
            self.assert_unknown("new.alpha.example")
        self.assertEqual(self.alpha.kdc.log.lines("no crossover|ISSUE: .*krbtgt/.*for krbtgt", since=mark), [])

    def test_a_host_of_a_realm_that_cannot_be_reached_is_unknown(self):
        with faults.no_tlsa(self.bravo.zone):
            self.assert_unknown()


class Silence(Scenario):
    """DNS does not answer ALPHA.EXAMPLE."""

    realms = (ALPHA, BRAVO)

    @classmethod
    def arrange(cls):
        cls.alpha.maps_hosts = False
        cls.dns = SilentDns(cls.lab.folder / "silent.conf", cls.alpha.resolver_conf)
        cls.addClassCleanup(cls.dns.close)
        cls.alpha.settings["kxover_unbound_conf"] = cls.dns.conf
        cls.alpha.settings["kxover_wait"] = "0s"
        cls.alpha.kdc_settings["host_based_services"] = "*"

    def setUp(self):
        self.alpha.configure()
        self.alpha.kdc.restart()
        self.dns.questions()

    def assert_not_asked(self):
        self.assertEqual(self.dns.questions(), 0)

    def test_the_client_is_told_to_come_back(self):
        """It does so for longer than we want to see."""
        self.alpha.kinit("alice").run("timeout", "2", "kvno", "-S", "host", HOST, check=False)

        self.alpha.kdc.log.wait_for(f"TGS_REQ .* the realm of host {HOST} is asked of DNS")
        self.assertGreater(self.dns.questions(), 0)

    def test_for_names_of_one_label_it_is_not_asked(self):
        self.alpha.kinit("alice").run("kvno", "-S", "host", "www", check=False)
        self.assert_not_asked()

    def test_for_addresses_it_is_not_asked(self):
        self.alpha.kinit("alice").run("kvno", "-S", "host", "192.0.2.1", check=False)
        self.assert_not_asked()

    def test_for_hosts_that_the_administrator_maps_it_is_not_asked(self):
        self.alpha.host_mappings["hosting.example"] = ALPHA
        self.addCleanup(self.alpha.host_mappings.clear)
        self.alpha.configure()
        self.alpha.kdc.restart()
        for host in (HOST, HOST.upper()):
            self.alpha.kinit("alice").run("kvno", "-u", f"host/{host}@{ALPHA}", check=False)
        self.assert_not_asked()

    def test_for_services_of_other_forms_it_is_not_asked(self):
        alice = self.alpha.kinit("alice")
        for name in (f"one@{ALPHA}", f"one/two.three.example/four@{ALPHA}"):
            alice.run("kvno", "-u", name, check=False)
        self.assert_not_asked()
