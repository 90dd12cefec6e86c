"""kxover block and kxover allow: a realm is kept out at once and everywhere, and nothing is lost by it."""

import json
import unittest

import test_third_realms as third
from lab import faults, peers
from lab.dns import SilentDns
from lab.waiting import wait_until
from scenario import ALPHA, BRAVO, Scenario, service_of
from test_ldap import TwoKdcs
from test_renewal import DUE, OVER, Clocks
from test_replica import WithCopy

ATTRIBUTE = "kxover_blocked"
REFUSED = "LOCKED OUT"


class Blocking(Scenario):
    """ALPHA blocks BRAVO, with which it has a crossover to go there."""

    @classmethod
    def arrange(cls):
        cls.there, cls.back = cls.alpha.crossover_to(cls.bravo), cls.bravo.crossover_to(cls.alpha)

    def setUp(self):
        self.forget()
        self.addCleanup(self.forget)
        self.alice = self.alpha.kinit("alice")
        self.alice.kvno(service_of(self.bravo))
        self.keys = self.alpha.keyinfo(self.there)

    def forget(self):
        """There is nothing between the two realms, and nothing is remembered."""
        for realm in (self.alpha, self.bravo):
            for principal in (self.there, self.back):
                if principal in realm.principals():
                    realm.kadmin_local(f"delprinc -force {principal}")
            realm.reload_kdc()

    def attributes(self, principal):
        return [line.partition(":")[0] for line in self.alpha.kadmin_local(f"getstrs {principal}").stdout.splitlines()
                if line.startswith("kxover_")]

    def flags(self, principal):
        """What kadmin calls the principal's attributes."""
        line, = (line for line in self.alpha.kadmin_local(f"getprinc {principal}").stdout.splitlines()
                 if line.startswith("Attributes:"))
        return line.split()[1:]

    def assert_no_way_there(self):
        """Somebody who has just logged in gets no ticket for BRAVO, and BRAVO is not even asked."""
        mark = self.alpha.kdc.log.mark()
        alice = self.alpha.kinit("alice")
        with faults.peer(self.bravo, peers.silent) as peer:
            answer = alice.kvno(self.there, check=False)
            self.assertEqual(peer.connections, 0)
        self.assertFalse(answer.ok, answer.output)
        self.assertEqual(len(alice.tickets()), 1)
        self.alpha.kdc.log.wait_for(f"{REFUSED}: .* for {self.there}", since=mark)

    def assert_way_there(self):
        self.alpha.kinit("alice").kvno(service_of(self.bravo))


