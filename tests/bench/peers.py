"""An exchange beside what else agrees on a key, or makes a crossover.

TLS is measured in one process with an exchange (handshake.c).  PKINIT and what administrators do by hand are
measured as they run: in the KDCs, kxoverd, kadmind and their clients, with sockets and databases.
"""

import re
import statistics
import subprocess

from crossing import Crossing, RsaRealm
from lab import Lab
from lab.lab import REALMS
from pkinit import Logins, PkinitRealm
from table import row

KINDS = {"ed25519": "Ed25519", "p256": "P-256", "rsa2048": "RSA-2048"}
SIDES = ("initiator", "responder")
PLAIN = "PLAIN.EXAMPLE"
ROUNDS = 9


def measure(build):
    """Print the rows."""
    _tls(build)
    with (Lab(build=build) as lab, Lab(build=build, kinds=dict.fromkeys(REALMS, RsaRealm)) as rsa_lab,
          Lab((PLAIN,), module="db2", kinds={PLAIN: PkinitRealm}) as plain):
        crossings = {"Ed25519": Crossing(lab), "RSA-2048": Crossing(rsa_lab)}
        logins = {name: Logins(plain.realms[0], build, anonymous=name == "anonymous")
                  for name in ("certificate", "anonymous")}
        _by_hand(crossings["Ed25519"])
        _pkinit(crossings, logins)


def _tls(build):
    """Both sides of an exchange and of TLS in one process; handshake.c says what is in them."""
    said = subprocess.run([build / "bench_handshake"], capture_output=True, text=True, check=True).stdout
    figures = {name: [float(figure) for figure in figures.split()]
               for name, figures in re.findall(r"^(\w+)((?: [\d.]+)+)$", said, re.MULTILINE)}
    for kind, name in KINDS.items():
        for side in SIDES:
            row(f"exchange / TLS 1.3 handshake, {name}, {side}, processor time", figures[f"{kind}_alike_{side}"],
                at_most=1)
        row(f"exchange / TLS 1.3 with the TLSA match alone, {name}, both sides",
            [sum(pair) / 2 for pair in zip(*(figures[f"{kind}_bare_{side}"] for side in SIDES))], at_most=1)
        row(f"exchange / TLS 1.3 handshake, {name}, bytes of both ways",
            [sum(figures[f"{kind}_bytes"]) / sum(figures[f"{kind}_tls_bytes"])])
    row("TLS 1.3 to the first answer, round trips, TCP's included", [1 + figures["ed25519_turns"][0] / 2])
    row("TLS 1.3 handshake, Ed25519, bytes of both ways", [sum(figures["ed25519_tls_bytes"])], "B")
    row("TLS 1.3 to the first answer, Ed25519, latency on loopback", figures["ed25519_tls_latency"], "ms")


def _by_hand(crossing):
    """A first contact, and what two administrators do."""
    made = [(crossing.first_contact(), crossing.by_hand()) for _ in range(ROUNDS)]
    row("first contact / kadmin on both sides, time", [met.wall / typed.wall for met, typed in made])
    row("first contact / kadmin on both sides, processor time of all", [met.cpu / typed.cpu for met, typed in made])
    row("kadmin on both sides, time of the commands", [typed.wall * 1000 for _, typed in made], "ms")


def _pkinit(crossings, logins):
    """Exchanges with keys of RSA, which is what PKINIT has here, and of kxover's own choice."""
    for crossing in crossings.values():
        crossing.remember_dns()
    exchanges = {name: [] for name in crossings}
    logged_in = {name: [] for name in logins}
    for _ in range(ROUNDS):
        for name, crossing in crossings.items():
            exchanges[name].append(crossing.measure())
        for name, login in logins.items():
            logged_in[name].append(login.measure())
    for key, met in exchanges.items():
        for name, done in logged_in.items():
            what = f"{key} exchange / {name} PKINIT"
            row(f"{what}, initiator, processor time", [a.initiator / b.client for a, b in zip(met, done)], at_most=1)
            row(f"{what}, responder, processor time", [a.responder / b.kdc for a, b in zip(met, done)], at_most=1)
    for key, crossing in crossings.items():
        _way(f"{key} exchange", exchanges[key], *crossing.traffic(), at_most=2)
        row(f"{key} exchange, latency on loopback without the databases",
            [statistics.median(one.latency_but_storing) * 1000 for one in exchanges[key]], "ms")
    for name, login in logins.items():
        _way(f"{name} PKINIT", logged_in[name], *login.traffic())


def _way(what, measured, round_trips, count, at_most=None):
    """The rows about what goes over the wire, and how long all takes on a wire without any length."""
    row(f"{what}, round trips, TCP's included", [round_trips], at_most=at_most)
    row(f"{what}, bytes of both ways", [count], "B")
    row(f"{what}, latency on loopback", [statistics.median(one.latency) * 1000 for one in measured], "ms")
