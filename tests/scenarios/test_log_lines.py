"""Each exchange leaves one line in the log, on both sides, which tells who, what, and how long in which step."""

import re
import signal
import unittest
from pathlib import Path

from lab import faults
from logwords import reports
from scenario import ALPHA, BRAVO, Scenario, service_of

TOP = Path(__file__).resolve().parents[2]
PHASES = {"dns_ms", "connect_ms", "offer_ms", "answer_ms", "checks_ms", "agreement_ms", "store_ms", "total_ms"}
SHORT_NAMES = {"aes256-cts-hmac-sha1-96": "aes256-cts", "aes128-cts-hmac-sha1-96": "aes128-cts",
               "aes128-cts-hmac-sha256-128": "aes128-sha2", "aes256-cts-hmac-sha384-192": "aes256-sha2",
               "camellia128-cts-cmac": "camellia128-cts", "camellia256-cts-cmac": "camellia256-cts"}


class Lines(Scenario):
    """What both logs say; no test leaves a crossover behind."""

    def setUp(self):
        self.crossover = self.alpha.crossover_to(self.bravo)
        self.alpha.reload_kdc()
        self.marks = {realm: log.mark() for realm, log in self.logs()}

    def tearDown(self):
        for realm, _ in self.logs():
            realm.kadmin_local(f"delprinc -force {self.crossover}", check=False)

    def logs(self):
        return (self.alpha, self.alpha.kdc.log), (self.bravo, self.bravo.kxoverd.log)

    def ask(self, ok=True):
        """Let a user of ALPHA go to BRAVO; returns the only report on each side, as far as there is one."""
        self.assertEqual(self.alpha.kinit("alice").kvno(service_of(self.bravo), check=False).ok, ok)
        found = [reports(log, self.marks[realm]) for realm, log in self.logs()]
        for one in found:
            self.assertLessEqual(len(one), 1, one)
        return [one[0] if one else None for one in found]

    def mark_of(self, realm):
        """What the mark of the key version in the realm's database says."""
        said = realm.kadmin_local(f"getstrs {self.crossover}").stdout
        return dict(re.findall(r"(\w+)=(\S+)", said))

    def test_who_and_what(self):
        initiator, responder = self.ask()
        (kvno, _), *_ = self.alpha.keyinfo(self.crossover)
        etypes = ",".join(SHORT_NAMES[etype] for _, etype in self.alpha.keyinfo(self.crossover))
        for words, realm, role, other in ((initiator, self.alpha, "initiator", BRAVO),
                                          (responder, self.bravo, "responder", ALPHA)):
            mark = self.mark_of(realm)
            self.assertEqual(
                {name: value for name, value in words.items() if name not in PHASES | {"address"}},
                {"result": "agreed", "role": role, "remote": other, "kvno": str(kvno), "etypes": etypes,
                 "till": mark["till"], "group": mark["group"], "tlsa": mark["tlsa"], "prior": "0", "chain": "1",
                 "host": mark["peer"]})
        self.assertEqual(initiator["address"], f"127.0.0.1:{self.bravo.port}")
        self.assertRegex(responder["address"], r"^127\.0\.0\.1:\d+$")

    def test_how_long_in_which_step(self):
        initiator, responder = self.ask()
        self.assertEqual({name for name in initiator if name.endswith("_ms")}, PHASES)
        self.assertEqual({name for name in responder if name.endswith("_ms")}, PHASES - {"connect_ms", "answer_ms"})
        for words in (initiator, responder):
            parts = [float(value) for name, value in words.items() if name in PHASES - {"total_ms"}]
            self.assertLessEqual(sum(parts), float(words["total_ms"]) + 0.1 * len(parts))

    def test_a_failure_that_only_the_initiator_knows_of(self):
        with faults.no_tlsa(self.bravo.zone):
            self.alpha.forget_dns()
            self.marks = {realm: log.mark() for realm, log in self.logs()}
            initiator, responder = self.ask(ok=False)
        self.alpha.forget_dns()
        self.assertIsNone(responder)
        self.assertEqual(
            {name: initiator.get(name) for name in ("result", "role", "remote", "step", "cause")},
            {"result": "failed", "role": "initiator", "remote": BRAVO, "step": "dnssec", "cause": "no_tlsa"})

    def test_a_refusal_is_told_on_both_sides_with_the_cause_that_each_knows(self):
        self.bravo.settings["kxover_realms"] = f"!{ALPHA} *"
        self.addCleanup(self.permit_again)
        self.bravo.configure()
        self.reload_daemon()
        initiator, responder = self.ask(ok=False)
        self.assertEqual((initiator["step"], initiator["cause"]), ("connection", "peer_refused"))
        self.assertEqual((responder["step"], responder["cause"]), ("policy", "policy_realm"))
        self.assertEqual(responder["remote"], ALPHA)
        self.assertEqual(initiator["host"], f"{self.bravo.kdc_host}:{self.bravo.port}")
        self.assertEqual(initiator["address"], f"127.0.0.1:{self.bravo.port}")

    def permit_again(self):
        del self.bravo.settings["kxover_realms"]
        self.bravo.configure()
        self.reload_daemon()

    def reload_daemon(self):
        mark = self.bravo.kxoverd.log.mark()
        self.bravo.kxoverd.signal(signal.SIGHUP)
        self.bravo.kxoverd.log.wait_for("read again", since=mark)

    def test_what_is_wrong_with_ourselves_is_a_failure_like_others(self):
        aside = self.alpha.key.with_suffix(".aside")
        self.alpha.key.rename(aside)
        self.addCleanup(self.alpha.reload_kdc)
        self.addCleanup(aside.rename, self.alpha.key)
        self.alpha.reload_kdc()
        initiator, responder = self.ask(ok=False)
        self.assertIsNone(responder)
        self.assertEqual((initiator["step"], initiator["cause"]), ("identity", "identity"))

    def test_the_page_about_it_has_all_words_and_no_others(self):
        page = (TOP / "docs" / "monitoring.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| (`.*?) \|", page.partition("| word |")[2].partition("\n## ")[0], re.MULTILINE)
        agreed = self.ask()
        for realm, _ in self.logs():
            realm.kadmin_local(f"delprinc -force {self.crossover}")
        self.bravo.kxoverd.stop()
        self.addCleanup(self.bravo.kxoverd.start)
        self.marks = {realm: log.mark() for realm, log in self.logs()}
        failed, _ = self.ask(ok=False)
        self.assertEqual(set(re.findall(r"`(\w+)`", " ".join(rows))),
                         {word for words in (*agreed, failed) for word in words})


if __name__ == "__main__":
    unittest.main()
