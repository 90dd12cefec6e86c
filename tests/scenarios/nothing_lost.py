"""What must be true after every disaster: nothing half-written, and no key that one side alone believes in
and uses."""

import contextlib
import os
import re
import signal
import threading

from lab import TimedOut, tools, wait_until
from scenario import Scenario, service_of

# What a user waits for a ticket who then gives up.
IMPATIENCE = 5


class Disaster(Scenario):
    """Something goes wrong between ALPHA, whose users want to go to BRAVO, and BRAVO."""

    def setUp(self):
        self.crossover = self.alpha.crossover_to(self.bravo)
        self.forget()

    def forget(self):
        """ALPHA and BRAVO never met."""
        for realm in (self.alpha, self.bravo):
            if self.crossover in realm.principals():
                realm.kadmin_local(f"delprinc -force {self.crossover}")
            for service in (realm.kdc, realm.kxoverd):
                service.kill()
                service.start()

    def ask_in_the_background(self):
        """alice asks for a service of BRAVO, and we do not wait for what comes of it."""
        alice = self.alpha.kinit("alice")
        thread = threading.Thread(target=self._ask, args=(alice,))
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def _ask(self, session):
        with contextlib.suppress(TimedOut):
            session.run("kvno", service_of(self.bravo), check=False, timeout=IMPATIENCE)

    def keys(self, realm):
        """The keys of the crossover that `realm` has: bytes in hexadecimal by version and type."""
        if self.crossover not in realm.principals():
            return {}
        keytab = realm.folder / "crossover.keytab"
        keytab.unlink(missing_ok=True)
        realm.kadmin_local(f"ktadd -k {keytab} -norandkey {self.crossover}")
        listing = realm.run("klist", "-K", "-e", "-k", keytab).stdout
        keytab.unlink(missing_ok=True)
        rows = re.findall(r"^ *(\d+) \S+ \(\S*?([^():]+)\) +\((0x[0-9a-f]+)\)$", listing, re.MULTILINE)
        return {(int(kvno), etype): key for kvno, etype, key in rows}

    def assert_nothing_lost(self):
        """To be asked when all servers run again, and what was wrong is mended; whoever did that tells the KDC
        to forget what has failed (SIGHUP).  Whether users are served comes last, as that makes keys."""
        for realm in (self.alpha, self.bravo):
            self.assert_whole(realm)
        self.assert_believed_by_both()
        self.alpha.kdc.signal(signal.SIGHUP)
        wait_until(lambda: self.served("alice"), "alice to be served")
        self.assertTrue(self.served("bob"))
        self.assert_believed_by_both()
        self.assertTrue(self.keys(self.alpha))
        for realm in (self.alpha, self.bravo):
            self.assert_whole(realm)
            self.assert_round_trip(realm)

    def wait_for_the_writing(self):
        """Wait until ALPHA's KDC has written what it has in memory, as it does when somebody asks."""
        wait_until(lambda: self.served("bob") and self.keys(self.alpha), "the key to be written")

    def served(self, user):
        """Whether a user of ALPHA who logs in now gets a ticket for a service of BRAVO."""
        return self.alpha.kinit(user).kvno(service_of(self.bravo), check=False).ok

    def assert_whole(self, realm):
        """The crossover is not there, or each of its key versions has all its keys and its mark."""
        if self.crossover not in realm.principals():
            return
        keys = self.keys(realm)
        versions = {kvno for kvno, _ in keys}
        self.assertTrue(versions, f"{realm.name} has a crossover without keys")
        self.assertEqual(sorted(keys), sorted((kvno, etype) for kvno in versions for etype in {e for _, e in keys}))
        shown = realm.kadmin_local(f"getstrs {self.crossover}").stdout
        self.assertEqual({int(kvno) for kvno in re.findall(r"^kxover_kvno_(\d+): ", shown, re.MULTILINE)}, versions)

    def assert_believed_by_both(self):
        """Each key that ALPHA may issue with is BRAVO's, too.  (The other way round does no harm.)"""
        self.assertLessEqual(self.keys(self.alpha).items(), self.keys(self.bravo).items())

    def assert_round_trip(self, realm):
        """A dump of the database, loaded into another, gives the same dump again."""
        other = realm.folder / "round-trip"
        first = realm.kdb5_util("dump").stdout
        (realm.folder / "round-trip.dump").write_text(first)
        realm.kdb5_util("-d", other, "load", realm.folder / "round-trip.dump")
        second = realm.kdb5_util("-d", other, "dump").stdout
        for file in realm.folder.glob("round-trip*"):
            file.unlink()
        self.assertIn(self.crossover, first)
        self.assertEqual(second, first)

    def run_under_strace(self, service, *options):
        """Restart a server under strace, which looks at the calls by which it touches the database, and has
        these options; until the end of the test.  Returns the file that strace writes to."""
        realm = self.alpha if service is self.alpha.kdc else self.bravo
        database = realm.settings.get("database_name", realm.folder / "principal")
        trace = realm.folder / f"{service.name}.strace"
        # kxoverd lets nobody look into it but root, be it that of a user namespace.
        as_root = [] if os.geteuid() == 0 else [tools.find("unshare"), "-Ur"]
        strace = [*as_root, tools.find("strace"), "-D", "-f", "-o", trace, "-P", database, "-P", f"{database}.ok",
                  *options]
        if self.lab.sanitizers.checks:
            # LeakSanitizer is a tracer, too, and there can be one only.
            strace += ["-E", f"ASAN_OPTIONS={realm.env['ASAN_OPTIONS']}:detect_leaks=0"]
        command = service._command
        service.stop()
        self.addCleanup(self._run_without, service, command)
        service._command = lambda: [*strace, *command()]
        service.start()
        return trace

    @staticmethod
    def _run_without(service, command):
        service._command = command
        service.kill()
        service.start()
