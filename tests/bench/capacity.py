"""What one kxoverd can do: exchanges and refusals a second, on one processor and on two, and memory for connections.

All requests are made beforehand and are of realms of one zone, which share one server and one key.  So what DNS
has to prove for a realm that is new is an SRV record, and hardly ever the keys above it."""

import concurrent.futures
import os
import re
import time
from pathlib import Path

from driver import KRB_ERROR, KX_REP, Driver, pin, processor_seconds
from lab import Lab, config, wait_until
from table import row

ROUNDS = 7
EXCHANGES = 200  # a round
REALMS = 8000  # fewer than kxover_max_peers
DOMAIN = "many.example"
CLIENTS = 16
KX_REQ = b"\x72"

IDLE = (1000, 10_000)
ACTIVE = 500
LONGEST = 64 * 1024
SOURCES = 45  # 256 connections each
ALONE = 20  # exchanges, one after the other


def measure(build):
    """Print the rows."""
    with Lab(build=build) as lab:
        alpha, bravo = lab.realms
        _publish_many(lab, alpha)
        bravo.settings["kxover_max_connections"] = str(IDLE[-1] + 2000)
        bravo.configure()
        bravo.kxoverd.restart()
        load = Load(Driver(build, lab.folder), alpha, bravo)
        one, others = _halves(load.driver.processors)
        load.driver.processors = others
        pin(lab.dns.server, others)
        _exchanges(load, one)
        _refusals(load, one)
        load.driver.processors = one | others
        pin(lab.dns.server, one | others)
        _more_processors(load, Load(load.driver, alpha, alpha), one, one | others)
        _idle(load)
        _active(load)


class Load:
    """Requests of many realms to `remote`, signed by the realm `signer`."""

    def __init__(self, driver, signer, remote):
        self.driver = driver
        self.remote = remote
        self.fresh = 0  # the next realm that nobody knows
        self._signer = signer

    def offers(self, first, number=EXCHANGES, name="offers"):
        """A file of requests of the realms from that number on."""
        return self.driver.make(name, self._signer.env, "offers", self._signer.name, self.remote.name,
                                DOMAIN.upper(), first, number)

    def forged(self):
        """A file of requests that are not signed by whom they name."""
        return self.driver.make("forged", self._signer.env, "forged", self._signer.name, self.remote.name,
                                DOMAIN.upper(), EXCHANGES)

    def take_fresh(self, number=EXCHANGES):
        """The first of so many realms that nobody knows yet."""
        self.fresh += number
        if self.fresh > REALMS:
            raise SystemExit("bench: there are not enough realms")
        return self.fresh - number


def _publish_many(lab, realm):
    """Let DNS vouch for `realm` in the name of all realms of the domain."""
    tlsa, = [line.partition(" TLSA ")[2] for line in realm.published_records() if " TLSA " in line]
    host = f"kdc.{DOMAIN}"
    lab.dns.zone(DOMAIN).records = [
        f"{host}. A {config.LOOPBACK}", f"_88._tcp.{host}. 3600 IN TLSA {tlsa}",
        *(f"_kerberos._tcp.r{number}.{DOMAIN}. 3600 IN SRV 0 0 88 {host}." for number in range(REALMS))]
    lab.dns.publish()
    for other in lab.realms:
        other.kxoverd.restart()


def _halves(processors):
    """One processor for the server and the others for whoever asks it; where there is one alone, that."""
    first, *others = sorted(processors)
    return {first}, set(others) or {first}


def _exchanges(load, one):
    """Exchanges of realms that are new, and of those that are known."""
    service = load.remote.kxoverd
    pin(service, one)
    rates = {kind: ([], []) for kind in ("new", "known")}
    for _ in range(ROUNDS):
        first = load.take_fresh()
        for kind in rates:
            file = load.offers(first)
            before = processor_seconds(service)
            sent = load.driver.send(load.remote.port, file, CLIENTS, CLIENTS)
            rates[kind][0].append(sent.rate(KX_REP))
            rates[kind][1].append(EXCHANGES / (processor_seconds(service) - before))
    for kind, (wall, busy) in rates.items():
        row(f"exchanges of {kind} realms, one processor", wall, "/s")
        row(f"exchanges of {kind} realms, a second of processor time", busy, "/s")


