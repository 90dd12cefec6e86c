"""kxover check of our own realm: what other realms see of it."""

import contextlib
import socket
import unittest

from contacting import Contact
from lab import faults, peers
from lab.authority import Authority
from lab.ldap import LdapRealm
from lab.replica import PropagatingRealm
from scenario import ALPHA

STEPS = ["settings", "our identity", "SRV", "TLSA", "address", "connection", "check 5: DANE", "kxoverd", "clock",
         "the KDC behind it", "clock"]


class Own(Contact):
    verb = "check"

    def own(self, *arguments):
        return self.contact(*arguments, realm=ALPHA)

    def failed(self, result):
        return [label for verdict, label in self.steps(result) if verdict == "FAIL"]

    def assert_fails_only_at(self, label, *words):
        """That step fails and no other; others are taken all the same."""
        result = self.own()
        self.assert_fails_at(label, *words, result=result)
        self.assertEqual(self.failed(result), [label], result.stdout)
        return result


class AsItShouldBe(Own):
    """Nothing is wrong with ALPHA but that it is on loopback."""

    def test_all_steps_are_told_in_order(self):
        result = self.own()
        self.assertEqual((result.code, result.stderr), (0, ""), result.output)
        self.assertEqual(self.steps(result), [("care" if step == "address" else "ok", step) for step in STEPS])
        self.assertIn("as others need it", result.stdout)

    def test_an_address_that_is_not_public_wants_a_look(self):
        self.assertIn("Only those connect to it who permit it", self.own().stdout)

    def test_no_key_is_made_of_it(self):
        before = self.alpha.principals()
        self.own()
        self.assertEqual(self.alpha.principals(), before)

    def test_kxoverd_and_the_kdc_are_asked_for_what_they_refuse(self):
        marks = [service.log.mark() for service in (self.alpha.kxoverd, self.alpha.kdc)]
        self.own()
        self.alpha.kxoverd.log.wait_for("refused to .*: check 1, policy: request names our own realm", since=marks[0])
        self.alpha.kdc.log.wait_for("CLIENT_NOT_FOUND: kxover-check/nobody@ALPHA.EXAMPLE", since=marks[1])

    def test_programs_get_the_same_as_json(self):
        told = self.parsed(self.own("--json"))
        self.assertEqual((told["realm"], told["our_realm"], told["result"], told["left_there"]),
                         (ALPHA, ALPHA, "care", None))
        self.assertEqual([step["step"] for step in told["steps"]],
                         ["settings", "identity", "srv", "tlsa", "address", "connect", "dane", "kxoverd", "clock",
                          "kdc", "clock"])


class Records(Own):
    """What DNS says of ALPHA is wrong."""

    def test_without_an_srv_record(self):
        with faults.no_srv(self.alpha.zone):
            self.assert_fails_only_at("SRV", "Publish what `kxover dns` prints")

    def test_without_a_tlsa_record(self):
        with faults.no_tlsa(self.alpha.zone):
            self.assert_fails_only_at("TLSA", "Publish the TLSA record that `kxover dns` prints")

    def test_without_dnssec(self):
        with faults.unsigned(self.alpha.zone):
            self.assert_fails_only_at("SRV", "Sign that zone with DNSSEC")

    def test_with_a_tlsa_record_of_another_key(self):
        with faults.tlsa_changed(self.alpha.zone):
            result = self.assert_fails_only_at("check 5: DANE", "Publish the TLSA record of the key in use")
        self.assertIn(("care", "TLSA"), self.steps(result))

    def test_a_further_tlsa_record_wants_a_look(self):
        record = f"_{self.alpha.port}._tcp.{self.alpha.kdc_host}. TLSA 3 1 1 {'ab' * 32}"
        with faults.records(self.alpha.zone, lambda lines: [*lines, record]):
            result = self.own()
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("care", "TLSA"), self.steps(result))
        self.assertIn(f"3 1 1 {'ab' * 32} is of no certificate of kxover_identity", result.stdout)
        self.assertIn("the key that comes next", result.stdout)

    def test_a_certificate_without_the_name_where_names_count(self):
        """With a TLSA record of usage 2, that is."""
        with self.certified("OTHER.EXAMPLE", usage=2):
            self.assert_fails_only_at("check 5: DANE", "Have a certificate made that names the realm")

    def test_a_record_that_counts_only_for_who_has_our_root_wants_a_look(self):
        with self.certified(ALPHA, usage=0):
            result = self.own()
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("care", "check 5: DANE"), self.steps(result))
        self.assertIn("who have its root in their kxover_anchors", result.stdout)

    def test_our_own_roots_are_not_what_others_judge_us_by(self):
        north = Authority(self.alpha.env, self.lab.folder / "authorities", "NORTH")
        self.setting(self.alpha, kxover_anchors=f"FILE:{north.certificate}")
        self.assertEqual(self.failed(self.own()), [])

    @contextlib.contextmanager
    def certified(self, name, usage):
        """ALPHA has a certificate for `name` of an authority's, and that one's TLSA record."""
        north = Authority(self.alpha.env, self.lab.folder / "authorities", "NORTH")
        certificate, key = (self.alpha.folder / f"north.{kind}" for kind in ("pem", "key"))
        north.certify(name, certificate, key)
        self.setting(self.alpha, kxover_identity=f"FILE:{certificate},{key}")
        tlsa = self.alpha.kxover("dns", "--host", self.alpha.kdc_host, "--identity",
                                 f"FILE:{north.certificate},{north.key}").stdout
        digest = tlsa.partition("TLSA 3 1 1 ")[2].split()[0]
        record = f"_{self.alpha.port}._tcp.{self.alpha.kdc_host}. TLSA {usage} 1 1 {digest}"
        with faults.records(self.alpha.zone, lambda lines: [line for line in lines if " TLSA " not in line] + [record]):
            yield


