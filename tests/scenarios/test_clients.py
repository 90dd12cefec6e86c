"""Users who do not wait for ever: a realm is met for the first time, and its answer takes a while."""

import unittest

from lab import clients, tools
from lab.heimdal import HeimdalSession
from scenario import Scenario, service_of


class PeerTakesTwoSeconds(Scenario):
    """BRAVO answers an exchange after two seconds, which is less than kxover_wait."""

    def setUp(self):
        clients.strangers(self.alpha, self.bravo)

    def _assert_first_try_succeeds(self, client):
        attempt, = clients.tries(self.alpha, self.bravo, client, 2, number=1)
        self.assertTrue(attempt.has_ticket, attempt)

    def test_mit_over_udp_has_its_ticket_at_the_first_try(self):
        self._assert_first_try_succeeds("MIT krb5")

    def test_mit_over_tcp_has_its_ticket_at_the_first_try(self):
        self._assert_first_try_succeeds("MIT krb5, TCP")

    def test_heimdal_over_udp_has_its_ticket_at_the_first_try(self):
        self._assert_first_try_succeeds("Heimdal")

    def test_heimdal_over_tcp_has_its_ticket_at_the_first_try(self):
        self._assert_first_try_succeeds("Heimdal, TCP")


class TransportsOfSessions(Scenario):
    """The sessions that these promises are tried with do use the transport that they are named after."""

    def _transports(self, client):
        """The transports over which ALPHA's KDC is asked, as it sees its clients come and go."""
        kind, transport = clients.CLIENTS[client]
        self.alpha.kdc.restart()
        mark = self.alpha.kdc.log.mark()
        alice = self.alpha.kinit("alice", kind, transport)
        alice.kvno(service_of(self.bravo))
        self.assertIn(service_of(self.bravo), alice.tickets())
        return "tcp" if "closing down fd" in self.alpha.kdc.log.since(mark) else "udp"

    def test_each_client_comes_over_its_own(self):
        for client, (_, transport) in clients.CLIENTS.items():
            with self.subTest(client):
                self.assertEqual(self._transports(client), transport)


class MissingHeimdal(Scenario):
    """Heimdal's programs are not in the build folder."""

    def test_the_error_says_how_to_get_them(self):
        with self.assertRaisesRegex(tools.MissingTool, "make heimdal"):
            HeimdalSession(self.alpha, "alice", 0).run("no-such-program")


if __name__ == "__main__":
    unittest.main()