class Block(Blocking):

    def test_no_ticket_leads_there_from_then_on(self):
        self.alpha.kxover("block", BRAVO)
        self.assert_no_way_there()
        self.assertEqual(self.alpha.keyinfo(self.there), self.keys)

    def test_no_ticket_from_there_is_taken_from_then_on(self):
        bob = self.bravo.kinit("bob")
        bob.kvno(self.back)
        self.alpha.kxover("block", BRAVO)
        self.assertFalse(bob.kvno(service_of(self.alpha), check=False).ok)
        self.alpha.kxover("allow", BRAVO)
        bob.kvno(service_of(self.alpha))

    def test_who_has_come_already_gets_no_further(self):
        bob, local = self.bravo.kinit("bob"), f"krbtgt/{ALPHA}@{ALPHA}"
        cache = f"FILE:{bob.ccache}.local"
        bob.kvno("--out-cache", cache, local)
        bob.kvno("-c", cache, service_of(self.alpha))
        bob.kvno("--out-cache", cache, local)
        self.alpha.kxover("block", BRAVO)
        mark = self.alpha.kdc.log.mark()
        self.assertFalse(bob.kvno("-c", cache, service_of(self.alpha), check=False).ok)
        self.alpha.kdc.log.wait_for(f"realm {BRAVO} is blocked: a user of realm {BRAVO} is refused", since=mark)

    def test_no_exchange_is_answered(self):
        self.forget()
        silent = SilentDns(self.alpha.folder / "silent.conf", self.lab.dns.resolver_conf)
        self.addCleanup(silent.close)
        self.alpha.settings["kxover_unbound_conf"] = silent.conf
        self.addCleanup(self.alpha.kxoverd.restart)
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.settings.pop, "kxover_unbound_conf")
        self.alpha.configure()
        self.alpha.kxoverd.restart()
        self.alpha.kxover("block", BRAVO)
        mark = self.alpha.kxoverd.log.mark()
        silent.questions()
        self.assertFalse(self.bravo.kinit("bob").kvno(self.back, check=False).ok)
        self.alpha.kxoverd.log.wait_for(f"refused to .*check 1, policy: {self.back} is blocked", since=mark)
        self.assertEqual(silent.questions(), 0)
        self.bravo.kdc.log.wait_for("its policy refuses it")

    def test_kadmin_shows_it(self):
        self.alpha.kxover("block", BRAVO)
        for principal in (self.there, self.back):
            self.assertIn(ATTRIBUTE, self.attributes(principal))
            self.assertIn("DISALLOW_ALL_TIX", self.flags(principal))

    def test_a_kdc_without_kxover_keeps_to_it(self):
        self.alpha.kxover("block", BRAVO)
        self.alpha.settings["db_library"] = "db2"
        self.addCleanup(self.alpha.kdc.restart)
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.settings.pop, "db_library")
        self.alpha.configure()
        self.alpha.kdc.restart()
        self.assert_no_way_there()

    def test_restarts_and_dumps_keep_it(self):
        self.alpha.kxover("block", BRAVO)
        dump = self.alpha.folder / "dump"
        self.alpha.kdb5_util("dump", dump)
        self.alpha.kxover("allow", BRAVO)
        self.alpha.kdb5_util("load", dump)
        for service in (self.alpha.kdc, self.alpha.kxoverd):
            service.restart()
        self.assert_no_way_there()
        self.alpha.kxover("allow", BRAVO)
        self.assert_way_there()
        self.assertEqual(self.alpha.keyinfo(self.there), self.keys)

    def test_each_process_of_the_kdc_keeps_to_it(self):
        self.alpha.kdc_options = ["-w", "3"]
        self.addCleanup(self.alpha.kdc.restart)
        self.addCleanup(self.alpha.kdc_options.clear)
        self.alpha.kdc.restart()
        sessions = [self.alpha.kinit("alice") for _ in range(6)]
        self.alpha.kxover("block", BRAVO)
        for session in sessions:
            self.assertFalse(session.kvno(self.there, check=False).ok)
        self.alpha.kxover("allow", BRAVO)
        for session in sessions:
            session.kvno(self.there)

    def test_where_there_is_nothing_yet_there_will_be_nothing(self):
        self.forget()
        self.alpha.kxover("block", BRAVO)
        self.assert_no_way_there()
        self.assertEqual(self.alpha.keyinfo(self.there), [])

    def test_what_was_keyed_by_hand_is_blocked_too(self):
        self.forget()
        third.key_by_hand(self.alpha, self.bravo)
        third.key_by_hand(self.bravo, self.alpha)
        bob = self.bravo.kinit("bob")
        bob.kvno(self.back)
        self.alpha.kxover("block", BRAVO)
        self.assert_no_way_there()
        self.assertFalse(bob.kvno(service_of(self.alpha), check=False).ok)
        self.alpha.kxover("allow", BRAVO)
        self.assert_way_there()
        bob.kvno(service_of(self.alpha))
        self.assertEqual((self.attributes(self.there), self.attributes(self.back)), ([], []))


