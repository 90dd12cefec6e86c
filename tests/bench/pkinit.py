"""Logging in by PKINIT: a realm whose KDC has a certificate, and what a login costs both sides."""

import re
import subprocess
from dataclasses import dataclass

from kdc import processor_time
from lab.realm import Realm

LOGINS = 20  # measured together
LOGINS_OF_A_TRACE = 2  # one to begin with, and one that is asked for

# The names and purposes of RFC 4556: of the KDC (3.2.4), and of a user (3.2.2).
EXTENSIONS = """
[authority]
basicConstraints = critical,CA:TRUE
[kdc]
keyUsage = critical,digitalSignature
extendedKeyUsage = 1.3.6.1.5.2.3.5
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:kdc_name
[user]
keyUsage = critical,digitalSignature
extendedKeyUsage = 1.3.6.1.5.2.3.4
subjectAltName = otherName:1.3.6.1.5.2.2;SEQUENCE:user_name
[kdc_name]
realm = EXP:0,GeneralString:{realm}
principal_name = EXP:1,SEQUENCE:kdc_principal
[kdc_principal]
name_type = EXP:0,INTEGER:2
name_string = EXP:1,SEQUENCE:kdc_components
[kdc_components]
first = GeneralString:krbtgt
second = GeneralString:{realm}
[user_name]
realm = EXP:0,GeneralString:{realm}
principal_name = EXP:1,SEQUENCE:user_principal
[user_principal]
name_type = EXP:0,INTEGER:1
name_string = EXP:1,SEQUENCE:user_components
[user_components]
first = GeneralString:{user}
"""


@dataclass(frozen=True)
class Login:
    """What one login takes: seconds of processor time of each side, and until it is done."""

    client: float
    kdc: float
    latency: list


class PkinitRealm(Realm):
    """A realm where the first user, and who stays anonymous, log in by PKINIT, with RSA keys of 2048 bits: the
    PKINIT of krb5 1.20 has no others."""

    def create(self):
        super().create()
        user = self.users[0]
        self._make_certificates(user)
        self.kdc_settings.update(pkinit_identity=f"FILE:{self._path('kdc')},{self._path('kdc', 'key')}",
                                 pkinit_anchors=f"FILE:{self._path('authority')}")
        self.client_settings.update(pkinit_identities=f"FILE:{self._path('user')},{self._path('user', 'key')}",
                                    pkinit_anchors=f"FILE:{self._path('authority')}")
        self.configure()
        self.kadmin_local(f"modprinc +requires_preauth {user}", "addprinc -randkey WELLKNOWN/ANONYMOUS")

    def _path(self, name, kind="cert"):
        return self.folder / f"pkinit-{name}-{kind}.pem"

    def _make_certificates(self, user):
        """An authority, and what it vouches for."""
        extensions = self.folder / "pkinit.cnf"
        extensions.write_text(EXTENSIONS.format(realm=self.name, user=user), encoding="ascii")
        for name in ("authority", "kdc", "user"):
            request = self._path(name, "request")
            signer = ["-CA", self._path("authority"), "-CAkey", self._path("authority", "key"), "-CAcreateserial"]
            if name == "authority":
                signer = ["-signkey", self._path(name, "key")]
            self.run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", self._path(name, "key"), "-out", request)
            self.run("openssl", "x509", "-req", "-sha256", "-days", "30", "-in", request, "-out", self._path(name),
                     "-extfile", extensions, "-extensions", name, *signer)


class Logins:
    """Logins at a PkinitRealm: by certificate, or anonymous ones.  `build` is where bench_pkinit is."""

    def __init__(self, realm, build, anonymous):
        self._realm = realm
        self._program = build / "bench_pkinit"
        self._who = f"{'WELLKNOWN/ANONYMOUS' if anonymous else realm.users[0]}@{realm.name}"

    def measure(self):
        """Some logins, as a Login."""
        before = processor_time(self._realm.kdc.pid)
        cpu, *latency = [float(line) for line in self._run(LOGINS).splitlines()]
        kdc = (processor_time(self._realm.kdc.pid) - before) / 1e9
        return Login(cpu / LOGINS, kdc / (LOGINS + 1), latency)

    def traffic(self):
        """How often a login goes there and back, and how many bytes, by libkrb5's own account."""
        trace = self._realm.folder / "pkinit.trace"
        self._run(1, KRB5_TRACE=str(trace))
        told = trace.read_text(encoding="utf-8", errors="replace")
        trace.unlink()
        counts = (len(re.findall("Initiating TCP connection|Received answer", told)),
                  sum(map(int, re.findall(r"(?:Sending request|Received answer) \((\d+) bytes\)", told))))
        return tuple(count / LOGINS_OF_A_TRACE for count in counts)

    def _run(self, count, **env):
        done = subprocess.run([self._program, str(count), self._who], check=False,
                              env={**self._realm.env, **env}, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bench: no PKINIT; is Debian's krb5-pkinit installed? {done.stderr}"
                             + "\n".join(self._realm.kdc.log.lines("(?i)pkinit")))
        return done.stdout
