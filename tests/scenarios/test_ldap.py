"""BRAVO.EXAMPLE has two KDCs, each at a directory server of its own; what one agrees on is the other's too."""

import os
import pwd
import re
import threading
import unittest
from pathlib import Path

from lab import faults, tools
from lab.ldap import LdapRealm
from lab.ports import is_listening
from lab.process import Service
from lab.waiting import wait_until
from scenario import ALPHA, BRAVO, Scenario, service_of


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

    def agree_with(self, kdc):
        """Let ALPHA.EXAMPLE make a new key with this KDC of BRAVO.EXAMPLE.  Returns a session with a ticket
        under it."""
        crossover = self.alpha.crossover_to(self.bravo)
        others = [other.kdc_host for other in (self.first, self.second) if other is not kdc]
        if crossover in self.alpha.principals():
            self.alpha.kadmin_local(f"delprinc -force {crossover}")

        def without_others(lines):
            return [line for line in lines
                    if not (re.search(r"\sSRV\s", line) and any(f" {host}." in line for host in others))]

        with faults.records(self.bravo.zone, without_others):
            self.alpha.forget_dns()
            session = self.alpha.kinit("alice")
            session.kvno(crossover)
        return session

    def assert_good_at_both(self, session):
        """The tickets of a session lead to a service by either KDC of BRAVO.EXAMPLE."""
        for kdc in (self.first, self.second):
            with self.subTest(kdc.kdc_host):
                self.only_kdc(kdc)
                session.run("kvno", "--no-store", service_of(self.bravo))

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


class WhatTheDirectoryHas(TwoKdcs):
    """Entries in a directory are what they are in a file."""

    def test_keys_marks_and_limits_are_in_it(self):
        for here, there in ((self.alpha, self.bravo), (self.bravo, self.alpha)):
            crossover = here.crossover_to(there)
            here.kinit("alice").kvno(service_of(there))
            self.wait_for_replication(crossover)
            for kdc in (self.first, self.second):
                with self.subTest(f"{crossover} at {kdc.kdc_host}"):
                    self.assertEqual(kdc.keyinfo(crossover), self.alpha.keyinfo(crossover))
                    shown = kdc.kadmin_local(f"getprinc {crossover}").stdout
                    limits = self.alpha.kadmin_local(f"getprinc {crossover}").stdout
                    for what in ("Attributes: LOCKDOWN_KEYS", "Maximum ticket life: .*", "Maximum renewable life: .*",
                                 "Expiration date: .*"):
                        self.assertIn(re.search(what, limits)[0], shown)
                    kvno, _ = self.alpha.keyinfo(crossover)[0]
                    self.assertIn(f"kxover_kvno_{kvno}: ", kdc.kadmin_local(f"getstrs {crossover}").stdout)

    def test_what_is_dumped_and_loaded_is_used_on(self):
        crossover = self.alpha.crossover_to(self.bravo)
        session = self.agree_with(self.first)
        keys = self.first.keyinfo(crossover)
        self.first.kdb5_util("dump", self.first.folder / "dump", crossover)
        self.first.kadmin_local(f"delprinc -force {crossover}")

        self.first.kdb5_util("load", "-update", self.first.folder / "dump")

        self.assertEqual(self.first.keyinfo(crossover), keys)
        self.wait_for_replication(crossover)
        self.assert_good_at_both(session)


class Use(TwoKdcs):
    """A user of BRAVO.EXAMPLE goes to ALPHA.EXAMPLE, again and again."""

    def test_it_is_not_noted_where_a_note_could_undo_what_another_kdc_writes(self):
        crossover = self.bravo.crossover_to(self.alpha)
        self.bravo.kinit("alice").kvno(crossover)
        long_ago = "2020-01-01T00:00:00Z"
        self.bravo.kadmin_local(f"setstr {crossover} kxover_used {long_ago}")
        self.wait_for_replication(crossover)

        self.bravo.kinit("bob").kvno(crossover)

        self.assertIn(f"kxover_used: {long_ago}", self.bravo.kadmin_local(f"getstrs {crossover}").stdout)


class ReadOnly(LdapRealm):
    """Its KDCs may not change the directory; its kxoverd may."""

    kdc_may_write = False


class KdcsThatMayNotWrite(TwoKdcs):
    """The directory's administrator lets KDCs read, and no more."""

    kinds = {BRAVO: ReadOnly}

    def test_users_go_out_by_a_key_in_memory(self):
        crossover = self.bravo.crossover_to(self.alpha)
        self.only_kdc(self.first)
        for user in ("alice", "bob"):
            self.bravo.kinit(user).kvno(service_of(self.alpha))

        self.first.kdc.log.wait_for(f"{crossover}: key is served from memory")
        self.assertNotIn(crossover, self.first.principals())
        self.assertEqual(len({kvno for kvno, _ in self.alpha.keyinfo(crossover)}), 1)

    def test_users_from_elsewhere_come_in_by_either(self):
        session = self.agree_with(self.first)
        self.wait_for_replication(self.alpha.crossover_to(self.bravo))
        self.assert_good_at_both(session)


class DirectoriesApart(TwoKdcs):
    """The directory servers do not hear of each other, and both KDCs agree on keys with ALPHA.EXAMPLE."""

    def test_no_key_is_lost_when_they_meet_again(self):
        crossover = self.alpha.crossover_to(self.bravo)
        with faults.directories_apart(self.bravo):
            sessions = [self.agree_with(kdc) for kdc in (self.first, self.second)]
            versions = [self.versions(crossover, kdc) for kdc in (self.first, self.second)]
        self.assertEqual([{kvno % 2 for kvno in some} for some in versions], [{1}, {0}])

        for kdc in (self.first, self.second):
            wait_until(lambda kdc=kdc: self.versions(crossover, kdc) == versions[0] | versions[1],
                       "both versions to be there")

        for session in sessions:
            self.assert_good_at_both(session)


