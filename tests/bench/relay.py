"""What it is for the KDC's clients that kxoverd stands between: tickets by TCP through it, and straight from the KDC.

The goal is for a KDC that has a processor for itself.  With all on one processor, no relay could reach it, as each
message wants a second connection."""

from driver import TGS_REP, Driver, pin, processor_seconds
from lab import Lab
from table import row

ROUNDS = 11
TICKETS = 1500  # a round, of each way
CLIENTS = 16

# By default krb5kdc lets five connections wait for it, and 16 clients that come straight would be held up.
BACKLOG = 40


def measure(build):
    """Print the rows."""
    with Lab(("ALPHA.EXAMPLE",), build=build) as lab:
        alpha, = lab.realms
        alpha.kdc_defaults["kdc_tcp_listen_backlog"] = str(BACKLOG)
        alpha.configure()
        for service in (alpha.kdc, alpha.kxoverd):
            service.restart()
        driver = Driver(build, lab.folder)
        first, *others = sorted(driver.processors)
        if others:
            _compare(driver, alpha, {first}, set(others), "", 0.9)
        _compare(driver, alpha, {first}, {first}, ", one processor for all", None)


def _compare(driver, realm, kdc_has, others_have, where, goal):
    """Print how many tickets a second there are each way, and what they cost."""
    pin(realm.kdc, kdc_has)
    pin(realm.kxoverd, others_have)
    driver.processors = others_have
    session = realm.kinit("alice")
    ways = {
        "straight": lambda file: driver.send(realm.kdc_tcp_port, file, CLIENTS),
        "relayed": lambda file: driver.send(realm.port, file, CLIENTS),
        "kept": lambda file: driver.send(realm.port, file, CLIENTS, kept=True),
    }
    rates, kdc, relay = ({way: [] for way in ways} for _ in range(3))
    for number in range(ROUNDS):
        order = list(ways)[number % len(ways):] + list(ways)[:number % len(ways)]
        for way in order:
            # Made anew, as a KDC knows a request that it has answered.
            file = driver.make("tickets", session.env, "tickets", f"host/{realm.service_host}", TICKETS)
            before = processor_seconds(realm.kdc), processor_seconds(realm.kxoverd)
            rates[way].append(ways[way](file).rate(TGS_REP))
            kdc[way].append(processor_seconds(realm.kdc) - before[0])
            relay[way].append(processor_seconds(realm.kxoverd) - before[1])
    for way, name in (("relayed", ""), ("kept", ", connections kept")):
        row(f"tickets a second, relayed / straight{name}{where}", _ratios(rates[way], rates["straight"]), at_least=goal)
    row(f"KDC, for a ticket relayed / straight{where}, processor time", _ratios(kdc["relayed"], kdc["straight"]))
    row(f"kxoverd / KDC, for a relayed ticket{where}, processor time", _ratios(relay["relayed"], kdc["relayed"]))
    row(f"tickets relayed{where}", rates["relayed"], "/s")


def _ratios(ones, others):
    return [one / other for one, other in zip(ones, others)]
