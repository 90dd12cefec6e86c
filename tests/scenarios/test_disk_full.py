"""A full disk costs users of other realms some time, and the database nothing."""

import resource

from lab.disk import MEBIBYTE, SmallDisk
from nothing_lost import Disaster


class FullDisk(Disaster):
    """The databases of ALPHA and of BRAVO are on disks of their own."""

    @classmethod
    def arrange(cls):
        cls.disks = {}
        for realm in (cls.alpha, cls.bravo):
            disk = SmallDisk(realm.folder, cls.lab.env)
            disk.start()
            cls.addClassCleanup(disk.stop)
            disk.take_database(realm)
            cls.disks[realm] = disk

    def fill(self, realm):
        """Fill the disk of `realm`; returns what its database says then."""
        before = realm.kdb5_util("dump").stdout
        self.disks[realm].fill()
        self.addCleanup(self.disks[realm].clear)
        return before

    def test_a_first_contact_is_served_from_memory(self):
        before = self.fill(self.alpha)
        mark = self.alpha.kdc.log.mark()
        self.assertTrue(self.served("alice"))
        self.alpha.kdc.log.wait_for(f"{self.crossover}: key is served from memory .*the disk is full", since=mark)
        self.assertEqual(self.alpha.kdb5_util("dump").stdout, before)

    def test_the_key_is_written_once_there_is_room(self):
        self.fill(self.alpha)
        self.assertTrue(self.served("alice"))
        self.assertEqual(self.keys(self.alpha), {})
        self.disks[self.alpha].clear()
        self.wait_for_the_writing()
        self.assertEqual(len({kvno for kvno, _ in self.keys(self.bravo)}), 1)
        self.assert_nothing_lost()

    def test_a_peer_is_refused_and_asks_again(self):
        before = self.fill(self.bravo)
        mark = self.bravo.kxoverd.log.mark()
        self.assertFalse(self.served("alice"))
        self.bravo.kxoverd.log.wait_for(f"{self.crossover}: refused to .*the disk is full", since=mark)
        self.assertEqual(self.bravo.kdb5_util("dump").stdout, before)
        self.assertEqual(self.keys(self.alpha), {})
        self.disks[self.bravo].clear()
        self.assert_nothing_lost()

    def test_both_disks_at_once(self):
        for realm in (self.alpha, self.bravo):
            self.fill(realm)
        self.assertFalse(self.served("alice"))
        for realm in (self.alpha, self.bravo):
            self.disks[realm].clear()
        self.assert_nothing_lost()


class FilesMustNotGrow(Disaster):
    """Servers whose files must not grow beyond a size (ulimit -f) are killed when one would."""

    def limit(self, service):
        """A size that logs keep under; a database would, too, but might not for long."""
        hard = resource.prlimit(service.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(service.pid, resource.RLIMIT_FSIZE, (MEBIBYTE // 2, hard))
        self.addCleanup(service.restart)

    def test_the_kdc_lives_on_and_serves_from_memory(self):
        self.limit(self.alpha.kdc)
        mark = self.alpha.kdc.log.mark()
        self.assertTrue(self.served("alice"))
        self.assertEqual(self.keys(self.alpha), {})
        self.alpha.kdc.log.wait_for(f"{self.crossover}: key is served from memory .*ulimit -f", since=mark)
        self.assertTrue(self.alpha.kdc.running)

    def test_kxoverd_lives_on_and_refuses(self):
        self.limit(self.bravo.kxoverd)
        mark = self.bravo.kxoverd.log.mark()
        self.served("alice")
        self.bravo.kxoverd.log.wait_for(f"{self.crossover}: refused to .*ulimit -f", since=mark)
        self.assertEqual((self.keys(self.alpha), self.keys(self.bravo)), ({}, {}))
        self.assertTrue(self.bravo.kxoverd.running)


class LostWrites(Disaster):
    """The disk fails a write of which nobody would have thought so."""

    def test_of_the_kdc(self):
        mark = self.alpha.kdc.log.mark()
        self.run_under_strace(self.alpha.kdc, "-e", "inject=write:error=ENOSPC:when=1")
        self.assertTrue(self.served("alice"))
        self.alpha.kdc.log.wait_for(f"{self.crossover}: key is served from memory .*is the disk full", since=mark)
        self.assertEqual(self.keys(self.alpha), {})
        self.wait_for_the_writing()
        self.assertEqual(len({kvno for kvno, _ in self.keys(self.bravo)}), 1)
        self.assert_nothing_lost()

    def test_of_kxoverd(self):
        mark = self.bravo.kxoverd.log.mark()
        self.run_under_strace(self.bravo.kxoverd, "-e", "inject=write:error=ENOSPC:when=1")
        self.served("alice")
        self.bravo.kxoverd.log.wait_for(f"{self.crossover}.*is the disk full", since=mark)
        self.assert_nothing_lost()