def _refusals(load, one):
    """Requests with forged signatures."""
    service = load.remote.kxoverd
    pin(service, one)
    wall, busy = [], []
    for _ in range(ROUNDS):
        file = load.forged()
        before = processor_seconds(service)
        sent = load.driver.send(load.remote.port, file, CLIENTS, CLIENTS)
        wall.append(sent.rate(KRB_ERROR))
        busy.append(EXCHANGES / (processor_seconds(service) - before))
    row("forged requests refused, one processor", wall, "/s")
    row("forged requests refused, a second of processor time", busy, "/s")


def _more_processors(load, other, one, every):
    """The same kxoverd on all processors, and two kxoverd that have nothing in common."""
    alone, spread, twice = [], [], []
    for _ in range(ROUNDS):
        for rates, processors in ((alone, one), (spread, every)):
            pin(load.remote.kxoverd, processors)
            file = load.offers(load.take_fresh())
            rates.append(load.driver.send(load.remote.port, file, CLIENTS, CLIENTS).rate(KX_REP))
        twice.append(_at_once(load, other))
    row("exchanges a second, kxoverd on all processors / on one", [b / a for a, b in zip(alone, spread)])
    row("exchanges a second, of two kxoverd / of one on one processor", [b / a for a, b in zip(alone, twice)])


def _at_once(*loads):
    """Exchanges a second of several kxoverd together."""
    files = [load.offers(load.take_fresh(), name=load.remote.name) for load in loads]
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sent = list(pool.map(lambda load, file: load.driver.send(load.remote.port, file, CLIENTS, CLIENTS),
                             loads, files))
    return sum(one.count(KX_REP) for one in sent) / (time.monotonic() - begin)


def _idle(load):
    """Connections that say nothing: memory, and whether others are served meanwhile."""
    service = load.remote.kxoverd
    for number in IDLE:
        service.restart()
        before = _memory(service)
        with load.driver.holding(load.remote.port, number, SOURCES):
            row(f"memory of an idle connection, {number} of them", [(_memory(service) - before) / number / 1024],
                "KiB", at_most=4)
    files, ratios = _files(service), []
    for _ in range(ROUNDS):
        wait_until(lambda: _files(service) <= files, "kxoverd to be done with all connections")
        alone = _rate_alone(load)
        with load.driver.holding(load.remote.port, IDLE[-1], SOURCES):
            among = _rate_alone(load)
        ratios.append(alone / among)
    row(f"exchange among {IDLE[-1]} idle connections / among none, latency", ratios)


def _rate_alone(load):
    """Exchanges a second, one after the other, of realms of which DNS is not asked then."""
    known = load.take_fresh(ALONE)
    load.driver.send(load.remote.port, load.offers(known, ALONE), 1)
    return load.driver.send(load.remote.port, load.offers(known, ALONE), 1).rate(KX_REP)


def _active(load):
    """Connections whose message, as long as one may be, is nearly whole."""
    service = load.remote.kxoverd
    service.restart()
    path = load.driver.folder / "longest"
    path.write_bytes(LONGEST.to_bytes(4, "big") + KX_REQ + bytes(LONGEST - len(KX_REQ)))
    before = _memory(service)
    with load.driver.holding(load.remote.port, ACTIVE, SOURCES, path):
        wait_until(lambda: _unread(load.remote.port) == 0, "kxoverd to read all that was sent")
        row("memory of a connection with a message of 64 KiB", [(_memory(service) - before) / ACTIVE / 1024], "KiB")


def _files(service):
    """How many files and sockets a process has open."""
    return len(os.listdir(f"/proc/{service.pid}/fd"))


def _memory(service):
    """Bytes of memory that are a process's own, which it has written to."""
    rollup = Path(f"/proc/{service.pid}/smaps_rollup").read_text(encoding="ascii")
    return 1024 * int(re.search(r"^Private_Dirty: +(\d+) kB$", rollup, re.MULTILINE)[1])


def _unread(port):
    """Bytes that have come to a port of this machine and that its server has not read."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(int(queues.partition(":")[2], 16) for _, local, _, _, queues, *_ in rows
               if int(local.partition(":")[2], 16) == port)
