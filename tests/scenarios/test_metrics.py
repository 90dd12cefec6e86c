"""kxoverd tells Prometheus what it did: the figures before and after what really happened."""

import http.client
import os
import pwd
import re
import socket
import ssl
import time
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timezone
from pathlib import Path

from daemon_scenario import DaemonScenario
from lab import faults, peers, wait_until
from lab.process import run
from prometheus import Figures, scrape
from scenario import ALPHA, BRAVO, service_of
from test_daemon import owned_by
from wire import as_req, ask, connect

TOP = Path(__file__).resolve().parents[2]


class Measured(DaemonScenario):
    """ALPHA's kxoverd tells its figures at a port and in a file."""

    lifetime_min = None

    @classmethod
    def arrange(cls):
        cls.port = cls.lab.ports.take()
        cls.file = cls.alpha.folder / "kxover.prom"
        cls.alpha.settings["kxover_metrics"] = f"127.0.0.1:{cls.port} FILE:{cls.file}"
        # ALPHA's begins to renew when it starts, and counts from then on: it starts last, and once.
        for realm in (cls.bravo, cls.alpha):
            if cls.lifetime_min:
                realm.settings["kxover_lifetime_min"] = cls.lifetime_min
            realm.configure()
            realm.kxoverd.restart()

    def figures(self):
        return scrape(self.port)

    def change(self, before, name, **labels):
        """By how much one figure is more than in that scrape."""
        return self.figures().get(name, **labels) - before.get(name, **labels)

    def come_in(self, ok=True):
        """Let a user of BRAVO come to ALPHA, for which BRAVO has no key yet."""
        self.assertEqual(self.bravo.kinit("alice").kvno(service_of(self.alpha), check=False).ok, ok)

    def forget(self):
        for realm in (self.alpha, self.bravo):
            realm.kadmin_local(f"delprinc -force krbtgt/{ALPHA}@{BRAVO}", check=False)
        self.bravo.reload_kdc()


class Format(Measured):
    def test_it_is_read_by_the_strictest_reader(self):
        self.assertGreater(len(self.figures().series), 100)

    def test_every_figure_says_whose_it_is(self):
        for name, labels in self.figures().series:
            self.assertEqual(dict(labels)["realm"], ALPHA, name)

    def test_all_causes_and_phases_are_there_before_anything_happened(self):
        figures = self.figures()
        causes = {dict(labels)["cause"] for _, labels in figures.all("kxover_exchanges_failed_total")}
        source = (TOP / "base" / "kx_err.et").read_text(encoding="utf-8")
        self.assertEqual(causes, {name.lower() for name in re.findall(r"error_code KX_ERR_(\w+)", source)} | {"other"})
        phases = {dict(labels)["phase"] for _, labels in figures.all("kxover_exchange_phase_duration_seconds_count")}
        self.assertEqual(phases, {"dns", "connect", "offer", "answer", "checks", "agreement", "store"})

    def test_promises_of_names_and_of_nothing_secret(self):
        text = self.file.read_text(encoding="utf-8")
        for name in Figures(text).names():
            self.assertTrue(name.startswith("kxover_"), name)
        self.assertNotIn("alice", text)

    def test_the_reader_of_this_test_is_strict(self):
        good = '# HELP a_total x\n# TYPE a_total counter\na_total{realm="A"} 1\n'
        Figures(good)
        for bad in (good[:-1], good * 2, good + 'a_total{realm="A"} 1\n', good.replace("# HELP a_total x\n", ""),
                    good.replace("counter", "number"), good.replace('="A"', "=A"), good + "b 1\n",
                    good.replace(" 1", " one"), good.replace("a_total", "a"), good + "\n"):
            with self.assertRaises(ValueError, msg=bad):
                Figures(bad)

    def test_nothing_else_is_there(self):
        for path, code in (("/", 404), ("/metrics/more", 404)):
            with self.assertRaises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30)
            self.assertEqual(raised.exception.code, code)
            raised.exception.close()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", "/metrics", body="x")
        self.assertEqual(connection.getresponse().status, 501)
        connection.close()


