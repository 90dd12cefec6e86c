"""Programs that the lab runs: commands, which end, and services, which are ended.

Each gets a process group of its own, so that whatever it starts is ended with it, and each is told by the
kernel should the lab itself be killed.  Ctrl-C at the terminal therefore reaches the lab alone, which then
ends everything in order.
"""

import contextlib
import os
import re
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from . import tools
from .waiting import PATIENCE, TimedOut, wait_until

COMMAND_PATIENCE = 60.0
STOP_PATIENCE = 10.0
TAIL = 4000


class CommandFailed(Exception):
    """A command's exit code was not 0.  `result` holds all of it."""

    def __init__(self, result):
        super().__init__(f"{' '.join(result.argv)}: exit code {result.code}\n{result.output}")
        self.result = result


class ServiceFailed(Exception):
    """A service did not start, or ended by itself.  The text ends with what it said last."""


@dataclass(frozen=True)
class Result:
    """How a command ended and what it said."""

    argv: list
    code: int
    stdout: str
    stderr: str

    @property
    def ok(self):
        return self.code == 0

    @property
    def output(self):
        """Everything it said, for people and for searching in."""
        return self.stdout + self.stderr


_put_off = None  # in the main thread, while a program is being started: the exceptions of signals


def interrupt(exception):
    """Raise the exception of a signal's handler.  While a program is being started that has to wait until we
    know the program: whom we do not know we cannot end."""
    if _put_off is None:
        raise exception
    _put_off.append(exception)


@contextlib.contextmanager
def _not_interrupted():
    """Let interrupt() wait for the end of the block.  Handlers run in the main thread alone."""
    global _put_off
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _put_off = []
    try:
        yield
    finally:
        put_off, _put_off = _put_off, None
        if put_off:
            raise put_off[0]


def run(argv, env, input=None, check=True, timeout=COMMAND_PATIENCE):
    """Run a command to its end and return its Result.

    CommandFailed if its exit code is not 0 and `check` is on; TimedOut if it is not through after
    `timeout` seconds.  It is gone when this returns, however this returns."""
    argv = [str(word) for word in argv]
    process = None
    try:
        with _not_interrupted():
            process = subprocess.Popen(
                _bound_to_us(argv, env), env=_without_preload(env), start_new_session=True, text=True,
                errors="replace", stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stdout, stderr = process.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        raise TimedOut(f"waited {timeout:g} s for the end of {' '.join(argv)}") from None
    finally:
        if process:
            with process:  # waits for it, and closes our ends of its pipes
                _signal_group(process.pid, signal.SIGKILL)
            _tidy_up_after(process.pid)
    result = Result(argv, process.returncode, stdout, stderr)
    if check and not result.ok:
        raise CommandFailed(result)
    return result


class Log:
    """A file that a program writes while we read it."""

    def __init__(self, path):
        self.path = Path(path)

    @property
    def text(self):
        """All that it says by now; nothing if it does not exist yet."""
        return self.since(0)

    def mark(self):
        """Where it ends now, for since() and wait_for()."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def since(self, mark):
        """What was written after mark()."""
        try:
            with open(self.path, "rb") as file:
                file.seek(mark)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def lines(self, pattern, since=0):
        """The lines in which the regular expression `pattern` is found."""
        return [line for line in self.since(since).splitlines() if re.search(pattern, line)]

    def wait_for(self, pattern, since=0, timeout=PATIENCE):
        """Wait for a line in which `pattern` is found, and return it.  TimedOut shows the log's end."""
        found = wait_until(
            lambda: self.lines(pattern, since),
            lambda: f"{pattern!r} in {self.path.name}, which says:\n{self.since(since)[-TAIL:]}",
            timeout)
        return found[0]


class Service:
    """A program that runs until it is stopped.

    `command` and `env` are functions: what they answer is asked anew at each start.  `ready` tells when
    the service can be used.  `log` is where it logs; `output` is what it says beside that."""

    def __init__(self, name, command, env, folder, ready, log=None):
        self.name = name
        self.output = Log(Path(folder) / f"{name}.out")
        self.log = log or self.output
        self._command = command
        self._env = env
        self._ready = ready
        self._process = None
        self._group_lives = False
        self._log_at_start = 0

    @property
    def pid(self):
        """Its process id, or None when it does not run."""
        return self._process.pid if self.running else None

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self):
        """How it ended, negative for a signal; None while it runs or before its first start."""
        return self._process.poll() if self._process else None

    def log_since_start(self):
        """What it logged since it was last started."""
        return self.log.since(self._log_at_start)

    def start(self):
        """Start it and wait until it is ready.  ServiceFailed if it ends instead."""
        if self.running:
            raise ServiceFailed(f"{self.name} runs already")
        self._log_at_start = self.log.mark()
        env = self._env()
        command = _bound_to_us([str(word) for word in self._command()], env)
        try:
            with _not_interrupted(), open(self.output.path, "ab") as output:
                self._process = subprocess.Popen(command, env=_without_preload(env), start_new_session=True,
                                                 stdin=subprocess.DEVNULL, stdout=output, stderr=output)
                self._group_lives = True
            wait_until(lambda: not self.running or self._ready(self),
                       lambda: f"{self.name} to be ready; it says:\n{self._last_words()}")
        except BaseException:
            self.kill()
            raise
        if not self.running:
            self.kill()
            raise ServiceFailed(f"{self.name} ended with exit code {self.exit_code}:\n{self._last_words()}")

    def stop(self):
        """Ask it to end, and see to it that it does.  Returns its exit code; nothing happens to one that
        does not run."""
        if self._process is None:
            return None
        if self.running:
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)
            try:
                self._process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        return self.exit_code

    def kill(self):
        """End it, and all that it started, at once."""
        if self._group_lives:
            self._group_lives = False
            _signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            _tidy_up_after(self._process.pid)

    def restart(self):
        self.stop()
        self.start()

    def signal(self, number):
        """Send it a signal: SIGHUP to read again, SIGSTOP to play dead."""
        self._process.send_signal(number)

    def _last_words(self):
        said = self.output.text if self.output is self.log else self.output.text + self.log_since_start()
        return said[-TAIL:] or "(nothing)"


def _bound_to_us(argv, env):
    """The command that runs `argv` so that the kernel ends it when we are no more.

    A library to be loaded before the program's own (libfaketime, see clock.py) is for the program alone: in
    setpriv it would make what nobody removes, under a number that the program has, too."""
    if env and "LD_PRELOAD" in env:
        argv = [tools.find("env"), f"LD_PRELOAD={env['LD_PRELOAD']}", *argv]
    return [tools.find("setpriv"), "--pdeathsig", "TERM", "--", *argv]


def _without_preload(env):
    """The environment but for that; None is ours."""
    return env and {name: value for name, value in env.items() if name != "LD_PRELOAD"}


def _tidy_up_after(pid):
    """Remove what libfaketime keeps for a process that was killed: the next one with its number would not run."""
    for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
        (Path("/dev/shm") / name).unlink(missing_ok=True)


def _signal_group(leader, number):
    """Signal the process group of `leader`, which may be gone."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        pass
