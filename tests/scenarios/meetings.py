"""Many exchanges, each from nothing, in one KDC and one kxoverd."""

import os
import pty
import subprocess

from lab import tools
from stalling import TICKET, Stalling


class Administrator:
    """A kadmin.local that stays, for a hundred times as many queries a second as one for each could do."""

    def __init__(self, realm):
        # On a terminal it says at once what it has to say.
        self._terminal, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [tools.find("kadmin.local"), "-r", realm.name], env=realm.env, stdin=subprocess.PIPE, stdout=theirs,
            stderr=theirs, start_new_session=True)
        os.close(theirs)

    def delete(self, principal):
        """Delete a principal, which is there."""
        self._process.stdin.write(f"delprinc -force {principal}\n".encode())
        self._process.stdin.flush()
        said = b""
        while b"deleted." not in said:
            try:
                said += os.read(self._terminal, 4096)
            except OSError:
                said += b"\n(and ended)"
            if b"delete_principal: " in said or b"(and ended)" in said:
                raise AssertionError(f"kadmin.local: {said.decode(errors='replace')}")

    def close(self):
        """End it."""
        self._process.stdin.close()
        self._process.wait()
        os.close(self._terminal)


class Meetings(Stalling):
    """ALPHA and BRAVO meet again and again, as if never before.

    ALPHA's KDC may wait all the time, as nobody else asks it for anything, and meet as many strangers as it is asked
    for: BRAVO is a new one each time."""

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        cls.administrators = [Administrator(realm) for realm in (cls.alpha, cls.bravo)]
        for administrator in cls.administrators:
            cls.addClassCleanup(administrator.close)
        for realm in (cls.alpha, cls.bravo):
            realm.settings.update(kxover_stall="100", kxover_wait="30s", kxover_max_peers=1000000)
            realm.configure()
        cls.alpha.kdc.restart()

    def meet(self, times):
        """A user asks for BRAVO and has a ticket; then neither realm knows of the crossover any more."""
        for _ in range(times):
            self.assertEqual(self.ask(self.alice, self.bravo.name), [(self.bravo.name, TICKET)])
            for administrator in self.administrators:
                administrator.delete(self.crossover)

    def assert_met(self, times):
        """So many exchanges there were, by both sides' logs, and each went well."""
        for service, role in ((self.alpha.kdc, "initiator"), (self.bravo.kxoverd, "responder")):
            results = [line.partition("result=")[2].split()[0] for line in service.log.lines(rf"role={role} ")]
            self.assertEqual((len(results), set(results)), (times, {"agreed"}))
