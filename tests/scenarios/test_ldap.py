"""BRAVO.EXAMPLE has two KDCs, each at a directory server of its own; what one agrees on is the other's too."""

from lab.ldap import LdapRealm
from lab.waiting import wait_until
from scenario import BRAVO, Scenario, service_of


class TwoKdcs(Scenario):
    """What every scenario here needs: to say which KDC of BRAVO.EXAMPLE is asked."""

    kinds = {BRAVO: LdapRealm}

    @classmethod
    def arrange(cls):
        cls.first, cls.second = cls.bravo.kdcs

    def only_kdc(self, kdc):
        """From now on clients find this KDC of BRAVO.EXAMPLE alone."""
        self.bravo.kdcs[:] = [kdc]
        for realm in (self.alpha, self.bravo):
            realm.configure()

    def wait_for_replication(self, principal):
        wait_until(lambda: self.bravo.is_replicated(principal), f"both directory servers to have {principal}")

    def versions(self, principal, kdc=None):
        """The key versions of a principal in BRAVO.EXAMPLE, as a KDC's directory server has them."""
        return {kvno for kvno, _ in (kdc or self.first).keyinfo(principal)}


class OneAgreesTheOtherServes(TwoKdcs):
    """A crossover made by one KDC of a realm is served by the other."""

    def test_users_from_elsewhere_come_in_by_the_other(self):
        self.alpha.kinit("alice").kvno(self.alpha.crossover_to(self.bravo))
        self.wait_for_replication(self.alpha.crossover_to(self.bravo))

        for kdc in (self.first, self.second):
            with self.subTest(kdc.kdc_host):
                self.only_kdc(kdc)
                alice = self.alpha.kinit("alice")
                alice.kvno(service_of(self.bravo))
                kdc.kdc.log.wait_for(f"ISSUE: .* {alice.principal} for {service_of(self.bravo)}")

        self.assertEqual(len({kvno for kvno, _ in self.alpha.keyinfo(self.alpha.crossover_to(self.bravo))}), 1)

    def test_users_go_out_by_the_other(self):
        crossover = self.bravo.crossover_to(self.alpha)
        self.only_kdc(self.first)
        self.bravo.kinit("alice").kvno(service_of(self.alpha))
        self.wait_for_replication(crossover)
        kept = self.alpha.keyinfo(crossover)

        self.only_kdc(self.second)
        self.bravo.kinit("bob").kvno(service_of(self.alpha))

        self.assertEqual(self.alpha.keyinfo(crossover), kept)
        self.assertEqual(self.bravo.keyinfo(crossover), kept)
