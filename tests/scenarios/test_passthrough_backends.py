"""Whatever database is behind kxover is asked what it would be asked without it, by whatever program, and
what it answers arrives.

The databases here are db2, and a probe (passthrough_probe.c): db2 with methods of its own for everything
that a database may have methods for.  It writes down each of its calls, and can be without any of them."""

import re
import signal
import unittest

from lab.waiting import wait_until
from passthrough import DB2, KXOVER_DB2, REALM, Passthrough, built, comparable_text

PROBE = {"db_library": "passthrough_probe", "probe_setting": "found"}
KXOVER_PROBE = {**PROBE, "db_library": "kxover", "kxover_backend": "passthrough_probe"}

# What a database may be without.
METHODS = (
    "get_age", "lock", "unlock", "put_principal", "delete_principal", "rename_principal", "iterate",
    "create_policy", "get_policy", "put_policy", "iter_policy", "delete_policy", "fetch_master_key",
    "fetch_master_key_list", "store_master_key_list", "dbe_search_enctype", "change_pwd", "promote_db",
    "decrypt_key_data", "encrypt_key_data", "check_transited_realms", "check_policy_as", "check_policy_tgs",
    "audit_as_req", "refresh_config", "check_allowed_to_delegate", "free_principal_e_data",
    "get_s4u_x509_principal", "allowed_to_delegate_from", "issue_pac")

HOST = "host/www.localhost"


def drive(what):
    """Let the driver do something, for same()."""
    return lambda world: world.run_built(built("tests/scenarios/passthrough_driver"), what)


class Driver(Passthrough):
    """Programs may use a database as krb5's own do not."""

    modules = (DB2, KXOVER_DB2)

    def test_calls_before_opening_and_after_closing_are_answered_alike(self):
        self.same(drive("unopened"), says="krb5_db_inited")

    def test_an_entry_may_outlive_its_database(self):
        self.same(drive("entry_outlives"))

    def test_databases_are_opened_again_and_again(self):
        self.same(drive("reopening"))

    def test_what_a_callback_says_is_heard(self):
        self.same(drive("callbacks"), says=r"krb5_db_iterate.*\(the second was too much\)")

    def test_messages_are_set_cleared_and_left_alone_alike(self):
        self.same(drive("messages"), says=r"they are still there: 22 \(words of the program\)\n"
                                          r"(.*\n)db2 clears them when it writes: 22 \(Invalid argument\)")

    def test_arguments_are_refused_by_a_database_without_any(self):
        self.same(drive("arguments"), says='Unsupported argument "harmless" for db2')

    def test_what_a_program_keeps_in_the_place_of_a_database_is_left_alone(self):
        """db2 would take it for its own; so this has no other side to compare with."""
        outcome = drive("own_context")(self.kxover)

        self.assertTrue(outcome.ok, outcome.output)
        self.assertIn("own data 1 2 3", outcome.output)
        self.assertIn("Database has not been initialized", outcome.output)

    def test_a_promoted_database_is_closed(self):
        self.same(drive("promotion"), says="krb5_db_promote")

        self.assertEqual(list(self.kxover.folder.glob("principal*")), [])

    def test_a_principal_can_be_copied(self):
        """Stored under another name it is a second one; the first stays."""
        self.same(drive("copying"))

        self.same_database()

    def test_principals_are_renamed_and_deleted(self):
        self.same(drive("renaming"))

        self.same_database()

    def test_every_method_answers(self):
        for world in self.worlds:
            world.extra_env["KXPROBE_STASH"] = str(world.folder / "stash")

        self.same(drive("every_method"))


class Probe(Passthrough):
    """Worlds over the probe."""

    modules = (PROBE, KXOVER_PROBE)
    without = ()

    @classmethod
    def setUpClass(cls):
        cls.module_folders = (built("tests/scenarios/.libs/passthrough_probe.so").parent,)
        super().setUpClass()

    @classmethod
    def make_database(cls, world):
        world.extra_env["KXPROBE_WITHOUT"] = ",".join((*cls.without, "change_pwd"))
        super().make_database(world)

    def setUp(self):
        super().setUp()
        for world in self.worlds:
            world.extra_env.update(KXPROBE_LOG=str(world.folder / "probe.log"),
                                   KXPROBE_STASH=str(world.folder / "stash"))
            # Who asks db2's way for the master key finds it, in a stash file of the old format.
            (world.folder / "stash").write_bytes(bytes((18, 0, 32, 0, 0, 0)) + bytes((1,)) * 32)
        self.leave_out(*self.without)

    def leave_out(self, *methods):
        """The probe is to be without these."""
        for world in self.worlds:
            world.extra_env["KXPROBE_WITHOUT"] = ",".join(methods)

    def calls(self, world):
        """What the probe was asked."""
        return comparable_text(world, (world.folder / "probe.log").read_text()).splitlines()

    def same_calls(self, *expected):
        """The probe was asked the same in both worlds, things that match `expected` among it."""
        calls = self.same_value(self.calls)
        for pattern in expected:
            self.assertRegex("\n".join(calls), pattern)


