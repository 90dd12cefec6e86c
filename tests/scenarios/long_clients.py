"""Users whose realm meets one that takes longer to answer than their KDC waits (kxover_wait).

The first try fails, or does worse: what each program makes of it is in docs/clients.md.  The exchange goes
on meanwhile, so that the second try has its ticket.
"""

import unittest

from lab import clients
from scenario import Scenario

DELAY = 5


class PeerTakesFiveSeconds(Scenario):
    """BRAVO answers an exchange after five seconds."""

    def setUp(self):
        clients.strangers(self.alpha, self.bravo)

    def _tries(self, client, **options):
        return clients.tries(self.alpha, self.bravo, client, DELAY, **options)

    def _assert_second_try_succeeds(self, client):
        first, second = self._tries(client)
        self.assertFalse(first.has_ticket, first)
        self.assertTrue(second.has_ticket, second)
        return first

    def test_mit_over_udp_says_that_a_service_is_not_available_and_succeeds_when_asked_again(self):
        first = self._assert_second_try_succeeds("MIT krb5")
        self.assertIn("A service is not available", first.words)

    def test_mit_over_tcp_says_that_a_service_is_not_available_and_succeeds_when_asked_again(self):
        first = self._assert_second_try_succeeds("MIT krb5, TCP")
        self.assertIn("A service is not available", first.words)

    def test_heimdal_over_udp_must_be_interrupted_and_succeeds_when_asked_again(self):
        self.assertTrue(self._assert_second_try_succeeds("Heimdal").interrupted)

    def test_heimdal_over_tcp_must_be_interrupted_and_succeeds_when_asked_again(self):
        self.assertTrue(self._assert_second_try_succeeds("Heimdal, TCP").interrupted)

    def test_the_kdc_says_what_it_waits_for(self):
        first, _ = self._tries("MIT krb5")
        self.assertIn("exchange with realm BRAVO.EXAMPLE waits for the answer", first.kdc_log)


if __name__ == "__main__":
    unittest.main()
