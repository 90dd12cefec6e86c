"""A login with the programs of Heimdal, beside those of MIT krb5 that everything else here uses.

Heimdal reads the same krb5.conf, but what it makes of it differs: a KDC is asked over UDP alone, unless the
request is large or its address has "tcp/" before it.
"""

import re

from . import config, tools
from .process import run
from .session import Session


class HeimdalSession(Session):
    """What a user of Heimdal does at a machine of her realm: kinit, kgetcred, klist."""

    def run(self, program, *arguments, **options):
        """Run a program of Heimdal in this session; options and result as process.run()."""
        return run([tools.find_heimdal(self.realm.lab.build, program), *arguments], self.env, **options)

    def kinit(self, *options, password=None, check=True):
        if password is None:
            password = self.realm.password(self.user)
        return self.run("kinit.heimdal", *options, "--password-file=STDIN", self.principal,
                        input=password + "\n", check=check)

    def kvno(self, *services, **options):
        """Get a ticket for a service, one a call, with Heimdal's program for that."""
        service, = services
        return self.run("kgetcred", service, **options)

    def tickets(self):
        listing = self.run("heimtools", "klist", check=False).stdout
        return re.findall(r"^\w{3} +\d+ .* {2}(\S+@\S+) *$", listing, re.MULTILINE)

    def kdestroy(self):
        return self.run("kdestroy.heimdal", check=False)

    def _tcp_only(self):
        sections = config.krb5_conf(self.realm, self.realm.lab.realms)
        for realm in sections["realms"].values():
            realm["kdc"] = [f"tcp/{address}" for address in realm["kdc"]]
        return sections
