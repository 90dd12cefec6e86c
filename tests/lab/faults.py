"""What can go wrong in the world, as switches: each is on inside a `with` statement, and off after it.

    with faults.no_tlsa(bravo.zone):
        ...

Faults of the DNS are what the name server serves from then on; a resolver that is running may remember what
was before (Realm.forget_dns() sees to that).  The other faults are those of one realm: of its kxoverd as
others see it, of its clock, of its database.
"""

import contextlib
import fcntl
import os
import re
import signal

from . import tools
from .peers import Peer
from .zone import Signing

# The DNS of a zone.


def unsigned(zone):
    """The zone is not signed, and makes no secret of it: answers are insecure."""
    return _signing(zone, Signing.UNSIGNED)


def stripped(zone):
    """Somebody on the way took the signatures out: answers are bogus."""
    return _signing(zone, Signing.STRIPPED)


def expired(zone):
    """The signatures have run out: answers are bogus."""
    return _signing(zone, Signing.EXPIRED)


@contextlib.contextmanager
def forged(zone, *types):
    """The signatures over records of these types are not theirs: those answers are bogus."""
    zone.damaged_types |= set(types)
    zone.publish()
    try:
        yield
    finally:
        zone.damaged_types -= set(types)
        zone.publish()


def no_srv(zone):
    """The realm has not said where its KDC is."""
    return _edited(zone, lambda lines: [line for line in lines if not _is(line, "SRV")])


def no_tlsa(zone):
    """The realm has not said what its KDC's key is."""
    return _edited(zone, lambda lines: [line for line in lines if not _is(line, "TLSA")])


def tlsa_changed(zone):
    """The TLSA records are those of another key."""
    return _edited(zone, lambda lines: [_other_digest(line) if _is(line, "TLSA") else line for line in lines])


def records(zone, edit):
    """Any other change: `edit` is given the zone's lines and returns those to publish."""
    return _edited(zone, edit)


@contextlib.contextmanager
def dns_silent(dns):
    """The name server answers nobody; what it was asked meanwhile it answers afterwards."""
    os.killpg(dns.server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(dns.server.pid, signal.SIGCONT)


# The realm's servers.


@contextlib.contextmanager
def peer(realm, behaviour):
    """Something stands at the realm's port that does not behave; behaviours are in lab.peers.

    The real kxoverd moves to another port, where the behaviour can use it.  Yields the Peer."""
    home = realm.daemon_port
    _move_daemon(realm, realm.lab.ports.take())
    impostor = Peer(home, realm.daemon_port, behaviour)
    impostor.start()
    try:
        yield impostor
    finally:
        impostor.stop()
        _move_daemon(realm, home)


@contextlib.contextmanager
def clock_off(realm, seconds):
    """The realm's clock, on all its machines, is so many seconds fast, or slow if negative.

    Yields the Clock, which can be set to something else meanwhile."""
    clock = realm.give_clock()
    clock.set(seconds)
    try:
        yield clock
    finally:
        clock.set(0)


@contextlib.contextmanager
def database_locked(realm, against="writing"):
    """Somebody holds the lock of the realm's database, so that others wait: as a dump does, against
    "writing" alone, or as an update does, against "reading" too."""
    kind = {"writing": fcntl.LOCK_SH, "reading": fcntl.LOCK_EX}[against]
    with open(realm.folder / "principal.ok", "r+b") as lock:
        fcntl.lockf(lock, kind)
        yield


@contextlib.contextmanager
def database_read_only(realm):
    """The realm's KDC, which is restarted, may read its database and not write it."""
    files = list(realm.folder.glob("principal*"))
    modes = [file.stat().st_mode for file in files]
    for file in files:
        file.chmod(0o400)
    if os.geteuid() == 0:
        # A root that files keep out, too.
        realm.kdc_prefix[:] = [tools.find("setpriv"), "--bounding-set=-dac_override,-dac_read_search"]
    realm.kdc.restart()
    try:
        yield
    finally:
        for file, mode in zip(files, modes):
            file.chmod(mode)
        realm.kdc_prefix.clear()
        realm.kdc.restart()


@contextlib.contextmanager
def directories_apart(realm):
    """The directory servers of an LdapRealm do not hear of each other."""
    realm.part()
    try:
        yield
    finally:
        realm.join()


@contextlib.contextmanager
def _signing(zone, signing):
    before, zone.signing = zone.signing, signing
    zone.publish()
    try:
        yield
    finally:
        zone.signing = before
        zone.publish()


@contextlib.contextmanager
def _edited(zone, edit):
    zone.edits.append(edit)
    zone.publish()
    try:
        yield
    finally:
        zone.edits.remove(edit)
        zone.publish()


def _is(line, kind):
    """Whether a zone-file line is a record of that type."""
    return re.search(rf"\s{kind}\s", line) is not None


def _other_digest(line):
    """A TLSA line with another last digit."""
    line = line.rstrip()
    return line[:-1] + ("0" if line[-1] != "0" else "1")


def _move_daemon(realm, port):
    """Let kxoverd listen at another port."""
    realm.kxoverd.stop()
    realm.daemon_port = port
    realm.configure()
    realm.kxoverd.start()
