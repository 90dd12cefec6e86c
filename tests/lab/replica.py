"""Another KDC of a realm, on a machine of its own: with files, ports and servers of its own, under the name
of the realm."""

import shutil

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
