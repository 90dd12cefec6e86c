"""The processor time that a KDC takes for its requests.

Two databases are compared in one KDC process that serves a realm of each, so that both have the same
memory around them, in windows that take turns.  The process is restarted now and then: how its memory happens
to lie makes a difference of percents, which is not the one that is asked for.
"""

import contextlib
import itertools
import statistics
import time

from lab import config, tools
from lab.process import Service

STARTS = 16
WINDOWS = 16  # of each side, between two starts
REQUESTS = 50  # in a window
PROCESS_CLOCK = 2  # in the number of a clock, beside the process: what the scheduler counted (Linux)


class Kdc:
    """A KDC that runs, as `service`."""

    def __init__(self, service):
        self.service = service

    def time(self, session, services):
        """Nanoseconds of processor time that it takes for tickets for these services, each asked for alone."""
        log = self.service.log
        mark = log.mark()
        before = processor_time(self.service.pid)
        session.run("kvno", "--no-store", *services)
        taken = processor_time(self.service.pid) - before
        issued = len(log.lines("TGS_REQ .* ISSUE: ", since=mark))
        if issued != len(services):
            raise SystemExit(f"bench: the KDC issued {issued} tickets instead of {len(services)}")
        return taken


@contextlib.contextmanager
def shared(home, guest):
    """A Kdc that serves two realms, whose own ones are stopped meanwhile."""
    profile, other = config.kdc_conf(home), config.kdc_conf(guest)
    profile["realms"].update(other["realms"])
    profile["realms"][guest.name]["database_module"] = "guest"
    profile["dbmodules"]["guest"] = other["dbmodules"]["store"]
    path = home.folder / "shared-kdc.conf"
    path.write_text(config.render(profile), encoding="utf-8")
    command = [tools.find("krb5kdc"), "-n", "-r", home.name, "-r", guest.name]
    service = Service("shared-krb5kdc", lambda: command, lambda: {**home.env, "KRB5_KDC_PROFILE": str(path)},
                      home.folder, lambda started: "commencing operation" in started.log_since_start(),
                      home.kdc.log)
    for realm in (home, guest):
        realm.kdc.stop()
    service.start()
    try:
        yield Kdc(service)
    finally:
        service.stop()
        for realm in (home, guest):
            realm.kdc.start()


def compared(kdc, first, second, starts=STARTS, look=lambda: None):
    """How much more processor time the KDC takes for the requests of `first` than for those of `second`, as
    ratios, one for each start of the KDC.  Each is a pair: a session, and the services to ask for in turn.
    `look` is called at the end of each."""
    sides = [(session, itertools.cycle(services)) for session, services in (first, second)]
    ratios = []
    for _ in range(starts):
        kdc.service.restart()
        taken = ([], [])
        for window in range(-1, WINDOWS):
            for side in (0, 1) if window % 2 else (1, 0):
                session, services = sides[side]
                time = kdc.time(session, list(itertools.islice(services, REQUESTS)))
                if window >= 0:  # the first after a start warms up
                    taken[side].append(time)
        ratios.append(statistics.median(taken[0]) / statistics.median(taken[1]))
        look()
    return ratios


def processor_time(pid):
    """Nanoseconds that a process, with all its threads, has had a processor: clock_getcpuclockid() of it."""
    return time.clock_gettime_ns(~pid << 3 | PROCESS_CLOCK)
