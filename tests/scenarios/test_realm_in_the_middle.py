"""A realm in the middle passes on the public keys of two others as its own: nobody comes to share a key with
another realm than the one that it believes it shares it with.

CHARLIE is a realm like any other, whom DNS vouches for.  ALPHA wants a crossover to it and BRAVO is asked
for one by it; ALPHA's krb5kdc and BRAVO's kxoverd are real, and the two have one shared secret."""

import os
import re
import unittest
from pathlib import Path

from badinput import BadInput
from lab.process import run
from scenario import ALPHA, BRAVO
from test_prior_keys import Overheard

CHARLIE = "CHARLIE.EXAMPLE"
OF_ALPHA = f"krbtgt/{CHARLIE}@{ALPHA}"
OF_BRAVO = f"krbtgt/{BRAVO}@{CHARLIE}"

# The messages, as the one in the middle tells of them.
REQUESTS, REPLIES = {ALPHA: "asked", BRAVO: "passed on"}, {ALPHA: "passed back", BRAVO: "its reply"}


class RealmInTheMiddle(BadInput):
    """A user of ALPHA wants to go to CHARLIE, for the first time."""

    # The ephemeral keys are known, to see what each side makes of what it saw.
    kinds = {ALPHA: Overheard, BRAVO: Overheard}

    @classmethod
    def arrange(cls):
        cls.guise = cls.make_guise(CHARLIE)
        cls.lab.dns.publish()
        logs = {ALPHA: cls.alpha.kdc.log, BRAVO: cls.bravo.kxoverd.log}
        marks = {name: log.mark() for name, log in logs.items()}
        with cls.playing(cls.guise, "middle", CHARLIE, cls.guise.port, BRAVO, cls.bravo.port) as middle:
            cls.result = cls.alpha.kinit("alice").kvno(OF_ALPHA, check=False)
            told = "\n".join(middle.log.lines(" [0-9a-f]{100}"))
        cls.logged = {name: cls.lines(log, marks[name]) for name, log in logs.items()}
        cls.messages = {}
        for what in (*REQUESTS.values(), *REPLIES.values()):
            digits, = re.findall(rf"^{what} ([0-9a-f]+)$", told, re.MULTILINE)
            cls.messages[what] = Path(cls.lab.folder) / what.replace(" ", "-")
            cls.messages[what].write_bytes(bytes.fromhex(digits))

    def derived(self, realm):
        """The keys that a realm makes of what it saw, and whether the confirmation that it saw is of them."""
        known = Path(self.lab.folder) / "known"
        known.write_text(self.alpha.ephemerals.read_text() + self.bravo.ephemerals.read_text())
        program = Path(os.environ.get("KXOVER_BUILD", os.curdir), "tests/scenarios/recompute").resolve()
        told = run([program, self.messages[REQUESTS[realm]], self.messages[REPLIES[realm]], known, self.alpha.keytab],
                   self.lab.env).stdout
        return set(re.findall(r"^key ([0-9a-f]+)$", told, re.MULTILINE)), "\nconfirmed" in told

    def stored(self):
        """The keys that BRAVO has stored under CHARLIE's name."""
        keytab = Path(self.lab.folder) / "stored"
        self.bravo.kadmin_local(f"ktadd -norandkey -k {keytab} {OF_BRAVO}")
        listed = self.bravo.run("klist", "-k", "-K", f"FILE:{keytab}").stdout
        keytab.unlink()
        return set(re.findall(r"\(0x([0-9a-f]+)\)", listed))

    def test_who_asks_sees_it_by_the_confirmation_and_has_no_key(self):
        self.assertIn("not found in Kerberos database", self.result.stderr)
        line, = self.logged[ALPHA]
        self.assertIn(f"{OF_ALPHA}: no crossover: confirmation: ", line)
        self.assertIn("does not match", line)
        self.assertNotIn(OF_ALPHA, self.alpha.principals())
        self.assert_serves_its_own(self.alpha)

    def test_who_is_asked_has_a_key_under_the_name_of_the_one_in_the_middle_alone(self):
        line, = self.logged[BRAVO]
        self.assertRegex(line, rf"{OF_BRAVO}: key version \d+ agreed with kdc\.charlie\.example:")
        self.assertIn(OF_BRAVO, self.bravo.principals())
        self.assertNotIn(f"krbtgt/{BRAVO}@{ALPHA}", self.bravo.principals())

    def test_that_key_is_none_that_who_asks_would_have_made(self):
        of_alpha, confirmed = self.derived(ALPHA)
        self.assertFalse(confirmed)
        self.assertTrue(of_alpha)
        self.assertEqual(self.derived(BRAVO), (self.stored(), True))
        self.assertFalse(of_alpha & self.stored())

    def test_the_one_in_the_middle_is_believed_by_both_once_it_is_honest(self):
        """So it was refused for what it did, and for nothing else."""
        self.alpha.reload_kdc()
        with self.answering("honest", self.guise):
            self.alpha.kinit("alice").kvno(OF_ALPHA)
        self.assertEqual(self.ask("honest", self.guise, self.bravo), ["KX-REP confirmed"])
        self.alpha.kadmin_local(f"delprinc -force {OF_ALPHA}")


if __name__ == "__main__":
    unittest.main()