class Exchanges(Measured):
    def setUp(self):
        self.addCleanup(self.forget)
        self.before = self.figures()

    def test_an_exchange_that_ends_with_a_key(self):
        self.come_in()
        self.assertEqual(self.change(self.before, "kxover_exchanges_agreed_total", role="responder"), 1)
        self.assertEqual(self.change(self.before, "kxover_exchanges_agreed_total", role="initiator"), 0)
        self.assertEqual(self.change(self.before, "kxover_exchange_duration_seconds_count", role="responder"), 1)
        self.assertGreater(self.change(self.before, "kxover_exchange_duration_seconds_sum", role="responder"), 0)
        for phase in ("dns", "offer", "checks", "agreement", "store"):
            self.assertEqual(self.change(self.before, "kxover_exchange_phase_duration_seconds_count",
                                         role="responder", phase=phase), 1, phase)

    def test_a_refusal_is_counted_under_its_cause_and_no_other(self):
        self.set_up_with(kxover_realms=f"!{BRAVO} *")
        self.reload()
        self.addCleanup(self.reload)
        self.come_in(ok=False)
        after = self.figures()
        changed = {dict(labels)["cause"]: after.series[name, labels] - value
                   for (name, labels), value in self.before.all("kxover_exchanges_failed_total").items()}
        self.assertEqual({cause: by for cause, by in changed.items() if by}, {"policy_realm": 1})
        self.assertEqual(self.change(self.before, "kxover_exchange_duration_seconds_count", role="responder"), 0)
        self.alpha.settings.pop("kxover_realms")
        self.alpha.configure()

    def test_a_lookup_that_fails_is_counted_by_its_kind(self):
        self.addCleanup(self.alpha.forget_dns)
        with faults.no_tlsa(self.bravo.zone):
            self.alpha.forget_dns()
            self.before = self.figures()
            self.come_in(ok=False)
        self.assertEqual(self.change(self.before, "kxover_dns_lookups_failed_total", cause="no_tlsa"), 1)
        self.assertEqual(self.change(self.before, "kxover_exchanges_failed_total", role="responder", cause="no_tlsa"), 1)


class Relay(Measured):
    def test_messages_and_bytes_both_ways(self):
        before, message = self.figures(), as_req(self.alpha, "nobody")
        with connect(self.alpha) as connection:
            answer = ask(connection, message)
        self.assertEqual(self.change(before, "kxover_relayed_messages_total"), 1)
        self.assertEqual(self.change(before, "kxover_relayed_bytes_total", direction="to_kdc"), len(message) + 4)
        self.assertEqual(self.change(before, "kxover_relayed_bytes_total", direction="from_kdc"), len(answer) + 4)

    def test_connections_that_are_open(self):
        before = self.figures()
        with connect(self.alpha):
            wait_until(lambda: self.change(before, "kxover_connections", state="idle") == 1, "the connection")
        wait_until(lambda: self.change(before, "kxover_connections", state="idle") == 0, "its end")
        self.assertEqual(self.change(before, "kxover_connections_total"), 1)

    def test_a_message_that_is_too_long(self):
        before = self.figures()
        with connect(self.alpha) as connection:
            connection.sendall(b"\x7f\xff\xff\xff\x6a")
            connection.recv(1)
        self.assertEqual(self.change(before, "kxover_messages_refused_total", cause="length"), 1)

    def test_a_kdc_that_is_down(self):
        before = self.figures()
        self.alpha.kdc.stop()
        self.addCleanup(self.alpha.kdc.start)
        with connect(self.alpha) as connection:
            self.assertIsNone(self.answer_or_none(connection))
        self.assertEqual(self.change(before, "kxover_relay_failures_total"), 1)

    def answer_or_none(self, connection):
        try:
            return ask(connection, as_req(self.alpha, "nobody"))
        except ConnectionError:
            return None

    def test_without_a_kdc_behind_it_messages_are_refused(self):
        before = self.figures()
        self.set_up_with(kxover_kdc=None)
        self.reload()
        with connect(self.alpha) as connection:
            ask(connection, as_req(self.alpha, "nobody"))
        self.assertEqual(self.change(before, "kxover_messages_refused_total", cause="no_kdc"), 1)
        self.doCleanups()
        self.reload()


