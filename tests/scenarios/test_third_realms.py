"""A peer speaks for its own realm only: crossovers that kxover made carry no third realms."""

from scenario import ALPHA, BRAVO, Scenario, service_of

CHARLIE = "CHARLIE.EXAMPLE"


class ThirdRealms(Scenario):
    """alice@ALPHA is led through CHARLIE to BRAVO, as ALPHA has no crossover with BRAVO.  krb5's own check
    of the path is off in BRAVO, so that what refuses her is kxover."""

    realms = (ALPHA, BRAVO, CHARLIE)

    @classmethod
    def arrange(cls):
        cls.charlie = cls.lab.realm(CHARLIE)
        cls.bravo.kdc_settings["reject_bad_transit"] = "false"
        cls._configure_bravo()
        cls.alpha.settings["kxover_realms"] = f"!{BRAVO} *"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        with open(cls.alpha.folder / "krb5.conf", "a", encoding="ascii") as conf:
            conf.write(f"[capaths]\n    {ALPHA} = {{\n        {BRAVO} = {CHARLIE}\n    }}\n")

    @classmethod
    def _configure_bravo(cls):
        cls.bravo.configure()
        cls.bravo.kdc.restart()

    def test_a_user_of_a_third_realm_is_refused(self):
        alice = self.alpha.kinit("alice")
        mark = self.bravo.kdc.log.mark()

        answer = alice.kvno(service_of(self.bravo), check=False)

        self.assertFalse(answer.ok, answer.output)
        self.assertIn(f"krbtgt/{BRAVO}@{CHARLIE}", alice.tickets())
        self.bravo.kdc.log.wait_for(f"realm {CHARLIE} brought a user of realm {ALPHA}: refused", since=mark)

    def test_a_user_of_the_realm_itself_is_served(self):
        bob = self.charlie.kinit("bob")

        bob.kvno(service_of(self.bravo))

        self.assertIn(service_of(self.bravo), bob.tickets())

    def test_a_user_of_a_third_realm_is_served_when_kxover_transit_says_so(self):
        self.bravo.settings["kxover_transit"] = CHARLIE
        self._configure_bravo()
        self.addCleanup(self._configure_bravo)
        self.addCleanup(self.bravo.settings.pop, "kxover_transit")
        alice = self.alpha.kinit("alice")

        alice.kvno(service_of(self.bravo))

        self.assertIn(service_of(self.bravo), alice.tickets())

    def test_a_crossover_keyed_by_hand_is_krb5s_own_matter(self):
        crossover = self.charlie.crossover_to(self.bravo)
        for realm in (self.charlie, self.bravo):
            realm.kadmin_local(f"delprinc -force {crossover}", f"addprinc -pw by-hand {crossover}")
        self.addCleanup(self._forget, crossover)
        alice = self.alpha.kinit("alice")

        alice.kvno(service_of(self.bravo))

        self.assertIn(service_of(self.bravo), alice.tickets())

    def _forget(self, crossover):
        for realm in (self.charlie, self.bravo):
            realm.kadmin_local(f"delprinc -force {crossover}")
