"""kxoverd as a service: how it starts, whom it serves, how it is told things, how it ends."""

import contextlib
import os
import pwd
import resource
import signal
import socket
import time
import unittest

from daemon_scenario import DaemonScenario
from lab import peers, tools, wait_until
from lab.peers import Peer, framed, receive
from lab.ports import is_listening
from lab.process import Log, run
from scenario import not_with_sanitizers
from wire import C_PRINCIPAL_UNKNOWN, as_req, ask, connect, error_code, is_closed

TOTAL = 1024
PER_SOURCE = 256
FIRST_MESSAGE = 10
NEXT_MESSAGE = 5


class Start(DaemonScenario):
    def setUp(self):
        self.daemon.stop()

    def run_daemon(self, *options, env=None, under=()):
        """Run kxoverd until it ends or detaches, under another program if need be."""
        return run([*under, self.lab.build.daemon, *options], {**self.alpha.env, **(env or {})}, check=False)

    def assert_refused(self, *words, under=()):
        """It does not start, and says why where somebody looks: on standard error and in the log."""
        mark = self.daemon.log.mark()
        result = self.run_daemon("-n", under=under)
        self.assertEqual(result.code, 1, result.output)
        complaint, = [line for line in result.stderr.splitlines() if line]
        for word in words:
            self.assertIn(word, complaint)
            self.assertIn(word, self.daemon.log.since(mark))

    def test_an_unreadable_setting_is_named_with_its_section(self):
        self.set_up_with(kxover_lifetime="soon")
        self.assert_refused("dbmodules", "store", "kxover_lifetime", "soon")

    def test_an_unknown_setting_is_named(self):
        self.set_up_with(kxover_lifetiem="14d")
        self.assert_refused("kxover_lifetiem")

    def test_an_address_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", self.alpha.daemon_port)):
            self.assert_refused(f"127.0.0.1:{self.alpha.daemon_port}", "kxover_listen", "in use")

    def test_more_connections_than_there_may_be_files_are_named(self):
        self.set_up_with(kxover_max_connections="2000")
        self.assert_refused("store", "kxover_max_connections = 2000", "LimitNOFILE", "1500",
                            under=[tools.find("prlimit"), "--nofile=1500"])

    def assert_served_with_files(self, files, connections):
        """With no more files than that, who comes last of so many is served, and who came first makes way."""
        self.start_with(under=[tools.find("prlimit"), f"--nofile={files}"])
        with contextlib.ExitStack() as closing:
            first, *_ = [closing.enter_context(connect(self.alpha, f"127.0.0.{2 + number // PER_SOURCE}"))
                         for number in range(connections)]
            self.assertTrue(is_closed(first, timeout=2))
            self.assert_served()

    def test_with_few_files_it_serves_fewer_connections_than_the_default(self):
        self.assert_served_with_files(600, connections=600)

    def test_with_hardly_any_files_it_serves_all_the_same(self):
        self.assert_served_with_files(100, connections=200)

    def test_a_database_that_cannot_be_opened_is_named(self):
        self.set_up_with(database_name=self.alpha.folder / "nonesuch")
        self.assert_refused("nonesuch")

    def test_a_missing_identity_does_not_keep_it_from_starting(self):
        self.set_up_with(kxover_identity="FILE:/nonexistent/cert.pem,/nonexistent/key.pem")
        mark = self.daemon.log.mark()
        self.daemon.start()
        self.assertIn("/nonexistent/cert.pem", self.daemon.log.wait_for("kxover_identity", since=mark))
        self.assert_served()

    def test_wrong_options_are_refused_with_the_right_ones(self):
        for options in (["-z"], ["-n", "more"], ["-l", "soon"], ["-l", ""]):
            result = self.run_daemon(*options)
            self.assertEqual(result.code, 2)
            self.assertIn("Usage: kxoverd", result.stderr)

    def test_the_realm_may_be_named(self):
        result = self.run_daemon("-n", "-r", "NONESUCH.EXAMPLE")
        self.assertEqual(result.code, 1)
        self.assertIn("NONESUCH.EXAMPLE", result.stderr)

    def test_it_goes_into_the_background_once_it_serves(self):
        pidfile = self.alpha.folder / "kxoverd.pid"
        result = self.run_daemon("-P", pidfile)
        pid = int(pidfile.read_text())
        self.addCleanup(end, pid)
        self.assertEqual((result.code, result.output), (0, ""))
        self.assert_served()
        self.assertEqual(os.getsid(pid), pid)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_alive(pid), "the daemon to end")
        self.assertFalse(pidfile.exists())

    def test_what_keeps_it_from_serving_is_told_in_the_foreground(self):
        self.set_up_with(kxover_wait="never")
        result = self.run_daemon()
        self.assertEqual(result.code, 1)
        self.assertIn("kxover_wait", result.stderr)

    def test_a_pidfile_that_cannot_be_written_is_named(self):
        result = self.run_daemon("-n", "-P", "/nonexistent/kxoverd.pid")
        self.assertEqual(result.code, 1)
        self.assertIn("/nonexistent/kxoverd.pid", result.stderr)

    def test_the_service_manager_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.alpha.folder / "notify"))
            manager.settimeout(30)
            self.start_with(NOTIFY_SOCKET=str(self.alpha.folder / "notify"))
            self.assertTrue(manager.recv(1000).startswith(b"READY=1\n"))
            self.daemon.signal(signal.SIGHUP)
            self.assertTrue(manager.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC="))
            self.assertTrue(manager.recv(1000).startswith(b"READY=1\n"))
            self.daemon.stop()
            self.assertTrue(manager.recv(1000).startswith(b"STOPPING=1\n"))

    def test_the_service_manager_is_told_where_it_has_a_name_and_no_file(self):
        """Linux's names outside of the file system: "@" stands for a byte of zero."""
        name = f"kxover-test-{os.getpid()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"\0{name}")
            manager.settimeout(30)
            self.start_with(NOTIFY_SOCKET=f"@{name}")
            self.assertTrue(manager.recv(1000).startswith(b"READY=1\n"))

    def test_a_service_manager_at_an_impossible_place_is_passed_over(self):
        for place in "/" + 200 * "x", "relative", "":
            with self.subTest(place):
                self.start_with(NOTIFY_SOCKET=place)
                self.assert_served()
                self.daemon.stop()

    def test_its_memory_is_kept_out_of_core_files(self):
        self.daemon.start()
        limits = open(f"/proc/{self.daemon.pid}/limits", encoding="ascii").read()
        self.assertRegex(limits, r"Max core file size +0 +0 ")

    def test_its_memory_is_kept_from_other_programs_of_its_user(self):
        """A debugger of the same user, with no more rights than kxoverd has."""
        equal = [tools.find("setpriv"), "--inh-caps", "-sys_ptrace", "--bounding-set", "-sys_ptrace", "--"]
        equal = equal if os.geteuid() == 0 else []
        self.start_with(under=equal)
        result = run([*equal, tools.find("dd"), "count=0", f"if=/proc/{self.daemon.pid}/mem"], self.alpha.env,
                     check=False)
        self.assertIn("Permission denied", result.stderr)

    def test_it_can_gain_no_privileges(self):
        self.daemon.start()
        status = open(f"/proc/{self.daemon.pid}/status", encoding="ascii").read()
        self.assertIn("NoNewPrivs:\t1", status)

    def test_it_becomes_the_user_it_is_told_to(self):
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        with owned_by(user, self.lab.folder):
            self.start_with("-u", user.pw_name)
            status = open(f"/proc/{self.daemon.pid}/status", encoding="ascii").read()
            ids = "\t".join([str(user.pw_uid)] * 4)
            self.assertIn(f"Uid:\t{ids}", status)
            self.assert_served()
            self.daemon.stop()

    def test_a_user_that_does_not_exist_is_named(self):
        result = self.run_daemon("-n", "-u", "nonesuch")
        self.assertEqual(result.code, 1)
        self.assertIn("nonesuch", result.stderr)


class Connections(DaemonScenario):
    @classmethod
    def arrange(cls):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        cls.sockets_at_start = open_sockets(cls.alpha.kxoverd)

    def open(self, number, source="127.0.0.1"):
        """So many connections, open until the end of the test."""
        connections = []
        for _ in range(number):
            connection = connect(self.alpha, source=source)
            self.addCleanup(connection.close)
            connections.append(connection)
        return connections

    def wait_for_seats(self, number):
        """Wait until the daemon has exactly so many connections."""
        wait_until(lambda: open_sockets(self.daemon) == self.sockets_at_start + number, f"{number} connections")

    def test_hundreds_of_connections_are_served_at_once(self):
        connections = [connection for last in range(2, 6) for connection in self.open(200, f"127.0.0.{last}")]
        for connection in connections:
            connection.sendall(framed(as_req(self.alpha, "nobody")))
        codes = [error_code(receive(connection)) for connection in connections]
        self.assertEqual(codes, [C_PRINCIPAL_UNKNOWN] * 800)

    @not_with_sanitizers("they keep what is freed, and know more of each allocation, so its size says nothing")
    def test_an_idle_connection_costs_little_memory(self):
        self.wait_for_seats(0)
        before = memory(self.daemon)
        for last in range(2, 6):
            self.open(200, f"127.0.0.{last}")
        self.wait_for_seats(800)
        self.assertLess((memory(self.daemon) - before) / 800, 4096)

    def test_at_the_limit_of_a_source_its_oldest_idle_connection_goes(self):
        first, *others = self.open(PER_SOURCE, "127.0.0.2")
        newest, = self.open(1, "127.0.0.2")
        self.assert_served(newest)
        self.assertTrue(is_closed(first))
        self.assertFalse(is_closed(others[0], timeout=0.1))

    def test_the_limit_of_a_source_is_no_limit_for_others(self):
        flood = self.open(PER_SOURCE + 10, "127.0.0.2")
        honest, = self.open(1, "127.0.0.3")
        self.assertFalse(is_closed(flood[-1], timeout=0.1))
        self.assert_served(honest)

    def test_at_the_limit_of_all_the_oldest_idle_connection_goes(self):
        first, *others = [connection for last in range(2, 2 + TOTAL // 128)
                          for connection in self.open(128, f"127.0.0.{last}")]
        newest, = self.open(1, "127.0.0.99")
        self.assert_served(newest)
        self.assertTrue(is_closed(first))
        self.assertFalse(is_closed(others[0], timeout=0.1))

    def test_who_is_being_served_is_not_pushed_out(self):
        self.alpha.kdc.stop()
        self.addCleanup(self.alpha.kdc.start)
        kdc = Peer(self.alpha.kdc_tcp_port, None, answering_after(1))
        kdc.start()
        self.addCleanup(kdc.stop)
        served, = self.open(1, "127.0.0.2")
        served.sendall(framed(b"question"))
        wait_until(lambda: kdc.connections, "the message to reach the KDC")
        self.open(PER_SOURCE + 10, "127.0.0.2")
        self.assertEqual(receive(served), b"question")

    def test_a_silent_connection_is_closed(self):
        connection, = self.open(1)
        started = time.monotonic()
        self.assertTrue(is_closed(connection))
        self.assertAlmostEqual(time.monotonic() - started, FIRST_MESSAGE, delta=3)

    def test_a_slow_sender_is_cut_off_however_busy_he_is(self):
        mark = self.daemon.log.mark()
        connection, = self.open(1)
        started = time.monotonic()
        connection.settimeout(0.2)
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"\0\0\1\0")
            while time.monotonic() - started < 2 * FIRST_MESSAGE:
                connection.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    if connection.recv(1) == b"":
                        break
        self.assertAlmostEqual(time.monotonic() - started, FIRST_MESSAGE, delta=3)
        self.daemon.log.wait_for("127.0.0.1:.*too slow in sending", since=mark)

    def test_after_an_answer_the_connection_stays_open_for_a_while(self):
        connection, = self.open(1)
        self.assert_served(connection)
        started = time.monotonic()
        self.assertTrue(is_closed(connection))
        self.assertAlmostEqual(time.monotonic() - started, NEXT_MESSAGE, delta=3)

    def test_out_of_files_a_message_for_the_kdc_waits(self):
        connection, = self.open(1)
        self.assert_served(connection)
        wait_until(lambda: open_sockets(self.daemon) == self.sockets_at_start + 1, "the connection to the KDC to end")
        mark = self.daemon.log.mark()
        limits = resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE)
        taken = {int(name) for name in os.listdir(f"/proc/{self.daemon.pid}/fd")}
        first_free = min(set(range(len(taken) + 1)) - taken)
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (first_free, limits[1]))
        try:
            connection.sendall(framed(as_req(self.alpha, "nobody")))
            self.daemon.log.wait_for("wait for a connection to the KDC.*Too many open files", since=mark)
        finally:
            resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, limits)
        self.assertEqual(error_code(receive(connection)), C_PRINCIPAL_UNKNOWN)

    def test_out_of_files_it_waits_without_work_and_then_goes_on(self):
        mark = self.daemon.log.mark()
        self.wait_for_seats(0)
        limits = resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{self.daemon.pid}/fd"))
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (used + 5, limits[1]))
        self.addCleanup(lambda: resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, limits))
        connections = self.open(30)
        self.daemon.log.wait_for("Cannot accept connections: Too many open files", since=mark)
        before = cpu_seconds(self.daemon)
        time.sleep(1)
        self.assertLess(cpu_seconds(self.daemon) - before, 0.2)
        for connection in connections:
            connection.close()
        self.assert_served()


