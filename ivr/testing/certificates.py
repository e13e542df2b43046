"""A certificate authority of the test's own: what it issues is worth something to whoever trusts its `context`."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Files:
    """Where a certificate and its key are."""

    certificate: Path
    key: Path


@dataclass(slots=True)
class Authority:
    """It signs with a key made for it."""

    name: str = "test authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    by: Authority | None = None
    """Who signs its own certificate; None: itself."""
    may_sign_authorities: bool = False

    def certificate(self, until: timedelta = 365 * DAY) -> x509.Certificate:
        """Its own; `until` counts from now."""
        now, by = datetime.now(UTC), self.by or self
        return (
            _begun(self._subject(), by._subject(), self.key, now - 30 * DAY, now + until)
            .add_extension(x509.BasicConstraints(True, None if self.may_sign_authorities else 0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False)
            .sign(by.key, hashes.SHA256())
        )

    def context(self) -> ssl.SSLContext:
        """Of a client that trusts nobody else."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(cadata=self.certificate().public_bytes(Encoding.PEM).decode())
        return made

    def written(self, folder: Path, until: timedelta = 365 * DAY) -> Path:
        """Its certificate, as a file."""
        file = folder / f"{self.name.replace(' ', '-')}.pem"
        file.write_bytes(self.certificate(until).public_bytes(Encoding.PEM))
        return file

    def revoked(self, folder: Path, *issued: Files, since: timedelta = -2 * DAY, until: timedelta = 30 * DAY) -> Path:
        """Its list of what it revoked, as a file; `since` and `until`, when the next one is due, count from now."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._subject())
            .last_update(now + since)
            .next_update(now + until)
        )
        for one in issued:
            serial = x509.load_pem_x509_certificate(one.certificate.read_bytes()).serial_number
            gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - DAY).build()
            made = made.add_revoked_certificate(gone)
        file = folder / "revoked.pem"
        file.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return file

    def issue(self, folder: Path, name: str = "edge", *, hosts: tuple[str, ...] = ("127.0.0.1",),
              since: timedelta = -DAY, until: timedelta = 30 * DAY, server: bool = True) -> Files:  # fmt: skip
        """A certificate and its key, as files; `since` and `until` count from now."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        use = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        made = (
            _begun(subject, self._subject(), key, now + since, now + until)
            .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        files = Files(folder / f"{name}.crt", folder / f"{name}.key")
        files.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        files.key.touch(mode=0o600)
        files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    def _subject(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, since: datetime, until: datetime,
           ) -> x509.CertificateBuilder:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
