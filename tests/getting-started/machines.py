"""Fresh machines: each a Debian of its own with systemd, in a container, on a net that leads nowhere.

The net is a bridge in a network namespace.  Every machine takes every address for a neighbour's, so any of
them can be given any address, those of the DNS root servers among them, and nothing leaves.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

BOOT_PATIENCE = 120
COMMAND_PATIENCE = 600


class Failed(Exception):
    """A command's exit code was not 0, or a machine did not come up; the text says what it said."""


def run(argv, input=None, check=True, timeout=COMMAND_PATIENCE):
    """Run a command and return what it says on stdout and stderr together, and its exit code."""
    done = subprocess.run([str(word) for word in argv], input=input, text=True, errors="replace", check=False,
                          stdin=subprocess.DEVNULL if input is None else None, timeout=timeout,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        raise Failed(f"{' '.join(map(str, argv))}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout, done.returncode


class Net:
    """The net that leads nowhere.  To be used in a `with` statement."""

    def __init__(self, name="kxover-gs"):
        self.name = name
        self.bridge = "kxgs0"
        self.machines = []

    def __enter__(self):
        run(["ip", "netns", "add", self.name])
        try:
            for words in (["link", "add", self.bridge, "type", "bridge"], ["link", "set", self.bridge, "up"],
                          ["link", "set", "lo", "up"]):
                run(["ip", "-n", self.name, *words])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception):
        for machine in reversed(self.machines):
            machine.stop()
        run(["ip", "netns", "delete", self.name], check=False)

    def machine(self, base, folder, host, *addresses):
        """Boot a copy of the Debian in `base` that is called `host` and has the addresses."""
        machine = Machine(self, base, folder, host, addresses)
        self.machines.append(machine)
        machine.start()
        return machine


class Machine:
    """One of them."""

    def __init__(self, net, base, folder, host, addresses):
        self.net = net
        self.host = host
        self.root = Path(folder) / host
        self._log = Path(folder) / f"{host}.log"
        self._process = None
        run(["cp", "-a", base, self.root])
        (self.root / "etc/hostname").write_text(f"{host}\n")
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{addresses[0]} {host} {host.split('.')[0]}\n")
        network = self.root / "etc/systemd/network/10-host0.network"
        network.parent.mkdir(parents=True, exist_ok=True)
        lines = ["[Match]", "Name=host0", "", "[Network]", "LinkLocalAddressing=no"]
        lines += [f"Address={address}/32" for address in addresses]
        network.write_text("\n".join([*lines, "", "[Route]", "Destination=0.0.0.0/0", "Scope=link", ""]))
        run(["systemctl", f"--root={self.root}", "enable", "systemd-networkd"])

    def start(self):
        """Boot it, and wait until it has its addresses."""
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.net.name}", "systemd-nspawn", "--quiet", "--boot",
                 "--register=no", "--keep-unit", f"--network-bridge={self.net.bridge}",
                 f"--machine={self.host.replace('.', '-')}", "--resolv-conf=off", "--timezone=off",
                 f"--directory={self.root}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._wait_for("systemctl is-active multi-user.target network-online.target")

    def stop(self):
        """Switch it off."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def shell(self, command, input=None, check=True):
        """Run a line of shell as root there; returns output and exit code."""
        leader = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        # nspawn has one child: the first process of the machine, or who starts it.
        return run(["nsenter", f"--target={leader[-1]}", "--mount", "--uts", "--ipc", "--net", "--pid",
                    "--root", "--", "/usr/bin/env", "-i", "HOME=/root", "TERM=dumb", "LANG=C.UTF-8",
                    "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=cat",
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "/bin/sh", "-c", f"cd /root && {command}"], input=input, check=check)

    def write(self, path, text, append=False):
        """Write a file there."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "a" if append else "w", encoding="utf-8") as out:
            out.write(text)

    def _wait_for(self, command):
        limit = time.monotonic() + BOOT_PATIENCE
        while time.monotonic() < limit:
            if self._process.poll() is not None:
                raise Failed(f"{self.host} did not boot:\n{self._log.read_text(errors='replace')[-2000:]}")
            try:
                if self.shell(command, check=False)[1] == 0:
                    return
            except (OSError, IndexError):
                pass  # not even begun
            time.sleep(0.5)
        raise Failed(f"{self.host} is not up after {BOOT_PATIENCE} s:\n{self._log.read_text(errors='replace')[-2000:]}")
