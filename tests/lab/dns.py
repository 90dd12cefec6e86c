"""The DNS of a lab: one authoritative server with a root zone of its own, and the way to ask it.

All zones are on one server and port.  A resolver goes there because its configuration says so zone by
zone, and it believes what it is told there because it has the lab's root key and nothing else.
"""

import re
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from . import tools
from .ports import is_listening
from .process import Service, run
from .waiting import wait_until
from .zone import TTL, Zone


@dataclass(frozen=True)
class Answer:
    """What a validating resolver says about a name."""

    security: str  # "secure", "insecure" or "bogus"
    text: str  # the answer in words, without the security
    reason: str  # why it is bogus, in the resolver's words


class Dns:
    """The zones, the server, and the resolver configuration for it."""

    def __init__(self, folder, ports, env):
        self.folder = Path(folder)
        self.port = ports.take()
        self.resolver_conf = self.folder / "unbound.conf"
        self._env = env
        self._served = ()
        self.zones = {}
        self.folder.mkdir()
        self.server = Service("nsd", self._command, lambda: env, self.folder,
                              lambda service: is_listening(self.port))

    def zone(self, name):
        """The zone of that name, made first if need be, and with it all that lie above it.  Nothing of
        it is served before publish()."""
        name = absolute(name)
        if name not in self.zones:
            if name != ".":
                self.zone(name.partition(".")[2])
            self.zones[name] = Zone(name, self.folder, self._env, self.publish)
        return self.zones[name]

    def publish(self):
        """Write and sign the zones that have changed, and return when the server serves them."""
        fresh = [zone for zone in self.zones.values()
                 if zone.write([child for child in self.zones.values() if self._parent(child) is zone])]
        if self._served != tuple(self.zones):
            self.server.stop()
            self._configure()
            fresh = self.zones.values()
        if self.server.running:
            self.server.signal(signal.SIGHUP)
        else:
            self.server.start()
        for zone in fresh:
            self._await(zone)

    def lookup(self, name, kind="A"):
        """Ask as a validating resolver with nothing in its cache would; returns an Answer."""
        result = run([tools.find("unbound-host"), "-C", self.resolver_conf, "-v", "-t", kind, absolute(name)],
                     self._env, check=False)
        found = re.search(r"\((secure|insecure|BOGUS[^)]*\)?)\)$", result.stdout, re.MULTILINE)
        if not found:
            raise AssertionError(f"no answer about {name} {kind}:\n{result.output}")
        security = "bogus" if found[1].startswith("BOGUS") else found[1]
        said = [re.sub(r"\s*\((secure|insecure|BOGUS.*)\)$", "", line) for line in result.stdout.splitlines()]
        reasons = [line for line in said if line.startswith("validation failure")]
        return Answer(security, "\n".join(line for line in said if line not in reasons), "\n".join(reasons))

    def _command(self):
        return [tools.find("nsd"), "-d", "-c", self.folder / "nsd.conf"]

    def _parent(self, zone):
        """The zone that delegates to `zone`; None for the root."""
        above = [other for other in self.zones.values() if zone.has_parent(other)]
        return max(above, key=lambda other: len(other.name), default=None)

    def _await(self, zone):
        wait_until(lambda: self._serial(zone) == zone.serial,
                   lambda: f"the name server to serve {zone.name}; it says:\n{self.server.log.text}")

    def _serial(self, zone):
        """The serial number of `zone` as it is served now; 0 if it is not."""
        answer = run([tools.find("drill"), "-p", self.port, "@127.0.0.1", zone.name, "SOA"], self._env,
                     check=False)
        found = re.search(rf"^{re.escape(zone.name)}\s.*\sSOA\s+\S+\s+\S+\s+(\d+)", answer.stdout, re.MULTILINE)
        return int(found[1]) if found else 0

    def _configure(self):
        """Write what the server and the resolver must know of the zones."""
        self._served = tuple(self.zones)
        settings = [
            "server:",
            f"  ip-address: 127.0.0.1@{self.port}",
            "  server-count: 1",
            '  username: ""',
            '  chroot: ""',
            f'  zonesdir: "{self.folder}"',
            f'  zonelistfile: "{self.folder}/zone.list"',
            f'  pidfile: "{self.folder}/nsd.pid"',
            f'  xfrdfile: "{self.folder}/xfrd.state"',
            f'  xfrdir: "{self.folder}"',
            '  database: ""',
            "  minimal-responses: yes",
            "  rrl-ratelimit: 0",
            "remote-control:",
            "  control-enable: no",
        ]
        for zone in self.zones.values():
            settings += ["zone:", f'  name: "{zone.name}"', f'  zonefile: "{zone.file}"']
        (self.folder / "nsd.conf").write_text("\n".join(settings) + "\n")

        # A stub for each zone, because name server records would otherwise send the resolver to port 53;
        # minimal responses keep them from a resolver that runs since before the zone was there.  Nothing
        # may leave this machine, and nothing bogus is remembered for long.
        settings = [
            "server:",
            f'  trust-anchor-file: "{self.zones["."].key_file}"',
            "  do-not-query-localhost: no",
            "  outgoing-interface: 127.0.0.1",
            "  do-ip6: no",
            f"  val-bogus-ttl: {TTL}",
        ]
        for zone in self.zones.values():
            settings += ["stub-zone:", f'  name: "{zone.name}"', f"  stub-addr: 127.0.0.1@{self.port}"]
        self.resolver_conf.write_text("\n".join(settings) + "\n")


class SilentDns:
    """Where questions go to and nothing comes from; `conf` is the unbound.conf that leads there."""

    def __init__(self, conf, trusting):
        """Write `conf`; it trusts in what the unbound.conf `trusting` does."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.conf = conf
        server = trusting.read_text().partition("stub-zone:")[0].partition("forward-zone:")[0]
        conf.write_text(f'{server}\nforward-zone:\n  name: "."\n'
                        f"  forward-addr: 127.0.0.1@{self._socket.getsockname()[1]}\n")

    def close(self):
        self._socket.close()

    def questions(self):
        """How many have come since the last time that it was asked."""
        count = 0
        while True:
            try:
                self._socket.recv(4096)
            except BlockingIOError:
                return count
            count += 1


def absolute(name):
    """A DNS name with its final dot, in small letters."""
    return name.lower().rstrip(".") + "."
