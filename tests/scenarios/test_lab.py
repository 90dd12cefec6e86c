"""The lab keeps its own promises: realms that work, a DNS that can be trusted, and faults that are real.

These realms have no kxover in them; what it adds is for the other scenarios."""

import os
import socket
import time
import unittest
from unittest import mock

from lab import CommandFailed, Lab, MissingTool, ServiceFailed, TimedOut, faults, peers, tools, wait_until
from lab.gss import converse
from lab.peers import Peer, framed, receive
from lab.ports import Ports, is_listening
from lab.waiting import PATIENCE
from scenario import ALPHA, Scenario


class Realms(Scenario):
    module = "db2"

    def test_a_user_reaches_a_service_of_her_own_realm(self):
        for realm in (self.alpha, self.bravo):
            alice = realm.kinit("alice")
            alice.kvno(f"host/{realm.service_host}")
            self.assertIn(f"host/{realm.service_host}@{realm.name}", alice.tickets())

    def test_without_kxover_a_user_does_not_reach_the_other_realm(self):
        alice = self.alpha.kinit("alice")
        result = alice.kvno(f"host/{self.bravo.service_host}@{self.bravo.name}", check=False)
        self.assertFalse(result.ok)
        self.assertIn(f"krbtgt/{self.bravo.name}@{ALPHA} not found", result.stderr)

    def test_a_wrong_password_is_refused(self):
        with self.assertRaisesRegex(CommandFailed, "Password incorrect"):
            self.alpha.session("alice").kinit(password="wrong")

    def test_sessions_do_not_share_tickets(self):
        self.alpha.kinit("alice")
        self.assertEqual(self.alpha.session("alice").tickets(), [])

    def test_kadmind_serves_a_remote_kadmin(self):
        session = self.alpha.session("admin/admin")
        listed = session.run("kadmin", "-p", "admin/admin", "-w", self.alpha.password("admin/admin"),
                             "-q", "listprincs")
        self.assertIn(f"alice@{ALPHA}", listed.stdout)

    def test_a_gss_client_and_server_talk(self):
        alice = self.alpha.kinit("alice")
        conversation = converse(alice, self.alpha, "a word in private")
        self.assertIn("Signature verified.", conversation.client.stdout)
        self.assertIn('Received message: "a word in private"', conversation.server)

    def test_a_kdc_can_be_stopped_and_started_again(self):
        self.alpha.kdc.stop()
        self.assertFalse(self.alpha.session("alice").run("kinit", "alice", check=False, input="x\n").ok)
        self.alpha.kdc.start()
        self.alpha.kinit("alice")

    def test_a_log_is_waited_for_from_a_mark_on(self):
        mark = self.alpha.kdc.log.mark()
        self.alpha.kinit("bob")
        self.assertIn("ISSUE", self.alpha.kdc.log.wait_for("bob@ALPHA.EXAMPLE for krbtgt", since=mark))
        with self.assertRaises(TimedOut):
            self.alpha.kdc.log.wait_for("bob@", since=self.alpha.kdc.log.mark(), timeout=0.1)

    def test_a_kdc_that_cannot_start_says_why(self):
        self.addCleanup(self.alpha.kdc.start)
        self.alpha.kdc.stop()
        self.alpha.settings["db_library"] = "nonesuch"
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.settings.clear)
        self.alpha.configure()
        with self.assertRaisesRegex(ServiceFailed, "nonesuch"):
            self.alpha.kdc.start()

    def test_a_clock_set_off_is_what_the_kdc_goes_by(self):
        day = 86400
        with faults.clock_off(self.bravo, 15 * day) as clock:
            ahead = self._kdc_time(self.bravo) - time.time()
            clock.set(-3600)
            behind = self._kdc_time(self.bravo) - time.time()
        right = self._kdc_time(self.bravo) - time.time()
        self.assertAlmostEqual(ahead, 15 * day, delta=60)
        self.assertAlmostEqual(behind, -3600, delta=60)
        self.assertAlmostEqual(right, 0, delta=60)

    def test_a_locked_database_can_be_read_and_not_written(self):
        with faults.database_locked(self.alpha):
            self.alpha.kinit("alice")
            with self.assertRaises(TimedOut):
                self.alpha.run("kadmin.local", "-q", "addprinc -randkey late", timeout=0.5)
        self.alpha.kadmin_local("addprinc -randkey late")

    def test_a_database_locked_against_reading_holds_up_the_kdc(self):
        with faults.database_locked(self.alpha, against="reading"):
            with self.assertRaises(TimedOut):
                self.alpha.session("alice").run("kinit", "alice", input="x\n", timeout=0.5)
        self.alpha.kinit("alice")

    def test_a_realm_can_join_later(self):
        charlie, = self.lab.add_realms("CHARLIE.EXAMPLE")
        charlie.kinit("alice").kvno(f"host/{charlie.service_host}")
        answer = self.lab.dns.lookup("_kerberos._tcp.charlie.example", "SRV")
        self.assertEqual(answer.security, "secure")

    def _kdc_time(self, realm):
        """When, by its KDC's clock, a ticket was given just now."""
        mark = realm.kdc.log.mark()
        realm.kinit("alice")
        line = realm.kdc.log.wait_for("ISSUE: authtime", since=mark)
        return int(line.partition("authtime ")[2].partition(",")[0])


