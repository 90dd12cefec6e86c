"""Two worlds that nobody should be able to tell apart.

In one a realm's database is db2.  In the other it is kxover with db2 behind it.  A test does the same in
both and compares what programs say, how they end, and what is in the database afterwards.  What two runs
can never have in common, such as times, random bytes and the names of folders, is put out of the way first.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from lab import tools
from lab.config import render
from lab.ports import Ports
from lab.process import Log, Result, Service, run
from lab.sanitizers import Sanitizers
from lab.waiting import PATIENCE, wait_until

REALM = "TEST.EXAMPLE"
MASTER_PASSWORD = "master"
ADMIN = "admin/admin"
LOOPBACK = "127.0.0.1"

DB2 = {"db_library": "db2"}
KXOVER_DB2 = {"db_library": "kxover", "kxover_backend": "db2"}

# KDCs and kadminds give a user's ccache, keytab and replay cache in these.
NO_LOOKUPS = {"dns_lookup_kdc": "false", "dns_lookup_realm": "false", "dns_canonicalize_hostname": "false",
              "rdns": "false", "dns_uri_lookup": "false", "qualify_shortname": '""'}


def built(path):
    """What make, or make check, has put at `path` in the build folder."""
    found = Path(os.environ.get("KXOVER_BUILD") or os.curdir).resolve() / path
    if not found.is_file():
        raise tools.MissingTool(f"{found} is not built: run make check-scenarios, or name the build folder "
                                "in KXOVER_BUILD")
    return found


def module_folder():
    """Where kxover.so was built."""
    return built("plugin/.libs/kxover.so").parent


class World:
    """A realm in a folder of its own, with the database module that `module` configures."""

    def __init__(self, name, folder, ports, module, module_folders=()):
        self.name = name
        self.folder = Path(folder)
        self.module = dict(module)
        self.module_folders = [module_folder(), *module_folders]
        self.kdc_options = []
        self.wrapper = []
        self.realm_settings = {}
        self.extra_env = {}
        self.port, self.kadmind_port, self.kpasswd_port, self.iprop_port = (ports.take() for _ in range(4))
        self.folder.mkdir()
        (self.folder / "tmp").mkdir()
        self.kdc = self._service("krb5kdc", ["krb5kdc", "-n"], "commencing operation")
        self.kadmind = self._service("kadmind", ["kadmind", "-nofork"], "starting")
        self.configure()

    # What it is made of.

    @property
    def env(self):
        return {
            "PATH": tools.search_path(),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{self.folder / 'ccache'}",
            "KRB5_KTNAME": f"FILE:{self.folder / 'keytab'}",
            **tools.Build.chosen().sanitizers.env(self.folder.parent),
            **self.extra_env,
        }

    def configure(self):
        """Write its configuration files."""
        (self.folder / "krb5.conf").write_text(render({
            "libdefaults": {"default_realm": REALM, **NO_LOOKUPS},
            "realms": {REALM: {
                "kdc": f"{LOOPBACK}:{self.port}",
                "admin_server": f"{LOOPBACK}:{self.kadmind_port}",
                "kpasswd_server": f"{LOOPBACK}:{self.kpasswd_port}",
            }},
            "domain_realm": {"localhost": REALM, ".localhost": REALM},
        }))
        (self.folder / "kdc.conf").write_text(render({
            "realms": {REALM: {
                "database_module": "store",
                "acl_file": self.folder / "kadm5.acl",
                "key_stash_file": self.folder / "stash",
                "kdc_listen": f"{LOOPBACK}:{self.port}",
                "kdc_tcp_listen": f"{LOOPBACK}:{self.port}",
                "kadmind_listen": f"{LOOPBACK}:{self.kadmind_port}",
                "kpasswd_listen": f"{LOOPBACK}:{self.kpasswd_port}",
                **self.realm_settings,
            }},
            "dbmodules": {
                "db_module_dir": self.module_folders,
                "store": {"database_name": self.folder / "principal", **self.module},
                "elsewhere": {"db_library": "another", "database_name": "nowhere"},
            },
            "logging": {
                "kdc": f"FILE:{self.kdc.log.path}",
                "admin_server": f"FILE:{self.kadmind.log.path}",
            },
        }))
        (self.folder / "kadm5.acl").write_text(f"*/admin@{REALM} *\n")

    def reconfigured(self, name, **module):
        """The same folder and database, seen through another module."""
        other = object.__new__(World)
        other.__dict__.update(self.__dict__)
        other.name = name
        other.module = module
        other.extra_env = {**self.extra_env, "KRB5_KDC_PROFILE": str(self.folder / f"{name}.conf")}
        text = (self.folder / "kdc.conf").read_text()
        start, rest = text.split("    store = {\n", 1)
        rest = rest.split("    }\n", 1)[1]
        store = {"database_name": self.folder / "principal", **module}
        lines = "".join(f"        {key} = {value}\n" for key, value in store.items())
        (self.folder / f"{name}.conf").write_text(f"{start}    store = {{\n{lines}    }}\n{rest}")
        return other

    def kdc_log(self, pattern):
        """The lines of the KDC's log in which `pattern` is found, to be compared."""
        lines = comparable_text(self, self.kdc.log.text).splitlines()
        return [line for line in lines if re.search(pattern, line)]

    # What is done in it.

    def run(self, program, *arguments, input=None):
        """Run a program to its end; nothing is asked of how it ends."""
        return run([*self.wrapper, tools.find(program), *arguments], self.env, input=input, check=False)

    def run_built(self, path, *arguments):
        """Run a program that make has built."""
        return run([*self.wrapper, path, *arguments], self.env, check=False)

    def interactive(self, program, *arguments):
        """A program that is talked to, for a `with` statement."""
        return Conversation([*self.wrapper, tools.find(program), *arguments], self.env,
                            self.folder / f"conversation-{time.monotonic_ns()}")

    def kdb5_util(self, *arguments, input=None):
        return self.run("kdb5_util", *arguments, input=input)

    def kadmin(self, *queries, options=()):
        """Give kadmin.local queries, each to a process of its own."""
        return joined(self.run("kadmin.local", *options, *shlex.split(query)) for query in queries)

    def kadmin_session(self, *queries):
        """Give kadmin.local queries, all to one process."""
        return self.run("kadmin.local", input="".join(f"{query}\n" for query in queries))

    def remote_kadmin(self, *queries):
        """Give kadmin queries, which asks kadmind over the network."""
        return self.kadmin_over_network(ADMIN, password_of(ADMIN), *queries)

    def kadmin_over_network(self, user, password, *queries):
        return joined(self.run("kadmin", "-p", user, "-w", password, *shlex.split(query)) for query in queries)

    def kinit(self, user, password=None, options=()):
        return self.run("kinit", *options, f"{user}@{REALM}", input=(password or password_of(user)) + "\n")

    def dump(self, *options, names=()):
        """The database as kdb5_util dump has it."""
        path = self.folder / "comparison.dump"
        outcome = self.kdb5_util("dump", *options, path, *names)
        if not outcome.ok:
            raise AssertionError(f"{self.name}: no dump: {outcome.output}")
        return path.read_text()

    def keys(self, *principals):
        """The keys of principals, in the clear, as a keytab would have them."""
        keytab = self.folder / "comparison.keytab"
        keytab.unlink(missing_ok=True)
        outcome = self.kadmin(*(f"ktadd -norandkey -k {keytab} {name}" for name in principals))
        if not keytab.exists():
            raise AssertionError(f"{self.name}: no keytab: {outcome.output}")
        return self.keytab(keytab)

    def keytab(self, path):
        """What is in a keytab, keys in the clear."""
        return self.run("klist", "-k", "-K", "-e", path).stdout.split("\n", 1)[1]

    def workers(self, number):
        """The process ids of the KDC's workers, in order, once there are so many."""
        return wait_until(lambda: len(self._children()) == number and self._children(), f"{number} workers")

    def _children(self):
        children = Path(f"/proc/{self.kdc.pid}/task/{self.kdc.pid}/children").read_text()
        return sorted(int(pid) for pid in children.split())

    def run_detached(self, program, *arguments):
        """Run a program that may go on in the background by itself; what it still says is waited for.
        end_detached() ends it."""
        argv = [tools.find(program), *(str(word) for word in arguments)]
        ended = subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               timeout=PATIENCE)
        return Result(argv, ended.returncode, ended.stdout, ended.stderr)

    def end_detached(self, pid_file):
        """End the program whose process id is in a file, if it got as far as that."""
        if pid_file.exists():
            pid = int(pid_file.read_text())
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not Path(f"/proc/{pid}").exists(), f"process {pid} to end")

    def stop(self):
        for service in (self.kadmind, self.kdc):
            service.stop()

    def _service(self, name, command, ready):
        log = Log(self.folder / f"{name}.log")
        options = self.kdc_options if name == "krb5kdc" else []
        return Service(name, lambda: [*self.wrapper, tools.find(command[0]), *command[1:], *options],
                       lambda: self.env, self.folder,
                       lambda service: ready in service.log_since_start(), log)