class MaxConnections(DaemonScenario):
    """kxover_max_connections."""

    MOST = 64

    def setUp(self):
        self.addCleanup(self.daemon.restart)

    def open(self, number):
        """So many connections, open until the end of the test."""
        connections = [connect(self.alpha) for _ in range(number)]
        for connection in connections:
            self.addCleanup(connection.close)
        return connections

    def set_most(self, number):
        self.set_up_with(kxover_max_connections=str(number))
        self.assertIn("read again", self.reload())

    def test_one_more_pushes_out_the_oldest_idle_one(self):
        self.set_most(self.MOST)
        first, *others = self.open(self.MOST)
        newest, = self.open(1)
        self.assert_served(newest)
        self.assertTrue(is_closed(first, timeout=2))
        self.assertFalse(is_closed(others[0], timeout=0.1))

    def test_with_fewer_from_now_on_the_oldest_idle_ones_go(self):
        first, *others = self.open(self.MOST + 1)
        self.set_most(self.MOST)
        self.assertTrue(is_closed(first, timeout=2))
        self.assertFalse(is_closed(others[0], timeout=0.1))

    def test_more_than_the_system_has_files_for_leaves_the_old_number_in_force(self):
        limits = resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.daemon.pid, resource.RLIMIT_NOFILE, (limits[0], limits[0]))
        self.set_up_with(kxover_max_connections="100000")
        self.assertRegex(self.reload(), "kxover_max_connections = 100000 cannot be used")
        self.assert_served()