class FaultsOfDns(Scenario):
    module = "db2"

    def setUp(self):
        self.srv = f"_kerberos._tcp.{self.bravo.domain}"
        self.tlsa = f"_{self.bravo.port}._tcp.{self.bravo.kdc_host}"
        record = f"{self.tlsa}. TLSA 3 1 1 {'ab' * 32}"
        if record not in self.bravo.zone.records:
            self.bravo.zone.records.append(record)
            self.lab.dns.publish()

    def assert_answer(self, name, kind, security, text):
        answer = self.lab.dns.lookup(name, kind)
        self.assertEqual((answer.security, text in answer.text), (security, True), answer)

    def test_no_fault_is_secure(self):
        self.assert_answer(self.srv, "SRV", "secure", f"has SRV record 0 0 {self.bravo.port} ")
        self.assert_answer(self.tlsa, "TLSA", "secure", "has TLSA record 3 1 1 ABAB")
        self.assert_answer(self.bravo.kdc_host, "A", "secure", "has address 127.0.0.1")
        self.assert_answer(f"_kerberos.{self.bravo.domain}", "TXT", "secure", '"BRAVO.EXAMPLE"')

    def test_what_is_not_there_is_denied_securely(self):
        self.assert_answer(f"nowhere.{self.bravo.domain}", "A", "secure", "NXDOMAIN")
        self.assert_answer(self.srv, "TLSA", "secure", "has no TLSA record")

    def test_an_unsigned_zone_is_insecure(self):
        with faults.unsigned(self.bravo.zone):
            self.assert_answer(self.srv, "SRV", "insecure", "has SRV record")

    def test_an_unsigned_zone_above_is_insecure(self):
        with faults.unsigned(self.lab.dns.zone("example.")):
            self.assert_answer(self.srv, "SRV", "insecure", "has SRV record")

    def test_a_stripped_zone_is_bogus(self):
        with faults.stripped(self.bravo.zone):
            self.assert_answer(self.srv, "SRV", "bogus", "has SRV record")

    def test_expired_signatures_are_bogus(self):
        with faults.expired(self.bravo.zone):
            self.assert_answer(self.srv, "SRV", "bogus", "has SRV record")
            self.assertIn("expired", self.lab.dns.lookup(self.srv, "SRV").reason)

    def test_forged_signatures_are_bogus_and_others_are_not(self):
        with faults.forged(self.bravo.zone, "TLSA"):
            self.assert_answer(self.tlsa, "TLSA", "bogus", "has TLSA record")
            self.assert_answer(self.srv, "SRV", "secure", "has SRV record")

    def test_no_srv_is_a_secure_denial(self):
        with faults.no_srv(self.bravo.zone):
            self.assert_answer(self.srv, "SRV", "secure", "NXDOMAIN")

    def test_no_tlsa_is_a_secure_denial(self):
        with faults.no_tlsa(self.bravo.zone):
            self.assert_answer(self.tlsa, "TLSA", "secure", "NXDOMAIN")

    def test_a_changed_tlsa_is_secure_and_different(self):
        with faults.tlsa_changed(self.bravo.zone):
            self.assert_answer(self.tlsa, "TLSA", "secure", f"has TLSA record 3 1 1 {'AB' * 31}A0")

    def test_any_other_record_can_be_put_there(self):
        alias = f"{self.srv}. CNAME _kerberos._tcp.{self.alpha.domain}."
        with faults.no_srv(self.bravo.zone), faults.records(self.bravo.zone, lambda lines: [*lines, alias]):
            self.assert_answer(self.srv, "SRV", "secure", f"has SRV record 0 0 {self.alpha.port} ")

    def test_a_fault_is_over_after_it_and_leaves_other_realms_alone(self):
        with faults.expired(self.bravo.zone):
            self.assert_answer(f"_kerberos._tcp.{self.alpha.domain}", "SRV", "secure", "has SRV record")
        self.assert_answer(self.srv, "SRV", "secure", "has SRV record")


