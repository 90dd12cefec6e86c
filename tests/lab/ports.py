"""Free ports, on loopback, for one lab.

A port that was found free by binding it and letting go can be somebody else's a moment later.  Two things
prevent that here.  Ports come from outside the range that the kernel hands out by itself, so nobody gets
one by accident; and each is claimed with a Unix socket in the abstract namespace, which other labs on the
machine respect and which goes away with its process, however that ends.
"""

import functools
import random
import socket
from pathlib import Path

LOWEST = 10000
HIGHEST = 65000


class Ports:
    """The ports of one lab."""

    def __init__(self):
        kernels = _kernel_range()
        self._candidates = [port for port in range(LOWEST, HIGHEST) if port not in kernels]
        random.shuffle(self._candidates)
        self._claims = []

    def take(self):
        """A port that is free for TCP and UDP, and ours until release()."""
        while self._candidates:
            port = self._candidates.pop()
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                claim.bind(f"\0kxover-lab-port-{port}")
            except OSError:
                claim.close()
                continue
            if _is_free(port):
                self._claims.append(claim)
                return port
            claim.close()
        raise OSError("no free port is left on this machine")

    def release(self):
        """Let go of all ports."""
        while self._claims:
            self._claims.pop().close()


def is_listening(port):
    """Whether a TCP socket listens on `port`.  Asks the kernel: a connection would show in logs."""
    listening = "0A"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for row in rows:
            _, local, _, state = row.split()[:4]
            if state == listening and int(local.rpartition(":")[2], 16) == port:
                return True
    return False


def _kernel_range():
    """The ports that the kernel hands out to whoever does not ask for a particular one."""
    first, last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return range(int(first), int(last) + 1)


def _is_free(port):
    """Whether nobody uses `port`, on any loopback address, for TCP or UDP."""
    return all(_can_bind(address, port, kind) for address in _loopback_addresses()
               for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))


def _can_bind(address, port, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            probe.bind((address, port))
        return True
    except OSError:
        return False


@functools.cache
def _loopback_addresses():
    """The loopback addresses that this machine has; not every one has IPv6."""
    return [address for address in ("127.0.0.1", "::1") if _can_bind(address, 0, socket.SOCK_DGRAM)]
