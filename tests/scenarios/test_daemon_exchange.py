"""kxoverd as responder: what goes over its connections, into its database and into its log.

BRAVO is the peer that asks, and ALPHA the one whose daemon answers."""

import contextlib
import resource
import signal
import socket
import time
import unittest
from pathlib import Path

from daemon_scenario import SUPPRESSIONS, DaemonScenario
from lab import faults, peers, wait_until
from lab.peers import framed, receive
from prometheus import scrape
from scenario import not_with_sanitizers, service_of
from wire import FIELD_TOOLONG, KRB_ERROR, KX_REQ, as_req, ask, connect, error_code, is_closed, reset

KX_REP = 19
SKEW = 37
KX_MAXIMUM = 65536

# Bytes of requests that nobody can send without reading the answers: what the sockets' buffers of two
# processes may hold, and much more.
UNTAKEN_MAXIMUM = 128 * 1024 * 1024


class ExchangeScenario(DaemonScenario):
    @property
    def crossover(self):
        """The principal whose keys ALPHA's daemon stores."""
        return self.bravo.crossover_to(self.alpha)

    def cross(self, check=True):
        """A user of BRAVO goes to a service of ALPHA."""
        return self.bravo.kinit("bob").kvno(service_of(self.alpha), check=check)

    def forget(self):
        """BRAVO and ALPHA have never met."""
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}", check=False)
            realm.kdc.restart()

    def versions(self):
        """The key versions that ALPHA holds."""
        return sorted({kvno for kvno, _ in self.alpha.keyinfo(self.crossover)})

    def record(self):
        """A KX-REQ of BRAVO's.  ALPHA's daemon does not remember it afterwards."""
        requests = []
        self.forget()
        with faults.peer(self.alpha, peers.recording(requests, [])):
            self.cross(check=False)
        self.forget()
        return next(request for request in requests if request[0] == 0x60 | KX_REQ)


class Connections(ExchangeScenario):
    """KX messages on a connection."""

    @classmethod
    def arrange(cls):
        self = cls("test_the_answer_is_a_kx_rep")
        cls.request = self.record()
        with connect(cls.alpha) as connection:
            cls.reply = ask(connection, cls.request)

    def test_the_answer_is_a_kx_rep(self):
        self.assertEqual(self.reply[0], 0x60 | KX_REP)

    def test_the_same_request_gets_the_same_answer_and_makes_no_second_key(self):
        before = self.versions()
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, self.request), self.reply)
        self.assertEqual(self.versions(), before)

    def test_kxover_and_relayed_messages_may_take_turns(self):
        with connect(self.alpha) as connection:
            self.assert_served(connection)
            self.assertEqual(ask(connection, self.request), self.reply)
            self.assert_served(connection)
            self.assertEqual(ask(connection, self.request), self.reply)

    def test_answers_keep_the_order_of_the_messages(self):
        nobody = as_req(self.alpha, "nobody")
        with connect(self.alpha) as connection:
            connection.sendall(framed(self.request) + framed(nobody) + framed(self.request))
            answers = [receive(connection) for _ in range(3)]
        self.assertEqual([answers[0], answers[1][0], answers[2]], [self.reply, 0x60 | KRB_ERROR, self.reply])

    def test_a_peer_that_has_said_all_still_gets_its_answer(self):
        with connect(self.alpha) as connection:
            connection.sendall(framed(self.request))
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(receive(connection), self.reply)
            self.assertTrue(is_closed(connection))

    def test_a_peer_that_goes_away_does_no_harm(self):
        for _ in range(20):
            connection = connect(self.alpha)
            connection.sendall(framed(self.request))
            reset(connection)
        self.assert_served()

    def test_a_peer_that_takes_no_answers_is_not_heard_and_then_cut_off(self):
        some = framed(self.request) * 100
        mark = self.daemon.log.mark()
        sent = 0
        with connect(self.alpha) as connection:
            connection.settimeout(2)
            with self.assertRaises(TimeoutError):
                while sent < UNTAKEN_MAXIMUM:
                    sent += connection.send(some)
            self.assert_served()
            self.daemon.log.wait_for("127.0.0.1:.*does not take its answers", since=mark)

    def test_a_request_over_its_bounds_is_refused_before_it_is_read(self):
        mark = self.daemon.log.mark()
        with connect(self.alpha) as connection:
            connection.sendall((KX_MAXIMUM + 1).to_bytes(4, "big") + self.request[:1])
            self.assertEqual(error_code(receive(connection)), FIELD_TOOLONG)
        self.daemon.log.wait_for("refused to 127.0.0.1:.* 65537 bytes .* limit of 65536", since=mark)

    def test_a_request_that_is_none_is_refused(self):
        mark = self.daemon.log.mark()
        with connect(self.alpha) as connection:
            self.assertIsNotNone(error_code(ask(connection, self.request[:100])))
        self.daemon.log.wait_for("refused to 127.0.0.1:", since=mark)