class FaultyPeers(unittest.TestCase):
    """A Peer between a caller and an honest server that answers each message with itself, reversed."""

    def setUp(self):
        self.ports = Ports()
        self.addCleanup(self.ports.release)
        self.upstream_port = self.ports.take()
        self._start(self.upstream_port, self._reverse)

    def _start(self, port, behaviour):
        peer = Peer(port, self.upstream_port, behaviour)
        peer.start()
        self.addCleanup(peer.stop)
        return peer

    @staticmethod
    def _reverse(client, upstream):
        del upstream
        while (message := receive(client)) is not None:
            client.sendall(framed(message[::-1]))

    def _call(self, behaviour, message=b"hello"):
        """A connection to a peer of that behaviour, with the message sent."""
        port = self.ports.take()
        self.peer = self._start(port, behaviour)
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(connection.close)
        connection.sendall(framed(message))
        return connection

    @staticmethod
    def _read(connection, length=100):
        """All that comes, up to that length or the end."""
        received = b""
        while len(received) < length and (part := connection.recv(length - len(received))):
            received += part
        return received

    def test_silent_says_nothing_and_does_not_hang_up(self):
        connection = self._call(peers.silent)
        connection.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            connection.recv(1)
        self.assertEqual(self.peer.connections, 1)

    def test_hasty_hangs_up(self):
        connection = self._call(peers.hasty)
        with self.assertRaises(ConnectionError):
            if connection.recv(1) == b"":
                raise ConnectionError

    def test_slow_is_right_but_late(self):
        started = time.monotonic()
        self.assertEqual(receive(self._call(peers.slow(0.3))), b"olleh")
        self.assertGreater(time.monotonic() - started, 0.3)

    def test_slow_to_agree_delays_answers_to_exchanges(self):
        started = time.monotonic()
        self.assertEqual(receive(self._call(peers.slow_to_agree(0.3), b"answer"[::-1] + peers.KX_REP)),
                         peers.KX_REP + b"answer")
        self.assertGreater(time.monotonic() - started, 0.3)

    def test_slow_to_agree_delays_nothing_else(self):
        self.assertEqual(receive(self._call(peers.slow_to_agree(PATIENCE))), b"olleh")

    def test_dribbling_is_right_byte_by_byte(self):
        connection = self._call(peers.dribbling(0.02))
        self.assertEqual(len(connection.recv(100)), 1)
        self.assertEqual(self._read(connection, 8), b"\0\0\5olleh")

    def test_cut_off_ends_in_the_middle(self):
        connection = self._call(peers.cut_off(6))
        self.assertEqual(self._read(connection), b"\0\0\0\5ol")

    def test_altered_hands_on_what_it_is_told_to(self):
        connection = self._call(peers.altered(peers.single_bytes, peers.single_bytes))
        self.assertEqual(self._read(connection, 9), b"\0\0\0\5olleh")

    def test_altered_cuts_the_question_or_the_answer(self):
        self.assertEqual(self._read(self._call(peers.altered(there=peers.only(6)))), b"")
        self.assertEqual(self._read(self._call(peers.altered(back=peers.only(6)))), b"\0\0\0\5ol")

    def test_altered_holds_what_follows_some_bytes(self):
        gate = peers.Gate()
        connection = self._call(peers.altered(back=peers.held_after(6, gate)))
        gate.wait_for_one()
        self.assertEqual(self._read(connection, 6), b"\0\0\0\5ol")
        gate.open()
        self.assertEqual(self._read(connection, 3), b"leh")

    def test_saying_says_the_same_whatever_it_is_asked(self):
        self.assertEqual(receive(self._call(peers.saying(b"nonsense"))), b"nonsense")

    def test_saying_raw_lies_about_the_length(self):
        connection = self._call(peers.saying_raw(b"\xff\xff\xff\xff"))
        self.assertEqual(self._read(connection), b"\xff\xff\xff\xff")

    def test_tampering_changes_the_question_and_the_answer(self):
        connection = self._call(peers.tampering(bytes.upper, lambda reply: reply + b"!"))
        self.assertEqual(receive(connection), b"OLLEH!")

    def test_recording_keeps_both_sides(self):
        requests, replies = [], []
        self.assertEqual(receive(self._call(peers.recording(requests, replies))), b"olleh")
        self.assertEqual((requests, replies), ([b"hello"], [b"olleh"]))

    def test_a_stopped_peer_hangs_up_on_everybody(self):
        connection = self._call(peers.silent)
        wait_until(lambda: self.peer.connections, "the connection to be seen")
        self.peer.stop()
        self.assertEqual(connection.recv(1), b"")


