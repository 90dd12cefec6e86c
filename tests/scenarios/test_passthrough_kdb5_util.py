"""Every command of kdb5_util has the same result through kxover as without it."""

import unittest

from passthrough import MASTER_PASSWORD, REALM, Passthrough, comparable_dump

NEW_MASTER = "a new master password"


class Creating(Passthrough):
    """Databases come and go."""

    def remove(self):
        """Let both worlds begin without a database."""
        for world in self.worlds:
            for file in world.folder.glob("principal*"):
                file.unlink()
            (world.folder / "stash").unlink()

    def files(self, world):
        return sorted(file.name for file in world.folder.glob("principal*"))

    def test_create_makes_the_same_database(self):
        self.remove()

        self.same(lambda world: world.kdb5_util("create", "-s", "-P", MASTER_PASSWORD))

        self.same_value(self.files)
        self.same_database()
        self.same_value(lambda world: world.keys("K/M"))

    def test_create_asks_for_the_master_password(self):
        self.remove()

        self.same(lambda world: world.kdb5_util("create", "-s", input="one\none\n"),
                  says="Re-enter KDC database master key")

    def test_create_with_a_stash_writes_the_master_key(self):
        self.remove()

        self.same(lambda world: world.kdb5_util("create", "-s", "-P", MASTER_PASSWORD))

        self.same_value(lambda world: world.keytab(world.folder / "stash"))

    def test_create_over_a_database_is_refused(self):
        self.same_refusal(lambda world: world.kdb5_util("create", "-s", "-P", MASTER_PASSWORD),
                          says="File exists while creating database")

        self.same_database()

    def test_create_puts_the_database_where_d_says(self):
        self.same(lambda world: world.kdb5_util("-d", world.folder / "elsewhere", "create", "-P", "other"))

        self.same_value(lambda world: sorted(file.name for file in world.folder.glob("elsewhere*")))

    def test_create_refuses_an_argument_the_database_does_not_know(self):
        self.remove()

        self.same_refusal(lambda world: world.kdb5_util("-x", "nonsense=1", "create", "-s", "-P", "other"),
                          says='Unsupported argument "nonsense" for db2 while creating database')

    def test_destroy_removes_the_database(self):
        self.same(lambda world: world.kdb5_util("destroy", "-f"), says="destroyed")

        for world in self.worlds:
            self.assertEqual(self.files(world), [])

    def test_destroying_what_is_not_there_fails_alike(self):
        self.remove()

        self.same_refusal(lambda world: world.kdb5_util("destroy", "-f"), says="No such file or directory")

    def test_a_destroyed_database_can_be_made_again(self):
        self.same(lambda world: world.kdb5_util("destroy", "-f"))

        self.same(lambda world: world.kdb5_util("create", "-s", "-P", MASTER_PASSWORD))

        self.same_database()


