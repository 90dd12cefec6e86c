"""A server may be killed at any moment of a store.  So it is killed at each: at every call by which it
touches its database, which strace sees to, and at every few milliseconds of an exchange."""

import contextlib
import re
import threading
import time
from collections import Counter

from lab import TimedOut, tools, wait_until
from lab.process import run
from nothing_lost import Disaster

# The calls that do more than look.
CALLS = ("openat", "fcntl", "utimensat", "write", "fsync", "close")

# How long an exchange takes at the most, and how far the moments are apart: in milliseconds.
LONG = 90
STEP = 3

# So many key versions take more than one page of db2's, as do so many keys.
VERSIONS = 6

# What an administrator does who wants as many.
ETYPES = "aes256-cts,aes128-cts,aes256-sha2,aes128-sha2,camellia256-cts,camellia128-cts"
MORE_KEYS = f"cpw -randkey -keepold -e {ETYPES} many"


class Sweep(Disaster):
    def ask(self, alice, patience=2):
        """alice asks for the crossover, and soon gives up."""
        with contextlib.suppress(TimedOut):
            alice.run("kvno", self.crossover, check=False, timeout=patience)


class EachCall(Sweep):
    """In a first contact a server is killed at each call by which it opens, locks, writes or closes its
    database."""

    def sweep(self, service):
        """Kill `service` at each call; returns at which calls it was killed."""
        calls = self.count_calls(service)
        self.assertIn("write", calls)
        killed = []
        for call, numbers in calls.items():
            for number in numbers:
                self.forget()
                alice = self.alpha.kinit("alice")
                trace = self.run_under_strace(service, "-e", f"inject={call}:signal=KILL:when={number}")
                self.ask(alice)
                self.doCleanups()
                if "killed by SIGKILL" in trace.read_text():
                    killed.append(call)
                with self.subTest(call=call, number=number):
                    self.assert_nothing_lost()
        return killed

    def count_calls(self, service):
        """The calls of an exchange: of each kind the numbers of the first to the last, counted from the start of
        `service`."""
        alice = self.alpha.kinit("alice")
        trace = self.run_under_strace(service)
        before = self.calls_in(trace)
        self.ask(alice)
        after = self.calls_in(trace)
        self.doCleanups()
        return {call: range(before[call] + 1, after[call] + 1) for call in CALLS}

    @staticmethod
    def calls_in(trace):
        """How many calls of each kind there were, once no more are made."""
        seen = []

        def at_rest():
            seen.append(trace.read_text())
            return len(seen) > 5 and len(set(seen[-5:])) == 1
        wait_until(at_rest, "a server to be at rest")
        return Counter(re.findall(r"^\d+ +(\w+)\(", seen[-1], re.MULTILINE))

    def test_of_the_kdc(self):
        killed = self.sweep(self.alpha.kdc)
        self.assertEqual((killed.count("write"), killed.count("fsync")), (1, 1))

    def test_of_kxoverd(self):
        killed = self.sweep(self.bravo.kxoverd)
        self.assertEqual((killed.count("write"), killed.count("fsync")), (1, 1))


class EachMoment(Sweep):
    """In a first contact a server is killed so many milliseconds after alice has asked."""

    def sweep(self, service):
        for milliseconds in range(0, LONG, STEP):
            self.forget()
            alice = self.alpha.kinit("alice")
            asking = threading.Thread(target=self.ask, args=(alice,))
            asking.start()
            time.sleep(milliseconds / 1000)
            service.kill()
            asking.join()
            service.start()
            with self.subTest(milliseconds=milliseconds):
                self.assert_nothing_lost()

    def test_of_the_kdc(self):
        self.sweep(self.alpha.kdc)

    def test_of_kxoverd(self):
        self.sweep(self.bravo.kxoverd)


class SeveralPages(Sweep):
    """db2 writes page after page, without a journal.  An entry with many keys takes several, and a program that
    is killed between two of them leaves a database that cannot be read: kadmin.local, too, without kxover.
    What helps is the last dump."""

    def test_what_kadmin_does_to_its_database_when_it_is_killed(self):
        self.alpha.kadmin_local("addprinc -randkey many")
        damaged = []
        for _ in range(VERSIONS):
            damaged += [self.kadmin_is_killed_at(number) for number in range(1, 4)]
            self.alpha.kadmin_local(MORE_KEYS)
        self.assertIn(True, damaged)
        self.assert_nothing_lost()

    def kadmin_is_killed_at(self, number):
        """Whether the database cannot be dumped after kadmin.local was killed at that write.  It is loaded
        from the dump of before."""
        dump = self.alpha.folder / "before"
        self.alpha.kdb5_util("dump", dump)
        run([tools.find("strace"), "-f", "-o", self.alpha.folder / "kadmin.strace",
             "-P", self.alpha.folder / "principal", "-e", f"inject=write:signal=KILL:when={number}",
             tools.find("kadmin.local"), "-r", self.alpha.name, "-q", MORE_KEYS], self.alpha.env, check=False)
        damaged = not self.alpha.kdb5_util("dump", self.alpha.folder / "after", check=False).ok
        self.alpha.kdb5_util("load", dump)
        return damaged

    def test_what_kxoverd_does_is_mended_in_the_same_way(self):
        self.make_versions()
        damaged = [self.kxoverd_is_killed_at(number) for number in range(1, 4)]
        self.assertIn(True, damaged)
        self.assert_nothing_lost()

    def make_versions(self):
        """Have BRAVO give several key versions, each of which ALPHA forgets."""
        for _ in range(VERSIONS):
            self.ask(self.alpha.kinit("alice"), patience=30)
            self.alpha.kadmin_local(f"delprinc -force {self.crossover}")
        self.assertEqual(len({kvno for kvno, _ in self.keys(self.bravo)}), VERSIONS)

    def kxoverd_is_killed_at(self, number):
        """The same of kxoverd and BRAVO's database."""
        dump = self.bravo.folder / "before"
        self.bravo.kdb5_util("dump", dump)
        self.run_under_strace(self.bravo.kxoverd, "-e", f"inject=write:signal=KILL:when={number}")
        self.alpha.kdc.restart()
        self.ask(self.alpha.kinit("alice"))
        wait_until(lambda: not self.bravo.kxoverd.running, "kxoverd to be killed")
        self.assertEqual(self.keys(self.alpha), {})
        damaged = not self.bravo.kdb5_util("dump", self.bravo.folder / "after", check=False).ok
        self.bravo.kdb5_util("load", dump)
        self.doCleanups()
        return damaged
