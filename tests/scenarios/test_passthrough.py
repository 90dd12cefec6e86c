"""What kadmin.local does has the same result through kxover as without it, and a wrong setting is told."""

import unittest
from pathlib import Path

from lab import tools
from lab.process import run
from lab.waiting import wait_until
from passthrough import (ADMIN, DB2, KXOVER_DB2, MASTER_PASSWORD, REALM, Passthrough, module_folder,
                         password_of)


class Module(unittest.TestCase):
    """What kxover.so is, seen from outside."""

    def test_the_module_exports_its_table_and_nothing_else(self):
        listing = run([tools.find("nm"), "-D", "--defined-only", module_folder() / "kxover.so"], None)

        self.assertEqual([line.split()[-1] for line in listing.stdout.splitlines()], ["kdb_function_table"])


class Principals(Passthrough):
    """kadmin.local on principals."""

    def test_adding_principals(self):
        self.same(lambda world: world.kadmin(
            "addprinc -pw secret dora",
            "addprinc -randkey -e aes128-cts:normal host/a.localhost",
            "addprinc -nokey -clearpolicy nobody",
            "addprinc -pw secret99 -policy strict -maxlife 2h -maxrenewlife 3d -expire 2040-01-01 "
            "-pwexpire 2039-01-01 +requires_preauth -allow_forwardable erin"))

        self.same_database()
        self.same_value(lambda world: world.keys("dora", "erin"))

    def test_adding_what_is_there_is_refused(self):
        self.same_words("addprinc -pw secret alice", says="already exists")

    def test_modifying_principals(self):
        self.same(lambda world: world.kadmin(
            "modprinc -maxlife 1h -maxrenewlife 2h -expire 2041-01-01 alice",
            "modprinc +requires_preauth -allow_tix alice",
            "modprinc -policy strict bob",
            "modprinc -kvno 7 bob",
            "modprinc -clearpolicy carol"))

        self.same_database()

    def test_showing_principals(self):
        self.same_words("getprinc alice", "getprinc -terse bob", "getprinc carol", "getprinc K/M",
                        says="Key: vno 1")

    def test_listing_principals(self):
        self.same_words("listprincs", "listprincs a*", "listprincs */*", says=f"{ADMIN}@{REALM}")

    def test_deleting_principals(self):
        self.same(lambda world: world.kadmin("delprinc -force alice", "delprinc -force bob"))

        self.same_database()
        self.assertNotIn("alice@", self.kxover.dump())

    def test_deleting_who_is_not_there_is_told_alike(self):
        self.same_words("delprinc -force zoe", says="does not exist")

    def test_renaming_principals(self):
        self.same(lambda world: world.kadmin("renprinc -force alice dora"))

        self.same_database()
        self.same_value(lambda world: world.keys("dora"))
        self.assertNotIn("alice@", self.kxover.dump())

    def test_renaming_onto_another_is_refused(self):
        self.same_words("renprinc -force alice bob", says="already exists")

        self.same_database()

    def test_renaming_who_is_not_there_is_refused(self):
        self.same_words("renprinc -force zoe dora", says="No such entry in the database")

    def test_string_attributes(self):
        self.same(lambda world: world.kadmin(
            "setstr alice shape round", "setstr alice colour blue", "setstr bob note x",
            "getstrs alice", "delstr alice shape", "getstrs alice"), says="colour: blue")

        self.same_database()

    def test_keeping_old_keys_with_a_new_password(self):
        self.same(lambda world: world.kadmin("cpw -keepold -pw second alice", "cpw -keepold -pw third alice"))

        self.assertEqual(self.same_value(lambda world: world.keys("alice")).count("alice@"), 6)
        self.same_database()

    def test_keeping_old_keys_with_random_ones(self):
        self.same(lambda world: world.kadmin("cpw -keepold -randkey host/www.localhost"))

        self.same_database()

    def test_purging_old_keys(self):
        self.same(lambda world: world.kadmin(
            "cpw -keepold -pw second alice", "cpw -keepold -pw third alice",
            "purgekeys -keepkvno 2 alice", "getprinc alice", "purgekeys alice", "getprinc alice"),
            says="Number of keys: 4")

        self.same_database()
        self.same_value(lambda world: world.keys("alice"))

    def test_purging_all_keys(self):
        self.same(lambda world: world.kadmin("purgekeys -all alice", "getprinc alice"), says="Number of keys: 0")

        self.same_database()

    def test_extracting_keys(self):
        self.same_value(lambda world: world.keys("alice", "bob", "host/www.localhost"))

    def test_extracting_new_keys_stores_them(self):
        self.same(lambda world: world.kadmin(f"ktadd -k {world.folder / 'new'} host/www.localhost"))

        self.same_database()

    def test_a_locked_database_makes_others_wait(self):
        """While one kadmin.local holds the lock another does not get to write."""
        def contend(world):
            with world.interactive("kadmin.local") as holder:
                holder.say("lock")
                holder.say("getprinc bob")
                holder.wait_for("Principal: bob@")
                with world.interactive("kadmin.local", "modprinc", "-maxlife", "1h", "alice") as other:
                    wait_until(lambda: waits_for_lock(world.folder / "principal.ok"), "the other to wait")
                    holder.say("modprinc -maxlife 2h bob")
                    holder.say("unlock")
                    return other.end()

        self.same(contend)

        self.same_database()

    def test_locking_and_unlocking_twice_does_no_harm(self):
        self.same(lambda world: world.kadmin_session("lock", "lock", "unlock", "unlock"))

    def test_renaming_keeps_the_password(self):
        self.same(lambda world: world.kadmin("renprinc -force alice dora"))

        self.start("kdc")
        self.same(lambda world: world.kinit("dora", password_of("alice")))

    def same_words(self, *queries, says):
        """kadmin.local says the same to these, whether it likes them or not."""
        def act(world):
            return world.kadmin(*queries)

        outcome = act(self.direct)
        (self.same if outcome.ok else self.same_refusal)(act, says)


