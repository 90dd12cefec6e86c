#!/usr/bin/env python3
"""Follows docs/getting-started.md word by word, on fresh machines, for two realms, till they meet.

    tests/getting-started/follow.py --base FOLDER --packages FOLDER

Each block of the page whose fence says `on=` is done on that machine: `file=` blocks are written there,
others run, line by line.  The page's names and addresses are replaced as its table says, and nothing else is.
Its first realm has BIND and its second Knot DNS.  It wants root, systemd-nspawn and debootstrap, and apt that
works.
"""

import argparse
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from machines import Failed, Net, run
from world import RESOLVER, World

TOP = Path(__file__).resolve().parents[2]
PAGE = TOP / "docs" / "getting-started.md"
PASSWORD = "correct horse battery staple"
# What the machines install.  It is fetched beforehand, as they have no way to the network.
PACKAGES = """krb5-kdc krb5-admin-server krb5-user bind9 bind9-dnsutils knot knot-dnsutils nsd unbound unbound-host
dns-root-data""".split()
# What this program itself runs, and which Debian package has it.
TOOLS = {"debootstrap": "debootstrap", "ip": "iproute2", "ldns-signzone": "ldnsutils", "nsenter": "util-linux",
         "systemd-nspawn": "systemd-container"}
FENCE = re.compile(r"^```(\w+) ([^\n]*on=[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Domain:
    """One realm's machines, and the words that stand for them where the page says alpha and bravo."""

    def __init__(self, name, other, server, numbers):
        self.name = name
        self.server = server
        self._words = {"ALPHA.EXAMPLE": f"{name}.EXAMPLE".upper(), "BRAVO.EXAMPLE": f"{other}.EXAMPLE".upper(),
                       "alpha.example": f"{name}.example", "bravo.example": f"{other}.example",
                       "192.0.2.11": f"198.41.0.{numbers[0]}", "192.0.2.21": f"198.41.0.{numbers[1]}"}
        self.machines = {}
        self.printed = {}

    def translate(self, text):
        """The page's text for this realm."""
        return re.sub("|".join(map(re.escape, self._words)), lambda found: self._words[found[0]], text)


class Block:
    """A block of the page."""

    def __init__(self, kind, attributes, text):
        self.kind = kind
        self.text = text
        self.attributes = dict(word.partition("=")[::2] for word in attributes.split())

    def is_for(self, domain):
        return self.attributes.get("server", domain.server) == domain.server


def blocks():
    """The blocks to follow, in order, in two parts: what each realm does alone, and how they meet."""
    alone, meeting = [], []
    for kind, attributes, text in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        block = Block(kind, attributes, text)
        (meeting if meeting or "as" in block.attributes else alone).append(block)
    return alone, meeting


def follow(block, domain, world):
    """Do what a block says."""
    machine = domain.machines[block.attributes["on"]]
    text = domain.translate(block.text)
    if "file" in block.attributes:
        path = domain.translate(block.attributes["file"])
        if "paste" in block.attributes:
            text = re.sub(r"^_.*\n", "", text, flags=re.MULTILINE) + domain.printed[block.attributes["paste"]]
        print(f"{machine.host}: {path} written")
        machine.write(path, text)
        return
    said = ""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        user = re.match(r"(\w+)\$ (.*)", line)
        command = f"su {user[1]} -c '{user[2]}'" if user else line
        print(f"{machine.host}# {command}", flush=True)
        output, _ = machine.shell(re.sub(r"^apt (install|update)", r"apt-get -qq -y \1", command),
                                  input=f"{PASSWORD}\n" * 2, check="expect" not in block.attributes)
        print("".join(f"    {line}\n" for line in output.splitlines() if "apt " not in command), end="", flush=True)
        if not re.search(block.attributes.get("expect", ""), output.replace(" ", ".")):
            raise Failed(f"that should have said {block.attributes['expect']}")
        said += output
    if "print" in block.attributes:
        domain.printed[block.attributes["print"]] = said
    if block.attributes.get("print") == "ds":
        give_to_registrar(domain, world, said)


def give_to_registrar(domain, world, ds):
    """Have the domain and its key known in the world."""
    # Knot prints it without the word DS's class; of several digests the page wants SHA-256.
    line = next(line for line in ds.splitlines() if re.search(r"\s2\s+[0-9a-fA-F ]+$", line))
    if not line.split()[0].endswith("."):
        line = line.replace(line.split()[0], f"{line.split()[0]}.", 1)
    ns = domain.machines["ns"].host
    world.delegate(f"{domain.name}.example", ns, domain.translate("192.0.2.21"), line)


def make_base(folder):
    """A Debian with nothing in it but systemd and, not yet installed, what will be asked for."""
    if folder.exists():
        return
    source = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Codename: bookworm",
                  "Component: main"])[0].split()[0]
    fresh = folder.with_suffix(".fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    run(["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus", "bookworm", fresh, source])
    run(["chroot", fresh, "apt-get", "update", "-qq"])
    run(["chroot", fresh, "apt-get", "install", "-qq", "-y", "--download-only", *PACKAGES])
    fresh.rename(folder)


def two_realms(arguments, folder):
    """Follow the page for both."""
    world = World(folder / "world")
    base = folder / "base"
    run(["cp", "-a", arguments.base, base])
    (base / "etc/resolv.conf").write_text(f"nameserver {RESOLVER}\n", encoding="utf-8")
    run(["chroot", base, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qq", "-y", "dns-root-data"])
    (base / "usr/share/dns/root.key").write_text(world.root_key, encoding="utf-8")
    for package in sorted(arguments.packages.glob("*.deb")):
        shutil.copy(package, base / "root")
    run(["chroot", base, "sh", "-c", "apt-get install -qq -y --download-only /root/*.deb"])
    with Net() as net:
        world.start(net, base, folder, (base / "usr/share/dns/root.hints").read_text(encoding="utf-8"))
        domains = [Domain("alpha", "bravo", "bind", (11, 21)), Domain("bravo", "alpha", "knot", (12, 22))]
        alone, meeting = blocks()
        for domain in domains:
            for name, address in (("kdc", "192.0.2.11"), ("ns", "192.0.2.21")):
                domain.machines[name] = net.machine(base, folder, f"{name}.{domain.name}.example",
                                                    domain.translate(address))
            domain.machines["kdc"].shell("useradd -m alice")
            for block in alone:
                if block.is_for(domain):
                    follow(block, domain, world)
        for domain in domains:
            for block in meeting:
                follow(block, domain, world)


def main():
    parser = argparse.ArgumentParser(description="Follow docs/getting-started.md.")
    parser.add_argument("--base", type=Path, required=True, help="where the fresh Debian is, or shall be made")
    parser.add_argument("--packages", type=Path, required=True, help="where kxover's packages for Debian 12 are")
    arguments = parser.parse_args()
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        parser.error(f"apt-get install {' '.join(missing)}" if missing else "only root can boot machines")
    make_base(arguments.base)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="kxover-gs-"))
    try:
        two_realms(arguments, folder)
    except Failed as failed:
        print(f"FAILED: {failed}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("The page ends where it should.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
