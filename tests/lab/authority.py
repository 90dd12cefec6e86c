"""An authority that certifies realms and revokes them again, by certtool."""

import itertools
import time
from pathlib import Path

from . import tools
from .process import run

DAY = 86400
KPKDC = "1.3.6.1.5.2.3.5"


def _date(days):
    """The time so many days from now, for certtool."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + days * DAY))


class Authority:
    """A CA with its files in `folder`: `certificate` is its own, and `chain` that and its issuers'."""

    def __init__(self, env, folder, name, issuer=None, extra=()):
        self.env = env
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.name = name
        self.issuer = issuer
        self._serials = itertools.count(1)
        self.key = self.folder / f"{name}.key"
        self.certificate = self.folder / f"{name}.pem"
        self._make_key(self.key)
        template = [f'cn = "{name}"', "ca", "cert_signing_key", "crl_signing_key", *extra]
        if issuer is None:
            self.serial = 1
            self._certtool("--generate-self-signed", "--load-privkey", self.key, "--outfile", self.certificate,
                           template=["serial = 1", "expiration_days = 90", *template])
            self.chain = self.certificate.read_text()
        else:
            self.serial = issuer.sign(self.key, self.certificate, template)
            self.chain = self.certificate.read_text() + issuer.chain

    def sign(self, key, certificate, template):
        """Certify a key, and return the serial number."""
        serial = next(self._serials) + 1
        self._certtool("--generate-certificate", "--load-privkey", key, "--load-ca-privkey", self.key,
                       "--load-ca-certificate", self.certificate, "--outfile", certificate,
                       template=[f"serial = {serial}", "expiration_days = 30", *template])
        return serial

    def certify(self, realm, certificate, key, extra=()):
        """Write a realm's chain and key, a new one unless the file is there, and return the serial number."""
        if not Path(key).exists():
            self._make_key(key)
        serial = self.sign(key, certificate, [f'cn = "{realm}"', f'dns_name = "{realm.lower()}"',
                                              "signing_key", f'key_purpose_oid = "{KPKDC}"', *extra])
        Path(certificate).write_text(Path(certificate).read_text() + self.chain)
        return serial

    def revoke(self, path, *serials, days=30, number=1):
        """Write a list of revoked certificates; the next one is due in so many days."""
        listed = self.folder / f"{self.name}-revoked.pem"
        listed.write_text("".join(self._stub(serial) for serial in serials))
        revoked = ["--load-certificate", listed] if serials else []
        self._certtool("--generate-crl", "--load-ca-privkey", self.key, "--load-ca-certificate", self.certificate,
                       *revoked, "--outfile", path,
                       template=[f"crl_number = {number}", f'crl_this_update_date = "{_date(min(days, 0) - 1)}"',
                                 f'crl_next_update_date = "{_date(days)}"'])
        return path

    def _stub(self, serial):
        """A certificate with that serial number, which is all that certtool looks at."""
        path = self.folder / f"{self.name}-{serial}-stub.pem"
        self._certtool("--generate-certificate", "--load-privkey", self.key, "--load-ca-privkey", self.key,
                       "--load-ca-certificate", self.certificate, "--outfile", path,
                       template=[f"serial = {serial}", 'cn = "stub"'])
        return path.read_text()

    def _make_key(self, path):
        path = Path(path)
        self._certtool("--generate-privkey", "--key-type", "ed25519", "--outfile", path)
        path.chmod(0o600)

    def _certtool(self, *arguments, template=None):
        if template is not None:
            path = self.folder / f"{self.name}.template"
            path.write_text("".join(f"{line}\n" for line in template))
            arguments = (*arguments, "--template", path)
        return run([tools.find("certtool"), "--no-text", *arguments], self.env)