class Hangup(DaemonScenario):
    """SIGHUP."""

    def test_settings_are_read_again(self):
        port = self.lab.ports.take()
        kdc = Peer(port, None, answering_after(0))
        kdc.start()
        self.addCleanup(kdc.stop)
        self.set_up_with(kxover_kdc=f"127.0.0.1:{port}")
        self.reload()
        with connect(self.alpha) as connection:
            self.assertEqual(ask(connection, b"question"), b"question")

    def test_a_bad_setting_leaves_the_old_ones_in_force(self):
        self.set_up_with(kxover_stall="much", kxover_kdc=None)
        self.assertRegex(self.reload(), "kxover_stall")
        self.assert_served()

    def test_a_broken_file_leaves_the_old_settings_in_force(self):
        file = self.alpha.folder / "kdc.conf"
        self.addCleanup(self.alpha.configure)
        file.write_text("[dbmodules\n")
        self.assertRegex(self.reload(), "kdc.conf")
        self.assert_served()

    def test_it_listens_at_new_addresses_and_no_longer_at_old_ones(self):
        port = self.lab.ports.take()
        self.set_up_with(kxover_listen=f"127.0.0.1:{port}")
        self.reload()
        self.assert_served(port=port)
        self.assertFalse(is_listening(self.alpha.daemon_port))

    def test_a_port_alone_stands_for_all_addresses_of_both_families(self):
        port = self.lab.ports.take()
        self.set_up_with(kxover_listen=str(port))
        self.reload()
        for address in loopback_addresses():
            with socket.create_connection((address, port), timeout=30) as connection:
                self.assert_served(connection)

    def test_an_address_in_use_leaves_the_old_ones_in_force(self):
        with socket.create_server(("127.0.0.1", self.lab.ports.take())) as other:
            host, port = other.getsockname()
            self.set_up_with(kxover_listen=f"{host}:{port}")
            self.assertRegex(self.reload(), f"{port} .*in use")
            self.assert_served()

    def test_connections_stay(self):
        with connect(self.alpha) as connection:
            self.assert_served(connection)
            self.reload()
            self.assert_served(connection)

    def test_a_log_file_that_was_moved_away_is_made_anew(self):
        file = self.daemon.log.path
        file.rename(file.with_suffix(".old"))
        self.daemon.signal(signal.SIGHUP)
        Log(file).wait_for("read again")

    def test_a_log_on_standard_error_goes_on_there(self):
        file = self.alpha.folder / "kdc.conf"
        file.write_text(file.read_text().replace(f"FILE:{self.daemon.log.path}", "STDERR"))
        self.addCleanup(self.alpha.configure)
        for _ in range(2):
            mark = self.daemon.output.mark()
            self.daemon.signal(signal.SIGHUP)
            self.daemon.output.wait_for("read again", since=mark)

    def test_a_log_file_that_cannot_be_opened_does_not_stop_it(self):
        file = self.daemon.log.path
        file.rename(file.with_suffix(".old"))
        file.mkdir()
        self.addCleanup(self.reload)
        self.addCleanup(file.rmdir)
        self.daemon.signal(signal.SIGHUP)
        self.daemon.output.wait_for("Couldn't open log file")
        self.assert_served()

    def tearDown(self):
        self.doCleanups()
        self.reload()