class Holdings(Measured):
    """Where keys may live so short, kxoverd looks through the database each second."""

    lifetime_min = "10s"

    @classmethod
    def arrange(cls):
        super().arrange()
        cls.outgoing = cls.alpha.crossover_to(cls.bravo)
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))
        cls.bravo.kinit("alice").kvno(service_of(cls.alpha))
        cls.alpha.kadmin_local("addprinc -pw by-hand krbtgt/HAND.EXAMPLE@ALPHA.EXAMPLE",
                               "addprinc -pw by-hand krbtgt/BLOCKED.EXAMPLE@ALPHA.EXAMPLE",
                               "modprinc -allow_tix krbtgt/BLOCKED.EXAMPLE@ALPHA.EXAMPLE")

    def wait_for_look(self):
        """Wait until a look through the database has begun and ended."""
        ends = 0
        last = self.figures().get("kxover_database_look_timestamp_seconds")
        while ends < 2:
            now = wait_until(lambda: self.later_look(last), "a look through the database")
            last, ends = now, ends + 1

    def later_look(self, last):
        now = self.figures().get("kxover_database_look_timestamp_seconds")
        return now if now > last else None

    def test_crossovers_by_direction_and_by_who_keyed_them(self):
        self.wait_for_look()
        figures = self.figures()
        counted = {(dict(labels)["direction"], dict(labels)["keyed"]): value
                   for (_, labels), value in figures.all("kxover_crossovers").items()}
        self.assertEqual(counted, {("outgoing", "kxover"): 1, ("outgoing", "hand"): 2,
                                   ("incoming", "kxover"): 1, ("incoming", "hand"): 0})
        self.assertEqual(figures.get("kxover_crossovers_blocked", direction="outgoing"), 1)
        self.assertEqual(figures.get("kxover_crossovers_blocked", direction="incoming"), 0)

    def test_the_earliest_end_is_that_of_the_key(self):
        self.wait_for_look()
        said = self.alpha.kadmin_local(f"getstrs {self.outgoing}").stdout
        till = datetime.fromisoformat(re.search(r"till=(\S+)", said)[1]).timestamp()
        self.assertEqual(self.figures().get("kxover_crossover_earliest_end_timestamp_seconds", direction="outgoing"),
                         till)


class Renewals(Measured):
    """ALPHA's kxoverd keeps crossovers with BRAVO and with a realm that there is not."""

    lifetime_min = "10s"

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_keep"] = "0 BRAVO.EXAMPLE NOBODY.EXAMPLE"
        super().arrange()

    def test_what_is_renewed_and_what_cannot_be(self):
        wait_until(lambda: self.figures().get("kxover_exchanges_agreed_total", role="initiator") == 1, "a renewal")
        wait_until(lambda: self.figures().get("kxover_renewals_failing") == 1, "a renewal that fails")
        figures = self.figures()
        self.assertEqual(figures.get("kxover_exchange_duration_seconds_count", role="initiator"), 1)
        for phase in ("dns", "connect", "offer", "answer", "checks", "agreement", "store"):
            self.assertEqual(figures.get("kxover_exchange_phase_duration_seconds_count", role="initiator",
                                         phase=phase), 1, phase)
        self.assertGreaterEqual(figures.get("kxover_renewal_failures", remote="NOBODY.EXAMPLE", cause="no_srv"), 1)
        self.assertGreaterEqual(figures.get("kxover_exchanges_failed_total", role="initiator", cause="no_srv"), 1)
        self.assertFalse(figures.all("kxover_renewal_key_end_timestamp_seconds"))


class LateRenewals(Measured):
    """ALPHA's kxoverd keeps the crossover with BRAVO, and it is late."""

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_keep"] = "0 BRAVO.EXAMPLE"
        super().arrange()

    def test_the_end_of_a_key_that_cannot_be_renewed(self):
        crossover = self.alpha.crossover_to(self.bravo)
        wait_until(lambda: crossover in self.alpha.principals(), "a key")
        said = self.alpha.kadmin_local(f"getstrs {crossover}").stdout
        till = datetime.fromisoformat(re.search(r"till=(\S+)", said)[1]).timestamp()
        with faults.peer(self.bravo, peers.hasty), faults.clock_off(self.alpha, 10 * 24 * 3600):
            self.alpha.kxoverd.restart()  # and looks at once
            failing = wait_until(lambda: self.figures().all("kxover_renewal_key_end_timestamp_seconds", remote=BRAVO),
                                 "a renewal that fails")
        self.assertEqual(list(failing.values()), [till])


class NoLongerDue(Measured):
    """A crossover that is used, is due, and cannot be renewed."""

    lifetime_min = "10s"

    def test_when_it_is_taken_away_it_does_not_fail_any_more(self):
        crossover = self.alpha.crossover_to(self.bravo)
        self.alpha.kinit("alice").kvno(crossover)
        with faults.peer(self.bravo, peers.hasty), faults.clock_off(self.alpha, 10 * 24 * 3600):
            wait_until(lambda: self.figures().get("kxover_renewals_failing") == 1, "a renewal that fails")
            self.alpha.kadmin_local(f"delprinc -force {crossover}")
            wait_until(lambda: self.figures().get("kxover_renewals_failing") == 0, "it to be forgotten")


