"""A KDC does not stand still because of other realms: what failed is left alone for a while, and what hangs
is in nobody's way."""

import socket
import threading
import unittest

from lab import config, faults, peers, wait_until
from scenario import ALPHA, BRAVO, service_of
from stalling import TICKET, UNAVAILABLE, UNKNOWN_SERVICE, Stalling, Unhurried

CROSSOVER = f"krbtgt/{BRAVO}@{ALPHA}"


class FailureMemory(Stalling):
    """BRAVO's server hangs up on whoever comes."""

    def setUp(self):
        self.alpha.reload_kdc()
        self.mark = self.alpha.kdc.log.mark()

    def failures(self):
        return self.alpha.kdc.log.lines(f"{CROSSOVER}: no crossover", since=self.mark)

    def fail(self, user):
        """Let a user ask for a service of BRAVO, in vain."""
        result = self.alpha.kinit(user).kvno(service_of(self.bravo), check=False)
        self.assertIn("not found in Kerberos database", result.stderr)

    def test_a_request_that_fails_is_one_exchange_and_one_line_in_the_log(self):
        with faults.peer(self.bravo, peers.hasty) as peer:
            self.fail("alice")
        self.assertEqual((peer.connections, len(self.failures())), (1, 1))

    def test_a_realm_that_failed_is_left_alone(self):
        with faults.peer(self.bravo, peers.hasty) as peer:
            self.fail("alice")
            self.fail("bob")
        self.assertEqual((peer.connections, len(self.failures())), (1, 1))

    def test_reading_the_settings_again_forgets_it(self):
        with faults.peer(self.bravo, peers.hasty):
            self.fail("alice")
        self.fail("alice")
        self.alpha.reload_kdc()
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.alpha.kadmin_local(f"delprinc -force {CROSSOVER}")

    def test_what_is_wrong_with_ourselves_is_mended_and_the_next_attempt_works(self):
        aside = self.alpha.key.with_suffix(".aside")
        self.alpha.key.rename(aside)
        self.addCleanup(self.alpha.reload_kdc)
        self.alpha.reload_kdc()
        self.fail("alice")
        line, = self.failures()
        self.assertIn("our identity", line)
        aside.rename(self.alpha.key)
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.alpha.kadmin_local(f"delprinc -force {CROSSOVER}")

    def test_roots_that_cannot_be_read_cost_no_network_and_are_mended_likewise(self):
        roots = self.alpha.folder / "roots.pem"
        self.addCleanup(self.alpha.reload_kdc)
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.settings.pop, "kxover_anchors")
        self.alpha.settings["kxover_anchors"] = f"FILE:{roots}"
        self.alpha.configure()
        self.alpha.reload_kdc()
        with faults.peer(self.bravo, peers.hasty) as peer:
            self.fail("alice")
        line, = self.failures()
        self.assertIn("kxover_anchors: cannot read", line)
        self.assertEqual(peer.connections, 0)
        roots.write_bytes(self.bravo.certificate.read_bytes())
        self.alpha.kinit("alice").kvno(service_of(self.bravo))
        self.alpha.kadmin_local(f"delprinc -force {CROSSOVER}")


class FloodOfFailures(Stalling):
    """One user asks for fifty realms that are not in DNS."""

    def test_the_log_tells_of_ten(self):
        alice = self.alpha.kinit("alice")
        told = self.ask(alice, *(f"NOWHERE{i}.EXAMPLE" for i in range(50)))
        self.assertEqual([code for _, code in told], [UNKNOWN_SERVICE] * 50)
        self.assertEqual(len(self.alpha.kdc.log.lines("NOWHERE.*: no crossover")), 10)


