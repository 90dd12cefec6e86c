"""The system does less than a program asks for, or not now, or has no room: kxoverd and krb5kdc carry on, users
get in, and nothing half-done is stored."""

import os
import resource

from faulty import FaultyCalls
from lab import tools
from lab.realm import Realm
from nothing_lost import Disaster
from scenario import ALPHA, BRAVO, service_of
from wire import C_PRINCIPAL_UNKNOWN, as_req, ask, connect, error_code

# How many files krb5kdc opens for a lookup, and kxoverd has for some connections.
DATABASE = 2
CONNECTIONS = 4


class ShortRealm(Realm):
    """All its programs read and write streams one byte at a time."""

    @property
    def env(self):
        library = self.lab.build.folder / "tests/faults/.libs/short.so"
        if not library.is_file():
            raise tools.MissingTool(f"{library} is not built: run make tests/faults/short.la there")
        return {**super().env, "LD_PRELOAD": str(library)}


class ShortReadsAndWrites(Disaster):
    """Every program of ALPHA and of BRAVO, users' and administrators' too, reads and writes streams one byte
    at a time."""

    kinds = {ALPHA: ShortRealm, BRAVO: ShortRealm}

    def test_an_exchange_is_what_it_is_elsewhere(self):
        self.assertTrue(self.served("alice"))
        self.assertEqual(self.keys(self.alpha), self.keys(self.bravo))
        self.assertEqual(len({kvno for kvno, _ in self.keys(self.bravo)}), 1)
        self.assert_nothing_lost()

    def test_users_are_relayed_to_their_kdc(self):
        self.alpha.client_settings["udp_preference_limit"] = "1"
        self.addCleanup(self.alpha.configure)
        self.addCleanup(self.alpha.client_settings.clear)
        self.alpha.configure()
        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.alpha))
        self.assertEqual(alice.trace.lines("Sending initial UDP"), [])

    def test_an_administrator_is_told_the_same(self):
        self.assertIn(f"Users of {ALPHA} can cross over to {BRAVO}.", self.alpha.kxover("check", BRAVO).stdout)


class NotNow(FaultyCalls):
    """Every second time that a server wants to read or to write a stream, or to wait, it is told to try again."""

    def test_kxoverd_is_interrupted_when_it_reads(self):
        self.assert_meets_with(self.bravo.kxoverd, "readv", "EINTR")

    def test_kxoverd_has_nothing_to_read_after_all(self):
        self.assert_meets_with(self.bravo.kxoverd, "readv", "EAGAIN")

    def test_kxoverd_is_interrupted_when_it_writes(self):
        self.assert_meets_with(self.bravo.kxoverd, "writev", "EINTR")

    def test_kxoverd_has_no_room_to_write_after_all(self):
        self.assert_meets_with(self.bravo.kxoverd, "writev", "EAGAIN")

    def test_kxoverd_is_interrupted_when_it_waits(self):
        self.assert_meets_with(self.bravo.kxoverd, "epoll_wait", "EINTR")

    def test_kxoverd_has_nobody_to_accept_after_all(self):
        for error in ("EAGAIN", "ECONNABORTED"):
            with self.subTest(error):
                self.forget()
                self.assert_meets_with(self.bravo.kxoverd, "accept4", error)
                self.doCleanups()

    def test_the_kdc_is_interrupted_when_it_receives(self):
        self.assert_meets_with(self.alpha.kdc, "recvfrom", "EINTR")

    def test_the_kdc_has_nothing_to_receive_after_all(self):
        self.assert_meets_with(self.alpha.kdc, "recvfrom", "EAGAIN")