class InMemory(Measured):
    def test_what_is_not_looked_through_is_not_told_of(self):
        wait_until(lambda: self.figures().all("kxover_crossovers"), "a look through the database")
        self.set_up_with(kxover_store="memory")
        self.reload()
        self.assertFalse(self.figures().all("kxover_crossovers"))
        self.doCleanups()
        self.reload()


class Ourselves(Measured):
    def test_the_end_of_our_certificate(self):
        der = ssl.PEM_cert_to_DER_cert(self.alpha.certificate.read_text(encoding="ascii"))
        _, end = re.findall(rb"\x17\x0d(\d{12})Z", der)[:2]
        end = datetime.strptime(end.decode(), "%y%m%d%H%M%S").replace(tzinfo=timezone.utc).timestamp()
        self.assertEqual(self.figures().get("kxover_identity_end_timestamp_seconds", identity="1"), end)
        self.assertEqual(self.figures().get("kxover_identity_loaded", identity="1"), 1)

    def test_an_identity_that_cannot_be_used(self):
        aside = self.alpha.key.with_suffix(".aside")
        self.alpha.key.rename(aside)
        self.addCleanup(self.reload)
        self.addCleanup(aside.rename, self.alpha.key)
        self.reload()
        self.assertEqual(self.figures().get("kxover_identity_loaded", identity="1"), 0)

    def test_the_version_and_when_it_started(self):
        figures = self.figures()
        self.assertEqual(figures.get("kxover_build_info"), 1)
        started = os.stat(f"/proc/{self.daemon.pid}").st_ctime
        self.assertAlmostEqual(figures.get("kxover_start_timestamp_seconds"), started, delta=30)

    def test_settings_that_are_no_good(self):
        self.assertEqual(self.figures().get("kxover_settings_good"), 1)
        self.set_up_with(kxover_wait="never")
        self.reload()
        self.assertEqual(self.figures().get("kxover_settings_good"), 0)
        self.doCleanups()
        self.reload()
        self.assertEqual(self.figures().get("kxover_settings_good"), 1)


class Guests(Measured):
    """Those who do not behave."""

    def setUp(self):
        self.figures()
        wait_until(lambda: self.descriptors() == self.at_rest(), "all guests to be gone")

    @classmethod
    def at_rest(cls):
        """How many files kxoverd has open when nobody is there."""
        if not hasattr(cls, "_at_rest"):
            time.sleep(2)
            cls._at_rest = cls.descriptors(cls)
        return cls._at_rest

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.alpha.kxoverd.pid}/fd"))

    def guests(self, number, sending=b""):
        connections = []
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            self.addCleanup(connection.close)
            connection.sendall(sending)
            connections.append(connection)
        return connections

    def test_who_is_silent_is_seen_off_and_is_in_nobodys_way(self):
        self.guests(12)
        self.assert_served()
        self.figures()
        wait_until(lambda: self.descriptors() == self.at_rest(), "all guests to be gone")

    def test_of_a_crowd_only_so_many_are_let_in(self):
        self.guests(30)
        most = 0
        for _ in range(25):
            most = max(most, self.descriptors())
            time.sleep(0.1)
        self.assertGreater(most, self.at_rest() + 8)
        self.assertLessEqual(most, self.at_rest() + 16)
        self.assert_served()
        self.figures()  # when its turn has come

    def test_garbage_is_refused(self):
        for sending in (b"\0" * 5000, b"GET " + b"x" * 20000, b"GET /metrics HTTP/9.9\r\n\r\n",
                        b"\x00\x00\x00\x04\x6a\x00\x00\x00", b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 5000):
            with self.subTest(sending[:20]):
                connection, = self.guests(1)
                try:
                    connection.sendall(sending)
                    said = connection.recv(65536)
                    self.assertNotIn(b" 200 ", said.split(b"\r\n")[0])
                except ConnectionError:
                    pass
                connection.close()
        self.assert_served()
        self.figures()

    def test_who_goes_away_in_the_middle_costs_nothing(self):
        for _ in range(40):
            connection, = self.guests(1, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            connection.close()
        wait_until(lambda: self.descriptors() == self.at_rest(), "all guests to be gone")
        self.figures()


class File(Measured):
    def test_it_is_whole_for_all_to_read_and_alone(self):
        figures = Figures(self.file.read_text(encoding="utf-8"))
        self.assertIn("kxover_exchanges_agreed_total", figures.types)
        self.assertLessEqual(set(figures.types), set(self.figures().types))
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o644)
        self.assertEqual([path.name for path in self.alpha.folder.glob("kxover.prom*")], ["kxover.prom"])

    def test_it_is_written_again_and_again(self):
        before = self.file.stat().st_ino
        wait_until(lambda: self.file.stat().st_ino != before, "another file")

    def test_it_goes_when_kxoverd_ends_and_comes_back_when_it_starts(self):
        self.daemon.stop()
        self.assertFalse(self.file.exists())
        self.daemon.start()
        wait_until(self.file.exists, "the file")

    def test_a_folder_that_is_not_there_is_an_error_at_start(self):
        self.daemon.stop()
        self.addCleanup(self.daemon.start)
        self.set_up_with(kxover_metrics=f"FILE:{self.alpha.folder}/nonesuch/x.prom")
        result = run([self.lab.build.daemon, "-n"], self.alpha.env, check=False)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.stderr, r"Cannot write .*/nonesuch/x\.prom \(kxover_metrics\): No such file")
        self.doCleanups()
        self.addCleanup(lambda: None)


