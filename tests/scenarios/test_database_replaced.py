"""Databases are dumped and loaded while realms cross over."""

import fcntl
import os
import struct
import subprocess
import termios

from lab import faults, peers, tools, wait_until
from nothing_lost import Disaster

# The dump has a pipe that holds no more than this, and there are principals enough for many times that.
PIPE = 4096
MANY = 100


class Dumped(Disaster):
    """kdb5_util dump is at work, and holds the database's lock; nobody reads what it writes."""

    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.kadmin_local(*(f"addprinc -nokey filler{number}" for number in range(MANY)))

    def begin_dump(self, realm):
        """Start it; returns when it waits for its reader."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE)
        dump = subprocess.Popen([tools.find("kdb5_util"), "-r", realm.name, "dump"], env=realm.env, stdout=writer)
        os.close(writer)
        dump.stdout = open(reader, "rb")
        self.addCleanup(self.end_dump, dump)
        wait_until(lambda: self.readable(dump.stdout), "the dump to be at work")
        return dump

    @staticmethod
    def readable(pipe):
        """How many bytes are in the pipe."""
        return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]

    @staticmethod
    def end_dump(dump):
        """Read the dump to its end."""
        if dump.poll() is None:
            dump.communicate()

    def test_the_kdc_serves_from_memory_meanwhile_and_writes_afterwards(self):
        dump = self.begin_dump(self.alpha)
        self.assertTrue(self.served("alice"))
        self.end_dump(dump)
        self.assertEqual(self.keys(self.alpha), {})
        self.wait_for_the_writing()
        self.assert_nothing_lost()

    def test_kxoverd_refuses_meanwhile_and_not_afterwards(self):
        mark = self.bravo.kxoverd.log.mark()
        dump = self.begin_dump(self.bravo)
        self.served("alice")
        self.bravo.kxoverd.log.wait_for(f"{self.crossover}: refused to .*locked by another program", since=mark)
        self.end_dump(dump)
        self.assert_nothing_lost()


class Loaded(Disaster):
    """A database is dumped and loaded again, which puts another file in its place."""

    def load(self, realm):
        dump = realm.folder / "dump"
        realm.kdb5_util("dump", dump)
        realm.kdb5_util("load", dump)

    def test_on_both_sides_in_the_middle_of_an_exchange(self):
        for side in ("request", "reply"):
            with self.subTest(side):
                self.forget()
                gate = peers.Gate()
                with faults.peer(self.bravo, peers.tampering(**{side: gate})):
                    self.ask_in_the_background()
                    gate.wait_for_one()
                    for realm in (self.alpha, self.bravo):
                        self.load(realm)
                    gate.open()
                    self.assert_nothing_lost()

    def test_an_older_one_of_the_initiator(self):
        """It forgets a key; the next one is another."""
        dump = self.alpha.folder / "older"
        self.alpha.kdb5_util("dump", dump)
        self.assertTrue(self.served("alice"))
        self.alpha.kdb5_util("load", dump)
        self.assertEqual(self.keys(self.alpha), {})
        self.assert_nothing_lost()

    def test_an_older_one_of_the_responder(self):
        """It forgets a key that the other side goes on with, until somebody there deletes it."""
        dump = self.bravo.folder / "older"
        self.bravo.kdb5_util("dump", dump)
        self.assertTrue(self.served("alice"))
        self.bravo.kdb5_util("load", dump)
        self.assertFalse(self.served("bob"))
        self.alpha.kadmin_local(f"delprinc -force {self.crossover}")
        self.assert_nothing_lost()
