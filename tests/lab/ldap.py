"""A realm in a directory: OpenLDAP servers that replicate to each other, and a KDC at each of them.

Every server is a provider and takes writes (multi-provider replication).  As an administrator would have it,
the KDCs, the programs that administer, and replication have names of their own in the directory, with no more
rights than they need.
"""

import gzip
from pathlib import Path

from . import config, tools
from .peers import Peer, relaying
from .ports import is_listening
from .process import Service, run
from .realm import MASTER_PASSWORD, Realm
from .replica import Replica
from .sanitizers import LeftOut
from .waiting import wait_until

SCHEMAS = Path("/etc/ldap/schema")
KERBEROS_SCHEMA = Path("/usr/share/doc/krb5-kdc-ldap/kerberos.openldap.ldif.gz")
MODULES = "/usr/lib/ldap"
PASSWORD = "directory"


class Directory:
    """One OpenLDAP server with everything below `suffix`, in a folder of its own."""

    def __init__(self, lab, folder, suffix, number):
        self.folder = Path(folder)
        self.suffix = suffix
        self.number = number
        self.port = lab.ports.take()
        self.uri = f"ldap://{config.LOOPBACK}:{self.port}"
        self.admin = f"cn=admin,{suffix}"
        self.kdc = f"cn=kdc,{suffix}"
        self.kadmin = f"cn=kadmin,{suffix}"
        self.replicator = f"cn=replicator,{suffix}"
        self.container = f"cn=krbContainer,{suffix}"
        self._env = lab.env
        self.server = Service(f"slapd-{number}", self._command, lambda: self._env, self.folder.parent,
                              lambda service: is_listening(self.port))
        lab.services.append(self.server)

    def create(self, sources, kdc_may_write):
        """Make its configuration: it takes what changes elsewhere from the ports `sources`."""
        (self.folder / "config").mkdir(parents=True)
        (self.folder / "data").mkdir()
        schema = self.folder / "kerberos.ldif"
        schema.write_bytes(gzip.decompress(_there(KERBEROS_SCHEMA, "krb5-kdc-ldap").read_bytes()))
        includes = [_there(SCHEMAS / name, "slapd") for name in ("core.ldif", "cosine.ldif")] + [schema]
        access = [
            f"to attrs=userPassword by anonymous auth by dn.exact={self.replicator} read by * none",
            f"to dn.subtree={self.container} by dn.exact={self.kadmin} write"
            f" by dn.exact={self.kdc} {'write' if kdc_may_write else 'read'}"
            f" by dn.exact={self.replicator} read by * none",
            f"to * by dn.exact={self.replicator} read by * none",
        ]
        pull = [
            f"rid={number:03} provider=ldap://{config.LOOPBACK}:{port} searchbase={self.suffix}"
            f" bindmethod=simple binddn={self.replicator} credentials={PASSWORD}"
            ' type=refreshAndPersist retry="1 +"' for number, port in enumerate(sources, 1)]
        ldif = [
            "dn: cn=config", "objectClass: olcGlobal", "cn: config", f"olcServerID: {self.number}", "",
            "dn: cn=module{0},cn=config", "objectClass: olcModuleList", "cn: module{0}",
            f"olcModulePath: {MODULES}", "olcModuleLoad: back_mdb", "olcModuleLoad: syncprov", "",
            "dn: cn=schema,cn=config", "objectClass: olcSchemaConfig", "cn: schema", "",
            *(f"include: file://{path}\n" for path in includes),
            "dn: olcDatabase={1}mdb,cn=config", "objectClass: olcDatabaseConfig", "objectClass: olcMdbConfig",
            "olcDatabase: {1}mdb", f"olcSuffix: {self.suffix}", f"olcRootDN: {self.admin}",
            f"olcRootPW: {PASSWORD}", f"olcDbDirectory: {self.folder / 'data'}",
            "olcDbIndex: objectClass eq", "olcDbIndex: entryCSN,entryUUID eq",
            "olcDbIndex: krbPrincipalName eq,sub",
            *(f"olcAccess: {{{n}}}{rule}" for n, rule in enumerate(access)),
            *(f"olcSyncrepl: {source}" for source in pull), "olcMultiProvider: TRUE", "",
            "dn: olcOverlay=syncprov,olcDatabase={1}mdb,cn=config", "objectClass: olcOverlayConfig",
            "objectClass: olcSyncProvConfig", "olcOverlay: syncprov", ""]
        run([tools.find("slapadd"), "-n", "0", "-F", self.folder / "config"], self._env, input="\n".join(ldif))

    def fill(self):
        """Put in the entries that the programs bind as."""
        names = [(self.suffix, ["objectClass: organization", "objectClass: dcObject", "o: the lab"])]
        names += [(name, ["objectClass: organizationalRole", "objectClass: simpleSecurityObject",
                          f"userPassword: {PASSWORD}"]) for name in (self.kdc, self.kadmin, self.replicator)]
        ldif = []
        for name, lines in names:
            first = name.partition(",")[0].replace("=", ": ", 1)
            ldif += [f"dn: {name}", first, *lines, ""]
        self.modify("\n".join(ldif), "-a")

    def modify(self, ldif, *options):
        """Change something as the directory's administrator."""
        self._run("ldapmodify", *options, input=ldif)

    def search(self, base, scope, pattern, *attributes):
        """What is below `base`, as text; nothing if `base` is not there."""
        return self._run("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", base, "-s", scope, pattern,
                         *attributes, check=False).stdout

    def settings(self, stash):
        """What a realm's section in [dbmodules] says of it."""
        return {
            "kxover_backend": "kldap",
            "database_name": None,
            "ldap_kerberos_container_dn": f'"{self.container}"',
            "ldap_kdc_dn": f'"{self.kdc}"',
            "ldap_kadmind_dn": f'"{self.kadmin}"',
            "ldap_service_password_file": stash,
            "ldap_servers": self.uri,
        }

    def _command(self):
        return [tools.find("slapd"), "-d", "none", "-h", self.uri, "-F", self.folder / "config"]

    def _run(self, program, *arguments, **options):
        return run([tools.find(program), "-x", "-H", self.uri, "-D", self.admin, "-w", PASSWORD, *arguments],
                   self._env, **options)


