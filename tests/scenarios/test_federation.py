"""Federations: realms that accept each other by the root of their certificates, beside DNSSEC and DANE.

ALPHA is a member of NORTH and of SOUTH, BRAVO of NORTH alone, CHARLIE of SOUTH alone, and DELTA, whose
certificate signed itself, of none."""

import contextlib
import signal
import unittest

from lab.authority import Authority
from scenario import ALPHA, BRAVO, Scenario, service_of

CHARLIE = "CHARLIE.EXAMPLE"
DELTA = "DELTA.EXAMPLE"


class Federation(Scenario):
    """The four realms.  A test leaves no crossover behind."""

    realms = (ALPHA, BRAVO, CHARLIE, DELTA)

    @classmethod
    def arrange(cls):
        cls.charlie, cls.delta = cls.lab.realm(CHARLIE), cls.lab.realm(DELTA)
        folder = cls.alpha.folder.parent / "authorities"
        cls.north = Authority(cls.alpha.env, folder, "NORTH")
        cls.south = Authority(cls.alpha.env, folder, "SOUTH")
        cls.serials = {}
        for realm, *members in ((cls.alpha, cls.north, cls.south), (cls.bravo, cls.north), (cls.charlie, cls.south)):
            realm.settings["kxover_identity"] = [cls.join(realm, authority) for authority in members]
            realm.settings["kxover_anchors"] = [f"FILE:{authority.certificate}" for authority in members]
            realm.configure()
            realm.zone.records = [record for record in realm.zone.records if " TLSA " not in record]
            realm.zone.records += [record for record in realm.published_records() if " TLSA " in record]
        cls.lab.dns.publish()
        for realm in (cls.alpha, cls.bravo, cls.charlie, cls.delta):
            realm.forget_dns()

    @classmethod
    def join(cls, realm, authority):
        """Have the realm certified, and say its identity."""
        certificate, key = cls.member_files(realm, authority)
        cls.serials[realm, authority] = authority.certify(realm.name, certificate, key)
        return f"FILE:{certificate},{key}"

    @staticmethod
    def member_files(realm, authority):
        return tuple(realm.folder / f"{authority.name}.{kind}" for kind in ("pem", "key"))

    def setUp(self):
        self.marks = {service: service.log.mark() for realm in (self.alpha, self.bravo, self.charlie, self.delta)
                      for service in (realm.kdc, realm.kxoverd)}

    def lines(self, service, pattern):
        """The lines of a server's log since the test began."""
        return service.log.lines(pattern, self.marks[service])

    def assert_reaches(self, client, service):
        """A user of one realm gets to a service of the other; the crossover is taken out again."""
        client.kinit("alice").kvno(service_of(service))
        for realm in (client, service):
            realm.kadmin_local(f"delprinc -force {client.crossover_to(service)}")

    def assert_refused(self, client, service, theirs, ours):
        """A user of one realm does not get to the other: that one's kxoverd and this one's KDC say why, and
        no key is made."""
        crossover = client.crossover_to(service)
        self.assertFalse(client.kinit("alice").kvno(crossover, check=False).ok)
        service.kxoverd.log.wait_for(f"{crossover}: refused to .*{theirs}", since=self.marks[service.kxoverd])
        client.kdc.log.wait_for(f"{crossover}: no crossover: .*{ours}", since=self.marks[client.kdc])
        for realm in (client, service):
            self.assertNotIn(crossover, realm.principals())
        client.reload_kdc()


