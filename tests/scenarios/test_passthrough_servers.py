"""Servers over kxover serve as they do over db2 alone: krb5kdc with its workers and its lockout, kadmind
with kadmin and kpasswd, incremental propagation."""

import re
import shutil
import signal
import socket
import unittest
from pathlib import Path

from lab.process import Result
from lab.waiting import wait_until
from passthrough import ADMIN, REALM, Passthrough, World, comparable_dump, password_of

HOST = "host/www.localhost"


class Kdc(Passthrough):
    """krb5kdc issues tickets and refuses them."""

    def setUp(self):
        super().setUp()
        self.start("kdc")

    def same_log(self, pattern):
        """Both KDCs logged the same lines in which `pattern` is found, and some."""
        return self.same_value(lambda world: world.kdc_log(pattern))

    def test_a_login_gets_a_ticket(self):
        self.same(lambda world: world.kinit("alice"))

        self.same_value(lambda world: re.findall(r"\S+@\S+", world.run("klist").stdout))

    def test_a_ticket_gets_a_service_ticket(self):
        self.same(lambda world: world.kinit("alice"))

        self.same(lambda world: world.run("kvno", HOST), says="kvno = 2")

        self.same_log("AS_REQ|TGS_REQ")

    def test_a_service_ticket_opens_at_the_service(self):
        """The service's keytab decrypts it."""
        self.same(lambda world: world.kinit("alice"))

        self.same(lambda world: world.run("kvno", "-k", world.folder / "keytab", HOST), says="keytab entry valid")

    def test_a_wrong_password_is_refused(self):
        self.same_refusal(lambda world: world.kinit("bob", "wrong"), says="Password incorrect")

    def test_a_client_that_is_not_there_is_refused(self):
        self.same_refusal(lambda world: world.kinit("zoe", "any"), says="not found in Kerberos database")

        self.same_log("CLIENT_NOT_FOUND")

    def test_a_service_that_is_not_there_is_refused(self):
        self.same(lambda world: world.kinit("alice"))

        self.same_refusal(lambda world: world.run("kvno", "host/nowhere.localhost"),
                          says="not found in Kerberos database")

        self.same_log("LOOKING_UP_SERVER")

    def test_attributes_of_principals_count(self):
        self.same(lambda world: world.kadmin("modprinc -allow_tix alice", "modprinc -expire 2001-01-01 bob",
                                             f"modprinc -allow_svr {HOST}"))

        self.same_refusal(lambda world: world.kinit("alice"), says="revoked")
        self.same_refusal(lambda world: world.kinit("bob"), says="expired")
        self.same(lambda world: world.kinit(ADMIN))
        self.same_refusal(lambda world: world.run("kvno", HOST), says="valid for user2user only")

    def test_an_expired_password_is_told(self):
        self.same(lambda world: world.kadmin("modprinc -pwexpire 2001-01-01 alice"))

        self.same_refusal(lambda world: world.kinit("alice"), says="Password expired|expired")

    def test_what_changes_in_the_database_counts_at_once(self):
        self.same(lambda world: world.kinit("alice"))
        self.same(lambda world: world.kadmin("cpw -pw another alice"))

        self.same_refusal(lambda world: world.kinit("alice"), says="Password incorrect")
        self.same(lambda world: world.kinit("alice", "another"))

    def test_a_database_loaded_meanwhile_counts_at_once(self):
        for world in self.worlds:
            world.dump()
            world.kadmin("delprinc -force alice")
            self.assertFalse(world.kinit("alice").ok)

        self.same(lambda world: world.kdb5_util("load", world.folder / "comparison.dump"))

        self.same(lambda world: world.kinit("alice"))

    def test_a_hangup_does_no_harm(self):
        for world in self.worlds:
            world.kdc.signal(signal.SIGHUP)

        self.same(lambda world: world.kinit("alice"))
        self.assertTrue(self.kxover.kdc.running)

    def test_a_kdc_ends_when_told(self):
        self.same_value(lambda world: [world.kdc.stop()])

    def test_users_are_locked_out_after_too_many_failures(self):
        for _ in range(2):
            self.same_refusal(lambda world: world.kinit("carol", "wrong"), says="Password incorrect")

        self.same_refusal(lambda world: world.kinit("carol"), says="credentials have been revoked")

        self.same_log("LOCKED_OUT")
        self.same(lambda world: world.kadmin("getprinc carol"), says="Failed password attempts: 2")
        self.same_database()

    def test_a_locked_user_can_be_unlocked(self):
        for _ in range(2):
            self.same_refusal(lambda world: world.kinit("carol", "wrong"), says="Password incorrect")

        self.same(lambda world: world.kadmin("modprinc -unlock carol"))

        self.same(lambda world: world.kinit("carol"))
        self.same(lambda world: world.kadmin("getprinc carol"), says="Failed password attempts: 0")

    def test_lockout_can_be_off(self):
        """By a setting of db2's own."""
        self.configure(disable_lockout="true")
        for world in self.worlds:
            world.kdc.restart()

        for _ in range(3):
            self.same_refusal(lambda world: world.kinit("carol", "wrong"), says="Password incorrect")

        self.same(lambda world: world.kinit("carol"))

    def test_logins_are_remembered(self):
        self.same(lambda world: world.kinit("carol"))

        self.assertNotIn("Last successful authentication: [never]",
                         self.same(lambda world: world.kadmin("getprinc carol")).output)