class ProbeDriver(Probe):
    """A database with all methods of its own, driven hard."""

    def test_calls_before_opening_and_after_closing_reach_it(self):
        self.same(drive("unopened"), says="kvno 1, 32 bytes")

    def test_its_data_is_freed_by_itself_even_after_closing(self):
        self.same(drive("entry_outlives"))

        self.same_calls("free_principal_e_data the probe's own")

    def test_arguments_arrive_in_order_and_stay_nowhere(self):
        self.same(drive("arguments"), says=r"tl-data \d")

        self.same_calls("put_principal alice.* <harmless> <second=2> <> <last>")

    def test_arguments_for_a_database_that_stores_nothing_do_no_harm(self):
        self.leave_out("put_principal")

        self.same(drive("arguments"), says="Plugin does not support the operation")

    def test_its_master_keys_are_fetched_and_stored(self):
        self.same(drive("master_keys"), says="master key 9: 09")

        self.same_calls("store_master_key_list: 1 with 01\nstore_master_key_list: 9 with 09")

    def test_its_master_keys_are_stored_after_it_was_promoted(self):
        self.same(drive("master_keys_outlive"))

        for world in self.worlds:
            self.assertIn("store_master_key_list: 1 with 01\nstore_master_key_list: 9 with 09",
                          "\n".join(self.calls(world)))

    def test_it_sees_the_clock_of_the_program(self):
        self.same(drive("clock_ahead"))

        self.same_calls("hours off 2")

    def test_it_finds_its_settings(self):
        self.same(drive("reopening"))

        self.same_calls(f"realm {REALM}, section store, hours off 0, setting found",
                        "context: library passthrough_probe", "context: elsewhere another",
                        "section says db_library is passthrough_probe", "section says database_name is FOLDER")

    def test_it_renames_in_its_own_way(self):
        self.same(drive("renaming"))

        for world in self.worlds:
            renamed = [call for call in self.calls(world) if call.startswith("rename_principal alice")]
            self.assertEqual(renamed, [f"rename_principal alice@{REALM} to other@{REALM}"])
        self.same_database()

    def test_every_method_is_asked_alike(self):
        self.leave_out("rename_principal")

        self.same(drive("every_method"))

        self.same_calls("get_age", "check_transited_realms 0 bytes", "check_policy_as alice.*ours",
                        "check_policy_tgs", "audit_as_req", "refresh_config", "check_allowed_to_delegate",
                        "get_s4u_x509_principal", "allowed_to_delegate_from .*with PAC", "issue_pac",
                        "change_pwd", "encrypt_key_data", "decrypt_key_data", "dbe_search_enctype")

    def test_each_method_may_be_missing(self):
        for method in METHODS:
            with self.subTest(method):
                self.leave_out(*{method, "rename_principal"})
                self.begin_anew()
                self.same(drive("every_method"), says="krb5_db_issue_pac")
                self.same_calls("get_principal")

    def test_all_methods_may_be_missing_at_once(self):
        self.leave_out(*METHODS, "create", "destroy")

        self.same(drive("every_method"), says="Plugin does not support the operation")

        self.same_calls("get_principal")

    def test_a_database_may_be_there_for_good(self):
        """It cannot be created, promoted or destroyed."""
        self.leave_out("create", "promote_db", "destroy")

        self.same(drive("promotion"), says="krb5_db_promote.*Plugin does not support the operation")

    def begin_anew(self):
        """The first database again, and nothing asked of it yet."""
        for world in self.worlds:
            (world.folder / "probe.log").unlink(missing_ok=True)
            for file in self.seed.folder.glob("principal*"):
                (world.folder / file.name).write_bytes(file.read_bytes())


class ProbeAdministration(Probe):
    """krb5's tools over a database with methods of its own."""

    def test_kdb5_util_asks_it_the_same(self):
        def steps(world):
            for arguments in (("create", "-s", "-P", "x"), ("list_mkeys",), ("stash",),
                              ("ark", "-e", "aes128-cts:normal", "alice"),
                              ("dump", world.folder / "a"), ("load", world.folder / "a"),
                              ("load", "-update", world.folder / "a"), ("tabdump", "keyinfo"),
                              ("update_princ_encryption", "-f"), ("destroy", "-f"), ("destroy", "-f")):
                yield f"{arguments[0]}: {world.kdb5_util(*arguments).code}"

        self.same_value(lambda world: list(steps(world)))

        self.same_calls("create section store", "create section store <temporary>", "promote_db", "lock 8",
                        "destroy", "encrypt_key_data", "store_master_key_list")

    def test_kadmin_asks_it_the_same(self):
        self.leave_out("rename_principal", "change_pwd")

        self.same(lambda world: world.kadmin(
            "addpol -minlength 2 plain", "addprinc -policy plain -pw secret dora",
            "addprinc -x harmless -randkey new", "modprinc -maxlife 1h dora", "cpw -keepold -pw two dora",
            "purgekeys dora", "setstr dora a b", "getprinc dora", "listprincs", "listpols",
            f"ktadd -norandkey -k {world.folder / 'k'} dora", "delprinc -force dora", "delpol plain"),
            says="dora@")

        self.same_calls("put_principal new.* <harmless>", "create_policy plain", "delete_policy plain")

    def test_what_it_says_to_a_new_password_is_told(self):
        self.same_refusal(lambda world: world.kadmin("cpw -pw two alice"), says="passwords are changed elsewhere")

        self.same_calls("change_pwd alice.* to two ")

    def test_kadmin_renames_in_its_way(self):
        self.same(lambda world: world.kadmin("renprinc -force alice dora", "listprincs"), says="dora@")

        for world in self.worlds:
            self.assertIn(f"rename_principal alice@{REALM} to dora@{REALM}", self.calls(world))
        self.same_database()

    def test_a_new_principal_after_another_was_read_is_no_renaming(self):
        self.leave_out("change_pwd")

        self.same(lambda world: world.kadmin_session("getprinc alice", "addprinc -pw secret dora", "listprincs"),
                  says="dora@")

        self.same_calls("put_principal dora")
        self.assertIn(f"alice@{REALM}", self.kxover.dump())


    def test_a_principal_that_is_changed_after_another_was_read_is_not_renamed(self):
        """For a new password kadmin reads the master key's principal last."""
        self.leave_out("change_pwd")

        self.same(lambda world: world.kadmin("cpw -pw another alice"))

        self.assertNotIn("rename_principal", "\n".join(self.calls(self.kxover)))
        self.same_value(lambda world: world.keys("alice"))


