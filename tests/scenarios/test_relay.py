"""What is not KXOVER goes through kxoverd to the KDC and back, as if it were not there."""

import socket
import threading
import time
import unittest
from pathlib import Path

from lab import peers, wait_until
from lab.peers import Peer, framed, receive
from scenario import Scenario, not_with_sanitizers, service_of
from wire import (C_PRINCIPAL_UNKNOWN, FIELD_TOOLONG, GENERIC, SVC_UNAVAILABLE, as_req, ask, connect,
                  error_code, is_closed, is_reset, reset)

MEGABYTE = 1 << 20


class RealKdc(Scenario):
    """krb5kdc behind the relay, and clients that speak TCP only."""

    @classmethod
    def arrange(cls):
        cls.alpha.client_settings["udp_preference_limit"] = "1"
        cls.alpha.configure()

    def test_a_user_logs_in_and_gets_a_ticket(self):
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.alpha))
        self.assertIn(service_of(self.alpha), alice.tickets())
        self.assertEqual(alice.trace.lines("Sending initial UDP"), [])
        self.assertTrue(alice.trace.lines(f"Sending TCP request to stream 127.0.0.1:{self.alpha.port}$"))

    def test_a_wrong_password_is_refused_by_the_kdc(self):
        result = self.alpha.session("alice").kinit(password="wrong", check=False)
        self.assertIn("Password incorrect", result.stderr)

    def test_several_messages_share_a_connection(self):
        with connect(self.alpha) as connection:
            for _ in range(3):
                self.assertEqual(error_code(ask(connection, as_req(self.alpha, "nobody"))), C_PRINCIPAL_UNKNOWN)

    def test_messages_may_come_before_the_answer_to_the_first(self):
        with connect(self.alpha) as connection:
            connection.sendall(framed(as_req(self.alpha, "nobody")) * 3)
            codes = [error_code(receive(connection)) for _ in range(3)]
        self.assertEqual(codes, [C_PRINCIPAL_UNKNOWN] * 3)

    def test_a_client_that_has_said_all_still_gets_its_answer(self):
        with connect(self.alpha) as connection:
            connection.sendall(framed(as_req(self.alpha, "nobody")))
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(error_code(receive(connection)), C_PRINCIPAL_UNKNOWN)
            self.assertTrue(is_closed(connection, timeout=2))

    def test_it_gets_the_answers_to_all_that_it_has_said(self):
        with connect(self.alpha) as connection:
            connection.sendall(framed(as_req(self.alpha, "nobody")) * 3)
            connection.shutdown(socket.SHUT_WR)
            codes = [error_code(receive(connection)) for _ in range(3)]
            self.assertTrue(is_closed(connection, timeout=2))
        self.assertEqual(codes, [C_PRINCIPAL_UNKNOWN] * 3)

    def test_a_message_may_come_in_pieces(self):
        with connect(self.alpha) as connection:
            for octet in framed(as_req(self.alpha, "nobody")):
                connection.sendall(bytes([octet]))
            self.assertEqual(error_code(receive(connection)), C_PRINCIPAL_UNKNOWN)

    def test_a_message_of_almost_a_megabyte_reaches_the_kdc(self):
        request = as_req(self.alpha, "nobody", padding=MEGABYTE - 1024)
        with connect(self.alpha) as connection:
            self.assertEqual(error_code(ask(connection, request)), C_PRINCIPAL_UNKNOWN)

    def test_a_longer_message_is_refused_before_it_is_read(self):
        mark = self.alpha.kxoverd.log.mark()
        with connect(self.alpha) as connection:
            connection.sendall((MEGABYTE + 1).to_bytes(4, "big"))
            self.assertEqual(error_code(receive(connection)), FIELD_TOOLONG)
            connection.shutdown(socket.SHUT_WR)
            self.assertTrue(is_closed(connection))
        self.alpha.kxoverd.log.wait_for("refused to 127.0.0.1:.*1048577 bytes", since=mark)

    def test_the_refusal_arrives_although_the_client_keeps_sending(self):
        with connect(self.alpha) as connection:
            connection.sendall((MEGABYTE + 1).to_bytes(4, "big"))
            for _ in range(5):
                connection.sendall(bytes(100000))
                time.sleep(0.05)
            self.assertEqual(error_code(receive(connection)), FIELD_TOOLONG)

    def test_a_length_with_the_reserved_bit_is_refused(self):
        with connect(self.alpha) as connection:
            connection.sendall(b"\x80\0\0\1")
            self.assertEqual(error_code(receive(connection)), FIELD_TOOLONG)

    def test_an_empty_message_is_refused(self):
        with connect(self.alpha) as connection:
            connection.sendall(bytes(4))
            self.assertEqual(error_code(receive(connection)), GENERIC)

    def test_what_the_kdc_does_not_answer_ends_the_connection(self):
        with connect(self.alpha) as connection:
            connection.sendall(framed(b"this is not Kerberos"))
            self.assertTrue(is_closed(connection))

    def test_long_messages_have_their_limit_and_do_not_keep_others_out(self):
        begun = [connect(self.alpha) for _ in range(16)]
        for connection in begun:
            connection.sendall(MEGABYTE.to_bytes(4, "big") + b"long")
        with connect(self.alpha) as connection:
            self.assertEqual(error_code(ask(connection, as_req(self.alpha, "nobody"))), C_PRINCIPAL_UNKNOWN)
            connection.sendall(MEGABYTE.to_bytes(4, "big") + b"long")
            self.assertTrue(is_reset(connection))
        for connection in begun:
            connection.close()

    def test_more_clients_than_the_kdc_takes_wait_in_line(self):
        connections = [connect(self.alpha) for _ in range(200)]
        for connection in connections:
            connection.sendall(framed(as_req(self.alpha, "nobody")))
        codes = [error_code(receive(connection)) for connection in connections]
        for connection in connections:
            connection.close()
        self.assertEqual(codes, [C_PRINCIPAL_UNKNOWN] * 200)
        self.assertEqual(self.alpha.kdc.log.lines("too many connections"), [])


