"""What it is for the KDC's clients that kxoverd stands between: tickets by TCP through it, and straight from the KDC.

Two processes more than the client share the processors when messages are relayed, so a machine's other work is felt
more: the goal is one for a machine that has a processor for the KDC.  With all on one processor, no relay could reach
it, as each message wants a second connection."""

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
        every = driver.processors
        _compare(driver, alpha, "", 0.9)
        one = {min(every)}
        for service in (alpha.kdc, alpha.kxoverd):
            pin(service, one)
        driver.processors = one
        _compare(driver, alpha, ", one processor for all", None)


def _compare(driver, realm, where, goal):
    """Print how many tickets a second there are each way."""
    session = realm.kinit("alice")
    ways = {
        "straight": lambda file: driver.send(realm.kdc_tcp_port, file, CLIENTS),
        "relayed": lambda file: driver.send(realm.port, file, CLIENTS),
        "kept": lambda file: driver.send(realm.port, file, CLIENTS, kept=True),
    }
    rates = {way: [] for way in ways}
    costs = []
    for number in range(ROUNDS):
        order = list(ways)[number % len(ways):] + list(ways)[:number % len(ways)]
        for way in order:
            # Made anew, as a KDC knows a request that it has answered.
            file = driver.make("tickets", session.env, "tickets", f"host/{realm.service_host}", TICKETS)
            before = [processor_seconds(service) for service in (realm.kxoverd, realm.kdc)]
            rates[way].append(ways[way](file).rate(TGS_REP))
            relay, kdc = (processor_seconds(service) - time
                          for service, time in zip((realm.kxoverd, realm.kdc), before))
            if way == "relayed":
                costs.append(relay / kdc)
    for way, name in (("relayed", ""), ("kept", ", connections kept")):
        row(f"tickets a second, relayed / straight{name}{where}",
            [there / straight for there, straight in zip(rates[way], rates["straight"])], at_least=goal)
    row(f"kxoverd / KDC, for a relayed ticket{where}, processor time", costs)
    row(f"tickets relayed{where}", rates["relayed"], "/s")
