"""Settings read anew, servers stopped and started, all at once and in the middle of exchanges."""

import signal
import threading

from lab import faults, peers, wait_until
from nothing_lost import Disaster
from scenario import service_of

CLIENTS = 6


class UnderWay(Disaster):
    """An exchange of ALPHA's KDC waits for its answer."""

    def setUp(self):
        super().setUp()
        self.gate = peers.Gate()
        self.enterContext(faults.peer(self.bravo, peers.tampering(reply=self.gate)))
        self.ask_in_the_background()
        self.gate.wait_for_one()
        self.addCleanup(self.gate.open)

    def set_up_with(self, realm, **settings):
        """Write other settings of `realm`, until the end of the test."""
        before = dict(realm.settings)
        self.addCleanup(self._restore, realm, before)
        realm.settings.update(settings)
        realm.configure()

    @staticmethod
    def _restore(realm, settings):
        realm.settings = settings
        realm.configure()
        for service in (realm.kdc, realm.kxoverd):
            service.signal(signal.SIGHUP)

    def finish(self):
        """The answer, and all others, may come."""
        self.gate.open()
        self.assert_nothing_lost()


class Hangup(UnderWay):
    """SIGHUP."""

    def test_the_kdc_reads_the_same_settings_again(self):
        self.alpha.kdc.signal(signal.SIGHUP)
        self.finish()

    def test_the_kdc_reads_other_settings(self):
        self.set_up_with(self.alpha, kxover_wait="1s", kxover_lifetime="7d")
        self.alpha.kdc.signal(signal.SIGHUP)
        self.finish()

    def test_the_kdc_reads_settings_that_cannot_be_used(self):
        mark = self.alpha.kdc.log.mark()
        self.set_up_with(self.alpha, kxover_wait="never")
        self.alpha.kdc.signal(signal.SIGHUP)
        self.alpha.kdc.log.wait_for("the settings stay as they were", since=mark)
        self.finish()

    def test_kxoverd_reads_other_settings(self):
        mark = self.bravo.kxoverd.log.mark()
        self.set_up_with(self.bravo, kxover_lifetime="7d")
        self.bravo.kxoverd.signal(signal.SIGHUP)
        self.bravo.kxoverd.log.wait_for("read again", since=mark)
        self.finish()

    def test_kxoverd_reads_settings_that_cannot_be_used(self):
        mark = self.bravo.kxoverd.log.mark()
        self.set_up_with(self.bravo, kxover_wait="never")
        self.bravo.kxoverd.signal(signal.SIGHUP)
        self.bravo.kxoverd.log.wait_for("going on with the old ones", since=mark)
        self.finish()


class Stop(UnderWay):
    """SIGTERM."""

    def test_the_kdc_is_stopped_and_started(self):
        self.assertEqual(self.alpha.kdc.stop(), 0)
        self.alpha.kdc.start()
        self.finish()

    def test_kxoverd_is_stopped_and_started(self):
        self.assertEqual(self.bravo.kxoverd.stop(), 0)
        self.bravo.kxoverd.start()
        self.finish()


class Everything(Disaster):
    """All servers of both realms are killed at once, and started again, while users keep asking."""

    def ask_until(self, enough):
        """A user asks again and again, as users do."""
        while not enough.is_set():
            session = self.alpha.session("alice")
            if session.kinit(check=False).ok:
                session.kvno(service_of(self.bravo), check=False)

    def test_afterwards_nothing_is_lost(self):
        enough = threading.Event()
        clients = [threading.Thread(target=self.ask_until, args=(enough,)) for _ in range(CLIENTS)]
        servers = self.alpha.services + self.bravo.services
        self.addCleanup(enough.set)
        for client in clients:
            client.start()
        for _ in range(3):
            wait_until(lambda: self.crossover in self.alpha.principals(), "some user to be served")
            for server in servers:
                server.kill()
            self.assert_believed_by_both()
            for realm in (self.alpha, self.bravo):
                realm.kadmin_local(f"delprinc -force {self.crossover}")
            for realm in (self.bravo, self.alpha):
                realm.start()
        enough.set()
        for client in clients:
            client.join()
        self.assert_nothing_lost()