class Allow(Blocking):

    def test_the_same_key_is_used_again(self):
        self.alpha.kxover("block", BRAVO)
        self.alpha.kxover("allow", BRAVO)
        with faults.peer(self.bravo, peers.silent) as peer:
            self.alpha.kinit("alice").kvno(self.there)
            self.assertEqual(peer.connections, 0)
        self.assertEqual(self.alpha.keyinfo(self.there), self.keys)

    def test_nothing_is_left_of_it(self):
        before = self.attributes(self.there), self.flags(self.there), self.alpha.principals()
        self.alpha.kxover("block", BRAVO)
        self.alpha.kxover("allow", BRAVO)
        self.assertEqual((self.attributes(self.there), self.flags(self.there), self.alpha.principals()), before)

    def test_a_principal_that_was_made_for_it_stays_if_it_has_got_a_key(self):
        self.alpha.kxover("block", BRAVO)
        self.alpha.kadmin_local(f"cpw -randkey {self.back}")
        self.alpha.kxover("allow", BRAVO)
        self.assertEqual((self.attributes(self.back), self.flags(self.back)), ([], ["LOCKDOWN_KEYS"]))

    def test_what_was_blocked_with_kadmin_stays_blocked(self):
        self.alpha.kadmin_local(f"modprinc -allow_tix {self.there}")
        self.alpha.kxover("block", BRAVO)
        result = self.alpha.kxover("allow", BRAVO, check=False)
        self.assertEqual(result.code, 1)
        self.assertIn(f"modprinc +allow_tix {self.there}", result.stderr)
        self.assert_no_way_there()
        self.assertNotIn(self.back, self.alpha.principals())

    def test_it_may_be_undone_with_kadmin_too(self):
        self.alpha.kxover("block", BRAVO)
        self.alpha.kadmin_local(f"modprinc +allow_tix {self.there}")
        self.assert_way_there()
        self.alpha.kxover("allow", BRAVO)
        self.assertNotIn(ATTRIBUTE, self.attributes(self.there))


class BlockWithKadmin(Blocking):
    """-allow_tix of kadmin does what kxover block does."""

    def test_a_principal_without_keys_is_enough(self):
        self.forget()
        self.alpha.kadmin_local(f"addprinc -nokey -allow_tix {self.there}", f"addprinc -nokey -allow_tix {self.back}")
        self.assert_no_way_there()
        mark = self.alpha.kxoverd.log.mark()
        self.assertFalse(self.bravo.kinit("bob").kvno(self.back, check=False).ok)
        self.alpha.kxoverd.log.wait_for("is blocked", since=mark)

    def test_the_tool_says_so(self):
        self.alpha.kadmin_local(f"modprinc -allow_tix {self.there}")
        outgoing = json.loads(self.alpha.kxover("show", "--json", BRAVO).stdout)["outgoing"]
        self.assertEqual((outgoing["blocked"], outgoing["blocked_by"], outgoing["blocked_at"]), (True, "kadmin", None))


class BlockInMemory(Blocking):
    """ALPHA's KDC writes nothing: it holds in memory what it has agreed on."""

    @classmethod
    def arrange(cls):
        super().arrange()
        cls.alpha.settings["kxover_store"] = "memory"
        cls.alpha.configure()
        cls.alpha.kdc.restart()

    def test_what_is_held_in_memory_is_blocked_and_given_back_too(self):
        self.assertEqual(self.alpha.keyinfo(self.there), [])
        self.alpha.kxover("block", BRAVO)
        self.assert_no_way_there()
        self.alpha.kxover("allow", BRAVO)
        with faults.peer(self.bravo, peers.silent) as peer:
            self.alpha.kinit("alice").kvno(self.there)
            self.assertEqual(peer.connections, 0)


class BlockForLong(Clocks):
    """A crossover is blocked, and meanwhile its key comes to its end."""

    def setUp(self):
        super().setUp()
        self.alpha.kxover("block", BRAVO)
        self.addCleanup(self.alpha.kxover, "allow", BRAVO)

    def test_no_exchange_is_begun_when_a_key_is_due_or_over(self):
        for seconds in (DUE, OVER):
            with self.subTest(seconds):
                self.set_clocks(seconds)
                alice = self.alpha.kinit("alice")
                mark = self.alpha.kdc.log.mark()
                with faults.peer(self.bravo, peers.silent) as peer:
                    for _ in range(3):
                        self.assertFalse(alice.kvno(self.crossover, check=False).ok)
                    self.assertEqual(peer.connections, 0)
                self.alpha.kdc.log.wait_for(f"{REFUSED}: .* for {self.crossover}", since=mark)

    def test_when_it_is_allowed_again_a_new_key_is_made(self):
        self.set_clocks(OVER)
        self.alpha.kxover("allow", BRAVO)
        self.alpha.kinit("alice").kvno(service_of(self.bravo))