class KdcDown(Scenario):
    """krb5kdc has stopped."""

    def setUp(self):
        self.alpha.kdc.stop()
        self.addCleanup(self.alpha.kdc.start)

    def test_a_clients_are_reset_and_the_log_says_why(self):
        mark = self.alpha.kxoverd.log.mark()
        with connect(self.alpha) as connection:
            connection.sendall(framed(as_req(self.alpha, "nobody")))
            self.assertTrue(is_reset(connection))
        self.alpha.kxoverd.log.wait_for(
            rf"message of 127.0.0.1:\d+ to the KDC at 127.0.0.1:{self.alpha.kdc_tcp_port} .*Connection refused",
            since=mark)

    def test_b_clients_are_served_as_soon_as_it_is_back(self):
        self.alpha.kdc.start()
        self.addCleanup(self.alpha.kdc.stop)
        with connect(self.alpha) as connection:
            self.assertEqual(error_code(ask(connection, as_req(self.alpha, "nobody"))), C_PRINCIPAL_UNKNOWN)

    def test_c_the_log_does_not_fill(self):
        mark = self.alpha.kxoverd.log.mark()
        for _ in range(100):
            with connect(self.alpha) as connection:
                connection.sendall(framed(as_req(self.alpha, "nobody")))
                self.assertTrue(is_reset(connection))
        self.assertLessEqual(len(self.alpha.kxoverd.log.lines("to the KDC", since=mark)), 20)


