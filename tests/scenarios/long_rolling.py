"""A day of hourly rolls, its hours shortened, with clients who use tickets throughout: nobody loses one."""

import re
import shutil
import threading
import time
from datetime import datetime, timezone

from lab.waiting import TimedOut, wait_until
from scenario import Scenario, service_of

# A key is renewed when a third of its life is left: each of these hours sees one roll.
HOUR = 10
LIFE = HOUR * 3 // 2
ROLLS = 24

# Between two things that a client does.
PAUSE = 0.2


class Client(threading.Thread):
    """Somebody of one realm who wants tickets of the other, until told to stop."""

    def __init__(self, realm, other, user):
        super().__init__()
        self.realm, self.other, self.user = realm, other, user
        self.tickets = 0
        self.failures = []
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.wait(PAUSE):
            self.once()

    def take(self, answer):
        """Count a ticket, or a failure."""
        if answer.ok:
            self.tickets += 1
        else:
            self.failures.append(f"{datetime.now(timezone.utc):%H:%M:%S} {self.user}@{self.realm.name}: {answer.output}")


class NewcomerEachTime(Client):
    """Logs in and asks for a service of the other realm, each time anew."""

    def once(self):
        session = self.realm.session(self.user)
        login = session.kinit(check=False)
        self.take(session.kvno(service_of(self.other), check=False) if login.ok else login)


class Holder(Client):
    """Gets one ticket for the other realm and uses it, and nothing else, until its very end."""

    def __init__(self, *who):
        super().__init__(*who)
        self.last_uses = []

    def once(self):
        session = self.realm.kinit(self.user)
        crossover = self.realm.crossover_to(self.other)
        answer = session.kvno(crossover, check=False)
        self.take(answer)
        if not answer.ok:
            return
        held = session.ccache.with_suffix(".held")
        shutil.copy(session.ccache, held)
        end = self.end_of(session, crossover)
        left = end - time.time()
        while left > 0 and not self.stopping.is_set():
            shutil.copy(held, session.ccache)
            self.take(session.kvno(service_of(self.other), check=False))
            self.last_uses.append(left)
            # At last a moment before the end.
            time.sleep(max(0.0, min(PAUSE * 2, end - 0.3 - time.time())) or PAUSE * 2)
            left = end - time.time()

    @staticmethod
    def end_of(session, service):
        """When the session's ticket for a service ends."""
        listing = session.run("klist").stdout
        end = re.search(rf"^\S+ \S+  (\S+ \S+)  {re.escape(service)}$", listing, re.MULTILINE)[1]
        return datetime.strptime(end, "%m/%d/%y %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()


class DayOfRolls(Scenario):
    """Keys of ALPHA and BRAVO live for an hour and a half, of hours that are ten seconds long."""

    @classmethod
    def arrange(cls):
        for realm in (cls.alpha, cls.bravo):
            realm.settings.update(kxover_lifetime=f"{LIFE}s", kxover_lifetime_min="10s")
            realm.configure()
            realm.kdc.restart()
            realm.kxoverd.restart()

    def test_of_all_tickets_none_fails(self):
        ways = ((self.alpha, self.bravo), (self.bravo, self.alpha))
        clients = [kind(*way, user) for way in ways for kind in (NewcomerEachTime, Holder) for user in ("alice", "bob")]
        for client in clients:
            client.start()
        try:
            wait_until(lambda: all(self.rolls(*way) >= ROLLS for way in ways), "a day of rolls",
                       timeout=ROLLS * HOUR * 3)
        except TimedOut as late:
            self.fail(f"{late}: {[self.rolls(*way) for way in ways]}")
        finally:
            for client in clients:
                client.stopping.set()
            for client in clients:
                client.join()

        tickets = sum(client.tickets for client in clients)
        failures = [failure for client in clients for failure in client.failures]
        rolls = " and ".join(str(self.rolls(*way)) for way in ways)
        print(f"        {rolls} rolls, {tickets} tickets, {len(failures)} failures", flush=True)
        self.assertEqual(failures, [])
        for client in clients:
            self.assertGreater(client.tickets, ROLLS)
            if isinstance(client, Holder):
                self.assertLess(min(client.last_uses), 1.0, "no ticket was used in its last second")

    @staticmethod
    def rolls(realm, other):
        """How many versions after the first one the users of a realm have had tickets under."""
        issued = f"krbtgt/{other.name}@{realm.name}: key version (\\d+) agreed"
        return len({re.search(issued, line)[1]
                    for log in (realm.kdc.log, realm.kxoverd.log) for line in log.lines(issued)}) - 1


if __name__ == "__main__":
    import unittest
    unittest.main()
