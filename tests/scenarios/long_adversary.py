"""What goes on for long: thousands of refusals, and more connections than there are places."""

import unittest

import test_daemon
from lab.peers import framed
from test_daemon_exchange import ExchangeScenario
from wire import as_req, ask, connect, error_code

INVALID_SIG, POLICY, GENERIC = 64, 12, 60

ROUNDS = 10_000
WARM_UP = 1000

# Less than an allocation of 16 bytes for each refusal, which is the smallest that there is.
NOTHING = ROUNDS * 16


class Refusals(ExchangeScenario):
    """BRAVO's realm, or somebody with a copy of its request, asks ten thousand times in vain."""

    @classmethod
    def arrange(cls):
        cls.request = cls.record(cls())

    def refuse(self, request, code, rounds):
        with connect(self.alpha) as connection:
            for _ in range(rounds):
                self.assertEqual(error_code(ask(connection, request)), code)

    def assert_nothing_is_left(self, request, code):
        self.refuse(request, code, WARM_UP)
        before = test_daemon.memory(self.daemon)
        self.refuse(request, code, ROUNDS)
        self.assertLess(test_daemon.memory(self.daemon) - before, NOTHING)
        self.assertEqual(self.versions(), [])

    def test_of_forged_offers_nothing_is_left(self):
        self.assert_nothing_is_left(self.request[:-1] + bytes([self.request[-1] ^ 1]), INVALID_SIG)

    def test_of_messages_that_are_none_nothing_is_left(self):
        self.assert_nothing_is_left(self.request[:1] + bytes(100), GENERIC)

    def test_of_a_refused_realm_nothing_is_left(self):
        self.addCleanup(self.reload)
        self.set_up_with(kxover_realms=f"!{self.bravo.name} *")
        self.reload()
        self.assert_nothing_is_left(self.request, POLICY)


class HalfMessages(ExchangeScenario):
    """More connections than there are places, from many sources, and each has sent half a message."""

    open = test_daemon.Connections.open

    @classmethod
    def arrange(cls):
        test_daemon.Connections.arrange.__func__(cls)

    def test_others_are_served_and_cross_over(self):
        half = framed(as_req(self.alpha, "nobody"))[:40]
        for last in range(2, 8):
            for connection in self.open(200, f"127.0.0.{last}"):
                connection.sendall(half)
        self.assert_served(source="127.0.0.99")
        self.cross()
        self.assertEqual(len(self.versions()), 1)


if __name__ == "__main__":
    unittest.main()
