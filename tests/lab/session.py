"""One login of one user: a credential cache of its own, and the commands run with it."""

import re
from pathlib import Path

from . import config, tools
from .process import Log, run


class Session:
    """What a user does at a machine of her realm.  The trace of libkrb5 goes into `trace`.

    `transport` is "udp", as programs have it when they are told nothing, or "tcp" for all that they ask a
    KDC; the session then has a krb5.conf of its own."""

    def __init__(self, realm, user, number, transport="udp"):
        self.realm = realm
        self.user = user
        self.principal = f"{user}@{realm.name}"
        stem = Path(realm.folder) / "sessions" / f"{user.replace('/', '_')}-{number}"
        stem.parent.mkdir(exist_ok=True)
        self.ccache = stem.with_suffix(".ccache")
        self.trace = Log(stem.with_suffix(".trace"))
        self._krb5_conf = None
        if transport == "tcp":
            self._krb5_conf = stem.with_suffix(".conf")
            self._krb5_conf.write_text(config.render(self._tcp_only()))

    @property
    def env(self):
        env = {**self.realm.env, "KRB5CCNAME": f"FILE:{self.ccache}", "KRB5_TRACE": str(self.trace.path)}
        return {**env, "KRB5_CONFIG": str(self._krb5_conf)} if self._krb5_conf else env

    def run(self, program, *arguments, **options):
        """Run a program of the system in this session; options and result as process.run()."""
        return run([tools.find(program), *arguments], self.env, **options)

    def kinit(self, *options, password=None, check=True):
        """Log in, with the password the lab gave this user if no other is given."""
        if password is None:
            password = self.realm.password(self.user)
        return self.run("kinit", *options, self.principal, input=password + "\n", check=check)

    def kvno(self, *services, **options):
        """Get tickets for services; options and result as process.run()."""
        return self.run("kvno", *services, **options)

    def tickets(self):
        """The principals that this session has tickets for."""
        listing = self.run("klist", check=False).stdout
        return re.findall(r"^\S+ \S+  \S+ \S+  (\S+)$", listing, re.MULTILINE)

    def kdestroy(self):
        """Forget all tickets."""
        return self.run("kdestroy", check=False)

    def _tcp_only(self):
        """The krb5.conf by which UDP is not used."""
        sections = config.krb5_conf(self.realm, self.realm.lab.realms)
        sections["libdefaults"]["udp_preference_limit"] = "1"
        return sections