class NoMoreFiles(Disaster):
    """A server may not open one more file, nor accept one more connection."""

    def forbid(self, service, but=0):
        """Let the server have the files that it has, but for some, and no more.  Returns what gives it more again."""
        hard = resource.prlimit(service.pid, resource.RLIMIT_NOFILE)[1]
        used = max(int(number) for number in os.listdir(f"/proc/{service.pid}/fd")) + 1
        before = resource.prlimit(service.pid, resource.RLIMIT_NOFILE, (used + but, hard))
        return lambda: resource.prlimit(service.pid, resource.RLIMIT_NOFILE, before)

    def served_at_home(self, realm):
        """Whether a user of `realm` logs in and gets a ticket for a service there."""
        return realm.kinit("alice").kvno(service_of(realm), check=False).ok

    def test_the_kdc_serves_its_own_and_meets_others_later(self):
        """It has those that it needs for its database, which it opens again and again, and none for others."""
        mark = self.alpha.kdc.log.mark()
        permit = self.forbid(self.alpha.kdc, but=DATABASE)
        self.assertFalse(self.served("alice"))
        self.assertTrue(self.served_at_home(self.alpha))
        self.alpha.kdc.log.wait_for(f"{self.crossover}: no crossover: ", since=mark)
        self.assertEqual(self.keys(self.alpha), {})
        permit()
        self.assert_nothing_lost()

    def test_a_kdc_that_met_others_goes_on_and_meets_them_again_later(self):
        self.assertTrue(self.served("alice"))
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force {self.crossover}")
        self.alpha.reload_kdc()
        permit = self.forbid(self.alpha.kdc, but=DATABASE)
        self.served("bob")
        self.assertTrue(self.served_at_home(self.alpha))
        self.assertTrue(self.alpha.kdc.running)
        permit()
        self.assert_nothing_lost()

    def test_kxoverd_with_files_for_connections_alone_refuses(self):
        mark = self.bravo.kxoverd.log.mark()
        permit = self.forbid(self.bravo.kxoverd, but=CONNECTIONS)
        self.assertFalse(self.served("alice"))
        self.bravo.kxoverd.log.wait_for(f"{self.crossover}: refused to .*: Too many open files", since=mark)
        self.assertEqual((self.keys(self.alpha), self.keys(self.bravo)), ({}, {}))
        self.assertTrue(self.bravo.kxoverd.running)
        permit()
        self.assert_nothing_lost()

    def test_kxoverd_says_so_and_meets_others_later(self):
        mark = self.bravo.kxoverd.log.mark()
        permit = self.forbid(self.bravo.kxoverd)
        before = self.bravo.kdb5_util("dump").stdout
        self.ask_in_the_background()
        self.bravo.kxoverd.log.wait_for("Cannot accept connections: Too many open files", since=mark)
        self.assertEqual(self.bravo.kdb5_util("dump").stdout, before)
        permit()
        self.assert_nothing_lost()

    def test_kxoverd_relays_again_when_it_can(self):
        permit = self.forbid(self.bravo.kxoverd)
        with connect(self.bravo) as waiting:
            self.bravo.kxoverd.log.wait_for("Cannot accept connections: Too many open files")
            permit()
            self.assertEqual(error_code(ask(waiting, as_req(self.bravo, "nobody"))), C_PRINCIPAL_UNKNOWN)


class NoRoom(FaultyCalls):
    """There is no room for what is written into logs and databases.  (test_disk_full.py has real disks.)"""

    def test_for_the_log_of_the_kdc(self):
        """But for the lines that it begins with."""
        trace = self.run_with(self.alpha.kdc, "-P", self.alpha.kdc.log.path,
                              "-e", f"inject=write:error=ENOSPC:when={self.first_lines() + 1}+")
        self.assertTrue(self.served("alice"))
        self.assert_injected(trace, "write")
        self.assert_nothing_lost()

    def first_lines(self):
        """How many lines the KDC writes when it starts."""
        return len(self.alpha.kdc.log_since_start().splitlines())

    def test_for_the_log_of_kxoverd(self):
        trace = self.run_with(self.bravo.kxoverd, "-P", self.bravo.kxoverd.log.path,
                              "-e", "inject=write:error=ENOSPC:when=1+")
        self.assertTrue(self.served("alice"))
        self.assert_injected(trace, "write")
        self.assert_nothing_lost()

    def test_behind_a_database_that_does_not_tell(self):
        """db2 does not say when the disk could not be waited for.  What is in memory then counts."""
        for service in (self.alpha.kdc, self.bravo.kxoverd):
            with self.subTest(service.name):
                self.forget()
                trace = self.run_under_strace(service, "-e", "inject=fsync:error=ENOSPC")
                self.assertTrue(self.served("alice"))
                self.assert_injected(trace, "fsync")
                self.doCleanups()
                self.assert_nothing_lost()
