"""A hundred exchanges under valgrind, in the KDC and in kxoverd: nothing misused, nothing lost."""

import unittest
from pathlib import Path

from lab import tools
from meetings import Meetings
from scenario import not_with_sanitizers

HERE = Path(__file__).resolve().parent
MEETINGS = 100
ERRORS = 98


@not_with_sanitizers("valgrind does not go with them")
class HundredMeetings(Meetings):
    def test_nothing_is_lost_or_misused(self):
        watched = (self.alpha.kdc, self.bravo.kxoverd)
        reports = [self.watch(service) for service in watched]
        self.alice = self.alpha.kinit("alice")

        self.meet(MEETINGS)

        self.assert_met(MEETINGS)
        for service, report in zip(watched, reports):
            self.assertEqual(service.stop(), 0, report.read_text())
            said = report.read_text()
            self.assertRegex(said, r"definitely lost: 0 bytes|All heap blocks were freed", said)
            self.assertIn("ERROR SUMMARY: 0 errors", said)
            print(f"        {service.name}: {said.rpartition('== ')[2].strip()}", flush=True)

    def watch(self, service):
        """Restart a service under valgrind; returns the file of what it finds."""
        report = self.lab.folder / f"valgrind-{service.name}.log"
        valgrind = [tools.find("valgrind"), f"--log-file={report}", f"--error-exitcode={ERRORS}",
                    f"--suppressions={HERE / f'{service.name}.supp'}", "--leak-check=full",
                    "--show-leak-kinds=definite,indirect,possible",
                    "--errors-for-leak-kinds=definite,indirect,possible"]
        command = service._command
        service._command = lambda: [*valgrind, *command()]
        service.restart()
        return report


if __name__ == "__main__":
    unittest.main()
