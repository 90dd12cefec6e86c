"""A peer speaks for its own realm only: crossovers that kxover made carry no third realms."""

import contextlib
import re

from scenario import ALPHA, BRAVO, Scenario, service_of

CHARLIE = "CHARLIE.EXAMPLE"
HUB = "HUB.EXAMPLE"
BELOW = f"A.{ALPHA}"


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

    def test_damaged_marks_do_not_let_them_in(self):
        """Who has slipped with setstr has not vouched for anybody."""
        crossover = self.charlie.crossover_to(self.bravo)
        self.addCleanup(self._forget, crossover)
        self.charlie.kinit("bob").kvno(service_of(self.bravo))
        marks = re.findall(r"^(kxover_kvno_\d+): ", self.bravo.kadmin_local(f"getstrs {crossover}").stdout,
                           re.MULTILINE)
        for slip in ([f"setstr {crossover} {mark} nonsense" for mark in marks],
                     [f"delstr {crossover} {mark}" for mark in marks] + [f"setstr {crossover} kxover_kvno 1"]):
            with self.subTest(slip[-1]):
                self.bravo.kadmin_local(*slip)
                alice = self.alpha.kinit("alice")
                mark = self.bravo.kdc.log.mark()

                self.assertFalse(alice.kvno(service_of(self.bravo), check=False).ok)

                self.bravo.kdc.log.wait_for(f"realm {CHARLIE} brought a user of realm {ALPHA}: refused", since=mark)
                self.charlie.kinit("bob").kvno(service_of(self.bravo))

    def test_a_crossover_without_any_mark_is_the_administrators(self):
        crossover = self.charlie.crossover_to(self.bravo)
        self.addCleanup(self._forget, crossover)
        self.charlie.kinit("bob").kvno(service_of(self.bravo))
        shown = self.bravo.kadmin_local(f"getstrs {crossover}").stdout
        self.bravo.kadmin_local(*[f"delstr {crossover} {name}" for name in re.findall(r"^(kxover_\w+): ", shown,
                                                                                      re.MULTILINE)])
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


def key_by_hand(here, there, password="by-hand"):
    """Have users of `here` reach `there` by a key that both administrators set."""
    for realm in (here, there):
        realm.kadmin_local(f"addprinc -pw {password} {here.crossover_to(there)}")


def lead(listener, home, target, *hops):
    """Tell the machines of the realm `listener` which way leads users from home to the target."""
    with open(listener.folder / "krb5.conf", "a", encoding="ascii") as conf:
        conf.write(f"[capaths]\n    {home.name} = {{\n")
        conf.writelines(f"        {target.name} = {hop.name}\n" for hop in hops)
        conf.write("    }\n")


class ForgedUsers(Scenario):
    """ALPHA.EXAMPLE, honestly crossed over to BRAVO.EXAMPLE, makes tickets for users of A.ALPHA.EXAMPLE: it
    has made up a KDC of that name, which in krb5's view it is the natural way to.  Nothing is set in BRAVO."""

    realms = (ALPHA, BRAVO, BELOW)

    @classmethod
    def arrange(cls):
        cls.below = cls.lab.realm(BELOW)
        key_by_hand(cls.below, cls.alpha)
        cls.below.settings["kxover_realms"] = f"!out:{BRAVO} *"
        cls.below.configure()
        cls.below.kdc.restart()
        lead(cls.below, cls.below, cls.bravo, cls.alpha)

    def forge(self):
        """A session of somebody who claims to be alice@A.ALPHA.EXAMPLE, with a ticket for BRAVO's KDC; and
        what came of asking it for a service."""
        alice = self.below.kinit("alice")
        answer = alice.kvno(service_of(self.bravo), check=False)
        self.assertIn(f"krbtgt/{BRAVO}@{ALPHA}", alice.tickets())
        return alice, answer

    def test_they_are_refused(self):
        mark = self.bravo.kdc.log.mark()

        alice, answer = self.forge()

        self.assertFalse(answer.ok, answer.output)
        self.assertNotIn(service_of(self.bravo), alice.tickets())
        self.bravo.kdc.log.wait_for(f"realm {ALPHA} brought a user of realm {BELOW}: refused", since=mark)

    def test_without_the_check_they_would_be_believed(self):
        """kxover_transit takes the check out; krb5's own check finds nothing wrong."""
        self.bravo.settings["kxover_transit"] = ALPHA
        self.addCleanup(self._settle)
        self.addCleanup(self.bravo.settings.pop, "kxover_transit")
        self._settle()

        alice, answer = self.forge()

        self.assertTrue(answer.ok, answer.output)
        self.assertIn(service_of(self.bravo), alice.tickets())

    def _settle(self):
        self.bravo.configure()
        self.bravo.kdc.restart()