class Starting(Passthrough):
    """krb5kdc starts, or says why not."""

    def test_a_kdc_without_a_stash_says_why(self):
        for world in self.worlds:
            (world.folder / "stash").unlink()

        self.same_refusal(lambda world: world.run("krb5kdc", "-n"), says="see log file")

        self.same_value(lambda world: world.kdc_log("Error"))
        self.assertRegex(self.kxover.kdc.log.text, "Can not fetch master key .*No such file or directory")

    def test_a_kdc_without_a_database_says_why(self):
        for world in self.worlds:
            (world.folder / "principal").unlink()

        self.same_refusal(lambda world: world.run("krb5kdc", "-n"), says="see log file")

        self.same_value(lambda world: world.kdc_log("Error"))
        self.assertRegex(self.kxover.kdc.log.text, "Cannot open DB2 database")

    def test_a_kdc_goes_to_the_background_and_serves(self):
        """It opens its database before it forks."""
        def background(world):
            pid_file = world.folder / "pid"
            outcome = world.run_detached("krb5kdc", "-P", pid_file)
            self.addCleanup(world.end_detached, pid_file)
            wait_until(pid_file.exists, "the KDC's process id")
            served = world.kinit("alice")
            return Result(outcome.argv, outcome.code or served.code, served.stdout, served.stderr)

        self.same(background)

    def test_workers_serve(self):
        for world in self.worlds:
            world.kdc_options[:] = ["-w", "3"]
        self.start("kdc")

        for _ in range(6):
            self.same(lambda world: world.kinit("alice"))

        self.same_value(lambda world: len(world.workers(3)))

    def test_workers_share_what_they_count(self):
        """Failed logins, wherever they were counted."""
        for world in self.worlds:
            world.kdc_options[:] = ["-w", "3"]
        self.start("kdc")
        for _ in range(2):
            self.same_refusal(lambda world: world.kinit("carol", "wrong"), says="Password incorrect")

        for _ in range(3):
            self.same_refusal(lambda world: world.kinit("carol"), says="credentials have been revoked")

    def test_workers_survive_a_hangup(self):
        for world in self.worlds:
            world.kdc_options[:] = ["-w", "3"]
        self.start("kdc")
        before = self.kxover.workers(3)

        for world in self.worlds:
            world.kdc.signal(signal.SIGHUP)

        self.same(lambda world: world.kinit("alice"))
        self.assertEqual(self.kxover.workers(3), before)

    def test_workers_end_with_their_kdc(self):
        for world in self.worlds:
            world.kdc_options[:] = ["-w", "3"]
        self.start("kdc")
        workers = self.kxover.workers(3)

        self.same_value(lambda world: [world.kdc.stop()])

        wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), "workers to end")


class Kadmind(Passthrough):
    """kadmind serves kadmin and kpasswd."""

    def setUp(self):
        super().setUp()
        self.start("kdc", "kadmind")

    def test_kadmin_manages_principals(self):
        self.same(lambda world: world.remote_kadmin(
            "addprinc -pw secret dora", "modprinc -maxlife 1h dora", "renprinc -force dora erin",
            "setstr erin colour red", "getstrs erin", "cpw -keepold -pw second erin", "getprinc erin",
            "purgekeys erin", "listprincs", "delprinc -force bob"), says="colour: red")

        self.same_database()
        self.same_value(lambda world: world.keys("erin"))

    def test_kadmin_manages_policies(self):
        self.same(lambda world: world.remote_kadmin(
            "addpol -minlength 8 -history 3 long", "modpol -maxlife 30d long", "getpol long", "listpols",
            "delpol -force strict"), says="Minimum password length: 8")

        self.same_database()

    def test_kadmin_extracts_keys(self):
        self.same(lambda world: world.remote_kadmin(f"ktadd -k {world.folder / 'new'} {HOST}"))

        self.same_database()
        self.same_value(lambda world: re.findall(r"^ +\d+ \S+ \S+", world.keytab(world.folder / "new"), re.M))

    def test_kadmin_passes_on_what_the_database_says(self):
        self.same_refusal(lambda world: world.remote_kadmin("addprinc -x colour=red -pw secret dora"),
                          says="Invalid argument|Unsupported argument")

    def test_kadmin_of_a_user_without_rights_is_refused(self):
        self.same_refusal(lambda world: world.kadmin_over_network("alice", password_of("alice"),
                                                                  "getprinc bob"), says="requires")

    def test_users_change_their_passwords(self):
        text = f"{password_of('alice')}\nnew-password\nnew-password\n"

        self.same(lambda world: world.run("kpasswd", f"alice@{REALM}", input=text), says="Password changed")

        self.same(lambda world: world.kinit("alice", "new-password"))
        self.same_value(lambda world: world.keys("alice"))

    def test_users_are_told_what_a_policy_wants(self):
        text = f"{password_of('carol')}\nabc\nabc\n"

        self.same_refusal(lambda world: world.run("kpasswd", f"carol@{REALM}", input=text), says="rejected")