class NotHereYet(TwoKdcs):
    """A key was agreed on with one KDC, and the other's directory server has not heard of it yet."""

    def test_the_other_kdc_sends_users_on(self):
        with faults.directories_apart(self.bravo):
            session = self.agree_with(self.second)
            self.bravo.kdcs[:] = [self.first, self.second]
            self.alpha.configure()

            session.kvno(service_of(self.bravo))

        self.first.kdc.log.wait_for("has not come here from the realm's other KDCs")
        self.second.kdc.log.wait_for(f"ISSUE: .* for {service_of(self.bravo)}")


class SameNumbers(LdapRealm):
    """Its administrator has not set kxover_versions."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        for kdc in self.kdcs:
            kdc.settings["kxover_versions"] = None


class WithoutNumbersOfTheirOwn(TwoKdcs):
    """Two kxoverd give the same number to two keys."""

    kinds = {BRAVO: SameNumbers}

    def test_it_is_found_out_and_the_log_says_what_to_set(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.agree_with(self.first)
        self.wait_for_replication(crossover)
        number = max(self.versions(crossover)) + 1

        with faults.directories_apart(self.bravo):
            for kdc in (self.first, self.second):
                self.agree_with(kdc)

        found = wait_until(lambda: [line for kdc in (self.first, self.second)
                                    for line in kdc.kxoverd.log.lines("kxover_versions to 1/2")],
                           "one kxoverd to miss its key")

        self.assertRegex(found[0], rf"(?i)error.*{crossover}.*key version {number}\b.*agreed with kdc.alpha.example")
        self.assertEqual(len(found), 1)


class OwnUser(TwoKdcs):
    """BRAVO.EXAMPLE's kxoverd has a user of its own, who owns nothing, and whose group may read three files."""

    def setUp(self):
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.lab.folder.chmod(0o711)
        for file in (self.bravo.stash, self.bravo.key, self.bravo.folder / "ldap-passwords"):
            os.chown(file, -1, self.user.pw_gid)
            file.chmod(0o640)
        os.chown(self.bravo.kxoverd.log.path, self.user.pw_uid, -1)
        as_user = [tools.find("setpriv"), "--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid),
                   "--clear-groups", "--inh-caps=-all"] if os.geteuid() == 0 else []
        self.bravo.kxoverd.stop()
        self.addCleanup(self.bravo.kxoverd.start)
        self.service = Service("kxoverd-of-its-own-user", lambda: [*as_user, self.lab.build.daemon, "-n"],
                               lambda: self.bravo.env, self.bravo.folder,
                               lambda service: is_listening(self.bravo.daemon_port), self.bravo.kxoverd.log)
        self.addCleanup(self.service.kill)
        self.service.start()

    def test_it_makes_crossovers_with_others(self):
        status = Path(f"/proc/{self.service.pid}/status").read_text(encoding="ascii")
        self.assertRegex(status, rf"(?m)^Uid:\s+{self.user.pw_uid}\s")
        self.assert_good_at_both(self.agree_with(self.first))

    def test_it_renews_them(self):
        crossover = self.bravo.crossover_to(self.alpha)
        self.addCleanup(self.bravo.settings.pop, "kxover_keep", None)
        self.bravo.settings["kxover_keep"] = f"0 {ALPHA}"
        self.bravo.configure()
        self.service.stop()
        self.service.start()
        wait_until(lambda: crossover in self.bravo.principals(), "a crossover that kxoverd makes by itself")


class AtOnce(TwoKdcs):
    """Both realms have two KDCs, and everybody asks in the same moment."""

    kinds = {ALPHA: LdapRealm, BRAVO: LdapRealm}
    rounds = 5

    def test_all_get_their_tickets_and_no_key_is_lost(self):
        crossover = self.alpha.crossover_to(self.bravo)
        sessions = []
        # Each KDC of ALPHA.EXAMPLE finds those of BRAVO.EXAMPLE in an order of its own.
        with faults.records(self.bravo.zone, lambda lines: [line.replace(" SRV 0 0 ", " SRV 0 1 ") for line in lines]):
            for _ in range(self.rounds):
                if crossover in self.alpha.principals():
                    self.alpha.kadmin_local(f"delprinc -force {crossover}")
                wait_until(lambda: not any(crossover in kdc.principals() for kdc in self.alpha.kdcs),
                           "both directory servers of ALPHA.EXAMPLE to forget")
                sessions += self.ask_at_once(crossover)

        issued = {int(re.search(r"kvno = (\d+)", text)[1]) for _, text in sessions}
        for kdc in (self.first, self.second):
            wait_until(lambda kdc=kdc: issued <= self.versions(crossover, kdc), f"versions {issued} to be there")
        for session, _ in sessions:
            self.assert_good_at_both(session)

    def ask_at_once(self, crossover):
        """Pairs of a session and what kvno said, one for each KDC of ALPHA.EXAMPLE."""
        found = []
        threads = [threading.Thread(target=lambda session=session: found.append(
            (session, session.kvno(crossover).output))) for session in [kdc.kinit("alice") for kdc in self.alpha.kdcs]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(found), len(threads))
        return found


if __name__ == "__main__":
    unittest.main()
