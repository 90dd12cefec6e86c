"""What scenarios do to the kxoverd of ALPHA."""

import contextlib
import signal
from pathlib import Path

from lab.ports import is_listening
from lab.process import Service
from scenario import Scenario
from wire import C_PRINCIPAL_UNKNOWN, as_req, ask, connect, error_code

# What valgrind need not tell of krb5's own.
SUPPRESSIONS = Path(__file__).with_name("kxoverd.supp")


class DaemonScenario(Scenario):
    """Tests of the daemon of ALPHA."""

    @property
    def daemon(self):
        return self.alpha.kxoverd

    def set_up_with(self, **settings):
        """Write other settings, until the end of the test; None takes one away."""
        before = dict(self.alpha.settings)
        self.addCleanup(self._restore, before)
        self.alpha.settings.update(settings)
        self.alpha.configure()

    def _restore(self, settings):
        self.alpha.settings = settings
        self.alpha.configure()

    def reload(self):
        """SIGHUP, and wait until it is done."""
        mark = self.daemon.log.mark()
        self.daemon.signal(signal.SIGHUP)
        self.daemon.log.wait_for("read again|going on with the old ones", since=mark)
        return self.daemon.log.since(mark)

    def assert_served(self, connection=None, **options):
        """A message for the KDC is answered."""
        with contextlib.ExitStack() as closing:
            if connection is None:
                connection = closing.enter_context(connect(self.alpha, **options))
            self.assertEqual(error_code(ask(connection, as_req(self.alpha, "nobody"))), C_PRINCIPAL_UNKNOWN)

    def start_with(self, *options, under=(), **env):
        """Start the daemon of ALPHA with further options, under a program, or with further environment.
        It is what self.daemon is until the end of the test."""
        service = Service("kxoverd", lambda: [*under, self.lab.build.daemon, "-n", *options],
                          lambda: {**self.alpha.env, **env}, self.alpha.folder,
                          lambda service: is_listening(self.alpha.daemon_port), self.daemon.log)
        self.addCleanup(setattr, self.alpha, "kxoverd", self.daemon)
        self.addCleanup(service.stop)
        self.alpha.kxoverd = service
        service.start()