class Terminate(DaemonScenario):
    """SIGTERM."""

    def setUp(self):
        self.alpha.kdc.stop()
        if not self.daemon.running:
            self.daemon.start()

    def begin(self, behaviour):
        """A connection with a message under way to a KDC of that behaviour."""
        kdc = Peer(self.alpha.kdc_tcp_port, None, behaviour)
        kdc.start()
        self.addCleanup(kdc.stop)
        connection = connect(self.alpha)
        self.addCleanup(connection.close)
        connection.sendall(framed(b"question"))
        wait_until(lambda: kdc.connections, "the message to reach the KDC")
        return connection

    def wait_for_end(self):
        wait_until(lambda: not self.daemon.running, "the daemon to end")
        return self.daemon.exit_code

    def test_it_ends_at_once_when_nothing_is_under_way(self):
        with connect(self.alpha) as idle:
            started = time.monotonic()
            self.daemon.signal(signal.SIGTERM)
            self.assertEqual(self.wait_for_end(), 0)
            self.assertLess(time.monotonic() - started, 3)
            self.assertTrue(is_closed(idle))

    def test_what_is_under_way_is_ended_and_nothing_new_is_taken(self):
        connection = self.begin(answering_after(1))
        self.daemon.signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(self.alpha.daemon_port), "the socket to be closed")
        self.assertEqual(receive(connection), b"question")
        self.assertTrue(is_closed(connection, timeout=2))
        connection.close()
        self.assertEqual(self.wait_for_end(), 0)

    def test_what_does_not_end_is_waited_for_some_seconds(self):
        self.begin(peers.silent)
        started = time.monotonic()
        self.daemon.signal(signal.SIGTERM)
        self.assertEqual(self.wait_for_end(), 0)
        self.assertAlmostEqual(time.monotonic() - started, 5, delta=1.5)

    def test_told_twice_it_does_not_wait(self):
        self.begin(peers.silent)
        mark = self.daemon.log.mark()
        self.daemon.signal(signal.SIGTERM)
        self.daemon.log.wait_for("Ending on signal", since=mark)
        self.daemon.signal(signal.SIGTERM)
        started = time.monotonic()
        self.assertEqual(self.wait_for_end(), 0)
        self.assertLess(time.monotonic() - started, 3)


