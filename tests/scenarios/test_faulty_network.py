"""Bytes come late, one at a time, or not at all: an exchange is finished or there is no key of it, and the
next user gets in."""

from faulty import FaultyNetwork
from lab import peers, wait_until
from scenario import service_of


def within(length):
    """Where to cut a message of `length` bytes: in the 4 that announce how many, after them, and before its end.
    (The next one may be some bytes shorter: its numbers are.)"""
    return 0, 1, 3, 4, 5, length // 2, length - 8


class ExchangesOverIt(FaultyNetwork):
    def test_each_byte_comes_alone(self):
        self.behaviour = peers.altered(peers.single_bytes, peers.single_bytes)
        self.assertTrue(self.served("alice"))
        self.assertEqual(self.keys(self.alpha), self.keys(self.bravo))
        self.assert_nothing_lost()
        self.assertEqual(len(self.versions(self.bravo)), 1)

    def test_all_comes_late(self):
        self.behaviour = peers.altered(peers.late(0.3), peers.late(0.3))
        self.assertTrue(self.served("alice"))
        self.assert_nothing_lost()
        self.assertEqual(len(self.versions(self.bravo)), 1)

    def test_a_request_is_cut_off(self):
        request, _ = self.lengths()
        for count in within(request):
            with self.subTest(count):
                self.fail_with(there=peers.only(count))
                self.assertEqual(self.keys(self.bravo), {})
        self.mend()
        self.assert_nothing_lost()
        self.assertEqual(len(self.versions(self.bravo)), 1)

    def test_an_answer_is_cut_off(self):
        """BRAVO then has a key that ALPHA never heard of; the next one is another, and the newest."""
        _, reply = self.lengths()
        for tries, count in enumerate(within(reply), 1):
            with self.subTest(count):
                self.fail_with(back=peers.only(count))
                self.assertEqual(len(self.versions(self.bravo)), tries)
        lost = self.versions(self.bravo)
        self.mend()
        self.assert_nothing_lost()
        new, = self.versions(self.alpha)
        self.assertEqual(self.versions(self.bravo), lost | {new})
        self.assertNotIn(new, lost)
        self.assertIn(f"kvno = {new}", self.alpha.kinit("bob").kvno(self.crossover).stdout)

    def test_the_end_of_an_answer_comes_when_nobody_waits(self):
        """The exchange is not begun anew for that."""
        _, reply = self.lengths()
        gate = peers.Gate()
        self.behaviour = peers.altered(back=peers.held_after(reply // 2, gate))
        self.ask_in_the_background()
        gate.wait_for_one()
        self.assertEqual(self.keys(self.alpha), {})
        gate.open()
        wait_until(lambda: self.served("bob"), "bob to be served")
        self.assertEqual(len(self.versions(self.bravo)), 1)
        self.assert_nothing_lost()


class ClientsOverIt(FaultyNetwork):
    """Users of BRAVO come by TCP, over the same network."""

    @classmethod
    def arrange(cls):
        cls.bravo.client_settings["udp_preference_limit"] = "1"
        cls.bravo.configure()

    def test_each_byte_comes_alone(self):
        self.behaviour = peers.altered(peers.single_bytes, peers.single_bytes)
        alice = self.bravo.kinit("alice")
        alice.kvno(service_of(self.bravo))
        self.assertIn(service_of(self.bravo), alice.tickets())
        self.assertEqual(alice.trace.lines("Sending initial UDP"), [])

    def test_all_comes_late(self):
        self.behaviour = peers.altered(peers.late(0.2), peers.late(0.2))
        self.bravo.kinit("alice").kvno(service_of(self.bravo))
