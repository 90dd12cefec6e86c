"""Clocks that are wrong: nothing is agreed meanwhile, nothing is lost, and all goes on when they are right."""

import time

from lab import faults, peers
from nothing_lost import Disaster
from wire import error_code

CLOCK_SKEW = 37
MINUTES = 60
DAYS = 24 * 60 * MINUTES

# Over the life of a key (14 days), and over the time that an expired one is kept (2 days).
FAR = 20 * DAYS


class Clocks(Disaster):
    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.give_clock()


class Apart(Clocks):
    """The clock of one realm is off by more than the skew that is allowed (5 minutes)."""

    def test_the_responder_refuses_and_says_that_it_is_the_clock(self):
        for seconds in (10 * MINUTES, -10 * MINUTES):
            with self.subTest(seconds=seconds):
                self.forget()
                replies = []
                mark = self.bravo.kxoverd.log.mark()
                with faults.clock_off(self.bravo, seconds):
                    with faults.peer(self.bravo, peers.recording([], replies)):
                        self.assertFalse(self.served("alice"))
                self.assertEqual({error_code(reply) for reply in replies}, {CLOCK_SKEW})
                self.bravo.kxoverd.log.wait_for(f"{self.crossover}: refused to .*set the clocks", since=mark)
                self.assertEqual((self.keys(self.alpha), self.keys(self.bravo)), ({}, {}))

    def test_the_initiator_says_that_it_is_the_clock(self):
        mark = self.alpha.kdc.log.mark()
        with faults.clock_off(self.alpha, 10 * MINUTES):
            self.assertFalse(self.served("alice"))
        self.alpha.kdc.log.wait_for(f"{self.crossover}: no crossover: .*clock", since=mark)

    def test_the_next_request_works_once_the_clock_is_right(self):
        with faults.clock_off(self.alpha, 10 * MINUTES):
            self.assertFalse(self.served("alice"))
        self.assert_nothing_lost()

    def test_a_clock_that_is_off_by_less_does_no_harm(self):
        with faults.clock_off(self.alpha, 3 * MINUTES):
            self.assertTrue(self.served("alice"))
            self.assert_nothing_lost()
        self.assert_nothing_lost()


class Jumps(Clocks):
    """A clock is far in the future for a while, and comes back."""

    def setUp(self):
        super().setUp()
        self.assertTrue(self.served("alice"))
        self.before = self.keys(self.bravo)

    def test_of_the_initiator_leaves_the_key_as_it_was(self):
        with faults.clock_off(self.alpha, FAR):
            self.assertFalse(self.served("alice"))
        self.assert_nothing_lost()
        self.assertEqual((self.keys(self.alpha), self.keys(self.bravo)), (self.before, self.before))

    def test_of_the_responder_leaves_the_key_as_it_was(self):
        with faults.clock_off(self.bravo, FAR):
            self.assertFalse(self.served("alice"))
        self.assert_nothing_lost()
        self.assertEqual((self.keys(self.alpha), self.keys(self.bravo)), (self.before, self.before))

    def test_of_a_kxoverd_that_starts_in_it_removes_nothing(self):
        """It looks for what is over when it starts."""
        with faults.clock_off(self.bravo, FAR):
            mark = self.bravo.kxoverd.log.mark()
            self.bravo.kxoverd.restart()
            self.bravo.kxoverd.log.wait_for("looked through the database: .* 1 are over", since=mark)
            time.sleep(2)  # well over what it takes to remove them
        self.assert_nothing_lost()
        self.assertEqual(self.keys(self.bravo), self.before)

    def test_of_both_leaves_a_key_that_both_go_on_with(self):
        with faults.clock_off(self.alpha, FAR), faults.clock_off(self.bravo, FAR):
            self.assertTrue(self.served("alice"))
            future = self.keys(self.alpha)
            self.assertNotEqual(future, self.before)
        self.assert_nothing_lost()
        self.assertLessEqual(future.items(), self.keys(self.alpha).items())
        self.assertLessEqual(future.items(), self.keys(self.bravo).items())

    def test_of_a_kdc_that_could_not_write_does_not_keep_it_from_writing(self):
        """How long it leaves the database alone it measures by a clock that does not jump."""
        self.alpha.kadmin_local(f"delprinc -force {self.crossover}")
        with faults.clock_off(self.alpha, 4 * MINUTES), faults.database_locked(self.alpha):
            self.assertTrue(self.served("alice"))
            self.assertFalse(self.keys(self.alpha))
        self.wait_for_the_writing()
        self.assert_nothing_lost()
