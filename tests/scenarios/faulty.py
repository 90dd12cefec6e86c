"""What scenarios of systems and networks at fault have in common."""

import os
import re

from lab import faults, peers, tools
from nothing_lost import Disaster


class FaultyCalls(Disaster):
    """Calls of a server fail as a test says; the other realm's servers are as ever."""

    def run_with(self, service, *options):
        """Restart a server under strace with these options, until the end of the test.  Returns the file that
        strace writes to."""
        realm = self.alpha if service in self.alpha.services else self.bravo
        trace = realm.folder / f"{service.name}.strace"
        as_root = [] if os.geteuid() == 0 else [tools.find("unshare"), "-Ur"]
        strace = [*as_root, tools.find("strace"), "-D", "-f", "-o", trace, *options]
        command = service._command
        service.stop()
        self.addCleanup(self._run_without, service, command)
        service._command = lambda: [*strace, *command()]
        service.start()
        return trace

    def assert_injected(self, trace, call):
        """The call did fail."""
        self.assertRegex(trace.read_text(), rf"{call}\(.*\(INJECTED\)")

    def assert_meets_with(self, service, call, error):
        """Every second time the call is to be made again; a user gets in all the same."""
        trace = self.run_with(service, "-e", f"inject={call}:error={error}:when=1+2")
        self.assertTrue(self.served("alice"))
        self.assert_injected(trace, call)
        self.assertEqual(len({kvno for kvno, _ in self.keys(self.bravo)}), 1)
        self.assert_nothing_lost()


class FaultyNetwork(Disaster):
    """Between ALPHA's KDC and BRAVO's kxoverd there is something that does with their bytes as `behaviour` says."""

    def setUp(self):
        super().setUp()
        self.behaviour = peers.relaying
        peer = faults.peer(self.bravo, lambda client, upstream: self.behaviour(client, upstream))
        self.enterContext(peer)

    def versions(self, realm):
        """The key versions that `realm` has of the crossover."""
        return {kvno for kvno, _ in self.keys(realm)}

    def lengths(self):
        """How long a request and its answer are, with the 4 bytes before them; nothing is left of that exchange."""
        requests, replies = [], []
        self.behaviour = peers.recording(requests, replies)
        self.assertTrue(self.served("alice"))
        self.forget()
        return len(peers.framed(requests[0])), len(peers.framed(replies[0]))

    def fail_with(self, **altered):
        """A user comes while the network is like that, and gets no ticket; there is one line about it, and
        ALPHA has nothing of it.  It is forgotten, so that the next one is no repetition."""
        self.behaviour = peers.altered(**altered)
        mark = self.alpha.kdc.log.mark()
        self.assertFalse(self.served("alice"))
        said = self.alpha.kdc.log.lines(f"{re.escape(self.crossover)}: no crossover: connection: ", since=mark)
        self.assertEqual(len(said), 1, said)
        self.assertEqual(self.keys(self.alpha), {})
        self.alpha.reload_kdc()

    def mend(self):
        self.behaviour = peers.relaying
