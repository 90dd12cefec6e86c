"""What tests of `kxover check` and `kxover exchange` share."""

import json
import os
import re
import shutil

from lab import tools
from lab.process import run
from scenario import BRAVO, Scenario

FAILED = 1
USAGE = 2
UNTRIED = 3


class Contact(Scenario):
    """ALPHA's administrator tries to reach BRAVO."""

    verb = None

    def contact(self, *arguments, realm=BRAVO):
        """The verb, from ALPHA to another realm."""
        return self.alpha.kxover(self.verb, *arguments, realm, check=False)

    def steps(self, result):
        """The lines that were printed of steps: pairs of result and label."""
        return re.findall(r"^  (ok|care|FAIL) +(\w[\w :']*?) {2,}", result.stdout, re.MULTILINE)

    def assert_fails_at(self, label, *words, result=None, code=FAILED):
        """The step of that label fails, nothing after it is done, and stderr has one line, which says the
        same, with these words."""
        result = result or self.contact()
        self.assertEqual(result.code, code, result.output)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("kxover: "), result.stderr)
        self.assertIn(f" {label}: ", result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        return result

    def assert_refused(self, result, code, *words):
        """One line on stderr with these words, nothing on stdout, and that exit code."""
        self.assertEqual((result.code, result.stdout), (code, ""), result.output)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def as_somebody(self, *arguments):
        """The tool, run by a user without rights."""
        copy = self.lab.folder / "kxover-for-all"
        shutil.copy(self.lab.build.cli, copy)
        copy.chmod(0o755)
        self.lab.folder.chmod(0o711)
        self.addCleanup(self.lab.folder.chmod, 0o700)
        for file in (self.alpha.folder / "krb5.conf", self.alpha.folder / "kdc.conf"):
            file.chmod(0o644)
        prefix = []
        if os.geteuid() == 0:
            prefix = [tools.find("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups"]
        database = self.alpha.folder / "principal"
        if not prefix:
            database.chmod(0)
            self.addCleanup(database.chmod, 0o600)
        return run([*prefix, copy, *arguments], self.alpha.env, check=False)

    def setting(self, realm, restart=(), **settings):
        """Settings of a realm for the rest of the test; these servers are told."""
        before = dict(realm.settings)
        realm.settings.update(settings)
        realm.configure()
        for service in restart:
            service.restart()

        def put_back():
            realm.settings.clear()
            realm.settings.update(before)
            realm.configure()
            for service in restart:
                service.restart()

        self.addCleanup(put_back)

    @staticmethod
    def parsed(result):
        return json.loads(result.stdout)
