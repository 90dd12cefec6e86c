"""Clocks that are set off, for all programs of one realm, with libfaketime.

The offset stands in a file that every program looks at each time it asks what time it is, so it can be
changed while they run.  Clocks that only measure how long something takes are left alone, or time limits
and event loops would run wild; so are the times of files.
"""

import os
from pathlib import Path

from . import tools
from .process import run


SHARED_MEMORY = Path("/dev/shm")


def sweep():
    """Remove what libfaketime leaves of processes that were killed: a later one that gets the same number
    would not start."""
    for pattern in ("faketime_shm_*", "sem.faketime_sem_*"):
        for file in SHARED_MEMORY.glob(pattern):
            number = file.name.rpartition("_")[2]
            try:
                if not Path("/proc", number).exists() and file.stat().st_uid == os.getuid():
                    file.unlink()
            except FileNotFoundError:
                pass  # somebody else was faster


class Clock:
    """The clock of one realm: right until set() says otherwise."""

    def __init__(self, file, env):
        """Keep the offset in `file`."""
        self._file = Path(file)
        self.set(0)
        sweep()
        echoed = run([tools.find("faketime"), "-m", "-f", "+0", "/bin/sh", "-c", 'echo "$LD_PRELOAD"'], env)
        self.library = echoed.stdout.strip()
        self.env = {
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, seconds):
        """Be so many seconds fast, or slow if negative."""
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self._file)
