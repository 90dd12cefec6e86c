"""The packages, on a machine that check-package has booted for them: they are in /packages, and all that
apt needs besides is on the machine."""

import hashlib
import os
import re
import shutil
import unittest
from pathlib import Path

from lab import Lab, wait_until
from lab.process import run
from lab.tools import INSTALLED
from system_realm import SystemRealm, command, show

ALPHA = "ALPHA.EXAMPLE"  # this machine's
BRAVO = "BRAVO.EXAMPLE"
NAMES = ("krb5-kdc-kxover", "kxoverd", "kxover-tools", "krb5-hostrealm-kxover")
FILES = sorted(Path("/packages").glob("*.deb"))
SOURCE = Path(__file__).resolve().parents[1]
NET_BIND_SERVICE = 1 << 10
METRICS = Path("/var/lib/prometheus/node-exporter/kxover.prom")


def install(*options):
    return command("apt-get", "install", "-y", *options, *FILES)


def purge():
    return command("apt-get", "purge", "-y", *NAMES)


def purge_if_installed():
    if command("dpkg-query", "-W", *NAMES, check=False).ok:
        purge()


def installed_files():
    """The files of the packages, shared folders left out."""
    listed = {Path(line) for name in NAMES for line in command("dpkg", "-L", name).stdout.splitlines()}
    return {path for path in listed if path.is_file()}