class Members(Federation):
    """Who is accepted, and by which chain."""

    def test_the_first_identity_is_the_default(self):
        self.assert_reaches(self.alpha, self.bravo)
        self.assertEqual(self.lines(self.bravo.kxoverd, "refused"), [])

    def test_who_is_told_of_other_roots_comes_again_with_the_chain_that_ends_in_one(self):
        self.assert_reaches(self.alpha, self.charlie)
        self.assertEqual(len(self.lines(self.charlie.kxoverd, "refused to .*: check 6, roots")), 1)
        self.assertEqual(self.lines(self.alpha.kdc, "no crossover"), [])

    def test_the_answer_has_the_chain_whose_root_the_request_names(self):
        """Nothing is refused on the way: each comes with a request that says which roots would do."""
        self.assert_reaches(self.bravo, self.alpha)
        self.assert_reaches(self.charlie, self.alpha)
        for client in (self.bravo, self.charlie):
            self.assertEqual(self.lines(client.kdc, "no crossover|refused"), [])
        self.assertEqual(self.lines(self.alpha.kxoverd, "refused"), [])

    def test_a_member_of_another_federation_is_refused(self):
        self.assert_refused(self.charlie, self.bravo, "check 6, roots: .* none of kxover_anchors",
                            "does not accept the root of our chain: no chain of kxover_identity ends in a root")

    def test_a_stranger_is_refused_whoever_begins(self):
        self.assert_refused(self.delta, self.bravo, "check 6, roots: .* none of kxover_anchors",
                            "our identity: .* does not accept the root of our chain")
        self.assert_refused(self.delta, self.alpha, "check 6, roots", "our identity")
        self.assert_refused(self.bravo, self.delta, "our identity: no chain of kxover_identity ends in a root",
                            r"no certificate chain that ends in one of our kxover_anchors \(error 63\)")

    def test_dns_has_the_records_of_all_identities(self):
        records = [record for record in self.alpha.published_records() if " TLSA 3 1 1 " in record]
        self.assertEqual(len(set(records)), 2)
        self.assertEqual(len(records), 2)

    def test_one_key_with_several_chains_has_one_record(self):
        certificate, key = self.member_files(self.alpha, self.north)
        second = self.alpha.folder / "second.pem"
        self.south.certify(ALPHA, second, key)
        with self.settings(self.alpha, kxover_identity=[f"FILE:{certificate},{key}", f"FILE:{second},{key}"]):
            records = [record for record in self.alpha.published_records() if " TLSA " in record]
        self.assertEqual(len(records), 1)

    @contextlib.contextmanager
    def settings(self, realm, **changes):
        """The realm's files with other settings for a while."""
        before = dict(realm.settings)
        realm.settings.update(changes)
        realm.configure()
        yield
        realm.settings.clear()
        realm.settings.update(before)
        realm.configure()

    def test_one_identity_that_is_missing_does_not_stop_the_other(self):
        certificate, _ = self.member_files(self.alpha, self.north)
        saved = certificate.rename(certificate.with_suffix(".saved"))
        self.addCleanup(self.alpha.kdc.restart)
        self.addCleanup(saved.rename, certificate)
        self.alpha.kdc.restart()
        self.assert_reaches(self.alpha, self.charlie)
        self.assertEqual(self.lines(self.charlie.kxoverd, "refused"), [])
        self.alpha.kdc.log.wait_for("an identity is left out until this is mended: .*NORTH.pem",
                                    since=self.marks[self.alpha.kdc])

    def test_a_root_that_is_added_counts_after_sighup(self):
        roots = self.bravo.folder / "more.pem"
        roots.write_text(self.delta.certificate.read_text())
        self.assert_refused(self.delta, self.bravo, "check 6, roots", "our identity")
        with self.settings(self.bravo, kxover_anchors=[*self.bravo.settings["kxover_anchors"], f"FILE:{roots}"]):
            self.reload(self.bravo)
            self.assert_reaches(self.delta, self.bravo)
        self.reload(self.bravo)
        self.assert_refused(self.delta, self.bravo, "check 6, roots", "our identity")

    def reload(self, realm):
        """Have kxoverd and the KDC read the settings again."""
        mark = realm.kxoverd.log.mark()
        realm.kxoverd.signal(signal.SIGHUP)
        realm.kxoverd.log.wait_for("read again", since=mark)
        realm.reload_kdc()


class Revoked(Federation):
    """BRAVO has the list of those whom NORTH revoked."""

    @classmethod
    def arrange(cls):
        super().arrange()
        cls.list = cls.bravo.folder / "revoked.pem"
        cls.north.revoke(cls.list)
        cls.bravo.settings["kxover_revoke"] = f"FILE:{cls.list}"
        cls.bravo.configure()
        for service in (cls.bravo.kdc, cls.bravo.kxoverd):
            service.restart()

    def replace(self, *serials, **options):
        """A new list, as an administrator puts it there."""
        self.north.revoke(self.list.with_suffix(".new"), *serials, **options)
        self.list.with_suffix(".new").rename(self.list)

    def test_a_realm_that_is_revoked_is_refused_with_nobody_telling_the_servers(self):
        self.assert_reaches(self.alpha, self.bravo)
        self.assert_reaches(self.bravo, self.alpha)
        self.replace(self.serials[self.alpha, self.north])
        self.addCleanup(self.replace)
        self.assert_refused(self.alpha, self.bravo, f"check 6, roots: .*CN={ALPHA}, .* is revoked since",
                            "our certificate, or one of our chain, is revoked")
        self.assertFalse(self.bravo.kinit("alice").kvno(service_of(self.alpha), check=False).ok)
        self.bravo.kdc.log.wait_for(f"check 6, roots: .*CN={ALPHA}, .* is revoked since",
                                    since=self.marks[self.bravo.kdc])
        self.replace()
        self.bravo.reload_kdc()
        self.bravo.kadmin_local(f"delprinc -force {self.bravo.crossover_to(self.alpha)}", check=False)
        self.alpha.kadmin_local(f"delprinc -force {self.bravo.crossover_to(self.alpha)}", check=False)
        self.assert_reaches(self.alpha, self.bravo)

    def test_a_list_that_cannot_be_read_stops_new_crossovers_and_nothing_else(self):
        self.list.write_text("To be done.\n")
        self.addCleanup(self.replace)
        for service in (self.bravo.kdc, self.bravo.kxoverd):
            service.restart()
            service.log.wait_for(f"{BRAVO}: new crossovers are refused until this is mended: kxover_revoke: .*"
                                 "revoked.pem", since=self.marks[service])
        self.assert_refused(self.alpha, self.bravo, "check 6, roots: kxover_revoke: ", r"\(error 29\)")
        self.assertFalse(self.bravo.kinit("alice").kvno(service_of(self.alpha), check=False).ok)
        self.bravo.kinit("alice").kvno(service_of(self.bravo))
        self.replace()
        self.assert_reaches(self.alpha, self.bravo)

    def test_a_list_that_is_overdue_counts_and_is_mentioned_once(self):
        self.replace(self.serials[self.alpha, self.north], days=-1)
        self.addCleanup(self.replace)
        self.bravo.kxoverd.restart()
        for _ in range(2):
            self.assert_refused(self.alpha, self.bravo, "is revoked since", "is revoked")
        self.assertEqual(len(self.lines(self.bravo.kxoverd, "a newer list than that in .*revoked.pem was due at")), 1)


if __name__ == "__main__":
    unittest.main()