class ProbeKdc(Probe):
    """krb5kdc over a database with methods of its own."""

    def test_it_is_asked_for_each_login_and_ticket(self):
        self.start("kdc")

        self.same(lambda world: world.kinit("alice"))
        self.same(lambda world: world.run("kvno", HOST), says="kvno = 2")

        self.same_calls(r"init_module mode 100\b", "check_policy_as alice.*ours.*ours",
                        "check_policy_tgs host.*ours", r"audit_as_req alice@\S+ \(ours\).*code 0",
                        "issue_pac .*old one has from the probe")

    def test_its_refusal_and_reason_arrive(self):
        self.start("kdc")

        self.same_refusal(lambda world: world.kinit("bob"), says="KDC policy rejects request")

        self.same_value(lambda world: [re.sub(r".*: (PROBE_DISLIKES_BOB: .*)", r"\1", line)
                                       for line in world.kdc.log.lines("PROBE_DISLIKES_BOB")])
        self.same_calls("check_policy_as bob")

    def test_it_is_told_of_failures(self):
        self.start("kdc")

        self.same_refusal(lambda world: world.kinit("carol", "wrong"), says="Password incorrect")

        self.same_calls(r"audit_as_req carol.*code -?\d{2,}")

    def delegate(self, target):
        """A service asks for a ticket to itself, and with that for one to `target`, in alice's name."""
        self.start("kdc")
        self.same(lambda world: world.kadmin(f"modprinc +ok_to_auth_as_delegate {HOST}"))
        self.same(lambda world: world.run("kinit", "-f", "-k", HOST))

        self.same(lambda world: world.run("kvno", "-k", world.folder / "keytab", "-U", "alice", "-P", target))

    def test_it_is_asked_towards_whom_a_service_may_act(self):
        self.delegate(HOST)

        self.same_calls("check_allowed_to_delegate alice.* by host.*ours.* to host")

    def test_it_is_asked_who_may_act_towards_a_service(self):
        self.leave_out("rename_principal")
        self.same(lambda world: world.kadmin("addprinc -randkey printer",
                                             f"ktadd -k {world.folder / 'keytab'} printer"))

        self.delegate("printer")

        self.same_calls("allowed_to_delegate_from alice.* by host.*with PAC.* to printer.*ours")

    def test_a_hangup_reaches_it(self):
        self.start("kdc")

        for world in self.worlds:
            world.kdc.signal(signal.SIGHUP)
            wait_until(lambda world=world: "refresh_config" in self.calls(world), "refresh_config to be called")

        self.same_calls("refresh_config")

    def test_a_hangup_reaches_it_in_every_worker(self):
        for world in self.worlds:
            world.kdc_options[:] = ["-w", "2"]
        self.start("kdc")

        for world in self.worlds:
            world.kdc.signal(signal.SIGHUP)
            wait_until(lambda world=world: self.calls(world).count("refresh_config") == 2,
                       "refresh_config to be called twice")

    def test_it_sees_the_clock_of_the_kdc(self):
        for world in self.worlds:
            world.kdc_options[:] = ["-T", "7200"]

        self.start("kdc")

        self.same_calls("hours off 2")

    def test_it_is_opened_anew_in_each_worker(self):
        for world in self.worlds:
            world.kdc_options[:] = ["-w", "2"]

        self.start("kdc")

        for world in self.worlds:
            wait_until(lambda world=world: self.calls(world).count("init_module ends with 0") == 3,
                       "each worker to open the database")
        self.same_value(lambda world: sorted(self.calls(world)))

    def test_it_is_closed_when_the_kdc_ends(self):
        self.start("kdc")

        for world in self.worlds:
            world.kdc.stop()

        self.same_calls("fini_module ends with 0")


if __name__ == "__main__":
    unittest.main()