class AnyKdc(Scenario):
    """Something else stands where the relay looks for the KDC, so that we can choose what it says."""

    def _kdc(self, behaviour):
        """A KDC of that behaviour, from now to the end of the test."""
        kdc = Peer(self.alpha.kdc_tcp_port, None, behaviour)
        kdc.start()
        self.addCleanup(kdc.stop)
        return kdc

    @classmethod
    def arrange(cls):
        cls.alpha.kdc.stop()

    def test_bytes_are_not_touched(self):
        asked = []
        message = bytes(range(256)) * 64
        self._kdc(answering(lambda request: asked.append(request) or message[::-1]))
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, message), message[::-1])
        self.assertEqual(asked, [message])

    def test_a_slow_reader_gets_all_of_a_long_answer(self):
        answer = bytes(range(256)) * 4096
        self._kdc(answering(lambda request: answer))
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(30)
            connection.connect(("127.0.0.1", self.alpha.daemon_port))
            connection.sendall(framed(b"question"))
            time.sleep(0.5)
            self.assertEqual(receive(connection), answer)

    def test_a_slow_reader_gets_all_although_the_kdc_is_done_long_before(self):
        """Whatever part of the answer is still in kxoverd when the KDC closes its connection.  How much the
        kernel takes over from it is not known, so there are answers of many lengths."""
        lengths = [MEGABYTE + number * 163840 for number in range(24)]
        connections = []
        self._kdc(answering(lambda question: bytes(lengths[question[0]])))
        for number in range(len(lengths)):
            connection = socket.socket()
            self.addCleanup(connection.close)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(30)
            connection.connect(("127.0.0.1", self.alpha.daemon_port))
            connections.append(connection)
        for number, (connection, length) in enumerate(zip(connections, lengths)):
            connection.sendall(framed(bytes([number])))
            time.sleep(0.05)
            self.assertEqual(count(connection, 4 + length), 4 + length)

    @not_with_sanitizers("they keep what is freed, and know more of each allocation, so its size says nothing")
    def test_what_a_slow_reader_does_not_take_is_left_with_the_kdc(self):
        sent = threading.Event()
        answer = bytes(64 * MEGABYTE)

        def behave(client, upstream):
            del upstream
            receive(client)
            client.sendall(framed(answer))
            sent.set()

        self._kdc(behave)
        before = memory(self.alpha.kxoverd)
        with connect(self.alpha) as connection:
            connection.sendall(framed(b"question"))
            self.assertFalse(sent.wait(2))
            self.assertLess(memory(self.alpha.kxoverd) - before, 4 * MEGABYTE)

    def test_a_kdc_may_read_a_long_message_late(self):
        go_on = threading.Event()
        asked = []

        def behave(client, upstream):
            del upstream
            go_on.wait(30)
            asked.append(receive(client))
            client.sendall(framed(b"answer"))

        self._kdc(behave)
        message = bytes(MEGABYTE)
        with connect(self.alpha) as connection:
            connection.sendall(framed(message))
            go_on.set()
            self.assertEqual(receive(connection), b"answer")
        self.assertEqual(asked, [message])

    def test_the_kdc_hears_of_a_message_when_it_is_there(self):
        kdc = self._kdc(answering(bytes.upper))
        with connect(self.alpha) as connection:
            connection.sendall(framed(b"message")[:-1])
            time.sleep(0.3)
            self.assertEqual(kdc.connections, 0)
            connection.sendall(b"e")
            self.assertEqual(receive(connection), b"MESSAGE")

    def test_a_kdc_that_breaks_off_resets_the_client(self):
        mark = self.alpha.kxoverd.log.mark()
        self._kdc(answering_raw(framed(b"answer")[:-1]))
        with connect(self.alpha) as connection:
            connection.sendall(framed(b"question"))
            with self.assertRaises(ConnectionResetError):
                while connection.recv(100):
                    pass
        self.alpha.kxoverd.log.wait_for("it broke off the connection", since=mark)

    def test_an_answer_without_a_good_length_resets_the_client(self):
        mark = self.alpha.kxoverd.log.mark()
        self._kdc(answering_raw(b"\xff\xff\xff\xff"))
        with connect(self.alpha) as connection:
            connection.sendall(framed(b"question"))
            self.assertTrue(is_reset(connection))
        self.alpha.kxoverd.log.wait_for("no good length", since=mark)

    def test_what_follows_the_answer_is_not_passed_on(self):
        self._kdc(answering_raw(framed(b"answer") + b"and more"))
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, b"question"), b"answer")
            self.assertTrue(is_closed(connection))

    def test_a_client_that_goes_away_while_in_line_is_not_served(self):
        go_on = threading.Event()
        asked = []

        def behave(client, upstream):
            del upstream
            asked.append(receive(client))
            go_on.wait(30)
            client.sendall(framed(b"answer"))

        kdc = self._kdc(behave)
        connections = [connect(self.alpha) for _ in range(20)]
        for number, connection in enumerate(connections):
            connection.sendall(framed(bytes([number])))
            time.sleep(0.02)
        wait_until(lambda: asked, "the first messages to reach the KDC")
        self.assertLess(kdc.connections, 20)
        files = Path(f"/proc/{self.alpha.kxoverd.pid}/fd")
        before = len(list(files.iterdir()))
        reset(connections.pop())
        wait_until(lambda: len(list(files.iterdir())) < before, "its connection to be closed")
        go_on.set()
        for connection in connections:
            self.assertEqual(receive(connection), b"answer")
            connection.close()
        self.assertEqual(sorted(asked), [bytes([number]) for number in range(19)])

    def test_a_client_that_goes_away_takes_its_connection_to_the_kdc_with_it(self):
        gone = threading.Event()

        def behave(client, upstream):
            del upstream
            receive(client)
            try:
                client.recv(1)
            finally:
                gone.set()

        kdc = self._kdc(behave)
        connection = connect(self.alpha)
        connection.sendall(framed(b"question"))
        wait_until(lambda: kdc.connections, "the message to reach the KDC")
        reset(connection)
        self.assertTrue(gone.wait(30))

    def test_a_kdc_that_never_answers_does_not_hold_a_client_for_ever(self):
        self._kdc(peers.silent)
        with connect(self.alpha) as connection:
            connection.sendall(framed(b"question"))
            connection.settimeout(45)
            self.assertTrue(is_reset(connection))


