"""Clocks that are set off, for all programs of one realm, with libfaketime.

The offset stands in a file that every program looks at each time it asks what time it is, so it can be
changed while they run.  Clocks that only measure how long something takes are left alone, or time limits
and event loops would run wild; so are the times of files.
"""

from pathlib import Path

from . import tools
from .process import run


class Clock:
    """The clock of one realm: right until set() says otherwise."""

    def __init__(self, file, env):
        """Keep the offset in `file`."""
        self._file = Path(file)
        self.set(0)
        library = run([tools.find("faketime"), "-m", "-f", "+0", "/bin/sh", "-c", 'echo "$LD_PRELOAD"'], env)
        self.env = {
            "LD_PRELOAD": library.stdout.strip(),
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
