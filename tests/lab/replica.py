"""Another KDC of a realm, on a machine of its own: with files, ports and servers of its own, under the name
of the realm."""

import re
import shutil
import signal
import socket

from . import config, tools
from .process import Service
from .realm import Realm


class Replica(Realm):
    """One more KDC of the realm `primary`.  How the database comes to it is another's business.

    Clients know it, and DNS will once it is created, behind the primary."""

    def __init__(self, primary, host):
        super().__init__(primary.lab, primary.name, primary.users, folder=primary.folder / host, host=host)
        self.primary = primary
        self.kdcs = primary.kdcs
        self.kdcs.append(self)

    def __repr__(self):
        return f"<Realm {self.name} at {self.kdc_host}>"

    @property
    def services(self):
        """A replica has no kadmind."""
        return [service for service in super().services if service is not self.kadmind]

    def create(self):
        """Take from the primary what an administrator copies, make its identity, publish it."""
        shutil.copy(self.primary.stash, self.stash)
        shutil.copy(self.primary.keytab, self.keytab)
        self.create_identity()
        self.zone.records += self.addresses(self.kdc_host) + self.published_records()


class Copy(Replica):
    """A replica that has a copy of the primary's database, brought by incremental propagation: each change,
    when kpropd asks for it.  fetch() has it ask at once; by itself it does so every two minutes.

    It has no kxoverd; its KDC has TCP to itself.  Its KDC is known to other realms as the primary is, so it
    has the primary's identity."""

    def __init__(self, primary, host):
        super().__init__(primary, host)
        self.settings["kxover_replica"] = "yes"
        self.principal = f"kiprop/{socket.gethostname()}"
        self.dump = self.folder / "dump"
        self.kdc_settings.update(_propagation(self), kdc_tcp_listen=f"{config.LOOPBACK}:{self.port}",
                                 iprop_port=primary.kdc_settings["iprop_port"])
        self.kpropd = Service("kpropd", self._kpropd, lambda: self.env, self.folder,
                              lambda service: "waiting for a kprop connection" in service.log_since_start())
        self.lab.services.append(self.kpropd)

    @property
    def services(self):
        return [self.kdc, self.kpropd]

    def create_identity(self):
        for ours, its in ((self.certificate, self.primary.certificate), (self.key, self.primary.key)):
            shutil.copy(its, ours)

    def published_records(self):
        """Clients find its KDC; other realms' KDCs find nobody here to make a crossover with."""
        records = super().published_records()
        return [line for line in records if re.search(r"\sSRV\s", line)]

    def load(self):
        """Take a copy of the whole database."""
        self.primary.kdb5_util("dump", "-i", self.dump)
        self.kdb5_util("load", "-i", self.dump)

    def fetch(self):
        """Have kpropd ask for changes at once."""
        self.kpropd.signal(signal.SIGUSR1)

    def _kpropd(self):
        return [tools.find("kpropd"), "-d", "-P", self.kpasswd_port, "-s", self.keytab, "-f", self.folder / "received",
                "-a", self.folder / "kpropd.acl"]


class PropagatingRealm(Realm):
    """A realm with a primary, itself, and a Copy, `second`."""

    def __init__(self, lab, name, users):
        super().__init__(lab, name, users)
        self.kdc_settings.update(_propagation(self), iprop_port=lab.ports.take())
        self.second = Copy(self, "kdc2")

    @property
    def services(self):
        return [*super().services, *self.second.services]

    def configure(self):
        super().configure()
        (self.folder / "kadm5.acl").write_text(
            f"*/admin@{self.name} *\n{self.second.principal}@{self.name} p\n")
        self.second.configure()

    def create(self):
        super().create()
        self.kadmin_local(f"addprinc -randkey kiprop/{config.LOOPBACK}", f"addprinc -randkey {self.second.principal}",
                          f"ktadd -k {self.keytab} {self.second.principal}")
        self.second.create()
        self.second.load()


def _propagation(machine):
    """What [realms] says where changes are logged for replicas."""
    return {"iprop_enable": "true", "iprop_logfile": machine.folder / "changes"}
