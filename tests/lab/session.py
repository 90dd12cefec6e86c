"""One login of one user: a credential cache of its own, and the commands run with it."""

import re
from pathlib import Path

from . import tools
from .process import Log, run


class Session:
    """What a user does at a machine of her realm.  The trace of libkrb5 goes into `trace`."""

    def __init__(self, realm, user, number):
        self.realm = realm
        self.user = user
        self.principal = f"{user}@{realm.name}"
        stem = Path(realm.folder) / "sessions" / f"{user.replace('/', '_')}-{number}"
        stem.parent.mkdir(exist_ok=True)
        self.ccache = stem.with_suffix(".ccache")
        self.trace = Log(stem.with_suffix(".trace"))

    @property
    def env(self):
        return {**self.realm.env, "KRB5CCNAME": f"FILE:{self.ccache}", "KRB5_TRACE": str(self.trace.path)}

    def run(self, program, *arguments, **options):
        """Run a program of the system in this session; options and result as process.run()."""
        return run([tools.find(program), *arguments], self.env, **options)

    def kinit(self, *options, password=None, check=True):
        """Log in, with the password the lab gave this user if no other is given."""
        if password is None:
            password = self.realm.password(self.user)
        return self.run("kinit", *options, self.principal, input=password + "\n", check=check)

    def kvno(self, *services, check=True):
        """Get tickets for services."""
        return self.run("kvno", *services, check=check)

    def tickets(self):
        """The principals that this session has tickets for."""
        listing = self.run("klist", check=False).stdout
        return re.findall(r"^\S+ \S+  \S+ \S+  (\S+)$", listing, re.MULTILINE)

    def kdestroy(self):
        """Forget all tickets."""
        return self.run("kdestroy", check=False)
