"""No ticket outlives the crossover key that it was issued under."""

from scenario import Scenario


class TicketLives(Scenario):
    """A crossover is there; users ask for tickets beyond its end."""

    @classmethod
    def arrange(cls):
        cls.crossover = cls.alpha.crossover_to(cls.bravo)
        cls.alpha.kinit("bob").kvno(cls.crossover)

    def test_a_postdated_ticket_for_another_realm_is_refused(self):
        alice = self.alpha.session("alice")
        mark = self.alpha.kdc.log.mark()

        answer = alice.kinit("-s", "13d", "-S", self.crossover, check=False)

        self.assertFalse(answer.ok, answer.output)
        self.alpha.kdc.log.wait_for("KXOVER_POSTDATED", since=mark)

    def test_a_postdated_ticket_for_our_own_realm_is_granted(self):
        alice = self.alpha.session("alice")

        alice.kinit("-s", "13d")

        self.assertIn(f"krbtgt/{self.alpha.name}@{self.alpha.name}", alice.tickets())

    def test_a_ticket_for_another_realm_is_granted_at_login(self):
        alice = self.alpha.session("alice")

        alice.kinit("-S", self.crossover)

        self.assertIn(self.crossover, alice.tickets())