class NoWayToKdc(Scenario):
    def test_clients_are_reset_at_once_and_the_log_says_why(self):
        """Where there can be no connection the kernel says so before there is one."""
        self.alpha.settings["kxover_kdc"] = "255.255.255.255:88"
        self.alpha.configure()
        self.alpha.kxoverd.restart()
        mark = self.alpha.kxoverd.log.mark()
        for _ in range(3):
            with connect(self.alpha) as connection:
                connection.sendall(framed(as_req(self.alpha, "alice")))
                self.assertTrue(is_reset(connection))
        self.alpha.kxoverd.log.wait_for(r"to the KDC at 255\.255\.255\.255:88 \(kxover_kdc\): ", since=mark)


class NoKdc(Scenario):
    def test_without_kxover_kdc_the_answer_is_that_there_is_no_service(self):
        self.alpha.settings["kxover_kdc"] = None
        self.alpha.configure()
        self.alpha.kxoverd.restart()
        with connect(self.alpha) as connection:
            self.assertEqual(error_code(ask(connection, as_req(self.alpha, "alice"))), SVC_UNAVAILABLE)
            connection.shutdown(socket.SHUT_WR)
            self.assertTrue(is_closed(connection))
        self.alpha.kxoverd.log.wait_for("from 127.0.0.1:.*kxover_kdc is not set")


def answering(function):
    """A KDC that answers a message with what the function makes of it, and closes, as krb5kdc does."""

    def behave(client, upstream):
        del upstream
        request = receive(client)
        if request is not None:
            client.sendall(framed(function(request)))

    return behave


def answering_raw(stream):
    """A KDC that answers with these bytes, and closes."""

    def behave(client, upstream):
        del upstream
        receive(client)
        client.sendall(stream)

    return behave


def count(connection, length):
    """How many bytes come, of so many."""
    received = 0
    while received < length and (part := connection.recv(min(65536, length - received))):
        received += len(part)
    return received


def memory(service):
    """The bytes of memory that a service occupies."""
    with open(f"/proc/{service.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


if __name__ == "__main__":
    unittest.main()
