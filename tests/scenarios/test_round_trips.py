"""How often an exchange goes there and back."""

import unittest

from lab import faults, peers
from scenario import Scenario


class RoundTrips(Scenario):
    """BRAVO.EXAMPLE is told of, and somebody listens on the way."""

    def test_an_exchange_takes_two_with_that_of_tcp(self):
        """One makes the connection; in the other goes one message there, and one back."""
        turns = []
        crossover = self.alpha.crossover_to(self.bravo)
        with faults.peer(self.bravo, peers.overhearing(turns)) as peer:
            self.alpha.kinit("alice").kvno(crossover)
            self.assertEqual((peer.connections, [who for who, _ in turns]), (1, ["client", "server"]))
        self.assertTrue(self.alpha.keyinfo(crossover))


if __name__ == "__main__":
    unittest.main()
