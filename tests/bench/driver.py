"""Messages made beforehand (messages.c), and the program that sends them (load.c)."""

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import tools
from lab.process import run

KX_REP, TGS_REP, KRB_ERROR = "0x73", "0x6d", "0x7e"

# To send what has been made.
PATIENCE = 600


@dataclass(frozen=True)
class Sent:
    """What came of sending messages: how many seconds it took, and the answers by their first byte."""

    seconds: float
    answers: dict

    def count(self, kind):
        """How many answers there are, which must all be of this kind."""
        if list(self.answers) != [kind]:
            raise SystemExit(f"bench: not all answers are {kind}: {self.answers}")
        return self.answers[kind]

    def rate(self, kind):
        """Answers a second, which must all be of this kind."""
        return self.count(kind) / self.seconds


class Driver:
    """The programs in the folder `build`, bound to the processors of the set `processors`."""

    def __init__(self, build, folder, processors=None):
        self.folder = Path(folder)
        self.processors = processors or os.sched_getaffinity(0)
        self._build = Path(build)

    def make(self, name, env, *arguments):
        """Make messages in a file of that name, and return its path."""
        path = self.folder / name
        with open(path, "wb") as file:
            subprocess.run([self._build / "bench_messages", *map(str, arguments)], env=env, stdout=file, check=True)
        return path

    def send(self, port, path, clients, sources=1, kept=False):
        """Send the messages in a file by so many clients at once, and return what came of it."""
        words = run([*self._bound(), self._build / "bench_load", "send", port, clients, sources, path,
                     *(["kept"] if kept else [])], None, timeout=PATIENCE).stdout.split()
        return Sent(int(words[0]) / 1e9, dict(zip(words[1::2], map(int, words[2::2]))))

    @contextlib.contextmanager
    def holding(self, port, number, sources, path=None):
        """Hold so many connections open, which say nothing, or the begin of the first message in a file."""
        command = [*self._bound(), self._build / "bench_load", "hold", port, number, sources, *([path] if path else [])]
        with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            if process.stdout.readline() != b"held\n":
                raise SystemExit(f"bench: {number} connections cannot be had")
            yield
            process.stdin.close()

    def _bound(self):
        return [tools.find("taskset"), "-c", ",".join(map(str, sorted(self.processors)))]


def pin(service, processors):
    """Let a service that runs, with all its threads, have these processors alone."""
    for thread in os.listdir(f"/proc/{service.pid}/task"):
        os.sched_setaffinity(int(thread), processors)


def processor_seconds(service):
    """Seconds that a service, with all its threads, has had a processor."""
    tasks = Path(f"/proc/{service.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9
