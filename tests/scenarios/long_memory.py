"""Ten thousand exchanges, and neither the KDC nor kxoverd is larger for it.

What kxover remembers is bounded, and after a thousand exchanges all bounds are reached (kxoverd knows the last 1024
requests).  What krb5kdc itself remembers is bounded, too: the answers of two minutes, 10 MiB at most.  How many that
are depends on how fast it goes, so before each look at its memory it is given as many requests as fill that."""

import re
import unittest
from pathlib import Path

from meetings import Meetings
from scenario import not_with_sanitizers, service_of

ROUNDS = 10
MEETINGS = 1000  # in a round
REQUESTS = 9000  # with their answers, 1.5 KiB each on average, they are more than krb5kdc remembers

# KiB that a process may grow from the end of one round to the end of the last.  In its first thousands of exchanges,
# krb5kdc's answers, which come and go, still tear holes into its heap.
GROWTH = {0: 2048, ROUNDS // 2 - 1: 512}


@not_with_sanitizers("they keep what is freed for a while, so a process grows for other reasons than ours")
class TenThousandMeetings(Meetings):
    def test_memory_stays_what_it_is(self):
        self.alice = self.alpha.kinit("alice")
        self.keytab = self.alpha.folder / "bob.keytab"
        self.alpha.kadmin_local(f"ktadd -norandkey -k {self.keytab} bob")
        sizes = []
        for _ in range(ROUNDS):
            self.meet(MEETINGS)
            self.fill_lookaside()
            sizes.append((resident(self.alpha.kdc), resident(self.bravo.kxoverd)))
            print(f"        {len(sizes) * MEETINGS} exchanges: KDC {sizes[-1][0]} KiB, kxoverd {sizes[-1][1]} KiB",
                  flush=True)
        self.assert_met(ROUNDS * MEETINGS)
        for since, kibibytes in GROWTH.items():
            for before, after in zip(sizes[since], sizes[-1]):
                self.assertLess(after - before, kibibytes)

    def fill_lookaside(self):
        """Let bob log in and get tickets until the KDC remembers nothing else."""
        requests = 0
        while requests < REQUESTS:
            said = self.crowd("load", 5, self.alpha.port, service_of(self.alpha), f"FILE:{self.keytab}",
                              f"bob@{self.alpha.name}", env=self.alpha.env).stdout.split()
            requests += int(said[0]) + int(said[2])


def resident(service):
    """The resident memory of a service, in KiB."""
    status = Path(f"/proc/{service.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)[1])


if __name__ == "__main__":
    unittest.main()