def files_in_etc():
    """All files in /etc with what they hold.  The cache of libraries is none of ours."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in Path("/etc").rglob("*")
            if path.is_file() and not path.is_symlink() and path != Path("/etc/ld.so.cache")}


def ports():
    """Protocol and address of all sockets that are bound and not connected."""
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for row in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, remote, _ = row.split()[:4]
            if remote.endswith(":0000"):
                found.add((table, local))
    return found


def status(pid, field):
    """A field of /proc/PID/status."""
    return re.search(rf"^{field}:\s*(\S+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1]


def service_of(realm):
    return f"host/{realm.service_host}@{realm.name}"


class PackageTest(unittest.TestCase):
    """Tests with the packages installed, which are gone afterwards.  `realm` is what the machine has before
    they come: nothing, a realm with plain "db2", or one with "kxover" that BRAVO has met."""

    realm = None
    lab = None

    @classmethod
    def setUpClass(cls):
        if cls.realm == "db2":
            cls.begin_lab(module="db2")
        cls.before_installation()
        cls.addClassCleanup(purge_if_installed)
        cls.installation = install()
        if cls.realm == "kxover":
            cls.begin_lab(build=INSTALLED)
        cls.after_installation()

    @classmethod
    def begin_lab(cls, **options):
        cls.lab = Lab((ALPHA, BRAVO), kinds={ALPHA: SystemRealm}, **options)
        cls.addClassCleanup(setattr, cls, "lab", None)
        cls.enterClassContext(cls.lab)
        cls.alpha, cls.bravo = (cls.lab.realm(name) for name in (ALPHA, BRAVO))

    @classmethod
    def before_installation(cls):
        """What is looked at before."""

    @classmethod
    def after_installation(cls):
        """What is done with them."""

    def diagnosis(self):
        return self.lab.last_words() if self.lab else ""

    def assert_reaches(self, realm, user, other):
        """A user of `realm` gets a ticket for the service host of `other`."""
        session = realm.kinit(user)
        session.kvno(service_of(other))
        self.assertIn(service_of(other), session.tickets())


class OnAMachineWithoutARealm(PackageTest):
    def test_kxoverd_is_neither_enabled_nor_started(self):
        self.assertEqual(show("kxoverd", "UnitFileState"), "disabled")
        self.assertEqual(show("kxoverd", "ActiveState"), "inactive")

    def test_who_starts_it_all_the_same_learns_what_is_missing(self):
        self.addCleanup(command, "systemctl", "stop", "kxoverd")
        self.assertFalse(command("systemctl", "start", "kxoverd", check=False).ok)
        said = command("journalctl", "-u", "kxoverd").stdout
        self.assertRegex(said, r"kxoverd\[\d+\]: .*(realm|kxover_backend|db_library)")

    def test_the_unit_has_nothing_that_systemd_does_not_know(self):
        result = command("systemd-analyze", "verify", "--man=no", "kxoverd.service")
        self.assertNotIn("kxoverd.service:", result.output)

    def test_the_unit_exposes_no_more_than_the_page_says(self):
        said = (SOURCE / "docs" / "packages.md").read_text(encoding="utf-8")
        promised = float(re.search(r"`systemd-analyze security --offline=true`\s+gives\s+it\s+(\d+\.\d)", said)[1])
        unit = show("kxoverd", "FragmentPath")
        said = command("systemd-analyze", "security", "--offline=true", "--no-pager", unit).stdout
        self.assertLessEqual(float(re.search(r"exposure level for kxoverd.service: (\d+\.\d)", said)[1]), promised)

    def test_all_commands_have_a_manual_page(self):
        pages = {path.name.partition(".")[0] for path in installed_files() if "/man/" in str(path)}
        commands = {path.name for path in installed_files() if path.parent == Path("/usr/sbin")}
        self.assertLessEqual({"kxover", "kxoverd"}, commands)
        self.assertLessEqual(commands, pages)


class BesideARunningKdc(PackageTest):
    realm = "db2"

    @classmethod
    def before_installation(cls):
        cls.pids = {server.name: server.pid for server in (cls.alpha.kdc, cls.alpha.kadmind)}
        cls.etc = files_in_etc()
        cls.ports = ports()
        cls.logged = cls.alpha.kdc.log.mark()

    def test_the_kdc_goes_on_in_the_same_process(self):
        self.assertEqual({server.name: server.pid for server in (self.alpha.kdc, self.alpha.kadmind)}, self.pids)

    def test_it_was_not_even_told_to_read_its_settings(self):
        self.assertNotRegex(self.alpha.kdc.log.since(self.logged), "(?i)reopen|read again|hup|shutting")

    def test_it_serves_its_users(self):
        self.assertTrue(self.alpha.kinit("alice").run("klist").ok)

    def test_no_file_in_etc_changes(self):
        self.assertEqual(files_in_etc(), self.etc)

    def test_no_port_is_opened(self):
        self.assertEqual(ports(), self.ports)

    def test_kxoverd_is_neither_enabled_nor_started(self):
        self.assertEqual(show("kxoverd", "UnitFileState"), "disabled")
        self.assertEqual(show("kxoverd", "ActiveState"), "inactive")


class InUse(PackageTest):
    realm = "kxover"

    def setUp(self):
        self.daemon = self.alpha.kxoverd

    def test_users_reach_the_other_realm(self):
        self.assert_reaches(self.alpha, "alice", self.bravo)

    def test_users_of_the_other_realm_come_here(self):
        self.assert_reaches(self.bravo, "bob", self.alpha)

    def test_the_tool_shows_both_directions(self):
        self.assert_reaches(self.alpha, "alice", self.bravo)
        self.assert_reaches(self.bravo, "bob", self.alpha)
        self.assertGreaterEqual(self.alpha.kxover("list").stdout.count(BRAVO), 2)

    def test_kxoverd_has_no_power_but_to_bind_its_port(self):
        for capabilities in ("CapEff", "CapPrm", "CapBnd"):
            self.assertEqual(int(status(self.daemon.pid, capabilities), 16), NET_BIND_SERVICE)

    def test_the_kernel_calls_of_no_server_are_refused(self):
        self.assertEqual(status(self.daemon.pid, "Seccomp"), "2")
        allowed = set(show("kxoverd", "SystemCallFilter").split())
        self.assertIn("accept4", allowed)
        self.assertEqual(allowed & {"mount", "ptrace", "chown", "setuid", "reboot"}, set())

    def test_it_is_watched(self):
        self.assertEqual(show("kxoverd", "WatchdogUSec"), "1min")

    def test_nothing_that_it_needs_is_forbidden(self):
        self.daemon.log.wait_for("looked through the database")
        for line in self.daemon.log.text.splitlines():
            self.assertNotRegex(line, "(?i)not permitted|denied|read-only")

    def test_it_is_reloaded(self):
        mark, pid = self.daemon.log.mark(), self.daemon.pid
        command("systemctl", "reload", "kxoverd")
        self.daemon.log.wait_for("read again", since=mark)
        self.assertEqual(self.daemon.pid, pid)

    def test_it_writes_its_figures_where_node_exporter_reads_them(self):
        METRICS.parent.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, METRICS.parent.parent)
        self.alpha.settings["kxover_metrics"] = f"FILE:{METRICS}"
        self.alpha.configure()
        self.daemon.restart()
        wait_until(METRICS.exists, "the figures")
        self.assertIn(f'realm="{ALPHA}"', METRICS.read_text(encoding="utf-8"))
        del self.alpha.settings["kxover_metrics"]
        self.alpha.configure()
        self.daemon.restart()

    def test_when_it_hangs_it_is_started_anew(self):
        overriding = Path("/run/systemd/system/kxoverd.service.d/hasty.conf")
        overriding.parent.mkdir(parents=True, exist_ok=True)
        overriding.write_text("[Service]\nWatchdogSec=2\nRestartSec=3\n")
        self.addCleanup(self.daemon.restart)
        self.addCleanup(command, "systemctl", "daemon-reload")
        self.addCleanup(shutil.rmtree, overriding.parent)
        command("systemctl", "daemon-reload")
        self.daemon.restart()
        # Opening a FIFO to write into it waits until somebody reads it.
        before, log = self.daemon.pid, self.daemon.log.path
        log.unlink()
        os.mkfifo(log)
        command("systemctl", "kill", "--kill-whom=main", "--signal=HUP", "kxoverd")
        wait_until(lambda: not Path(f"/proc/{before}").exists(), "systemd to end it")
        log.unlink()
        wait_until(lambda: self.daemon.running, "systemd to start it anew")
        self.assertIn("watchdog", command("journalctl", "-u", "kxoverd").stdout.lower())
        self.assert_reaches(self.bravo, "alice", self.alpha)

    def test_the_example_for_krb5_conf_brings_the_module_of_hosts(self):
        example = command("dpkg", "-L", "krb5-hostrealm-kxover").stdout
        example = Path(re.search(r"^/\S+/examples/\S+\.conf$", example, re.MULTILINE)[0]).read_text()
        self.alpha.host_mappings = {}
        self.lab.dns.zone("hosting.example").records.append(f'_kerberos.www TXT "{BRAVO}"')
        self.lab.dns.publish()
        conf = self.alpha.folder / "hosts.conf"
        conf.write_text(f"{example}\n[libdefaults]\n    dns_lookup_realm = false\n"
                        f"    kxover_unbound_conf = {self.lab.dns.resolver_conf}\n")
        self.assertEqual(realm_of("www.hosting.example", conf), BRAVO)

    def test_the_story_of_a_first_crossover_is_told_by_what_is_installed(self):
        run(["sh", "-c", f"cd {SOURCE} && debian/tests/first-crossover"], dict(os.environ))


class Upgraded(PackageTest):
    realm = "kxover"

    @classmethod
    def after_installation(cls):
        cls.daemon = cls.alpha.kxoverd.pid
        cls.kdc = cls.alpha.kdc.pid
        install("--reinstall")

    def test_kxoverd_is_started_anew(self):
        self.assertNotIn(self.alpha.kxoverd.pid, (self.daemon, None))

    def test_the_kdc_goes_on_in_the_same_process(self):
        self.assertEqual(self.alpha.kdc.pid, self.kdc)

    def test_users_come_and_go(self):
        self.assert_reaches(self.alpha, "alice", self.bravo)
        self.assert_reaches(self.bravo, "bob", self.alpha)


class Removed(PackageTest):
    """Removed under a running KDC, which then is told to use plain db2."""

    realm = "kxover"

    @classmethod
    def after_installation(cls):
        cls.alpha.kinit("alice").kvno(service_of(cls.bravo))
        cls.bravo.kinit("bob").kvno(service_of(cls.alpha))
        command("systemctl", "enable", "kxoverd")
        cls.files = installed_files()
        # BRAVO lives on this machine, too; its servers keep what they have in memory.
        cls.kdc, cls.daemon = cls.alpha.kdc.pid, cls.alpha.kxoverd.pid
        cls.purging = purge()
        cls.kdc_then = cls.alpha.kdc.pid
        cls.alpha.kinit("alice")
        cls.alpha.use_kxover(False)

    def test_who_removes_it_before_its_settings_is_told(self):
        self.assertIn('/etc/krb5kdc/kdc.conf still has "db_library = kxover"', self.purging.output)

    def test_a_kdc_that_runs_goes_on(self):
        self.assertEqual(self.kdc_then, self.kdc)

    def test_kxoverd_ends(self):
        self.assertFalse(Path(f"/proc/{self.daemon}").exists())

    def test_no_file_is_left(self):
        self.assertEqual({path for path in self.files if path.exists()}, set())

    def test_no_trace_of_the_service_is_left(self):
        self.assertEqual(show("kxoverd", "LoadState"), "not-found")
        self.assertEqual([path for path in Path("/etc/systemd").rglob("*kxover*")], [])

    def test_plain_db2_lists_the_crossovers(self):
        self.assertLessEqual({self.alpha.crossover_to(self.bravo), self.bravo.crossover_to(self.alpha)},
                             set(self.alpha.principals()))

    def test_the_kdc_serves_its_users(self):
        self.assert_reaches(self.alpha, "alice", self.alpha)

    def test_the_crossovers_serve_on(self):
        self.assert_reaches(self.alpha, "alice", self.bravo)
        self.assert_reaches(self.bravo, "bob", self.alpha)


def realm_of(host, conf):
    """The realm that libkrb5 takes host to be in, by the settings in conf."""
    code = f"""
import ctypes
krb5 = ctypes.CDLL("libkrb5.so.3")
context, realms = ctypes.c_void_p(), ctypes.POINTER(ctypes.c_char_p)()
assert krb5.krb5_init_context(ctypes.byref(context)) == 0
assert krb5.krb5_get_host_realm(context, {host.encode()!r}, ctypes.byref(realms)) == 0
print(realms[0].decode())
"""
    return run(["python3", "-c", code], {**os.environ, "KRB5_CONFIG": str(conf)}).stdout.strip()
