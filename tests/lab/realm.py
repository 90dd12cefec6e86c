"""One Kerberos realm: its database, its servers, its zone, and the administrator's commands."""

import itertools
import re
import signal
from pathlib import Path

from . import config, tools
from .clock import Clock
from .ports import is_listening
from .process import Log, Service, run
from .sanitizers import LeftOut
from .session import Session

MASTER_PASSWORD = "master"
ADMIN = "admin/admin"


class Realm:
    """A realm of a lab.

    `port` is where everybody finds it; `kdcs` are those of its KDCs that clients are told of, in order,
    each a Realm with a `port`.  `settings` and `kdc_settings` are relations for its [dbmodules]
    and [realms] subsections of kdc.conf, `kdc_defaults` for its [kdcdefaults] section,
    `client_settings` for the [libdefaults] section of its krb5.conf, over the lab's own; a value of None
    takes one away.  After a change call configure() and restart what should know."""

    def __init__(self, lab, name, users, folder=None, host="kdc"):
        self.lab = lab
        self.name = name
        self.domain = name.lower()
        self.folder = Path(folder or Path(lab.folder) / self.domain)
        self.users = list(users)
        self.settings = {}
        self.kdc_settings = {}
        self.kdc_defaults = {}
        self.client_settings = {}
        self.maps_hosts = True
        self.host_mappings = {}
        self.uses_kxover = lab.build is not None
        self.port = lab.ports.take()
        self.kdc_tcp_port = lab.ports.take()
        self.kadmind_port = lab.ports.take()
        self.kpasswd_port = lab.ports.take()
        self.daemon_port = self.port
        self.kdcs = [self]
        self.kdc_host = f"{host}.{self.domain}"
        self.service_host = f"www.{self.domain}"
        self.certificate = self.folder / "identity-cert.pem"
        self.key = self.folder / "identity-key.pem"
        self.keytab = self.folder / "keytab"
        self.stash = self.folder / "stash"
        self.zone = lab.dns.zone(self.domain)
        self.clock = None
        self._session_numbers = itertools.count(1)
        self.folder.mkdir()
        self.kdc = self._service("krb5kdc", lambda: [*self.kdc_prefix, tools.find("krb5kdc"), "-n", *self.kdc_options],
                                 lambda service: "commencing operation" in service.log_since_start())
        self.kadmind = self._service("kadmind", lambda: [tools.find("kadmind"), "-nofork"],
                                     lambda service: "starting" in service.log_since_start())
        self.kxoverd = self._service("kxoverd", lambda: [lab.build.daemon, "-n"],
                                     lambda service: is_listening(self.daemon_port))
        self.kdc_prefix = []
        self.kdc_options = []

    def __repr__(self):
        return f"<Realm {self.name}>"

    # What the rest of the lab must know of it.

    @property
    def services(self):
        """Its servers, in the order in which they start."""
        return [self.kdc, self.kadmind] + ([self.kxoverd] if self.uses_kxover else [])

    @property
    def module_folder(self):
        """Where its KDB module is, beside the system's; None for none."""
        return self.lab.build.module_folder if self.uses_kxover else None

    @property
    def resolver_conf(self):
        return self.lab.dns.resolver_conf

    @property
    def env(self):
        """The environment of every program that runs on a machine of this realm."""
        env = {
            **self.lab.env,
            **self.lab.sanitizers.env(self.lab.folder),
            "KRB5_CONFIG": str(self.folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
            "KRB5_KTNAME": f"FILE:{self.keytab}",
            "KRB5CCNAME": f"FILE:{self.folder / 'ccache'}",
        }
        return self.lab.sanitizers.preload({**env, **self.clock.env}, self.clock.library) if self.clock else env

    @property
    def plain_env(self):
        """The environment of a program of the system that loads no module of kxover, and needs no clock that is
        off: it has none of what is loaded into others for that."""
        return {name: value for name, value in self.env.items() if name != "LD_PRELOAD"}

    # Building it.

    def configure(self):
        """Write its configuration files."""
        (self.folder / "krb5.conf").write_text(config.render(config.krb5_conf(self, self.lab.realms)))
        (self.folder / "kdc.conf").write_text(config.render(config.kdc_conf(self)))
        (self.folder / "kadm5.acl").write_text(f"*/admin@{self.name} *\n")

    def create(self):
        """Make its identity, its database with the first principals, a keytab for the service host, and
        the records of its zone."""
        self.create_identity()
        self.create_database()
        host = f"host/{self.service_host}"
        self.kadmin_local(
            *(f"addprinc -pw {self.password(user)} {user}" for user in [*self.users, ADMIN]),
            f"addprinc -randkey {host}", f"ktadd -k {self.keytab} {host}")
        self.zone.records = self.addresses(self.kdc_host, self.service_host) + self.published_records()

    def create_identity(self):
        """Make the key and the certificate that other realms know it by."""
        if self.uses_kxover:
            self.kxover("keygen", "-r", self.name, "--host", self.kdc_host, self.certificate, self.key)

    def create_database(self):
        """Make an empty database."""
        self.kdb5_util("create", "-s", "-P", MASTER_PASSWORD)

    def addresses(self, *hosts):
        """The zone's lines for the addresses of hosts."""
        return [f"{host}. A {config.LOOPBACK}" for host in hosts]

    def published_records(self):
        """The lines that the administrator puts into the realm's zone, from kxover's own mouth; only how
        long they may be remembered is the zone's choice."""
        if not self.uses_kxover:
            return [f"_kerberos._tcp.{self.domain}. SRV 0 0 {self.port} {self.kdc_host}.",
                    f'_kerberos.{self.domain}. TXT "{self.name}"']
        printed = self.kxover("dns", "-r", self.name, "--host", self.kdc_host, "--port", self.port).stdout
        return re.sub(r"^(\S+) \d+ IN ", r"\1 IN ", printed, flags=re.MULTILINE).splitlines()

    def start(self):
        """Start its servers."""
        for service in self.services:
            service.start()

    def stop(self):
        """Stop its servers."""
        for service in reversed(self.services):
            service.stop()

    def close(self):
        """Let go of what is no server."""

    def give_clock(self):
        """The clock of this realm's machines, which from now on can be set.  The first time, its servers
        are restarted for that."""
        if "address" in self.lab.sanitizers.checks:
            raise LeftOut("libfaketime, which sets clocks off, and libasan wait for each other for ever")
        if self.clock is None:
            self.clock = Clock(self.folder / "clock", self.lab.env)
            for service in self.services:
                if service.running:
                    service.restart()
        return self.clock

    def reload_kdc(self):
        """Let the KDC read its settings again, with which it forgets the realms that it leaves alone
        because an exchange with them failed."""
        mark = self.kdc.log.mark()
        self.kdc.signal(signal.SIGHUP)
        self.kdc.log.wait_for("settings read again", since=mark)

    def forget_dns(self):
        """Restart what resolves names here.  Records live a second only, but a resolver remembers for a
        minute that a zone was not to be trusted."""
        for service in (self.kdc, self.kxoverd):
            if service.running:
                service.restart()

    # The administrator's commands.

    def run(self, program, *arguments, **options):
        """Run a program of the system on a machine of this realm; options and result as process.run()."""
        return run([tools.find(program), *arguments], self.env, **options)

    def kadmin_local(self, *queries, check=True):
        """Run kadmin.local queries, one after the other, and return the Result."""
        if len(queries) == 1:
            return self.run("kadmin.local", "-r", self.name, "-q", queries[0], check=check)
        return self.run("kadmin.local", "-r", self.name, input="".join(f"{query}\n" for query in queries),
                        check=check)

    def kdb5_util(self, *arguments, check=True, input=None):
        return self.run("kdb5_util", "-r", self.name, *arguments, check=check, input=input)

    def kxover(self, *arguments, check=True):
        """Run kxover's own tool."""
        return run([self.lab.build.cli, *arguments], self.env, check=check)

    def principals(self):
        """The names in the database."""
        return [line for line in self.kadmin_local("listprincs").stdout.splitlines()
                if re.fullmatch(r"\S+@\S+", line)]

    def keyinfo(self, principal):
        """The keys of a principal as kdb5_util tabdump has them: pairs of key version and encryption type."""
        rows = [row.split("\t") for row in self.kdb5_util("tabdump", "-H", "keyinfo").stdout.splitlines()]
        return [(int(kvno), etype) for name, _, kvno, etype, *_ in rows if name == principal]

    def crossover_to(self, other):
        """The name of the principal by which users of this realm reach the realm `other`."""
        return f"krbtgt/{other.name}@{self.name}"

    # Its users.

    def password(self, user):
        """The password that the lab gives a user."""
        return f"password-of-{user.replace('/', '-')}"

    def session(self, user, kind=Session, transport="udp"):
        """A Session, or one of another kind (HeimdalSession), with an empty cache."""
        return kind(self, user, next(self._session_numbers), transport)

    def kinit(self, user, kind=Session, transport="udp"):
        """A session of a user who has logged in."""
        session = self.session(user, kind, transport)
        session.kinit()
        return session

    def _service(self, name, command, ready):
        log = Log(self.folder / f"{name}.log")
        service = Service(name, command, lambda: self.env, self.folder, ready, log)
        self.lab.services.append(service)
        return service