class DumpingAndLoading(Passthrough):
    """Databases are written to files and read from them."""

    def test_dump_writes_every_format_alike(self):
        for option in ((), ("-b7",), ("-r13",), ("-r18",), ("-rev",), ("-recurse",), ("-verbose",)):
            with self.subTest(option):
                self.same_value(lambda world, option=option: world.dump(*option))

    def test_dump_of_some_principals_has_only_them(self):
        dump = self.same_value(lambda world: world.dump(names=(f"alice@{REALM}",)))

        self.assertEqual(dump.count("princ\t"), 1)

    def test_dump_to_standard_output_is_the_same(self):
        self.same(lambda world: world.kdb5_util("dump"), says="load_dump version 7")

    def test_dump_in_a_new_master_key_is_in_it(self):
        for world in self.worlds:
            world.kdb5_util("-d", world.folder / "other", "-sf", world.folder / "new-stash", "create", "-s",
                            "-P", NEW_MASTER)

        self.same(lambda world: world.kdb5_util("dump", "-mkey_convert", "-new_mkey_file",
                                                world.folder / "new-stash", world.folder / "converted"))

        for world in self.worlds:
            world.kdb5_util("load", world.folder / "converted")
            (world.folder / "new-stash").replace(world.folder / "stash")
        self.same_value(lambda world: world.keys("alice", "host/www.localhost"))

    def test_load_replaces_the_database(self):
        self.same_value(lambda world: world.dump())
        for world in self.worlds:
            world.kadmin("delprinc -force alice", "addprinc -pw secret dora", "delpol strict")

        self.same(lambda world: world.kdb5_util("load", world.folder / "comparison.dump"))

        self.same_value(lambda world: world.dump())
        self.assertIn(f"\talice@{REALM}\t", self.kxover.dump())
        self.assertNotIn(f"\tdora@{REALM}\t", self.kxover.dump())

    def test_load_leaves_the_files_of_one_database(self):
        for world in self.worlds:
            world.dump()

        self.same(lambda world: world.kdb5_util("load", world.folder / "comparison.dump"))

        self.same_value(lambda world: sorted(file.name for file in world.folder.glob("principal*")))

    def test_load_update_adds_and_replaces_but_keeps(self):
        for world in self.worlds:
            world.dump(names=(f"alice@{REALM}",))
            world.kadmin("delprinc -force alice", "addprinc -pw secret dora")

        self.same(lambda world: world.kdb5_util("load", "-update", world.folder / "comparison.dump"))

        self.same_database()
        self.assertIn(f"\talice@{REALM}\t", self.kxover.dump())
        self.assertIn(f"\tdora@{REALM}\t", self.kxover.dump())

    def test_load_makes_a_hash_database(self):
        for world in self.worlds:
            world.dump()

        self.same(lambda world: world.kdb5_util("load", "-hash", world.folder / "comparison.dump"))

        self.same_value(lambda world: comparable_dump(world.dump()))
        self.same_refusal(lambda world: world.kdb5_util("dump", "-recurse", world.folder / "recursive"),
                          says="Recursive iteration is not supported for hash databases")

    def test_load_brings_back_old_formats(self):
        for option in ("-b7", "-r13", "-r18"):
            with self.subTest(option):
                for world in self.worlds:
                    world.dump(option)
                self.same(lambda world, option=option: world.kdb5_util(
                    "load", option, world.folder / "comparison.dump"))
                self.same_database()

    def test_load_of_a_damaged_dump_leaves_the_database_alone(self):
        before = self.kxover.dump()
        for world in self.worlds:
            (world.folder / "damaged").write_text(world.dump()[:-300])

        self.same_refusal(lambda world: world.kdb5_util("load", world.folder / "damaged"),
                          says="restore failed")

        self.assertEqual(self.kxover.dump(), before)
        self.same_value(lambda world: sorted(file.name for file in world.folder.glob("principal*")))

    def test_load_into_nothing_makes_a_database(self):
        for world in self.worlds:
            world.dump()
            world.kdb5_util("destroy", "-f")

        self.same(lambda world: world.kdb5_util("load", world.folder / "comparison.dump"))

        self.same_database()