class Servers(Own):
    """Whoever answers at ALPHA's port is not who should."""

    def test_nobody_listens(self):
        self.addCleanup(self.alpha.kxoverd.start)
        self.alpha.kxoverd.stop()
        self.assert_fails_only_at("connection", "Start kxoverd", "kxover_listen")

    def test_a_kdc_alone(self):
        def behave(client, upstream):
            del upstream
            peers.relaying(client, lambda: socket.create_connection(("127.0.0.1", self.alpha.kdc_tcp_port)))

        with faults.peer(self.alpha, behave):
            result = self.assert_fails_only_at("kxoverd", "Start kxoverd at that port, in front of the KDC")
        self.assertIn(("ok", "the KDC behind it"), self.steps(result))

    def test_a_kxoverd_that_refuses_for_another_reason(self):
        """One that does not understand the request, as something on the way has damaged it."""
        damage = peers.tampering(request=lambda message: b"\x72\x02\x30\x00" if message[:1] == b"\x72" else message)
        with faults.peer(self.alpha, damage):
            self.assert_fails_only_at("kxoverd", "no kxoverd of ALPHA.EXAMPLE")

    def test_something_else_than_kerberos(self):
        with faults.peer(self.alpha, peers.saying(b"\x73garbage")):
            result = self.own()
        self.assertEqual(self.failed(result), ["kxoverd", "the KDC behind it"])
        self.assertIn("says something else than is to be expected", result.stderr)
        self.assertIn("See to it that kxoverd has that port.", result.stderr)

    def test_no_kdc_behind_it(self):
        self.addCleanup(self.alpha.kdc.start)
        self.alpha.kdc.stop()
        self.assert_fails_only_at("the KDC behind it", "kxover_kdc", "start krb5kdc")

    def test_kxoverd_of_another_realm(self):
        with faults.peer(self.alpha, peers.posing_as(self.bravo)):
            self.assert_fails_only_at("kxoverd", "no kxoverd of ALPHA.EXAMPLE")

    def test_a_clock_that_is_wrong_there(self):
        """Of kxoverd's machine and the KDC's; the one that the check is made at is right."""
        clock = self.alpha.give_clock()
        self.alpha.clock = None
        self.addCleanup(setattr, self.alpha, "clock", clock)
        self.addCleanup(clock.set, 0)
        clock.set(3600)
        result = self.own()
        self.assertEqual(self.failed(result), ["clock", "clock"])
        self.assertIn("apart", result.stdout)
        self.assertIn("NTP", result.stderr)


class SeveralServers(Own):
    """ALPHA has two KDCs, each with an identity of its own."""

    kinds = {ALPHA: LdapRealm}

    def test_each_server_is_looked_at_and_another_s_identity_is_no_failure(self):
        for kdc in self.alpha.kdcs:
            with self.subTest(kdc.kdc_host):
                result = kdc.kxover("check", ALPHA, check=False)
                self.assertEqual(result.code, 0, result.output)
                steps = self.steps(result)
                self.assertEqual([steps.count(("ok", step)) for step in ("kxoverd", "the KDC behind it")], [2, 2])
                self.assertEqual(sorted(verdict for verdict, step in steps if step == "check 5: DANE"), ["care", "ok"])
                self.assertIn("If that host has an identity of its own, check there, too.", result.stdout)
                self.assertNotIn("is of no certificate of kxover_identity", result.stdout)

    def test_an_identity_that_is_in_no_record_is_a_failure(self):
        with faults.tlsa_changed(self.alpha.zone):
            self.assert_fails_only_at("check 5: DANE", "no TLSA record of ALPHA.EXAMPLE is of an identity that we have")


class WithCopy(Own):
    """A second KDC of ALPHA has a copy of the database, and no TLSA record: it is there for clients."""

    kinds = {ALPHA: PropagatingRealm}

    def test_it_is_passed_over_and_that_is_right(self):
        for kdc in self.alpha.kdcs:
            with self.subTest(kdc.kdc_host):
                result = kdc.kxover("check", ALPHA, check=False)
                self.assertEqual(result.code, 0, result.output)
                self.assertIn(("care", "TLSA"), self.steps(result))
                self.assertIn("right for the KDC of a copy", result.stdout)

    def test_its_log_of_changes_is_left_as_it_is(self):
        copy = self.alpha.kdcs[1]
        before = copy.run("kproplog", "-h").stdout
        copy.kxover("check", self.bravo.name)
        self.assertEqual(copy.run("kproplog", "-h").stdout, before)


class OurSide(Own):
    """What is wrong does not keep the rest from being looked at."""

    def test_without_an_identity(self):
        self.setting(self.alpha, kxover_identity=None)
        result = self.own()
        self.assertEqual(result.code, 1)
        self.assertEqual(self.failed(result), ["our identity", "kxoverd"])
        self.assertIn(("ok", "the KDC behind it"), self.steps(result))

    def test_a_certificate_that_ends_soon(self):
        certificate, key = (self.alpha.folder / name for name in ("soon.pem", "soon.key"))
        self.alpha.kxover("keygen", "--days", "20", certificate, key)
        self.setting(self.alpha, kxover_identity=[f"FILE:{self.alpha.certificate},{self.alpha.key}",
                                                  f"FILE:{certificate},{key}"])
        result = self.own()
        self.assertEqual(result.code, 0, result.output)
        self.assertIn(("care", "our identity"), self.steps(result))
        self.assertIn(("care", "check 5: DANE"), self.steps(result))


if __name__ == "__main__":
    unittest.main()
