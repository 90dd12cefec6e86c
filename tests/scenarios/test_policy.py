"""Which realms may cross over, which way, and how many of them."""

from lab import faults, peers
from scenario import ALPHA, BRAVO, Scenario, service_of

CHARLIE = "CHARLIE.EXAMPLE"
TOO_MANY = "realms have crossed over already: kxover_max_peers is 1"


class OneWay(Scenario):
    """ALPHA.EXAMPLE lets its users go everywhere, and nobody come."""

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_realms"] = "!in:* *"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.alpha.kxoverd.restart()

    def test_its_users_go(self):
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))
        self.assertIn(service_of(self.bravo), alice.tickets())

    def test_others_do_not_come(self):
        mark = self.alpha.kxoverd.log.mark()
        answer = self.bravo.kinit("alice").kvno(service_of(self.alpha), check=False)
        self.assertFalse(answer.ok)
        self.alpha.kxoverd.log.wait_for(f"check 1.*realm {BRAVO} is refused by kxover_realms", since=mark)
        for realm in (self.alpha, self.bravo):
            self.assertNotIn(self.bravo.crossover_to(self.alpha), realm.principals())

    def test_what_it_refuses_costs_no_network(self):
        """BRAVO.EXAMPLE refuses to go there, in its turn: no request reaches ALPHA.EXAMPLE."""
        self.bravo.settings["kxover_realms"] = f"!out:{ALPHA} *"
        self.addCleanup(self.bravo.settings.clear)
        self.bravo.configure()
        self.bravo.reload_kdc()
        mark = self.bravo.kdc.log.mark()
        requests = []
        with faults.peer(self.alpha, peers.recording(requests, [])):
            self.assertFalse(self.bravo.kinit("alice").kvno(service_of(self.alpha), check=False).ok)
        self.assertEqual(requests, [])
        self.assertEqual(self.bravo.kdc.log.lines("no crossover", since=mark), [])


class KeptButRefused(Scenario):
    """BRAVO.EXAMPLE is to keep a crossover with ALPHA.EXAMPLE, and refuses to go there."""

    def test_kxoverd_does_not_make_it(self):
        self.bravo.settings.update(kxover_keep=f"0 {ALPHA}", kxover_realms=f"!out:{ALPHA} *")
        self.bravo.configure()
        requests = []
        with faults.peer(self.alpha, peers.recording(requests, [])):
            self.bravo.kxoverd.restart()
            self.bravo.kxoverd.log.wait_for(f"{ALPHA}: crossover is not renewed: .*refused by kxover_realms")
        self.assertEqual(requests, [])


class ChangeOfMind(Scenario):
    """ALPHA.EXAMPLE and BRAVO.EXAMPLE have crossed over both ways.  Then ALPHA.EXAMPLE changes its mind."""

    @classmethod
    def arrange(cls):
        cls.cross()

    @classmethod
    def cross(cls):
        """Users of each realm reach the other."""
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))
        cls.bravo.kinit("bob").kvno(service_of(cls.alpha))

    def tearDown(self):
        self.permit()

    def refuse(self, *patterns):
        """Have these refused by ALPHA.EXAMPLE from now on; returns where its KDC's log was."""
        self.alpha.settings["kxover_realms"] = " ".join((*(f"!{pattern}" for pattern in patterns), "*"))
        self.settle()
        return self.alpha.kdc.log.mark()

    def permit(self):
        """Have none refused any more."""
        self.alpha.settings.pop("kxover_realms", None)
        self.settle()

    def settle(self):
        """Its KDC has read its settings."""
        self.alpha.configure()
        self.alpha.reload_kdc()

    def may(self, here, user, there):
        """Whether a user of one realm, who begins anew, gets a ticket in the other."""
        return here.kinit(user).kvno(service_of(there), check=False).ok


