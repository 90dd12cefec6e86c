"""What `kxover list` takes when it has much to tell."""

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY = 100  # lines: fewer than a pipe holds, so that the program still runs at the last look


@dataclass(frozen=True)
class Listed:
    """`lines` without the titles; `first` and `last` are seconds until they came; `memory` is the most that
    was resident, in megabytes."""

    lines: int
    first: float
    last: float
    memory: float


def read_list(realm):
    """Run `kxover list` in a realm and read all that it says, as a Listed."""
    memory, first, lines = 0, None, -1
    started = time.monotonic()
    with subprocess.Popen([realm.lab.build.cli, "list"], env=realm.env, stdout=subprocess.PIPE) as process:
        for _ in process.stdout:
            lines += 1
            if lines == 1:
                first = time.monotonic() - started
            if lines % LOOK_EVERY == 0:
                memory = max(memory, _resident(process.pid))
        last = time.monotonic() - started
    if process.returncode != 0:
        raise SystemExit(f"bench: kxover list ended with exit code {process.returncode}")
    return Listed(lines, first, last, memory)


def _resident(pid):
    """The most that was ever resident of the program that runs, in megabytes; 0 if it has ended."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0