class Propagation(Passthrough):
    """Incremental propagation logs each change once, and a replica takes it."""

    def setUp(self):
        super().setUp()
        for world in self.worlds:
            world.realm_settings.update(iprop_enable="true", iprop_port=world.iprop_port,
                                        iprop_logfile=world.folder / "ulog")
            world.configure()

    def log(self, world):
        """The update log as kproplog has it, without what depends on a second having passed."""
        text = world.run("kproplog").stdout
        return re.findall(r"(?:Update (?:serial #|principal|operation|committed)|Last serial #|"
                          r"Number of entries) : \S+", text)

    def changes(self, world):
        return world.kadmin("addprinc -pw secret dora", "modprinc -maxlife 1h alice", "setstr bob note x",
                            "cpw -pw second dora", "delprinc -force bob")

    def test_each_change_is_logged_once(self):
        self.same(self.changes)

        self.same_value(self.log)
        self.assertIn("Update principal : dora@" + REALM, "\n".join(self.log(self.kxover)))

    def test_renaming_goes_on_while_changes_are_logged(self):
        self.same(lambda world: world.kadmin("renprinc -force alice dora", "listprincs"), says="dora@")

        self.same_value(self.log)
        self.same_database()

    def test_a_policy_starts_the_log_anew(self):
        self.same(self.changes)

        self.same(lambda world: world.kadmin("addpol plain"))

        self.same_value(self.log)

    def test_a_dump_for_replicas_is_the_same(self):
        self.same(self.changes)

        dump = self.same_value(lambda world: comparable_dump(
            re.sub(r"(?<=^ipropx 1 )(\d+) \d+ \d+", r"\1", world.dump("-i1"))))
        self.assertEqual(dump[0], "ipropx 1 6")

    def test_a_load_starts_the_log_anew(self):
        self.same(self.changes)
        for world in self.worlds:
            world.dump()

        self.same(lambda world: world.kdb5_util("load", world.folder / "comparison.dump"))

        self.same_value(self.log)

    def test_a_replica_loads_a_dump_and_keeps_what_is_its_own(self):
        """Its own are the times of the last logins: a dump for replicas has none, and they survive it."""
        self.start("kdc")
        self.same(lambda world: world.kinit("carol"))
        for world in self.worlds:
            world.dump("-i1")

        self.same(lambda world: world.kdb5_util("load", "-i", world.folder / "comparison.dump"))

        self.same(lambda world: world.kadmin("getprinc carol"))
        self.assertNotIn("Last successful authentication: [never]",
                         self.kxover.kadmin("getprinc carol").output)
        self.same_database()

    def test_kadmind_logs_what_kadmin_changes(self):
        self.same(lambda world: world.kadmin("addprinc -randkey kiprop/localhost"))
        self.start("kdc", "kadmind")

        self.same(lambda world: world.remote_kadmin("addprinc -pw secret dora", "renprinc -force dora erin",
                                                    "delprinc -force bob"))

        self.same_value(self.log)

    def test_a_replica_takes_what_was_logged(self):
        """kpropd asks kadmind for the changes since its last, and writes them into its own database."""
        host = socket.gethostname()
        client = f"kiprop/{host}"

        def replicate(world):
            replica = World("replica", world.folder / "replica", self.ports, world.module)
            world.kadmin("addprinc -randkey kiprop/127.0.0.1", f"addprinc -randkey {client}",
                         f"ktadd -k {replica.folder / 'keytab'} {client}")
            (world.folder / "kadm5.acl").write_text(f"*/admin@{REALM} *\n{client}@{REALM} p\n")
            shutil.copy(world.folder / "krb5.conf", replica.folder)
            shutil.copy(world.folder / "stash", replica.folder)
            world.dump("-i1")
            replica.realm_settings.update(iprop_enable="true", iprop_port=world.iprop_port,
                                          iprop_logfile=replica.folder / "ulog")
            replica.configure()
            shutil.copy(world.folder / "krb5.conf", replica.folder)
            replica.kdb5_util("load", "-i", world.folder / "comparison.dump")
            world.kdc.start()
            world.kadmind.start()
            self.changes(world)
            outcome = replica.run(
                "kpropd", "-d", "-t", "-P", replica.port, "-s", replica.folder / "keytab",
                "-f", replica.folder / "from-primary", "-a", replica.folder / "kpropd.acl")
            self.assertTrue(outcome.ok, outcome.output)
            return comparable_dump(replica.dump()), self.log(replica)

        dump, log = self.same_value(replicate)

        self.assertIn(f"dora@{REALM}", str(dump))
        self.assertNotIn(f"bob@{REALM}", str(dump))
        self.assertIn(f"Update principal : bob@{REALM}", log)


if __name__ == "__main__":
    unittest.main()
