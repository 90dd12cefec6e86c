"""What every scenario stands on: a lab for each class of tests."""

import unittest

from lab import Lab

ALPHA = "ALPHA.EXAMPLE"
BRAVO = "BRAVO.EXAMPLE"


def not_with_sanitizers(reason, which=""):
    """A test, or a class of tests, that cannot be held in a build with sanitizers, or with `which` of them ("thread").
    There it is named, with the reason, and counted (run.py)."""
    def mark(test):
        test.not_with_sanitizers = (which, reason)
        return test
    return mark


class Scenario(unittest.TestCase):
    """Tests in one lab, which is built before the first and gone after the last.

    A class says what lab it wants: `realms`, `kinds` (the classes of realms that are more than a Realm),
    and `module` ("db2" for realms without kxover).  Tests of one
    class share it, and are run in alphabetical order; a promise about a first time has a class to itself."""

    realms = (ALPHA, BRAVO)
    kinds = {}
    module = "kxover"
    lab = None

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(cls.realms, module=cls.module, kinds=cls.kinds)
        cls.enterClassContext(cls.lab)
        cls.addClassCleanup(setattr, cls, "lab", None)
        cls.alpha, cls.bravo = (cls.lab.realm(ALPHA), cls.lab.realm(BRAVO))
        try:
            cls.arrange()
        except unittest.SkipTest:
            raise
        except Exception as error:
            raise AssertionError(f"{error}\n{cls.lab.last_words()}") from error

    @classmethod
    def arrange(cls):
        """What happens in the lab before all tests of the class."""

    def diagnosis(self):
        """The end of every log, for a test that failed."""
        return self.lab.last_words() if self.lab else ""


def service_of(realm):
    """The principal of the service host of a realm."""
    return f"host/{realm.service_host}@{realm.name}"