class MasterKeys(Passthrough):
    """Master keys are stashed, added, used, purged."""

    def add_mkey(self, world, *options):
        return world.kdb5_util("add_mkey", *options, input=f"{NEW_MASTER}\n{NEW_MASTER}\n")

    def stash(self, world):
        """The keys in the stash file."""
        return world.keytab(world.folder / "stash")

    def test_stash_writes_the_master_key(self):
        for world in self.worlds:
            (world.folder / "stash").unlink()

        self.same(lambda world: world.kdb5_util("stash", input=f"{MASTER_PASSWORD}\n"))

        self.same_value(self.stash)

    def test_stash_writes_where_f_says(self):
        self.same(lambda world: world.kdb5_util("stash", "-f", world.folder / "second"))

        self.same_value(lambda world: (world.folder / "second").read_bytes()[:2])

    def test_stash_refuses_a_wrong_master_password(self):
        self.same_refusal(lambda world: world.kdb5_util("-m", "stash", input="wrong\n"),
                          says="Unable to decrypt latest master key with the provided master key")

    def test_stash_writes_all_master_keys(self):
        self.same(self.add_mkey)

        self.same(lambda world: world.kdb5_util("stash"))

        self.assertEqual(self.same_value(self.stash).count("K/M@"), 2)

    def test_a_missing_stash_is_told_in_the_same_words(self):
        for world in self.worlds:
            (world.folder / "stash").unlink()

        self.same_refusal(lambda world: world.kdb5_util("list_mkeys"),
                          says=r"Can not fetch master key \(error: No such file or directory\)\. while "
                               "reading master key")

    def test_an_old_stash_file_is_read(self):
        """Its format knows no version numbers."""
        for world in self.worlds:
            key = bytes.fromhex(self.stash(world).rpartition("(0x")[2].rstrip().rstrip(")"))
            (world.folder / "stash").write_bytes(
                (18).to_bytes(2, "little") + len(key).to_bytes(4, "little") + key)

        self.same(lambda world: world.kdb5_util("list_mkeys"), says="KVNO: 1")

    def test_the_master_password_can_be_typed(self):
        for world in self.worlds:
            (world.folder / "stash").unlink()

        self.same(lambda world: world.kdb5_util("-m", "list_mkeys", input=f"{MASTER_PASSWORD}\n"),
                  says="KVNO: 1")

    def test_add_mkey_adds_a_master_key(self):
        self.same(self.add_mkey)

        self.same(lambda world: world.kdb5_util("list_mkeys"), says="KVNO: 2")
        self.same_database()

    def test_add_mkey_with_a_stash_writes_it(self):
        self.same(lambda world: self.add_mkey(world, "-s"))

        self.assertIn("   2 K/M@", self.same_value(self.stash))

    def test_use_mkey_makes_a_master_key_active(self):
        self.same(lambda world: self.add_mkey(world, "-s"))

        self.same(lambda world: world.kdb5_util("use_mkey", "2"))

        self.same(lambda world: world.kdb5_util("list_mkeys"), says=r"KVNO: 2.* \*")
        self.same_database()

    def test_use_mkey_of_a_key_that_is_not_there_is_refused(self):
        self.same_refusal(lambda world: world.kdb5_util("use_mkey", "7"), says="7")

    def test_update_princ_encryption_encrypts_every_key_anew(self):
        self.change_master_key()

        self.same(lambda world: world.kdb5_util("update_princ_encryption", "-f", "-v"),
                  says="principals processed")

        self.same_database()
        self.same_value(lambda world: world.keys("alice", "bob", "host/www.localhost", "K/M"))

    def test_update_princ_encryption_of_a_pattern_keeps_to_it(self):
        self.change_master_key()

        self.same(lambda world: world.kdb5_util("update_princ_encryption", "-f", "-v", "alice*"), says="alice")

        self.same_database()

    def test_update_princ_encryption_can_be_tried_first(self):
        self.change_master_key()
        before = self.kxover.dump()

        self.same(lambda world: world.kdb5_util("update_princ_encryption", "-n", "-v"), says="would")

        self.assertEqual(self.kxover.dump(), before)

    def test_purge_mkeys_removes_unused_master_keys(self):
        self.change_master_key()
        self.same(lambda world: world.kdb5_util("update_princ_encryption", "-f"))

        self.same(lambda world: world.kdb5_util("purge_mkeys", "-f", "-v"), says="1 key\\(s\\) purged")

        self.same_database()
        self.same_value(lambda world: world.keys("alice", "host/www.localhost"))

    def test_purge_mkeys_keeps_what_is_in_use(self):
        self.change_master_key()

        self.same(lambda world: world.kdb5_util("purge_mkeys", "-f", "-v"))

        self.same(lambda world: world.kdb5_util("list_mkeys"), says="KVNO: 1")

    def test_old_keys_are_kept_through_a_change_of_master_key(self):
        """A password is changed with its old keys kept, which are under an older master key."""
        self.change_master_key()

        self.same(lambda world: world.kadmin("cpw -keepold -pw second alice"))

        self.same_value(lambda world: world.keys("alice"))
        self.same_database()

    def change_master_key(self):
        """Add a master key, let it be the one in use from now on, and stash both."""
        self.same(lambda world: self.add_mkey(world, "-s"))
        self.same(lambda world: world.kdb5_util("use_mkey", "2"))
        self.same(lambda world: world.kdb5_util("stash"))


class Tables(Passthrough):
    """tabdump."""

    KINDS = ("keydata", "keyinfo", "princ_flags", "princ_lockout", "princ_meta", "princ_stringattrs",
             "princ_tktpolicy")

    def test_tabdump_writes_every_table_alike(self):
        for kind in self.KINDS:
            for options in ((), ("-n",), ("-c", "-e")):
                with self.subTest(kind=kind, options=options):
                    self.same(lambda world, kind=kind, options=options: world.kdb5_util(
                        "tabdump", *options, kind), says="name|alice|K/M")

    def test_tabdump_refuses_a_table_that_is_not_there(self):
        self.same_refusal(lambda world: world.kdb5_util("tabdump", "nonsense"), says="nonsense|[Uu]sage")

    def test_ark_gives_a_principal_more_keys(self):
        self.same(lambda world: world.kdb5_util("ark", "-e", "aes128-cts:normal", "alice"), says="changed")

        self.same_database()


if __name__ == "__main__":
    unittest.main()
