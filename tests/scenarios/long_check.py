"""kxover check and kxover exchange where nobody answers: they wait as long as the KDC would, and say so."""

from contacting import Contact
from lab import faults, peers


class Silence(Contact):
    verb = "check"

    def test_a_server_that_does_not_answer(self):
        with faults.peer(self.bravo, peers.silent):
            self.assert_fails_at("answer", "did not answer", "log of kxoverd")
            self.assert_fails_at("answer", "did not answer",
                                 result=self.alpha.kxover("exchange", self.bravo.name, check=False))

    def test_dns_that_does_not_answer(self):
        with faults.dns_silent(self.lab.dns):
            self.assert_fails_at("SRV", "took longer", "port 53", "kxover_unbound_conf")

    def test_a_server_of_ours_that_does_not_answer(self):
        with faults.peer(self.alpha, peers.silent):
            self.assert_fails_at("kxoverd", "did not answer", "log of kxoverd",
                                 result=self.contact(realm=self.alpha.name))
