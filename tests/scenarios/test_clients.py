"""Users who do not wait for ever: a realm is met for the first time, and its answer takes a while."""

import unittest

from lab import clients, tools, wait_until
from lab.heimdal import HeimdalSession
from scenario import ALPHA, BRAVO, Scenario, service_of


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


class KdcSaysUnknown(Scenario):
    """ALPHA's KDC waits for nobody, and says of what it does not know yet that it is unknown."""

    HOST = "www.hosting.example"

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_wait"] = "0s"
        cls.alpha.maps_hosts = False
        cls.lab.dns.zone("hosting.example").records = [f'_kerberos.www TXT "{BRAVO}"']
        cls.lab.dns.publish()
        cls.bravo.kadmin_local(f"addprinc -randkey host/{cls.HOST}")
        clients.say_unknown(cls.alpha)

    def setUp(self):
        clients.strangers(self.alpha, self.bravo)

    def _assert_unknown_and_then_known(self, name, *command):
        """The first try is told that there is no such service, the log why, and a later one succeeds."""
        alice = self.alpha.kinit("alice")
        mark = self.alpha.kdc.log.mark()
        self.assertIn("not found in Kerberos database", alice.run("kvno", *command, check=False).output)
        self.assertTrue(self.alpha.kdc.log.lines(f"{name}: not yet known: ", since=mark))
        wait_until(lambda: alice.run("kvno", *command, check=False).ok, "a ticket")

    def test_who_asks_for_another_realm_gets_a_ticket_later(self):
        self._assert_unknown_and_then_known(self.alpha.crossover_to(self.bravo), service_of(self.bravo))

    def test_who_asks_for_a_host_of_another_realm_gets_a_ticket_later(self):
        self._assert_unknown_and_then_known(f"host/{self.HOST}@{ALPHA}", "-S", "host", self.HOST)


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
