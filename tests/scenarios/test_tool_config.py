"""kxover config: the settings in force, where each came from, and what is wrong with them."""

import json
import re
import unittest

from test_cli import FAILED, REALM, UNTRIED, Tool


class Configured(Tool):
    """A machine with settings that a KDC could start with."""

    def setUp(self):
        super().setUp()
        self.kdc_conf = self.folder / "kdc.conf"
        self.krb5_conf = self.folder / "krb5.conf"
        self.right(kxover_wait="5s")

    def right(self, **settings):
        """Settings that a KDC could start with."""
        self.configure(db_library="kxover", kxover_backend="db2", **settings)


class Config(Configured):

    def rows(self, name):
        """What kxover config prints of a setting: pairs of value and origin."""
        lines = [re.split(r"  +", line) for line in self.kxover("config").stdout.splitlines()]
        return [(value, origin) for setting, value, origin in lines if setting == name]

    def of_kdc_conf(self, section=REALM):
        return f"{self.kdc_conf} [dbmodules] {section}"

    def test_what_is_set_has_its_file_and_section(self):
        self.assertEqual(self.rows("kxover_wait"), [("5s", self.of_kdc_conf())])
        self.assertEqual(self.rows("kxover_backend"), [("db2", self.of_kdc_conf())])
        self.assertEqual(self.rows("db_library"), [("kxover", self.of_kdc_conf())])

    def test_what_is_not_set_is_a_default(self):
        self.assertEqual(self.rows("kxover_lifetime"), [("14d", "default")])
        self.assertEqual(self.rows("kxover_listen"), [("*:88", "default")])
        self.assertEqual(self.rows("kxover_anchors"), [("-", "default")])

    def test_several_values_have_a_line_each(self):
        self.kdc_conf.write_text(self.kdc_conf.read_text().replace(
            "kxover_wait = 5s", "kxover_transit = BRAVO.EXAMPLE\n kxover_transit = CHARLIE.EXAMPLE DELTA.EXAMPLE"))
        self.assertEqual(self.rows("kxover_transit"), [("BRAVO.EXAMPLE", self.of_kdc_conf()),
                                                       ("CHARLIE.EXAMPLE DELTA.EXAMPLE", self.of_kdc_conf())])

    def test_realms_that_are_kept_do_not_change_the_number(self):
        self.right(kxover_keep="BRAVO.EXAMPLE")
        self.assertEqual(self.rows("kxover_keep"), [("BRAVO.EXAMPLE", self.of_kdc_conf()), ("100", "default")])
        self.right(kxover_keep="7 BRAVO.EXAMPLE")
        self.assertEqual(self.rows("kxover_keep"), [("7 BRAVO.EXAMPLE", self.of_kdc_conf())])

    def test_krb5_conf_counts_too_and_behind_kdc_conf(self):
        with open(self.krb5_conf, "a", encoding="ascii") as file:
            file.write(f"[dbmodules]\n {REALM} = {{\n  kxover_stall = 7\n  kxover_wait = 5s\n }}\n")
        self.assertEqual(self.rows("kxover_stall"), [("7", f"{self.krb5_conf} [dbmodules] {REALM}")])
        self.assertEqual(self.rows("kxover_wait"), [("5s", self.of_kdc_conf())])

    def test_the_section_is_the_one_that_the_realm_names(self):
        text = self.kdc_conf.read_text()
        self.kdc_conf.write_text(text.replace("key_stash_file", "database_module = other\n key_stash_file")
                                 + "    other = {\n db_library = kxover\n kxover_backend = db2\n kxover_wait = 7s\n }\n")
        self.assertEqual(self.rows("kxover_wait"), [("7s", self.of_kdc_conf("other"))])

    def test_a_pin_is_not_printed(self):
        self.right(kxover_identity="PKCS11:pkcs11:object=a,pkcs11:object=b?pin-value=1234")
        self.assertNotIn("1234", self.kxover("config").output)

    def test_a_program_gets_the_same(self):
        told = json.loads(self.kxover("config", "--json").stdout)
        self.assertEqual((told["realm"], told["section"]), (REALM, REALM))
        self.assertEqual([row for row in told["settings"] if row["name"] in ("kxover_wait", "kxover_anchors")],
                         [{"name": "kxover_anchors", "value": None, "from": "default"},
                          {"name": "kxover_wait", "value": "5s", "from": self.of_kdc_conf()}])


class ConfigRefuses(Configured):

    def test_what_stops_the_kdc_at_start(self):
        for setting, value in (("kxover_wait", "soon"), ("kxover_wiat", "3s"), ("kxover_lifetime", "1h")):
            with self.subTest(setting):
                self.right(**{setting: value})
                self.assertRefused(self.kxover("config", check=False), UNTRIED, "kdc.conf [dbmodules]", REALM, setting)

    def test_a_realm_without_kxover(self):
        self.configure(db_library="db2")
        result = self.kxover("config", check=False)
        self.assertEqual(result.code, FAILED)
        self.assertRegex(result.stderr, rf"\Akxover: .*{REALM}.*db_library.*is db2; right is kxover\n\Z")

    def test_a_backend_that_is_not_set(self):
        self.configure(db_library="kxover")
        result = self.kxover("config", check=False)
        self.assertEqual(result.code, FAILED)
        self.assertRegex(result.stderr, r"\Akxover: [^\n]*kxover_backend is not set[^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main()