class RefusedLater(ChangeOfMind):
    def test_its_users_go_there_no_more(self):
        mark = self.refuse(f"out:{BRAVO}")
        self.assertFalse(self.may(self.alpha, "alice", self.bravo))
        self.alpha.kdc.log.wait_for(f"the crossover to realm {BRAVO} is not used: kxover_realms", since=mark)
        self.assertTrue(self.may(self.bravo, "bob", self.alpha))

    def test_users_come_from_there_no_more_even_those_who_have_tickets(self):
        bob = self.bravo.kinit("bob")
        bob.kvno(f"krbtgt/{ALPHA}@{BRAVO}")
        mark = self.refuse(f"in:{BRAVO}")
        self.assertFalse(bob.kvno(service_of(self.alpha), check=False).ok)
        self.alpha.kdc.log.wait_for(f"the crossover from realm {BRAVO} is not used: kxover_realms", since=mark)
        self.assertTrue(self.may(self.alpha, "alice", self.bravo))

    def test_the_log_tells_it_once_and_not_each_time(self):
        mark = self.refuse(BRAVO)
        for _ in range(3):
            self.assertFalse(self.may(self.alpha, "alice", self.bravo))
        self.assertEqual(len(self.alpha.kdc.log.lines("is not used", since=mark)), 1)

    def test_the_keys_stay_and_serve_when_the_realm_is_permitted_again(self):
        keys = [self.alpha.keyinfo(name) for name in
                (self.alpha.crossover_to(self.bravo), self.bravo.crossover_to(self.alpha))]
        self.refuse(BRAVO)
        self.assertFalse(self.may(self.alpha, "alice", self.bravo))
        self.permit()
        self.cross()
        self.assertEqual(keys, [self.alpha.keyinfo(name) for name in
                                (self.alpha.crossover_to(self.bravo), self.bravo.crossover_to(self.alpha))])

    def test_what_was_keyed_by_hand_is_the_administrators(self):
        names = self.alpha.crossover_to(self.bravo), self.bravo.crossover_to(self.alpha)
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(*(f"delprinc -force {name}" for name in names),
                               *(f"addprinc -pw by-hand {name}" for name in names))
        self.refuse(BRAVO)
        self.cross()
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(*(f"delprinc -force {name}" for name in names))
        self.permit()
        self.cross()


class RefusedInMemory(ChangeOfMind):
    """The KDC of ALPHA.EXAMPLE keeps its keys in memory."""

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_store"] = "memory"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))

    def test_its_users_go_there_no_more(self):
        mark = self.refuse(f"out:{BRAVO}")
        self.assertFalse(self.may(self.alpha, "alice", self.bravo))
        self.alpha.kdc.log.wait_for(f"the crossover to realm {BRAVO} is not used: kxover_realms", since=mark)
        self.permit()
        self.assertTrue(self.may(self.alpha, "alice", self.bravo))


class Attributes(Scenario):
    """BRAVO.EXAMPLE wants string attributes on who comes, for krb5's own KDC policy."""

    @classmethod
    def arrange(cls):
        cls.bravo.settings["kxover_attributes"] = ["xr:@%R", "note=met-%R-by-kxover,plain=x=y"]
        cls.bravo.configure()
        cls.bravo.kdc.restart()
        cls.bravo.kxoverd.restart()
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))
        cls.bravo.kinit("alice").kvno(service_of(cls.alpha))

    def attributes(self, realm, crossover):
        shown = realm.kadmin_local(f"getstrs {crossover}").stdout.splitlines()
        return [line for line in shown if not line.startswith(("kxover_", "Authenticating"))]

    def test_1_new_ones_have_them(self):
        self.assertCountEqual(self.attributes(self.bravo, self.alpha.crossover_to(self.bravo)),
                              [f"xr:@{ALPHA}: ", f"note: met-{ALPHA}-by-kxover", "plain: x=y"])

    def test_2_those_of_our_own_users_do_not(self):
        self.assertEqual(self.attributes(self.bravo, self.bravo.crossover_to(self.alpha)), [])

    def test_3_what_the_administrator_took_away_does_not_come_back(self):
        crossover = self.alpha.crossover_to(self.bravo)
        before = len(self.bravo.keyinfo(crossover))
        self.bravo.kadmin_local(f"delstr {crossover} plain")
        self.alpha.kadmin_local(f"delprinc -force {crossover}")
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.assertGreater(len(self.bravo.keyinfo(crossover)), before)
        self.assertCountEqual(self.attributes(self.bravo, crossover),
                              [f"xr:@{ALPHA}: ", f"note: met-{ALPHA}-by-kxover"])


