"""What scenarios about one crossover and its key versions stand on."""

import re
import time

from scenario import Scenario

HOUR = 3600


class VersionScenario(Scenario):
    """Each test begins with a crossover from ALPHA to BRAVO of one version, `first`, that nobody remembers
    anything before of; alice, whose session is `alice`, has a ticket under it."""

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)

    def setUp(self):
        self.begin_anew()

    def begin_anew(self):
        for realm in (self.alpha, self.bravo):
            self.delete(realm)
            realm.reload_kdc()
        self.bravo.kxoverd.restart()
        self.alice = self.alpha.kinit("alice")
        self.first = self.issued_with(self.alice)

    def delete(self, realm):
        """Delete the crossover in one realm."""
        if self.crossover in realm.principals():
            realm.kadmin_local(f"delprinc -force {self.crossover}")

    def issued_with(self, session):
        """The version of the key that a session's ticket for BRAVO is under."""
        return int(session.kvno(self.crossover).stdout.split("kvno = ")[1])

    def next_issued(self):
        """The version that another user's ticket is under, who asks now."""
        return self.issued_with(self.alpha.kinit("bob"))

    def versions(self, realm):
        """The key versions that a realm has, highest first."""
        return list(dict.fromkeys(kvno for kvno, _ in realm.keyinfo(self.crossover)))

    def mark(self, realm, kvno):
        """What the mark of a version says."""
        shown = realm.kadmin_local(f"getstrs {self.crossover}").stdout
        return re.search(rf"^kxover_kvno_{kvno}: (.*)$", shown, re.MULTILINE)[1]

    def set_mark(self, realm, kvno, value):
        """Let the mark of a version say something else."""
        realm.kadmin_local(f'setstr {self.crossover} kxover_kvno_{kvno} "{value}"')

    def set_life(self, kvno, begin, end):
        """Let the life of a version in ALPHA be from one time to another, in hours from now."""
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + hours * HOUR))
                 for hours in (begin, end)]
        self.set_mark(self.alpha, kvno, re.sub(r"established=\S+ till=\S+", "established={} till={}".format(*times),
                                               self.mark(self.alpha, kvno)))

    def end(self, kvno):
        """Let the life of a version be over in ALPHA: the next ticket takes a new one."""
        self.set_life(kvno, -2, -1)