class Unprivileged(Measured):
    """kxoverd has become somebody with fewer rights."""

    def test_its_figures_are_right_all_the_same(self):
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.daemon.stop()
        with owned_by(user, self.lab.folder):
            self.start_with("-u", user.pw_name)
            before = self.figures()
            self.come_in()
            self.assertEqual(self.change(before, "kxover_exchanges_agreed_total", role="responder"), 1)
            wait_until(lambda: self.figures().all("kxover_crossovers"), "a look through the database")
            self.assertEqual(self.file.stat().st_uid, user.pw_uid)
            self.daemon.stop()
            self.assertFalse(self.file.exists())


class Reload(Measured):
    def test_a_new_address_is_listened_at_and_the_old_one_is_not(self):
        other = self.lab.ports.take()
        self.set_up_with(kxover_metrics=f"[::1]:{other} 127.0.0.1:{other}")
        self.reload()
        scrape(other)
        with self.assertRaises(OSError):
            self.figures()
        self.assertFalse(self.file.exists())
        self.doCleanups()
        self.reload()
        self.figures()
        self.assertTrue(self.file.exists())

    def test_an_address_in_use_leaves_all_as_it_was(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            self.set_up_with(kxover_metrics=f"127.0.0.1:{port}")
            said = self.reload()
        self.assertRegex(said, rf"Cannot listen at 127\.0\.0\.1:{port} \(kxover_metrics\): Address already in use")
        self.assertEqual(self.figures().get("kxover_settings_good"), 0)
        self.doCleanups()
        self.reload()

    def test_then_other_addresses_stay_as_they_were_too(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.set_up_with(kxover_metrics=f"127.0.0.1:{taken.getsockname()[1]}",
                             kxover_listen=f"127.0.0.1:{self.lab.ports.take()}")
            self.reload()
        self.assert_served()
        self.doCleanups()
        self.reload()

    def test_a_file_that_cannot_be_written_leaves_all_as_it_was(self):
        other = self.lab.ports.take()
        self.set_up_with(kxover_metrics=f"127.0.0.1:{other} FILE:{self.alpha.folder}/nonesuch/x.prom")
        self.assertRegex(self.reload(), r"Cannot write .*/nonesuch/x\.prom \(kxover_metrics\)")
        with self.assertRaises(OSError):
            scrape(other)
        self.figures()
        self.assertTrue(self.file.exists())
        self.doCleanups()
        self.reload()

    def test_an_address_that_others_reach_is_refused(self):
        self.set_up_with(kxover_metrics="0.0.0.0:9464")
        self.assertIn("kxover_metrics = 0.0.0.0:9464 cannot be used", self.reload())
        self.figures()
        self.doCleanups()
        self.reload()

    def test_what_was_counted_stays(self):
        self.come_in()
        before = self.figures()
        self.reload()
        self.assertEqual(self.change(before, "kxover_exchanges_agreed_total", role="responder"), 0)
        self.assertGreaterEqual(before.get("kxover_exchanges_agreed_total", role="responder"), 1)
        self.forget()


if __name__ == "__main__":
    unittest.main()
