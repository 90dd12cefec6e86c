"""krb5kdc or kxoverd is killed (kill -9) in the middle of an exchange, at each step of it, on either side."""

from lab import faults, peers, wait_until
from nothing_lost import Disaster


class Crash(Disaster):
    @staticmethod
    def asks_dns(service):
        """Whether a server that was just started waits for DNS: it has begun its resolver's thread."""
        with open(f"/proc/{service.pid}/status", encoding="ascii") as status:
            return "Threads:\t1\n" not in status.read()

    def crash(self, service):
        """Kill it, and start it again."""
        service.kill()
        service.start()

    def crash_by_itself(self, service):
        """Wait until strace has killed it, and start it again without strace."""
        wait_until(lambda: not service.running, f"{service.name} to be killed")
        self.doCleanups()

    def versions(self, realm):
        """How many key versions `realm` has of the crossover."""
        return len({kvno for kvno, _ in self.keys(realm)})


class TheInitiator(Crash):
    """ALPHA's krb5kdc is killed."""

    def test_while_it_asks_dns(self):
        with faults.dns_silent(self.lab.dns):
            self.ask_in_the_background()
            wait_until(lambda: self.asks_dns(self.alpha.kdc), "the exchange to begin")
            self.crash(self.alpha.kdc)
        self.assert_nothing_lost()

    def test_while_its_request_is_on_the_way(self):
        gate = peers.Gate()
        with faults.peer(self.bravo, peers.tampering(request=gate)):
            self.ask_in_the_background()
            gate.wait_for_one()
            self.crash(self.alpha.kdc)
            gate.open()
        self.assert_nothing_lost()

    def test_while_the_answer_is_on_the_way(self):
        gate = peers.Gate()
        with faults.peer(self.bravo, peers.tampering(reply=gate)):
            self.ask_in_the_background()
            gate.wait_for_one()
            self.alpha.kdc.kill()
            self.assertEqual((self.versions(self.alpha), self.versions(self.bravo)), (0, 1))
            self.alpha.kdc.start()
            gate.open()
        self.assert_nothing_lost()

    def test_as_it_writes_the_key(self):
        self.run_under_strace(self.alpha.kdc, "-e", "inject=write:signal=KILL:when=1")
        self.ask_in_the_background()
        self.crash_by_itself(self.alpha.kdc)
        self.assertEqual((self.versions(self.alpha), self.versions(self.bravo)), (0, 1))
        self.assert_nothing_lost()

    def test_when_it_has_written_the_key(self):
        self.run_under_strace(self.alpha.kdc, "-e", "inject=fsync:signal=KILL:when=1")
        self.ask_in_the_background()
        self.crash_by_itself(self.alpha.kdc)
        self.assertEqual((self.versions(self.alpha), self.versions(self.bravo)), (1, 1))
        self.assert_nothing_lost()
        self.assertEqual(self.versions(self.bravo), 1)


class TheResponder(Crash):
    """BRAVO's kxoverd is killed."""

    def test_while_it_asks_dns(self):
        gate = peers.Gate()
        with faults.peer(self.bravo, peers.tampering(request=gate)):
            self.ask_in_the_background()
            gate.wait_for_one()
            with faults.dns_silent(self.lab.dns):
                gate.open()
                wait_until(lambda: self.asks_dns(self.bravo.kxoverd), "kxoverd to ask DNS")
                self.bravo.kxoverd.kill()
                self.assertEqual(self.versions(self.bravo), 0)
                self.bravo.kxoverd.start()
        self.assert_nothing_lost()

    def test_as_it_stores_the_key(self):
        self.run_under_strace(self.bravo.kxoverd, "-e", "inject=write:signal=KILL:when=1")
        self.ask_in_the_background()
        self.crash_by_itself(self.bravo.kxoverd)
        self.assert_nothing_lost()

    def test_when_it_has_stored_the_key(self):
        self.run_under_strace(self.bravo.kxoverd, "-e", "inject=fsync:signal=KILL:when=1")
        self.ask_in_the_background()
        self.crash_by_itself(self.bravo.kxoverd)
        self.assertEqual((self.versions(self.alpha), self.versions(self.bravo)), (0, 1))
        self.assert_nothing_lost()

    def test_when_its_answer_is_on_the_way(self):
        gate = peers.Gate()
        with faults.peer(self.bravo, peers.tampering(reply=gate)):
            self.ask_in_the_background()
            gate.wait_for_one()
            self.crash(self.bravo.kxoverd)
            gate.open()
            wait_until(lambda: self.served("bob"), "the answer to arrive")
        self.assertEqual(self.versions(self.bravo), 1)
        self.assert_nothing_lost()

    def test_together_with_the_initiator(self):
        gate = peers.Gate()
        with faults.peer(self.bravo, peers.tampering(reply=gate)):
            self.ask_in_the_background()
            gate.wait_for_one()
            for service in (self.alpha.kdc, self.bravo.kxoverd):
                service.kill()
            for service in (self.alpha.kdc, self.bravo.kxoverd):
                service.start()
            gate.open()
        self.assert_nothing_lost()


class TheOtherKdc(Crash):
    """BRAVO's krb5kdc is killed, which has no part in the exchange."""

    def test_while_its_kxoverd_works(self):
        gate = peers.Gate()
        with faults.peer(self.bravo, peers.tampering(reply=gate)):
            self.ask_in_the_background()
            gate.wait_for_one()
            self.crash(self.bravo.kdc)
            gate.open()
        self.assert_nothing_lost()