class BlockAtACopy(WithCopy):
    """Incremental propagation brings it to the other KDCs."""

    def test_a_copy_keeps_to_it_once_it_is_propagated(self):
        alice = self.alpha.kinit("alice")
        alice.kvno(self.crossover)
        self.propagate()
        self.find_kdcs(self.copy)
        self.bravo.kxover("block", ALPHA)
        self.propagate()
        self.assertFalse(alice.kvno(service_of(self.bravo), check=False).ok)
        self.bravo.kxover("allow", ALPHA)
        self.propagate()
        alice.kvno(service_of(self.bravo))

    def test_a_copy_without_the_key_sends_nobody_on_who_is_blocked(self):
        self.bravo.kadmin_local(f"delprinc -force {self.crossover}")
        self.bravo.kxover("block", ALPHA)
        self.propagate()
        mark = self.copy.kdc.log.mark()
        alice = self.alpha.kinit("alice")
        if self.crossover not in self.alpha.principals():
            self.alpha.kadmin_local(f"addprinc -pw by-hand {self.crossover}")
        self.find_kdcs(self.copy)
        self.assertFalse(alice.kvno(service_of(self.bravo), check=False).ok)
        self.assertFalse(self.copy.kdc.log.lines("has not come here", since=mark))


class BlockInADirectory(TwoKdcs):
    """The database is a directory, with a server for each of two KDCs; it has no locks."""

    def test_each_kdc_keeps_to_it(self):
        crossover = self.alpha.crossover_to(self.bravo)
        alice = self.agree_with(self.first)
        self.wait_for_replication(crossover)
        self.assert_good_at_both(alice)
        keys = self.first.keyinfo(crossover)

        self.first.kxover("block", ALPHA)

        for kdc in (self.first, self.second):
            with self.subTest(kdc.kdc_host):
                self.only_kdc(kdc)
                wait_until(lambda: not alice.run("kvno", "--no-store", service_of(self.bravo), check=False).ok,
                           "the KDC to refuse her")
        self.first.kxover("allow", ALPHA)
        for kdc in (self.first, self.second):
            self.only_kdc(kdc)
            wait_until(lambda: alice.run("kvno", "--no-store", service_of(self.bravo), check=False).ok,
                       "the KDC to serve her again")
        self.assertEqual(self.first.keyinfo(crossover), keys)


class BlockedHome(Scenario):
    """CHARLIE may bring users of ALPHA to BRAVO, which blocks ALPHA then."""

    realms = third.ThirdRealms.realms
    arrange = classmethod(third.ThirdRealms.arrange.__func__)

    @classmethod
    def _configure_bravo(cls):
        cls.bravo.settings["kxover_transit"] = cls.charlie.name
        cls.bravo.configure()
        cls.bravo.kdc.restart()

    def test_they_are_not_let_in_that_way(self):
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))
        self.bravo.kxover("block", ALPHA)
        mark = self.bravo.kdc.log.mark()
        self.assertFalse(self.alpha.kinit("alice").kvno(service_of(self.bravo), check=False).ok)
        self.bravo.kdc.log.wait_for(f"realm {ALPHA} is blocked: a user of realm {ALPHA} is refused", since=mark)
        self.charlie.kinit("bob").kvno(service_of(self.bravo))


class BlockedOnTheWay(Scenario):
    """A user of CHARLIE comes to BRAVO through ALPHA and HUB, all keyed by hand; and BRAVO blocks ALPHA."""

    realms = third.FurtherBack.realms
    arrange = classmethod(third.FurtherBack.arrange.__func__)
    go = third.FurtherBack.go

    def test_what_came_through_it_is_not_let_in(self):
        self.assertTrue(self.go().ok)
        self.bravo.kxover("block", ALPHA)
        mark = self.bravo.kdc.log.mark()
        self.assertFalse(self.go().ok)
        self.bravo.kdc.log.wait_for(f"realm {ALPHA} is blocked: a user of realm {third.CHARLIE} is refused",
                                    since=mark)
        self.bravo.kxover("allow", ALPHA)
        self.assertTrue(self.go().ok)


if __name__ == "__main__":
    unittest.main()