def answering_after(seconds):
    """A KDC that gives the message back, that much later."""

    def behave(client, upstream):
        del upstream
        message = receive(client)
        time.sleep(seconds)
        client.sendall(framed(message))

    return behave


@contextlib.contextmanager
def owned_by(user, folder):
    """Everything in the folder is the user's; afterwards it is ours again."""

    def give(uid):
        if os.geteuid() == 0:
            for path, folders, files in os.walk(folder):
                for name in [path, *(os.path.join(path, name) for name in files)]:
                    os.chown(name, uid, -1)

    give(user.pw_uid)
    try:
        yield
    finally:
        give(os.geteuid())


def loopback_addresses():
    """The loopback addresses that this machine has, one a family."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return ["127.0.0.1", "::1"]
    return ["127.0.0.1"]


def memory(service):
    """The bytes of memory that a service occupies."""
    with open(f"/proc/{service.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def cpu_seconds(service):
    """The CPU time that a service has used."""
    with open(f"/proc/{service.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_sockets(service):
    """How many sockets a service has open."""
    folder = f"/proc/{service.pid}/fd"
    targets = []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            targets.append(os.readlink(f"{folder}/{name}"))
    return sum(target.startswith("socket:") for target in targets)


def is_alive(pid):
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


def end(pid):
    """End a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