class Policies(Passthrough):
    """kadmin.local on password policies."""

    def test_adding_policies(self):
        self.same(lambda world: world.kadmin(
            "addpol -maxlife 30d -minlife 1d -minlength 8 -minclasses 3 -history 4 -maxfailure 5 "
            "-failurecountinterval 10m -lockoutduration 20m -allowedkeysalts aes256-cts,aes128-cts full",
            "getpol full", "listpols", "addpol plain", "getpol -terse plain"), says="Maximum password failures")

        self.same_database()

    def test_adding_a_policy_that_is_there_is_told_alike(self):
        self.same_refusal(lambda world: world.kadmin("addpol strict"), says="already exists")

    def test_modifying_policies(self):
        self.same(lambda world: world.kadmin("modpol -minlength 9 -allowedkeysalts - strict", "getpol strict"),
                  says="Minimum password length: 9")

        self.same_database()

    def test_deleting_policies(self):
        self.same(lambda world: world.kadmin("delpol -force strict", "listpols", "getprinc carol"), says="carol")

        self.same_database()

    def test_showing_a_policy_that_is_not_there_is_told_alike(self):
        self.same_refusal(lambda world: world.kadmin("getpol none"), says="does not exist")

    def test_a_password_against_the_policy_is_refused(self):
        self.same_refusal(lambda world: world.kadmin("cpw -pw short carol"), says="too short")

    def test_a_password_of_the_past_is_refused(self):
        self.same_refusal(lambda world: world.kadmin(
            "modpol -history 3 strict", "cpw -pw first-password carol", "cpw -pw second-password carol",
            "cpw -pw first-password carol"), says="reuse")

        self.same_database()