class FurtherBack(Scenario):
    """alice@CHARLIE comes to BRAVO through ALPHA and then HUB; all of that was keyed by hand.  But BRAVO has
    crossed over to ALPHA by itself.  krb5's own check of the path is off in BRAVO."""

    realms = (ALPHA, BRAVO, CHARLIE, HUB)

    @classmethod
    def arrange(cls):
        cls.charlie, cls.hub = cls.lab.realm(CHARLIE), cls.lab.realm(HUB)
        for here, there in ((cls.charlie, cls.alpha), (cls.alpha, cls.hub), (cls.hub, cls.bravo)):
            key_by_hand(here, there)
        for realm in (cls.bravo, cls.hub):
            realm.kdc_settings["reject_bad_transit"] = "false"
        for realm in (cls.charlie, cls.alpha, cls.hub):
            realm.settings["kxover_realms"] = f"!out:{BRAVO} !out:{HUB} *"
        for realm in cls.lab.realms:
            realm.configure()
        lead(cls.charlie, cls.charlie, cls.bravo, cls.alpha, cls.hub)
        # krb5kdc checks the way of a ticket that it is shown, as every server does.
        lead(cls.bravo, cls.charlie, cls.hub, cls.alpha)
        for realm in cls.lab.realms:
            realm.kdc.restart()

    def go(self):
        """What comes of alice's way."""
        alice = self.charlie.kinit("alice")
        answer = alice.kvno(service_of(self.bravo), check=False)
        self.assertIn(f"krbtgt/{BRAVO}@{HUB}", alice.tickets(), answer.output)
        return answer

    def test_1_while_all_is_keyed_by_hand_she_is_served(self):
        self.assertTrue(self.go().ok)

    def assert_refused(self):
        """She is, because of ALPHA."""
        mark = self.bravo.kdc.log.mark()
        self.assertFalse(self.go().ok)
        self.bravo.kdc.log.wait_for(f"realm {ALPHA} brought a user of realm {CHARLIE}: refused", since=mark)

    def test_2_when_users_go_to_one_on_the_way_she_is_refused(self):
        crossover = self.bravo.crossover_to(self.alpha)
        self.bravo.kinit("bob").kvno(service_of(self.alpha))

        self.assert_refused()

        self.bravo.kadmin_local(f"delprinc -force {crossover}")

    def test_3_when_users_come_from_one_on_the_way_she_is_refused(self):
        crossover = self.alpha.crossover_to(self.bravo)
        with self._meeting():
            self.alpha.kinit("bob").kvno(service_of(self.bravo))
        self.alpha.kadmin_local(f"delprinc -force {crossover}")
        self.assertIn(crossover, self.bravo.principals())

        self.assert_refused()

    def test_4_kxover_transit_lets_it_through(self):
        self.bravo.settings["kxover_transit"] = ALPHA
        self.bravo.configure()
        lead(self.bravo, self.charlie, self.hub, self.alpha)
        self.bravo.kdc.restart()

        self.assertTrue(self.go().ok)

    @contextlib.contextmanager
    def _meeting(self):
        """ALPHA may cross over with BRAVO, for once."""
        refusing = self.alpha.settings.pop("kxover_realms")
        self._settle_alpha()
        try:
            yield
        finally:
            self.alpha.settings["kxover_realms"] = refusing
            self._settle_alpha()

    def _settle_alpha(self):
        self.alpha.configure()
        self.alpha.kdc.restart()