class Conversation:
    """A program that reads what we say and writes what it answers into a file."""

    def __init__(self, argv, env, path):
        self.argv = [str(word) for word in argv]
        self.output = Log(path)
        with open(path, "wb") as output:
            self._process = subprocess.Popen(self.argv, env=env, start_new_session=True, text=True,
                                             stdin=subprocess.PIPE, stdout=output, stderr=output)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._process.kill()
        self._process.communicate()

    def say(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def wait_for(self, pattern):
        return self.output.wait_for(pattern)

    def end(self):
        """Wait for its end, and return how it ended."""
        code = self._process.wait(PATIENCE)
        return Result(self.argv, code, self.output.text, "")


def password_of(user):
    """The password that a user of these worlds has."""
    return f"password-of-{user.replace('/', '-')}"


def joined(outcomes):
    """Several Results as one, which failed if one of them did."""
    outcomes = list(outcomes)
    return Result([word for one in outcomes for word in one.argv], max(one.code for one in outcomes),
                  "".join(one.stdout for one in outcomes), "".join(one.stderr for one in outcomes))


class Passthrough(unittest.TestCase):
    """Tests that do the same in both worlds.  Each test has worlds of its own, that begin with the very
    same database: that of make_database(), made once, without kxover."""

    modules = (DB2, KXOVER_DB2)
    module_folders = ()
    seed = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="kxover-passthrough-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.ports = Ports()
        cls.addClassCleanup(cls.ports.release)
        cls.seed = World("seed", cls.folder / "seed", cls.ports, cls.modules[0], cls.module_folders)
        cls.make_database(cls.seed)

    @classmethod
    def make_database(cls, world):
        """The database that every test begins with."""
        steps = [
            world.kdb5_util("create", "-s", "-P", MASTER_PASSWORD),
            world.kadmin(
                "addpol -minlength 6 -maxfailure 2 -lockoutduration 1h strict",
                *(f"addprinc -pw {password_of(user)} {user}" for user in ("alice", "bob", ADMIN)),
                f"addprinc -pw {password_of('carol')} -policy strict +requires_preauth carol",
                "addprinc -randkey host/www.localhost",
                "setstr alice colour green",
                f"ktadd -k {world.folder / 'keytab'} host/www.localhost"),
        ]
        failed = [step.output for step in steps if not step.ok]
        if failed:
            raise AssertionError("\n".join(failed))

    def setUp(self):
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.addCleanup(Sanitizers.check, folder)
        self.direct, self.kxover = (World(name, folder / name, self.ports, module, self.module_folders)
                                     for name, module in zip(("direct", "through"), self.modules))
        self.worlds = (self.direct, self.kxover)
        for world in self.worlds:
            self.addCleanup(world.stop)
            for file in self.seed.folder.iterdir():
                if file.name.startswith(("principal", "stash", "keytab")):
                    shutil.copy2(file, world.folder)

    def configure(self, realm=None, **module):
        """Change settings of both worlds: of [realms] and of the section in [dbmodules]."""
        for world in self.worlds:
            world.realm_settings.update(realm or {})
            world.module.update(module)
            world.configure()

    # Doing and comparing.

    def same(self, act, says=None):
        """Do `act`, which answers a Result, in both worlds.  Both succeed and say the same, `says` (a
        regular expression) among it.  Returns the outcome through kxover."""
        return self._compared(act, says, succeeds=True)

    def same_refusal(self, act, says):
        """Do `act` in both worlds.  Both fail and say the same, `says` among it."""
        return self._compared(act, says, succeeds=False)

    def same_value(self, value_of):
        """What `value_of` finds in both worlds is something, and the same.  Returns it."""
        direct, kxover = (value_of(world) for world in self.worlds)
        self.assertTrue(direct, "there is nothing to compare")
        self.assertEqual(kxover, direct)
        return kxover

    def same_database(self):
        """Both databases hold the same by now; and what kxover wrote, db2 reads, alone, byte by byte."""
        self.same_value(lambda world: comparable_dump(world.dump()))
        self.assertEqual(self.kxover.dump(), self.kxover.reconfigured("alone", **self.modules[0]).dump())

    def start(self, *names):
        """Start servers in both worlds."""
        for world in self.worlds:
            for name in names:
                getattr(world, name).start()

    def _compared(self, act, says, succeeds):
        direct, kxover = (act(world) for world in self.worlds)
        said = comparable_text(self.direct, direct.output)
        self.assertEqual(direct.ok, succeeds, direct.output)
        if says is not None:
            self.assertRegex(direct.output, says)
        self.assertEqual((kxover.code, comparable_text(self.kxover, kxover.output)), (direct.code, said))
        return kxover


# The one line that kxover adds: these KDCs have no identity, and are content with that.
OWN_LINE = re.compile(r"^.*kxover: \S+: new crossovers are refused until.*\n?", re.MULTILINE)


def comparable_text(world, text):
    """What a program said, without what differs between any two runs."""
    text = OWN_LINE.sub("", text)
    text = text.replace(str(world.folder), "FOLDER")
    for port in (world.port, world.kadmind_port, world.kpasswd_port, world.iprop_port):
        text = re.sub(rf"\b{port}\b", "PORT", text)
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d( UTC)? \d{4}", "TIME", text)
    text = re.sub(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d\b", "TIME", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*|\b\d\d/\d\d/\d{2,4} \d\d:\d\d:\d\d\b", "TIME", text)
    text = re.sub(r"\[\d+\]", "[PID]", text)
    return re.sub(r"(?<!-)\b(1[6-9]\d{8}|2\d{9})\b", "TIME", text)


# Types of tl-data that hold a time, and where; and one that holds keys encrypted.
TIME_AT_START = {1: 4, 2: 4, 0x700: 4}
ACTIVE_MASTER_KEYS = 9
MASTER_KEY_COPIES = 10
KADM_DATA = 3


def comparable_dump(text):
    """The lines of a dump as tuples, without times (all that is left of one is whether there is one) and
    without what is encrypted (its length stays)."""
    return [_comparable_record(line) for line in text.splitlines()]


def _comparable_record(line):
    if not line.startswith("princ\t"):
        return line
    fields = iter(line.rstrip(";").split("\t"))
    header = [next(fields) for _ in range(6)]
    n_tl_data, n_key_data, name = int(header[3]), int(header[4]), next(fields)
    numbers = [next(fields) for _ in range(8)]
    for index in (3, 4, 5, 6):
        numbers[index] = "time" if int(numbers[index]) > 1_000_000_000 else numbers[index]
    tl_data = [_comparable_tl_data(int(next(fields)), next(fields), next(fields)) for _ in range(n_tl_data)]
    keys = []
    for _ in range(n_key_data):
        version, kvno = next(fields), next(fields)
        parts = [(next(fields), next(fields), next(fields)) for _ in range(int(version))]
        keys.append((version, kvno, parts[0][:2], *parts[1:]))
    rest = [field for field in fields if field]
    return (*header, name, *numbers, tuple(tl_data), tuple(keys), *rest)


def _comparable_tl_data(kind, length, contents):
    if kind in TIME_AT_START:
        contents = contents[2 * TIME_AT_START[kind]:]
    elif kind == ACTIVE_MASTER_KEYS:  # a version, then pairs of kvno and time
        contents = [contents[4 + 12 * pair:8 + 12 * pair] for pair in range((len(contents) - 4) // 12)]
    elif kind == MASTER_KEY_COPIES or (kind == KADM_DATA and int(length) > 100):
        contents = "encrypted"
    return kind, length, str(contents)
