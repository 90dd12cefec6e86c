"""What is said between realms is cut off at every few bytes; and calls fail that make users wait."""

from faulty import FaultyCalls, FaultyNetwork
from lab import peers, wait_until

# So many bytes are from one cut to the next.
STEP = 16


class CutsEverywhere(FaultyNetwork):
    def test_of_a_request(self):
        request, _ = self.lengths()
        for count in range(0, request - 8, STEP):
            with self.subTest(count):
                self.fail_with(there=peers.only(count))
                self.assertEqual(self.keys(self.bravo), {})
        self.mend()
        self.assert_nothing_lost()

    def test_of_an_answer(self):
        """BRAVO has a key more after each.  It keeps no more than 64, so that it begins anew before."""
        _, reply = self.lengths()
        for count in range(0, reply - 8, STEP):
            with self.subTest(count):
                self.fail_with(back=peers.only(count))
                self.assert_whole(self.bravo)
            if len(self.versions(self.bravo)) == 20:
                self.mend()
                self.assert_nothing_lost()
                self.forget()
        self.mend()
        self.assert_nothing_lost()

    def test_no_end_comes(self):
        """The exchange is given up, and begun anew."""
        _, reply = self.lengths()
        gate = peers.Gate()
        self.addCleanup(gate.open)
        self.behaviour = peers.altered(back=peers.held_after(reply // 2, gate))
        mark = self.alpha.kdc.log.mark()
        self.ask_in_the_background()
        gate.wait_for_one()
        wait_until(lambda: not self.served("bob") and self.given_up(mark), "the exchange to be given up")
        self.assertEqual(self.keys(self.alpha), {})
        self.mend()
        self.assert_nothing_lost()

    def given_up(self, mark):
        """What the KDC has said of it."""
        return self.alpha.kdc.log.lines(f"{self.crossover}: no crossover: connection: ", since=mark)


class NotNow(FaultyCalls):
    """The answers of ALPHA's KDC to its users get lost, too, and they ask again."""

    def test_the_kdc_is_interrupted_when_it_sends(self):
        self.assert_meets_with(self.alpha.kdc, "sendto", "EINTR")

    def test_the_kdc_has_no_room_to_send_after_all(self):
        self.assert_meets_with(self.alpha.kdc, "sendto", "EAGAIN")