class Storing(ExchangeScenario):
    """What is in the database, and when."""

    def setUp(self):
        self.forget()

    def test_a_crossover_keyed_by_hand_is_left_alone(self):
        self.alpha.kadmin_local(f"addprinc -pw secret {self.crossover}")
        before = self.alpha.keyinfo(self.crossover)
        mark = self.daemon.log.mark()
        self.assertFalse(self.cross(check=False).ok)
        self.assertEqual(self.alpha.keyinfo(self.crossover), before)
        self.daemon.log.wait_for(f"{self.crossover}.*keyed by hand", since=mark)

    def test_a_new_master_key_needs_no_restart(self):
        self.alpha.kdb5_util("add_mkey", "-s", input="second\nsecond\n")
        self.alpha.kdb5_util("use_mkey", "2")
        self.alpha.kdc.restart()
        self.cross()

    def test_a_database_that_is_loaded_anew_needs_no_restart(self):
        dump = self.alpha.folder / "dump"
        self.alpha.kdb5_util("dump", dump)
        self.alpha.kdb5_util("load", dump)
        self.cross()
        self.assertEqual(len(self.versions()), 1)

    def test_the_update_log_has_each_new_key(self):
        self.alpha.kdc_settings.update(iprop_enable="true", iprop_port=str(self.lab.ports.take()),
                                       iprop_logfile=str(self.alpha.folder / "ulog"))
        self.addCleanup(self.alpha.kdc_settings.clear)
        self.alpha.configure()
        self.reload()
        self.cross()
        self.assertIn(self.crossover, self.alpha.run("kproplog", "-e", "1").stdout)

    def test_kxover_store_memory_keeps_nothing_here_and_says_so(self):
        mark = self.daemon.log.mark()
        self.set_up_with(kxover_store="memory")
        self.addCleanup(self.reload)
        self.reload()
        self.assertFalse(self.cross(check=False).ok)
        self.assertEqual(self.versions(), [])
        self.daemon.log.wait_for("kxover_store is memory", since=mark)
        self.doCleanups()


class Locked(ExchangeScenario):
    """Somebody else holds the lock of the database."""

    def test_while_it_is_locked_peers_are_refused_soon_and_others_are_served(self):
        request = self.record()
        with faults.database_locked(self.alpha):
            first = self.time_to_refusal(request)
            second = self.time_to_refusal(request)
            self.assert_served()
        self.assertLess(first, 2)
        self.assertLess(second, 0.8)
        self.assertEqual(self.versions(), [])
        self.assertTrue(self.daemon.log.lines(f"{self.crossover}.*locked by another program"))
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, request)[0], 0x60 | KX_REP)
        self.assertEqual(len(self.versions()), 1)

    def test_while_it_is_locked_against_reading_peers_are_refused_soon(self):
        request = self.record()
        with faults.database_locked(self.alpha, against="reading"):
            self.assertLess(self.time_to_refusal(request), 2)

    def test_while_it_is_locked_a_hangup_leaves_all_as_it_was(self):
        with faults.database_locked(self.alpha, against="reading"):
            self.assertRegex(self.reload(), "locked by another program")
        self.cross()

    def time_to_refusal(self, request):
        """The seconds until the request is refused."""
        started = time.monotonic()
        with connect(self.alpha) as connection:
            self.assertIsNotNone(error_code(ask(connection, request)))
        return time.monotonic() - started


class FastPeer(ExchangeScenario):
    """The peer's clock is fast, by less than the clock skew: its requests stay fresh for longer than that."""

    AHEAD = 4 * 60  # seconds

    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.give_clock()

    def test_a_replay_makes_no_second_key_while_it_is_fresh_and_is_refused_later(self):
        with faults.clock_off(self.bravo, self.AHEAD):
            request = self.record()
        with connect(self.alpha) as connection:
            reply = ask(connection, request)
        with faults.clock_off(self.alpha, 2 * self.AHEAD) as clock, connect(self.alpha) as connection:
            self.assertEqual(ask(connection, request), reply)
            clock.set(3 * self.AHEAD)
            self.assertEqual(error_code(ask(connection, request)), SKEW)
        self.assertEqual(len(self.versions()), 1)


class FullDisk(ExchangeScenario):
    def test_a_key_that_did_not_get_to_the_disk_is_not_given_out(self):
        before = resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        self.assertFalse(self.cross(check=False).ok)
        self.assertEqual(self.versions(), [])
        self.daemon.log.wait_for(f"{self.crossover}.*ulimit -f")
        resource.prlimit(self.daemon.pid, resource.RLIMIT_FSIZE, before)
        self.bravo.reload_kdc()
        self.cross()


