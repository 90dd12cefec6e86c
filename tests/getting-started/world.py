"""The rest of the world: the DNS from its root down to where the page's domains begin, signed.

It stands at the addresses that the real root servers have, so that machines ask it with nothing configured.
Only the key of the root is another, and a machine that trusts in Debian's dns-root-data is given that one.
"""

import re
import subprocess
import time
from pathlib import Path

from machines import run

TOP_DOMAIN = "example"
SERVER = "198.41.0.5"
RESOLVER = "198.41.0.6"
YEAR = 365 * 86400


class World:
    """Zones, their keys, and the machine that serves them.  `folder` is for keys and zone files."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._folder.mkdir()
        self._keys = {zone: self._make_key(zone) for zone in (".", TOP_DOMAIN)}
        self._delegations = {}
        self._machine = None
        self._serial = 0

    @property
    def root_key(self):
        """The root's key, as /usr/share/dns/root.key has it."""
        return Path(f"{self._keys['.']}.key").read_text(encoding="utf-8")

    def start(self, net, base, folder, hints):
        """Boot the machine; `hints` is the text of dns-root-data's root.hints."""
        roots = re.findall(r"\sA\s+([0-9.]+)", hints)
        self._machine = net.machine(base, folder, f"ns.{TOP_DOMAIN}", *roots, SERVER, RESOLVER)
        self._machine.write("/etc/unbound/unbound.conf.d/world.conf",
                            f"server:\n  interface: {RESOLVER}\n  access-control: 0.0.0.0/0 allow\n"
                            "  do-ip6: no\n")
        self._machine.shell("apt-get install -qq -y nsd unbound")
        addresses = "".join(f"  ip-address: {address}\n" for address in [*roots, SERVER])
        self._machine.write("/etc/nsd/nsd.conf", f"server:\n{addresses}  do-ip6: no\n" + "".join(
            f'zone:\n  name: "{zone}"\n  zonefile: "/etc/nsd/{self._name(zone)}.signed"\n' for zone in self._keys))
        self.publish()
        self._machine.shell("systemctl restart nsd unbound")

    def delegate(self, domain, server, address, ds):
        """What a registrar does: `domain` is served by `server`, and `ds` is its DS record."""
        lines = [f"{domain}. NS {server}.", f"{server}. A {address}"]
        self._delegations[domain] = [*lines, ds]
        self.publish()
        self._machine.shell("systemctl restart nsd unbound")

    def publish(self):
        """Write and sign both zones, and put them where the server reads them."""
        self._serial += 1
        below = [line for lines in self._delegations.values() for line in lines]
        self._publish(TOP_DOMAIN, [f"{TOP_DOMAIN}. NS ns.{TOP_DOMAIN}.", f"ns.{TOP_DOMAIN}. A {SERVER}", *below])
        ds = run(["ldns-key2ds", "-n", "-2", f"{self._keys[TOP_DOMAIN]}.key"])[0].strip()
        self._publish(".", [". NS a.root-servers.net.", "a.root-servers.net. A 198.41.0.4",
                            f"{TOP_DOMAIN}. NS ns.{TOP_DOMAIN}.", f"ns.{TOP_DOMAIN}. A {SERVER}", ds])

    def _publish(self, zone, lines):
        file = self._folder / f"{self._name(zone)}.zone"
        signed = self._folder / f"{self._name(zone)}.signed"
        origin = zone if zone == "." else f"{zone}."
        file.write_text("\n".join(["$TTL 5", f"{origin} SOA a.root-servers.net. hostmaster.{TOP_DOMAIN}. "
                                   f"{self._serial} 3600 600 1209600 5", *lines]) + "\n", encoding="utf-8")
        run(["ldns-signzone", "-e", str(int(time.time()) + YEAR), "-o", origin, "-f", signed, file,
             self._keys[zone]])
        self._machine.write(f"/etc/nsd/{signed.name}", signed.read_text(encoding="utf-8"))

    def _make_key(self, zone):
        made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone], cwd=self._folder, text=True,
                              capture_output=True, check=True)
        return self._folder / made.stdout.strip()

    @staticmethod
    def _name(zone):
        return zone if zone != "." else "root"
