"""A realm of the lab that is this machine's own: its servers are services of systemd, as Debian and the
packages have them, its settings are in /etc, and it is found at port 88."""

import os
import shutil
from pathlib import Path

from lab.process import Log, ServiceFailed, run
from lab.realm import Realm
from lab.waiting import wait_until

UNITS = {"krb5kdc": "krb5-kdc", "kadmind": "krb5-admin-server", "kxoverd": "kxoverd"}
FILES = {"krb5.conf": Path("/etc/krb5.conf"), "kdc.conf": Path("/etc/krb5kdc/kdc.conf")}


def command(*words, check=True):
    """Run a command of the administrator's; returns its Result."""
    return run(words, dict(os.environ), check=check, timeout=300)


def show(unit, what):
    """A property of a unit."""
    return command("systemctl", "show", "--property", what, "--value", unit).stdout.strip()


class Unit:
    """A service of systemd, to be handled as the lab handles its own."""

    def __init__(self, unit, log, ready):
        self.name = self.unit = unit
        self.log = self.output = log
        self._ready = ready
        self._log_at_start = 0

    @property
    def pid(self):
        """Its process id, or None when it does not run."""
        return int(show(self.unit, "MainPID")) or None

    @property
    def running(self):
        return command("systemctl", "is-active", self.unit, check=False).stdout.strip() == "active"

    def log_since_start(self):
        """What it logged since it was last started."""
        return self.log.since(self._log_at_start)

    def start(self):
        self._begin("start")

    def restart(self):
        self._begin("restart")

    def stop(self):
        """End it, if it is there."""
        command("systemctl", "stop", self.unit, check=False)

    kill = stop

    def signal(self, number):
        os.kill(self.pid, number)

    def _begin(self, verb):
        self._log_at_start = self.log.mark()
        # However often tests want it to.
        command("systemctl", "reset-failed", self.unit, check=False)
        result = command("systemctl", verb, self.unit, check=False)
        if not result.ok:
            raise ServiceFailed(result.output + command("journalctl", "-n", "30", "-u", self.unit).stdout)
        wait_until(lambda: self._ready(self), lambda: f"{self.unit} to be ready; it says:\n{self.log_since_start()}")


class SystemRealm(Realm):
    """This machine's realm, for as long as the lab is there."""

    def __init__(self, lab, name, users):
        super().__init__(lab, name, users)
        self.port = self.daemon_port = 88
        self._before = {path: path.read_bytes() if path.exists() else None for path in FILES.values()}

    @property
    def env(self):
        """What programs here are told: nothing of where settings are."""
        return {name: value for name, value in super().env.items() if name not in ("KRB5_CONFIG", "KRB5_KDC_PROFILE")}

    def configure(self):
        super().configure()
        for name, path in FILES.items():
            shutil.copyfile(self.folder / name, path)

    def close(self):
        super().close()
        for path, content in self._before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)

    def use_kxover(self, wanted=True):
        """Put kxover before the database, or take it away, and restart the KDC."""
        self.uses_kxover = wanted
        self.configure()
        for server in (self.kdc, self.kadmind):
            server.restart()

    def _service(self, name, command, ready):
        del command
        service = Unit(UNITS[name], Log(self.folder / f"{name}.log"), ready)
        self.lab.services.append(service)
        return service
