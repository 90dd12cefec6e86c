"""Where programs come from.

The system's own come from PATH and the sbin folders, which are not in everybody's PATH; kxover's come
from a build folder.  Whatever is missing is an error that says what to install or to build: a lab that
quietly did less than it was asked would make tests pass that never ran.
"""

import os
import shutil
from pathlib import Path

from .sanitizers import Sanitizers

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin")

# Which Debian package has what the lab starts.
PACKAGES = {
    "bash": "bash",
    "certtool": "gnutls-bin",
    "drill": "ldnsutils",
    "faketime": "faketime",
    "gss-client": "krb5-gss-samples",
    "gss-server": "krb5-gss-samples",
    "kadmin": "krb5-user",
    "kadmin.local": "krb5-admin-server",
    "kadmind": "krb5-admin-server",
    "kdb5_ldap_util": "krb5-kdc-ldap",
    "kdb5_util": "krb5-kdc",
    "kdestroy": "krb5-user",
    "kinit": "krb5-user",
    "kpropd": "krb5-kpropd",
    "kproplog": "krb5-kdc",
    "klist": "krb5-user",
    "kpasswd": "krb5-user",
    "krb5kdc": "krb5-kdc",
    "kvno": "krb5-user",
    "kxover": "kxover-tools",
    "kxoverd": "kxoverd",
    "ldapmodify": "ldap-utils",
    "ldapsearch": "ldap-utils",
    "ldns-key2ds": "ldnsutils",
    "ldns-keygen": "ldnsutils",
    "ldns-read-zone": "ldnsutils",
    "ldns-signzone": "ldnsutils",
    "mandoc": "mandoc",
    "nm": "binutils",
    "nsd": "nsd",
    "nsd-checkzone": "nsd",
    "openssl": "openssl",
    "p11tool": "gnutls-bin",
    "prlimit": "util-linux",
    "script": "bsdutils",
    "setpriv": "util-linux",
    "setsid": "util-linux",
    "slapadd": "slapd",
    "slapd": "slapd",
    "softhsm2-util": "softhsm2",
    "strace": "strace",
    "taskset": "util-linux",
    "unbound-host": "unbound-host",
    "unshare": "util-linux",
    "valgrind": "valgrind",
    "zsh": "zsh",
}


class MissingTool(Exception):
    """A program is not there; the text says what brings it."""


def search_path(first=()):
    """The PATH for everything in the lab: the folders of `first`, the caller's own, the system's."""
    folders = [str(folder) for folder in first]
    folders += os.environ.get("PATH", "").split(os.pathsep)
    folders += SYSTEM_FOLDERS
    return os.pathsep.join(dict.fromkeys(folder for folder in folders if folder))


def find(name):
    """The full path of a program of the system.  MissingTool if there is none."""
    found = shutil.which(name, path=search_path())
    if found is None:
        package = PACKAGES.get(name)
        remedy = f"apt-get install {package}" if package else "install it"
        raise MissingTool(f"{name} is not on this machine: {remedy}")
    return found


def find_heimdal(build, name):
    """The full path of a program of Heimdal's clients.  MissingTool if it is not there.

    Debian does not let one install them beside MIT's, so they lie unpacked in the build folder, where
    `make heimdal` puts them."""
    path = build.folder / "heimdal" / "usr" / "bin" / name
    if not path.is_file():
        raise MissingTool(f"{name}, of Debian's heimdal-clients, is not in {build.folder}/heimdal: run "
                          "./bootstrap, or `make heimdal` in the build folder")
    return path


INSTALLED = object()  # in a build folder's place: kxover's programs are installed


class Build:
    """The folder where kxover was built: what it made, by name."""

    def __init__(self, folder):
        """Look into `folder`.  MissingTool if something is not built there."""
        self.folder = Path(folder).resolve()
        self.module_folder = self._find("kxover.so", ("plugin/.libs", ".libs")).parent
        self.daemon = self._find("kxoverd", (".", "daemon"))
        self.cli = self._find("kxover", (".", "cli"))
        self.sanitizers = Sanitizers.of_build(self.folder)

    @classmethod
    def chosen(cls, folder=None):
        """The build in `folder`, or else in $KXOVER_BUILD, or else in the current folder; INSTALLED is what
        the system has."""
        if folder is INSTALLED:
            return Installed()
        return cls(folder or os.environ.get("KXOVER_BUILD") or os.curdir)

    def _find(self, name, folders):
        for folder in folders:
            path = self.folder / folder / name
            if path.is_file():
                return path.resolve()
        raise MissingTool(
            f"{name} is not built in {self.folder}: run make there, or name the right folder "
            "with --build or KXOVER_BUILD")


class Installed:
    """kxover as it is installed: its programs are the system's, and krb5 finds the module by itself."""

    module_folder = None
    sanitizers = Sanitizers()

    def __init__(self):
        """MissingTool if something is not installed."""
        self.daemon = Path(find("kxoverd"))
        self.cli = Path(find("kxover"))