class Arguments(Passthrough):
    """Arguments for the database, given with -x."""

    def test_a_principal_with_arguments_is_refused_by_a_database_without_any(self):
        for query in ("addprinc -x colour=red -pw secret dora", "modprinc -x colour=red alice"):
            with self.subTest(query):
                self.same_refusal(lambda world, query=query: world.kadmin(query),
                                  says='Unsupported argument "colour=red" for db2')
        self.same_database()

    def test_another_database_can_be_named(self):
        for world in self.worlds:
            world.kdb5_util("-d", world.folder / "other", "-sf", world.folder / "other-stash", "create", "-s",
                            "-P", MASTER_PASSWORD)

        self.same(lambda world: world.kadmin("addprinc -pw secret dora", "listprincs",
                                             options=("-x", f"dbname={world.folder / 'other'}")), says="dora@")

        self.assertNotIn("dora@", self.kxover.dump())

    def test_how_to_iterate_can_be_said(self):
        for argument in ("lockiter", "unlockiter"):
            with self.subTest(argument):
                self.same(lambda world, argument=argument: world.kdb5_util(
                    "-x", argument, "tabdump", "keyinfo"), says="alice")

    def test_a_temporary_database_is_one_of_its_own(self):
        self.same(lambda world: world.kdb5_util("-x", "temporary", "-sf", world.folder / "other-stash", "create",
                                                "-P", "other"))

        self.same_value(lambda world: sorted(file.name for file in world.folder.glob("principal*")))
        self.same_database()

    def test_an_unknown_argument_is_refused_by_every_program(self):
        self.same_refusal(lambda world: world.kdb5_util("-x", "colour=red", "dump"),
                          says='Unsupported argument "colour" for db2 while initializing database')
        self.same_refusal(lambda world: world.kadmin("listprincs", options=("-x", "colour=red")),
                          says='Unsupported argument "colour" for db2')


class Settings(Passthrough):
    """A kxover_backend that cannot be used is told by every program, in words that name it."""

    modules = (DB2, KXOVER_DB2)

    def refusals(self, **module):
        """What kdb5_util, kadmin.local and krb5kdc say, each of which must fail."""
        self.kxover.module = module
        self.kxover.configure()
        outcomes = [self.kxover.kdb5_util("dump"), self.kxover.kadmin("listprincs"),
                    self.kxover.run("krb5kdc", "-n")]
        self.assertEqual([outcome.ok for outcome in outcomes], [False] * 3)
        return [outcomes[0].stderr, outcomes[1].stderr, self.kxover.kdc.log.text]

    def test_a_backend_that_is_not_named_is_told(self):
        for words in self.refusals(db_library="kxover"):
            self.assertIn("section store of [dbmodules] has no kxover_backend", words)

    def test_kxover_behind_itself_is_told(self):
        for name in ("kxover", "kxover.so", "./kxover", str(module_folder() / "kxover.so")):
            with self.subTest(name):
                for words in self.refusals(db_library="kxover", kxover_backend=name):
                    self.assertIn("kxover_backend in section store of [dbmodules] is kxover itself", words)

    def test_a_link_to_kxover_behind_it_is_told(self):
        folder = self.kxover.folder / "modules"
        folder.mkdir()
        (folder / "innocent.so").symlink_to(module_folder() / "kxover.so")
        self.kxover.realm_settings = {}
        module = {"db_library": "kxover", "kxover_backend": "innocent"}
        self.kxover.configure()
        kdc_conf = self.kxover.folder / "kdc.conf"

        self.kxover.module = module
        self.kxover.configure()
        kdc_conf.write_text(kdc_conf.read_text().replace("[dbmodules]\n",
                                                         f"[dbmodules]\n    db_module_dir = {folder}\n"))

        self.assertIn("is kxover itself", self.kxover.kdb5_util("dump").stderr)

    def test_a_backend_that_cannot_be_loaded_is_told(self):
        for words in self.refusals(db_library="kxover", kxover_backend="nonsense"):
            self.assertIn("kxover_backend in section store of [dbmodules] is nonsense, which cannot be loaded",
                          words)

    def test_the_backend_finds_its_own_settings_where_they_were(self):
        """db2's disable_last_success and database_name stand in the same section; without database_name the
        realm's own counts."""
        self.configure(realm={"database_name": self.seed.folder / "principal"}, database_name=None)

        self.same_value(lambda world: world.dump())


def waits_for_lock(path):
    """Whether a process waits for a lock on a file that another has."""
    inode = f":{path.stat().st_ino} "
    return any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


if __name__ == "__main__":
    unittest.main()