class Eavesdropper(threading.Thread):
    """Stands between resolvers and the name server, by UDP, and keeps the questions."""

    def __init__(self, server_port):
        super().__init__(daemon=True)
        self.questions = []
        self._server = (config.LOOPBACK, server_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((config.LOOPBACK, 0))
        self._socket.settimeout(0.1)
        self._stopped = threading.Event()
        self.port = self._socket.getsockname()[1]

    def run(self):
        waiting = {}
        while not self._stopped.is_set():
            try:
                packet, source = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            if source == self._server:
                self._socket.sendto(packet, waiting.get(packet[:2], source))
            else:
                waiting[packet[:2]] = source
                self.questions.append(packet)
                self._socket.sendto(packet, self._server)

    def stop(self):
        self._stopped.set()
        self.join()
        self._socket.close()

    def heard(self, name):
        """Whether somebody asked for anything at or below that name."""
        wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
        return any(wire in packet.lower() for packet in self.questions)


class OneLabel(Stalling):
    """There is a top level domain LONELY, and somebody listens to what is asked of it."""

    @classmethod
    def arrange(cls):
        cls.lab.dns.zone("lonely").records = [f'_kerberos._tcp.{name}lonely. TXT "x"' for name in ("", "a.")]
        cls.lab.dns.publish()
        cls.ear = Eavesdropper(cls.lab.dns.port)
        cls.ear.start()
        cls.addClassCleanup(cls.ear.stop)
        text = cls.lab.dns.resolver_conf.read_text()
        stub = f'  name: "lonely."\n  stub-addr: {config.LOOPBACK}@'
        cls.lab.dns.resolver_conf.write_text(
            text.replace(f"{stub}{cls.lab.dns.port}\n", f"{stub}{cls.ear.port}\n"))
        cls.alpha.kdc.restart()

    def test_a_realm_of_one_label_is_never_tried(self):
        """Neither when a user asks for it, nor when the KDC looks for a way to a realm below."""
        alice = self.alpha.kinit("alice")
        for realm in ("LONELY", "A.LONELY"):
            self.assertFalse(alice.kvno(f"krbtgt/{realm}@{ALPHA}", check=False).ok)
        self.alpha.kdc.log.wait_for(f"krbtgt/A.LONELY@{ALPHA}: no crossover: .* has no SRV record")
        self.assertTrue(self.ear.heard("_tcp.a.lonely"))
        self.assertFalse(self.ear.heard("_tcp.lonely"))
        self.assertFalse(self.alpha.kdc.log.lines("krbtgt/(LONELY|EXAMPLE)@.* no crossover"))


class Crowded(Stalling):
    """One user asks for a hundred realms of one zone, all of them silent."""

    @classmethod
    def arrange(cls):
        cls.realms = cls.silent_realms("crowd.example", 100)
        cls.lab.dns.publish()
        cls.alice = cls.alpha.kinit("alice")
        cls.bob = cls.alpha.kinit("bob")

    def setUp(self):
        self.alpha.reload_kdc()

    def test_they_do_not_shut_out_an_honest_realm(self):
        mark = self.alpha.kdc.log.mark()
        told = self.ask(self.alice, *self.realms)
        self.assertEqual([code for _, code in told], [UNAVAILABLE] * 100)
        wait_until(lambda: self.ask(self.bob, BRAVO) == [(BRAVO, TICKET)], "a ticket")
        self.bob.kvno(service_of(self.bravo))
        lines = self.alpha.kdc.log.lines("64 exchanges are under way", since=mark)
        self.assertTrue(lines)
        self.assertLessEqual(len(lines), 10)
        for line in lines:
            self.assertRegex(line, r"the one with realm R\d+\.CROWD\.EXAMPLE gives way")

    def test_a_realm_that_is_honest_but_slow_keeps_its_place(self):
        charlie, = self.lab.add_realms("CHARLIE.EXAMPLE")
        gate = peers.Gate()
        with faults.peer(charlie, peers.tampering(reply=gate)) as peer:
            wait_until(lambda: self.ask(self.bob, charlie.name) and peer.connections == 1, "an exchange")
            gate.wait_for_one()
            self.ask(self.alice, *(f"X{realm}" for realm in self.realms))
            gate.open()
            wait_until(lambda: self.ask(self.bob, charlie.name) == [(charlie.name, TICKET)], "a ticket")
        self.assertEqual(peer.connections, 1)


class WithoutWaiting(Unhurried):
    """ALPHA's KDC waits for nobody (kxover_wait = 0s)."""

    def test_who_asks_again_gets_a_ticket(self):
        alice = self.alpha.kinit("alice")
        self.assertEqual(self.ask(alice, BRAVO), [(BRAVO, UNAVAILABLE)])
        wait_until(lambda: self.ask(alice, BRAVO) == [(BRAVO, TICKET)], "a ticket")
        self.assertEqual(self.versions(), 1)

    def test_an_exchange_goes_on_though_nobody_asks_for_that_realm_again(self):
        charlie, = self.lab.add_realms("CHARLIE.EXAMPLE")
        self.assertEqual(self.ask(self.alpha.kinit("alice"), charlie.name), [(charlie.name, UNAVAILABLE)])

        def agreed():
            self.alpha.kinit("bob")
            return self.alpha.kdc.log.lines(rf"krbtgt/{charlie.name}@{ALPHA}: key version \d+ agreed")
        wait_until(agreed, "an agreement")

    def test_that_a_peer_did_not_wait_for_an_idle_kdc_is_not_held_against_it(self):
        delta, = self.lab.add_realms("DELTA.EXAMPLE")
        alice = self.alpha.kinit("alice")
        with faults.peer(delta, peers.impatient(1)) as peer:
            wait_until(lambda: self.ask(alice, delta.name) and peer.connections == 1, "a connection")
            self.rest(4)
        self.assert_met(alice, delta)


class Rush(Stalling):
    """Two hundred clients want to go to BRAVO in one moment, and BRAVO thinks for a second."""

    CLIENTS = 200

    def rush(self):
        told = self.ask(self.alpha.kinit("alice"), *[BRAVO] * self.CLIENTS)
        self.assertEqual(told, [(BRAVO, TICKET)] * self.CLIENTS)

    def test_all_get_their_tickets_by_one_exchange(self):
        with faults.peer(self.bravo, peers.slow(1)) as peer:
            self.rush()
        self.assertEqual(peer.connections, 1)
        self.assertEqual(self.versions(), 1)


class RushOnWorkers(Rush):
    """The same, with a KDC of three processes."""

    @classmethod
    def arrange(cls):
        cls.alpha.kdc_options = ["-w", "3"]
        cls.alpha.kdc.restart()

    def test_all_get_their_tickets_by_one_exchange(self):
        """Or rather one of each process."""
        with faults.peer(self.bravo, peers.slow(1)) as peer:
            self.rush()
        self.assertLessEqual(peer.connections, 3)
        self.assertLessEqual(self.versions(), 3)


if __name__ == "__main__":
    unittest.main()