class TooManyComing(Scenario):
    """BRAVO.EXAMPLE wants one realm whose users come, and that is ALPHA.EXAMPLE."""

    realms = (ALPHA, BRAVO, CHARLIE)

    @classmethod
    def arrange(cls):
        cls.charlie = cls.lab.realm(CHARLIE)
        cls.bravo.settings["kxover_max_peers"] = "1"
        cls.bravo.configure()
        cls.recount()
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))

    def setUp(self):
        """What the last test has tried is forgotten."""
        self.charlie.reload_kdc()

    @classmethod
    def recount(cls):
        """Have kxoverd begin anew, and wait until it has counted."""
        mark = cls.bravo.kxoverd.log.mark()
        cls.bravo.kxoverd.restart()
        cls.bravo.kxoverd.log.wait_for("looked through the database", since=mark)

    def assert_refused(self):
        mark = self.bravo.kxoverd.log.mark()
        self.assertFalse(self.charlie.kinit("alice").kvno(service_of(self.bravo), check=False).ok)
        self.bravo.kxoverd.log.wait_for(f"realm {CHARLIE} is new here, and 1 {TOO_MANY}", since=mark)
        self.assertNotIn(self.charlie.crossover_to(self.bravo), self.bravo.principals())

    def test_1_another_is_refused(self):
        self.assert_refused()

    def test_2_after_a_restart_too(self):
        self.recount()
        self.assert_refused()

    def test_3_the_one_that_is_there_gets_its_next_key(self):
        crossover = self.alpha.crossover_to(self.bravo)
        before = self.bravo.keyinfo(crossover)
        self.alpha.kadmin_local(f"delprinc -force {crossover}")
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.assertGreater(len(self.bravo.keyinfo(crossover)), len(before))

    def test_4_what_was_keyed_by_hand_does_not_count(self):
        by_hand = f"krbtgt/{BRAVO}@HAND.EXAMPLE"
        self.bravo.kadmin_local(f"addprinc -pw by-hand {by_hand}")
        self.addCleanup(self.bravo.kadmin_local, f"delprinc -force {by_hand}")
        self.recount()
        self.assert_refused()

    def test_5_where_one_was_removed_there_is_a_place(self):
        self.bravo.kadmin_local(f"delprinc -force {self.alpha.crossover_to(self.bravo)}")
        self.recount()
        self.charlie.kinit("alice").kvno(service_of(self.bravo))
        self.assertIn(self.charlie.crossover_to(self.bravo), self.bravo.principals())


class TooManyGoing(Scenario):
    """ALPHA.EXAMPLE meets one new realm in the life of a key."""

    realms = (ALPHA, BRAVO, CHARLIE)

    @classmethod
    def arrange(cls):
        cls.charlie = cls.lab.realm(CHARLIE)
        cls.alpha.settings["kxover_max_peers"] = "1"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))

    def test_1_a_second_one_is_not_met(self):
        mark = self.alpha.kdc.log.mark()
        requests = []
        with faults.peer(self.charlie, peers.recording(requests, [])):
            self.assertFalse(self.alpha.kinit("alice").kvno(service_of(self.charlie), check=False).ok)
        self.assertEqual(requests, [])
        self.alpha.kdc.log.wait_for(f"krbtgt/{CHARLIE}@{ALPHA}: no crossover: so many new realms", since=mark)

    def test_2_the_first_is_served(self):
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))
        self.assertIn(service_of(self.bravo), alice.tickets())

    def test_3_the_first_gets_its_next_key(self):
        crossover = self.alpha.crossover_to(self.bravo)
        kvno = self.alpha.keyinfo(crossover)[0][0]
        mark = self.alpha.kadmin_local(f"getstrs {crossover}").stdout
        value = next(line.partition(": ")[2] for line in mark.splitlines() if line.startswith(f"kxover_kvno_{kvno}: "))
        over = " ".join("till=2020-01-02T00:00:00Z" if field.startswith("till=") else
                        "established=2020-01-01T00:00:00Z" if field.startswith("established=") else field
                        for field in value.split())
        self.alpha.kadmin_local(f'setstr {crossover} kxover_kvno_{kvno} "{over}"')
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.assertNotEqual(self.alpha.keyinfo(crossover)[0][0], kvno)

    def test_4_a_higher_number_lets_it_be_met(self):
        self.alpha.settings["kxover_max_peers"] = "100"
        self.alpha.configure()
        self.alpha.reload_kdc()
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.charlie))
        self.assertIn(service_of(self.charlie), alice.tickets())