class Signals(ExchangeScenario):
    def test_a_hangup_brings_a_new_identity_into_use(self):
        self.forget()
        for file in (self.alpha.certificate, self.alpha.key):
            file.unlink()
        self.alpha.kxover("keygen", "-r", self.alpha.name, "--host", self.alpha.kdc_host,
                          self.alpha.certificate, self.alpha.key)
        self.alpha.zone.records = [record for record in self.alpha.zone.records if " TLSA " not in record]
        self.alpha.zone.records += [record for record in self.alpha.published_records() if " TLSA " in record]
        self.lab.dns.publish()
        self.reload()
        self.cross()

    def test_a_replay_after_a_hangup_makes_no_second_key(self):
        request = self.record()
        self.daemon.restart()
        with connect(self.alpha) as connection:
            reply = ask(connection, request)
        self.reload()
        self.reload()
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, request), reply)
        self.assertEqual(len(self.versions()), 1)

    def test_what_is_under_way_survives_a_hangup(self):
        request = self.record()
        self.daemon.restart()
        with self.lab_dns_silent(), connect(self.alpha) as connection:
            connection.sendall(framed(request))
            self.reload()
            self.lab.dns.server.signal(signal.SIGCONT)
            self.assertEqual(receive(connection)[0], 0x60 | KX_REP)

    def test_what_is_under_way_is_ended_before_it_ends(self):
        request = self.record()
        self.daemon.restart()
        mark = self.daemon.log.mark()
        with self.lab_dns_silent(), connect(self.alpha) as connection:
            connection.sendall(framed(request))
            wait_until(lambda: self.asked_dns(), "the exchange to begin")
            self.daemon.signal(signal.SIGTERM)
            self.daemon.log.wait_for("Ending on signal", since=mark)
            self.lab.dns.server.signal(signal.SIGCONT)
            self.assertEqual(receive(connection)[0], 0x60 | KX_REP)
        wait_until(lambda: not self.daemon.running, "the daemon to end")
        self.assertEqual(self.daemon.exit_code, 0)
        self.daemon.start()

    def test_a_peer_that_goes_away_in_the_middle_is_let_go(self):
        request = self.record()
        self.daemon.restart()
        with self.lab_dns_silent():
            connection = connect(self.alpha)
            connection.sendall(framed(request))
            wait_until(lambda: self.asked_dns(), "the exchange to begin")
            files = Path(f"/proc/{self.daemon.pid}/fd")
            before = len(list(files.iterdir()))
            reset(connection)
            wait_until(lambda: len(list(files.iterdir())) < before, "its connection to be closed")
            self.assert_served()
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, request)[0], 0x60 | KX_REP)

    def asked_dns(self):
        """Whether the daemon waits for an answer of DNS: it has begun its resolver's thread."""
        with open(f"/proc/{self.daemon.pid}/status", encoding="ascii") as status:
            return "Threads:\t1\n" not in status.read()

    @contextlib.contextmanager
    def lab_dns_silent(self):
        """The name server does not answer, until it is told to go on."""
        self.lab.dns.server.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.lab.dns.server.signal(signal.SIGCONT)


@not_with_sanitizers("valgrind does not go with them")
class Memory(ExchangeScenario):
    def test_nothing_is_lost_or_misused_in_a_session(self):
        """Everything that a day brings, under valgrind."""
        request = self.record()
        self.daemon.stop()
        report = self.alpha.folder / "valgrind.log"
        figures = self.lab.ports.take()
        self.set_up_with(kxover_metrics=f"127.0.0.1:{figures} FILE:{self.alpha.folder / 'kxover.prom'}")
        self.start_with(under=[find_valgrind(), f"--log-file={report}", "--error-exitcode=98", "--leak-check=full",
                               f"--suppressions={SUPPRESSIONS}", "--show-leak-kinds=definite,indirect,possible",
                               "--errors-for-leak-kinds=definite,indirect,possible"])
        with connect(self.alpha) as connection:
            self.assert_served(connection)
            self.assertEqual(ask(connection, request)[0], 0x60 | KX_REP)
            self.assertIsNotNone(error_code(ask(connection, request[:100])))
            connection.sendall(b"\xff\xff\xff\xff")
            self.assertEqual(error_code(receive(connection)), FIELD_TOOLONG)
        scrape(figures)
        for garbage in (b"GET /metrics HTTP/1.1\r\n\r\n", b"\0" * 20000, b""):
            with connect(self.alpha, port=figures) as guest:
                guest.sendall(garbage)
        for message in (framed(request), framed(as_req(self.alpha, "nobody"))):
            for part in (message, message[:50]):
                connection = connect(self.alpha)
                connection.sendall(part)
                reset(connection)
        self.reload()
        self.set_up_with(kxover_wait="never")
        self.reload()
        self.alpha.kdc.stop()
        with connect(self.alpha) as waiting, connect(self.alpha) as connection:
            waiting.sendall(framed(request)[:-1])
            connection.sendall(framed(as_req(self.alpha, "nobody")))
            self.assertTrue(is_closed(connection))
            guest = connect(self.alpha, port=figures)
            self.addCleanup(guest.close)
            self.daemon.signal(signal.SIGTERM)
            wait_until(lambda: not self.daemon.running, "the daemon to end")
        self.assertEqual(self.daemon.exit_code, 0, report.read_text())


def find_valgrind():
    """valgrind, or an error that says what to install."""
    from lab import tools  # the lab itself has no use for it
    tools.PACKAGES.setdefault("valgrind", "valgrind")
    return tools.find("valgrind")


if __name__ == "__main__":
    unittest.main()
