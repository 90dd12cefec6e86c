"""A small disk of a realm's own, which can be filled.

It is a file system in memory that only the lab sees: mounted in a mount namespace, which a process holds as
long as it lives, and reached by everybody through that process in /proc.  Whoever is not root makes a user
namespace for it first.
"""

import os
import shutil
from pathlib import Path

from . import tools
from .process import Service

MEBIBYTE = 1 << 20


class SmallDisk:
    """A disk of so many bytes, from start() to stop().  Files go into `path`."""

    def __init__(self, folder, env, size=8 * MEBIBYTE):
        self._mount_point = Path(folder) / "disk"
        self._mount_point.mkdir()
        namespace = ["-m"] if os.geteuid() == 0 else ["-Urm"]
        script = f"mount -t tmpfs -o size={size} lab {self._mount_point} && echo ready && exec sleep infinity"
        self.service = Service("disk", lambda: [tools.find("unshare"), *namespace, "sh", "-c", script],
                               lambda: env, folder, lambda service: "ready" in service.log_since_start())

    def start(self):
        """Mount it.  ServiceFailed where the system does not let us (in a container, perhaps)."""
        self.service.start()

    def stop(self):
        self.service.stop()

    @property
    def path(self):
        """Where its files are for all programs."""
        return Path(f"/proc/{self.service.pid}/root{self._mount_point}")

    def take_database(self, realm):
        """Move the realm's database here.  Its servers are restarted."""
        realm.stop()
        for file in realm.folder.glob("principal*"):
            shutil.move(file, self.path / file.name)
        realm.settings["database_name"] = self.path / "principal"
        realm.configure()
        realm.start()

    def fill(self):
        """Leave no room at all."""
        with open(self.path / "filler", "ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                pass

    def clear(self):
        """Give the room back."""
        (self.path / "filler").unlink(missing_ok=True)
