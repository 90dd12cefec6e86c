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

    def first_of_two(self, client, patience=clients.PATIENCE):
        """The first try, which fails; the second must succeed."""
        first, second = clients.tries(self.alpha, self.bravo, client, DELAY, patience=patience)
        self.assertFalse(first.has_ticket, first)
        self.assertTrue(second.has_ticket, second)
        return first


class KdcSaysUnavailable(PeerTakesFiveSeconds):
    """What kxover_not_yet is when nobody sets it."""

    def test_mit_over_udp_says_that_a_service_is_not_available(self):
        self.assertIn("A service is not available", self.first_of_two("MIT krb5").words)

    def test_mit_over_tcp_says_that_a_service_is_not_available(self):
        self.assertIn("A service is not available", self.first_of_two("MIT krb5, TCP").words)

    def test_heimdal_over_udp_must_be_interrupted(self):
        self.assertTrue(self.first_of_two("Heimdal", patience=20).interrupted)

    def test_heimdal_over_tcp_must_be_interrupted(self):
        self.assertTrue(self.first_of_two("Heimdal, TCP", patience=20).interrupted)

    def test_the_kdc_says_what_it_waits_for(self):
        self.assertIn("exchange with realm BRAVO.EXAMPLE waits for the answer", self.first_of_two("MIT krb5").kdc_log)


class KdcSaysUnknown(PeerTakesFiveSeconds):
    """ALPHA has set kxover_not_yet to unknown."""

    @classmethod
    def arrange(cls):
        clients.say_unknown(cls.alpha)

    def test_mit_over_udp_says_that_the_service_is_not_known(self):
        self.assertIn("not found in Kerberos database", self.first_of_two("MIT krb5").words)

    def test_mit_over_tcp_says_that_the_service_is_not_known(self):
        self.assertIn("not found in Kerberos database", self.first_of_two("MIT krb5, TCP").words)

    def test_heimdal_over_udp_says_that_the_service_is_not_known(self):
        self.assertIn("UNKNOWN_SERVER", self.first_of_two("Heimdal").words)

    def test_heimdal_over_tcp_says_that_the_service_is_not_known(self):
        self.assertIn("UNKNOWN_SERVER", self.first_of_two("Heimdal, TCP").words)

    def test_the_kdc_says_what_it_waits_for(self):
        self.assertIn("exchange with realm BRAVO.EXAMPLE waits for the answer", self.first_of_two("MIT krb5").kdc_log)


if __name__ == "__main__":
    unittest.main()
