"""A crossover in whatever way krb5kdc runs, and wherever keys are kept."""

from lab.process import run
from lab import tools
from lab.waiting import wait_until
from scenario import Scenario, service_of

USERS = 12


class Workers(Scenario):
    """ALPHA's KDC has three worker processes."""

    @classmethod
    def arrange(cls):
        cls.alpha.kdc_options = ["-w", "3"]
        cls.alpha.kdc.restart()

    def test_users_who_come_at_once_are_all_served(self):
        sessions = [self.alpha.kinit("alice") for _ in range(USERS)]
        names = " ".join(f"FILE:{session.ccache}" for session in sessions)

        sessions[0].run("sh", "-c", f"for cache in {names}; do kvno -c $cache {service_of(self.bravo)} & done; wait")

        for session in sessions:
            self.assertIn(service_of(self.bravo), session.tickets())

    def test_what_the_workers_agreed_on_is_the_same_on_both_sides(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.alpha.kinit("alice").kvno(crossover)

        self.assertEqual(self.alpha.keyinfo(crossover), self.bravo.keyinfo(crossover))


class Background(Scenario):
    """ALPHA's KDC goes into the background, as a service of System V does: it opens the database and forks."""

    def test_the_process_in_the_background_crosses_over(self):
        pidfile = self.alpha.folder / "kdc.pid"
        self.alpha.kdc.stop()
        run([tools.find("krb5kdc"), "-P", pidfile], self.alpha.env)
        self.addCleanup(self._end, pidfile)
        wait_until(pidfile.exists, "krb5kdc to write its process id")

        alice = self.alpha.kinit("alice")
        alice.kvno(service_of(self.bravo))

        self.assertIn(service_of(self.bravo), alice.tickets())

    def _end(self, pidfile):
        run(["kill", pidfile.read_text(encoding="ascii").strip()], self.alpha.env)


class KeptInMemory(Scenario):
    """ALPHA keeps its keys in memory (kxover_store = memory)."""

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        cls.alpha.settings["kxover_store"] = "memory"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))

    def test_nothing_is_written(self):
        self.assertNotIn(self.crossover, self.alpha.principals())
        self.assertIn(self.crossover, self.bravo.principals())

    def test_the_next_user_is_served_without_another_exchange(self):
        keys = self.bravo.keyinfo(self.crossover)

        self.alpha.kinit("bob").kvno(service_of(self.bravo))

        self.assertEqual(self.bravo.keyinfo(self.crossover), keys)

    def test_a_kdc_that_starts_anew_agrees_on_another_version(self):
        before = {kvno for kvno, _ in self.bravo.keyinfo(self.crossover)}
        self.alpha.kdc.restart()

        bob = self.alpha.kinit("bob")
        bob.kvno(service_of(self.bravo))

        after = {kvno for kvno, _ in self.bravo.keyinfo(self.crossover)}
        self.assertIn(service_of(self.bravo), bob.tickets())
        self.assertTrue(before < after)