class Link:
    """The way on which others hear of a directory server's changes."""

    def __init__(self, lab, directory):
        self.port = lab.ports.take()
        self._directory = directory
        self._peer = None

    def up(self):
        if self._peer is None:
            self._peer = Peer(self.port, self._directory.port, relaying)
            self._peer.start()

    def down(self):
        if self._peer is not None:
            self._peer.stop()
            self._peer = None


class LdapRealm(Realm):
    """A realm with two directory servers and a KDC at each: itself is at the first, `second` at the other.

    `kdc_may_write` tells whether krb5kdc may change the directory; kxoverd and kadmin may in any case."""

    kdc_may_write = True

    def __init__(self, lab, name, users):
        super().__init__(lab, name, users)
        suffix = ",".join(f"dc={label}" for label in self.domain.split("."))
        self.directories = [Directory(lab, self.folder / f"directory-{number}", suffix, number)
                            for number in (1, 2)]
        self._links = [Link(lab, directory) for directory in self.directories]
        self.second = Replica(self, "kdc2")
        for number, machine in enumerate((self, self.second)):
            stash = machine.folder / "ldap-passwords"
            machine.settings.update(self.directories[number].settings(stash), kxover_versions=f"{number + 1}/2")

    @property
    def services(self):
        return [*(directory.server for directory in self.directories), *super().services,
                *self.second.services]

    def configure(self):
        super().configure()
        self.second.configure()

    def create(self):
        first, second = self.directories
        to_first, to_second = self._links
        first.create([to_second.port], self.kdc_may_write)
        second.create([to_first.port], self.kdc_may_write)
        self.join()
        first.server.start()
        first.fill()
        second.server.start()
        self._stash_passwords(self)
        super().create()
        self.second.create()
        self._stash_passwords(self.second)
        wait_until(lambda: self.is_replicated(f"host/{self.service_host}@{self.name}"),
                   "the second directory server to have what the first has")

    def create_database(self):
        first = self.directories[0]
        self.run("kdb5_ldap_util", "-D", first.admin, "-w", PASSWORD, "-H", first.uri, "create", "-r", self.name,
                 "-s", "-P", MASTER_PASSWORD)

    def start(self):
        for service in self.services:
            if not service.running:
                service.start()

    def join(self):
        """Let the directory servers hear of each other."""
        for link in self._links:
            link.up()

    def part(self):
        """Let them not hear of each other any more, until join()."""
        for link in self._links:
            link.down()

    def close(self):
        self.part()

    def is_replicated(self, principal):
        """Whether both servers have the same of a principal, and have it."""
        found = [self.attributes(directory, principal) for directory in self.directories]
        return bool(found[0]) and found[0] == found[1]

    def attributes(self, directory, principal):
        """The lines that a directory server has of a principal, in order."""
        text = directory.search(directory.container, "sub", f"(krbPrincipalName={principal})", "+", "*")
        return sorted(text.splitlines())

    def _stash_passwords(self, machine):
        """What krb5kdc and kadmin bind with."""
        if "thread" in self.lab.sanitizers.checks:
            raise LeftOut("kdb5_ldap_util, when it asks for a password, does not go on with libtsan in it")
        for name in (self.directories[0].kdc, self.directories[0].kadmin):
            machine.run("kdb5_ldap_util", "stashsrvpw", "-f", machine.folder / "ldap-passwords", name,
                        input=f"{PASSWORD}\n{PASSWORD}\n")


def _there(path, package):
    """`path`, or an error that says what brings it."""
    if not path.exists():
        raise tools.MissingTool(f"{path} is not on this machine: apt-get install {package}")
    return path