class Foundations(unittest.TestCase):
    def test_two_labs_run_side_by_side(self):
        with Lab((ALPHA,), module="db2") as one, Lab((ALPHA,), module="db2") as two:
            self.assertNotEqual(one.realm(ALPHA).port, two.realm(ALPHA).port)
            for lab in (one, two):
                lab.realm(ALPHA).kinit("alice")

    def test_a_port_is_nobody_elses(self):
        ports, others = Ports(), Ports()
        self.addCleanup(ports.release)
        self.addCleanup(others.release)
        mine = {ports.take() for _ in range(50)}
        theirs = {others.take() for _ in range(50)}
        self.assertEqual(mine & theirs, set())

    def test_listening_is_seen_without_connecting(self):
        ports = Ports()
        self.addCleanup(ports.release)
        port = ports.take()
        self.assertFalse(is_listening(port))
        with socket.create_server(("127.0.0.1", port)):
            self.assertTrue(is_listening(port))

    def test_a_missing_tool_is_named_with_its_package(self):
        with mock.patch.object(tools, "search_path", return_value="/nonexistent"):
            with self.assertRaisesRegex(MissingTool, "nsd is not on this machine: apt-get install nsd"):
                tools.find("nsd")

    def test_a_missing_build_is_named(self):
        with self.assertRaisesRegex(MissingTool, "kxover.so is not built in /"):
            tools.Build(os.sep)

    def test_nothing_of_the_callers_kerberos_gets_in(self):
        with mock.patch.dict(os.environ, {"KRB5_CONFIG": "/nonexistent", "KRB5_KTNAME": "/nonexistent"}):
            with Lab((ALPHA,), module="db2") as lab:
                lab.realm(ALPHA).kinit("alice")


if __name__ == "__main__":
    unittest.main()
