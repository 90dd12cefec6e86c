"""The lab: realms, their DNS, and one folder that holds all of it."""

import atexit
import os
import secrets
import shutil
import signal
import threading
from pathlib import Path

from . import clock, process, tools
from .dns import Dns
from .ports import Ports
from .realm import Realm
from .sanitizers import Sanitizers
from .waiting import wait_until

REALMS = ("ALPHA.EXAMPLE", "BRAVO.EXAMPLE")
USERS = ("alice", "bob")


class Terminated(KeyboardInterrupt):
    """A signal asks us to end, SIGINT from Ctrl-C or another.  Like KeyboardInterrupt it is something that
    everything makes way for; an ordinary exception would be one more failed test."""

    def __init__(self, number):
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


class Lab:
    """Realms on loopback, in one temporary folder.  To be used in a `with` statement:

        with Lab(build="build") as lab:
            alice = lab.realm("ALPHA.EXAMPLE").kinit("alice")

    `module` is "kxover", or "db2" for the same realms without kxover; `kinds` names the class of a realm
    that is more than a Realm, such as ldap.LdapRealm.  When it ends, and when the program
    ends in whatever way it can notice, all processes are gone, and so is the folder unless `keep` is on."""

    def __init__(self, realms=REALMS, build=None, module="kxover", keep=False, users=USERS, kinds=None):
        self.build = tools.Build.chosen(build) if module == "kxover" else None
        self.sanitizers = self.build.sanitizers if self.build else Sanitizers()
        self.keep = keep
        self.realms = []
        self.services = []
        self._names = realms
        self._kinds = kinds or {}
        self._users = users
        self._handlers = {}
        self.ports = Ports()
        self.folder = None
        self.env = None
        self.dns = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def realm(self, name):
        """The realm of that name."""
        return next(realm for realm in self.realms if realm.name == name)

    def start(self):
        """Build everything and start it."""
        self._catch_signals()
        atexit.register(self.stop)
        try:
            self._make_folder()
            self.env = self._clean_environment()
            self.dns = Dns(self.folder / "dns", self.ports, self.env)
            self.services.append(self.dns.server)
            self.dns.zone(".")
            self.add_realms(*self._names)
        except BaseException:
            self.stop()
            raise

    def add_realms(self, *names):
        """Build more realms and start them.  The realms that were there learn of them by configuration
        files that they read when they start, and by DNS at once."""
        fresh = [self._kinds.get(name, Realm)(self, name, self._users) for name in names]
        self.realms += fresh
        self.dns.publish()
        for realm in self.realms:
            realm.configure()
        for realm in fresh:
            realm.create()
        self.dns.publish()
        for realm in fresh:
            realm.start()
        return fresh

    def stop(self):
        """End everything and leave nothing behind.  May be called again.  SanitizerReport if a sanitizer has
        found something in any program of the lab."""
        self._ignore_signals()
        try:
            for service in reversed(self.services):
                service.stop()
            for realm in self.realms:
                realm.close()
            self.ports.release()
            clock.sweep()
            if self.folder:
                self.sanitizers.check(self.folder)
        finally:
            if not self.keep:
                wait_until(self._folder_is_gone, f"{self.folder} to be removed")
            self._restore_signals()
            atexit.unregister(self.stop)

    def last_words(self, lines=15):
        """The end of every log, for whoever looks for the cause of something."""
        parts = []
        for service in self.services:
            for log in dict.fromkeys([service.output, service.log]):
                tail = "\n".join(log.text.splitlines()[-lines:])
                if tail:
                    parts.append(f"--- the end of {log.path.relative_to(self.folder)}:\n{tail}")
        return "\n".join(parts)

    def _make_folder(self):
        # The name is known before the folder is there, so that no signal can come in between.  (Python's
        # tempfile makes a file of its own, to try the place, and can be caught before it removes it.)
        place = Path(os.environ.get("TMPDIR") or "/tmp").resolve()
        self.folder = place / f"kxover-lab-{secrets.token_hex(4)}"
        self.folder.mkdir(mode=0o700)

    def _folder_is_gone(self):
        """Remove the folder.  What was killed a moment ago may still have been writing to it."""
        if self.folder and self.folder.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
        return not (self.folder and self.folder.exists())

    def _clean_environment(self):
        """What every program here gets: nothing of the caller's Kerberos settings, and a home of its own."""
        home = self.folder / "home"
        temporary = self.folder / "tmp"
        home.mkdir()
        temporary.mkdir()
        first = [self.build.cli.parent] if self.build else []
        return {
            "PATH": tools.search_path(first),
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **self.sanitizers.options(self.folder),
        }

    def _catch_signals(self):
        """Make the signals that ask us to end raise Terminated, where Python lets us: in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._terminate)

    def _terminate(self, number, frame):
        """One signal is enough: what comes after it must not get in the way of cleaning up."""
        del frame
        self._ignore_signals()
        process.interrupt(Terminated(number))

    def _ignore_signals(self):
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)

    def _restore_signals(self):
        while self._handlers:
            number, handler = self._handlers.popitem()
            signal.signal(number, handler)
