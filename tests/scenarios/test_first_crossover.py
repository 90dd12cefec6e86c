"""Two realms that never met: a user of one reaches a service of the other, and nobody exchanged a key."""

import threading
import unittest
from functools import partial
from unittest import mock

import lab.demo
from lab import Lab, faults, peers
from lab.gss import converse
from scenario import Scenario, service_of


class FirstContact(Scenario):
    """alice@ALPHA.EXAMPLE has just asked for a service of BRAVO.EXAMPLE, for the first time ever."""

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        cls.alice = cls.alpha.kinit("alice")
        cls.alice.kvno(service_of(cls.bravo))
        cls.keys = cls.alpha.keyinfo(cls.crossover)

    def test_she_has_a_ticket_for_the_service(self):
        self.assertIn(service_of(self.bravo), self.alice.tickets())

    def test_her_ticket_is_good_at_the_service(self):
        conversation = converse(self.alice, self.bravo, "from alpha")
        self.assertIn("Signature verified.", conversation.client.stdout)
        self.assertIn(f'"{self.alice.principal}" to "{service_of(self.bravo)}"', conversation.client.stdout)
        self.assertIn('Received message: "from alpha"', conversation.server)

    def test_the_other_kdc_knows_whom_it_serves(self):
        self.bravo.kdc.log.wait_for(f"ISSUE: .* {self.alice.principal} for {service_of(self.bravo)}")

    def test_the_same_principal_is_in_both_databases(self):
        for realm in (self.alpha, self.bravo):
            with self.subTest(realm.name):
                self.assertIn(self.crossover, realm.principals())

    def test_both_hold_the_same_key_versions_of_the_same_types(self):
        self.assertTrue(self.keys)
        self.assertEqual(self.bravo.keyinfo(self.crossover), self.keys)

    def test_one_direction_is_made_and_not_the_other(self):
        for realm in (self.alpha, self.bravo):
            self.assertNotIn(self.bravo.crossover_to(self.alpha), realm.principals())

    def test_its_key_is_not_to_be_taken_out_and_has_an_end(self):
        for realm in (self.alpha, self.bravo):
            with self.subTest(realm.name):
                shown = realm.kadmin_local(f"getprinc {self.crossover}").stdout
                self.assertIn("LOCKDOWN_KEYS", shown)
                self.assertNotIn("Expiration date: [never]", shown)

    def test_its_attributes_say_with_whom_it_was_made(self):
        kvno, _ = self.keys[0]
        for realm, peer in ((self.alpha, self.bravo), (self.bravo, self.alpha)):
            with self.subTest(realm.name):
                shown = realm.kadmin_local(f"getstrs {self.crossover}").stdout
                self.assertIn(f"kxover_kvno_{kvno}: ", shown)
                self.assertIn(f"peer={peer.kdc_host}:{peer.port}", shown)

    def test_another_user_uses_the_same_key(self):
        bob = self.alpha.kinit("bob")
        bob.kvno(service_of(self.bravo))
        self.assertIn('Received message: "bob too"', converse(bob, self.bravo, "bob too").server)
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.keys)
        self.assertEqual(self.bravo.keyinfo(self.crossover), self.keys)

    def test_nobody_asks_again_for_what_is_there(self):
        requests, replies = [], []
        with faults.peer(self.bravo, peers.recording(requests, replies)):
            self.alpha.kinit("bob").kvno(service_of(self.bravo))
        self.assertEqual((requests, replies), ([], []))

    def test_it_outlives_all_the_servers(self):
        for realm in (self.alpha, self.bravo):
            realm.stop()
            realm.start()
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))
        self.assertIn('Received message: "again"', converse(alice, self.bravo, "again").server)
        self.assertEqual(self.alpha.keyinfo(self.crossover), self.keys)

    def test_it_is_used_over_tcp_too(self):
        """Where kxoverd hands on to the KDC what is not its own."""
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.client_settings.clear)
        self.alpha.client_settings["udp_preference_limit"] = "1"
        self.alpha.configure()
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))
        for realm in (self.alpha, self.bravo):
            self.assertRegex(alice.trace.text, f"Sending TCP request to stream 127.0.0.1:{realm.port}")
        self.assertNotIn("Sending initial UDP request", alice.trace.text)


class BothWays(Scenario):
    """Realms meet in both directions, each with a principal of its own."""

    def test_users_of_either_realm_reach_the_other(self):
        for here, there in ((self.alpha, self.bravo), (self.bravo, self.alpha)):
            with self.subTest(here.name):
                alice = here.kinit("alice")
                alice.kvno(service_of(there))
                message = f"from {here.name}"
                self.assertIn(f'Received message: "{message}"', converse(alice, there, message).server)
                for realm in (self.alpha, self.bravo):
                    self.assertIn(here.crossover_to(there), realm.principals())


class AtOnce(Scenario):
    """Everybody comes in the same moment."""

    def test_all_get_their_tickets_and_there_is_one_key(self):
        sessions = [(here.kinit(user), there) for user in ("alice", "bob")
                    for here, there in ((self.alpha, self.bravo), (self.bravo, self.alpha))]
        threads = [threading.Thread(target=session.kvno, args=(service_of(there),), kwargs={"check": False})
                   for session, there in sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for session, there in sessions:
            with self.subTest(session.principal):
                self.assertIn(service_of(there), session.tickets())
                crossover = session.realm.crossover_to(there)
                self.assertEqual(len({kvno for kvno, _ in there.keyinfo(crossover)}), 1)
                self.assertEqual(session.realm.keyinfo(crossover), there.keyinfo(crossover))


class LostAnswer(Scenario):
    """The first answer of BRAVO.EXAMPLE does not arrive."""

    def test_it_does_no_harm(self):
        """BRAVO.EXAMPLE has stored a key that ALPHA.EXAMPLE never heard of; the next one is another."""
        alice = self.alpha.kinit("alice")
        crossover = self.alpha.crossover_to(self.bravo)
        with faults.peer(self.bravo, peers.cut_off(200)):
            self.assertFalse(alice.kvno(service_of(self.bravo), check=False).ok)
        self.assertEqual((self.alpha.keyinfo(crossover), self.bravo.keyinfo(crossover) != []), ([], True))
        self.alpha.reload_kdc()
        alice.kvno(service_of(self.bravo))
        self.assertIn('Received message: "now"', converse(alice, self.bravo, "now").server)
        self.assertLess(set(self.alpha.keyinfo(crossover)), set(self.bravo.keyinfo(crossover)))


class Newcomer(Scenario):
    """A realm comes into being while the others run."""

    def test_old_and_new_realms_reach_each_other_and_nobody_is_restarted(self):
        charlie, = self.lab.add_realms("CHARLIE.EXAMPLE")
        for here, there in ((self.alpha, charlie), (charlie, self.bravo)):
            with self.subTest(here.name):
                alice = here.kinit("alice")
                alice.kvno(service_of(there))
                self.assertIn('Received message: "hello"', converse(alice, there, "hello").server)


class Demo(unittest.TestCase):
    """The demo tells what happens, and only if it does."""

    def test_its_story_is_short_and_ends_well(self):
        told = []
        lab.demo.demo(build=None, say=told.append)
        self.assertIn("Received message", told[-1])
        self.assertLessEqual(len(told), 30)

    def test_it_fails_without_kxover(self):
        with mock.patch("lab.demo.Lab", partial(Lab, module="db2")):
            with self.assertRaises(lab.demo.StoryBroken):
                lab.demo.demo(build=None, say=lambda line: None)


if __name__ == "__main__":
    unittest.main()
