"""Certificates by which hosts of one engine know each other: an authority of the engine's own, and who is listed.

Rules: a certificate counts while it is listed here by its fingerprint, so whoever is removed is out at once. A host's
name stands in its certificate and nowhere else: no message says who it is from. TLS 1.3 only, both show a certificate.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ivr.core.typed import parsed, text
from ivr.durable import locked, write_durably
from ivr.errors import EnvironmentFault, OperatorError, PeerError, SettingsError
from ivr.ports.hosts import AddedHost, Host

MAIN = "main"
"""The host that the others work for."""
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
HOST_DAYS = 397
AUTHORITY_DAYS = 3650
_SKEW = timedelta(hours=1)
"""Hosts' clocks may differ by so much."""
_OTHERS = 0o077


class HostFiles:
    """The authority, this host's own identity, and the list, in a folder that is the engine's only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def own(self) -> Path:
        """This host's identity."""
        return self._folder / "main.pem"

    def add(self, name: str, *, now: datetime) -> AddedHost:
        """By the authority, which is made with the first host."""
        if not NAME.fullmatch(name) or name == MAIN:
            raise OperatorError("a host is named by small letters, digits and '-', 31 at most, beginning with a letter")
        with self._alone():
            identity, certificate = self._issue(name, now)
            if not self.own.exists():
                write_durably(self.own, self._issue(MAIN, now)[0])
            host = Host(name, certificate.fingerprint(hashes.SHA256()).hex(), certificate.not_valid_after_utc)
            self._write([*(one for one in self.all() if one.name != name), host])
        return AddedHost(host, identity)

    def all(self) -> Sequence[Host]:
        """From the list."""
        try:
            found = parsed((self._folder / "hosts.json").read_bytes())
            return [
                Host(name, text(one["fingerprint"]), datetime.fromisoformat(text(one["not_after"])))
                for name, one in sorted(found.items())
            ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise EnvironmentFault(f"the list of hosts cannot be read: {error.strerror}") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EnvironmentFault("the list of hosts is damaged; restore it from a backup") from error

    def remove(self, name: str) -> None:
        """Off the list."""
        with self._alone():
            there = self.all()
            if all(one.name != name for one in there):
                raise OperatorError("there is no host of that name; 'ivr host list' shows them")
            self._write([one for one in there if one.name != name])

    def counts(self, name: str, fingerprint: str) -> bool:
        """Whether a host's certificate is the one that is listed now. A list that cannot be read lists nobody."""
        try:
            return any(one.name == name and one.fingerprint == fingerprint for one in self.all())
        except EnvironmentFault:
            return False

    # --- the authority ----------------------------------------------------------------------------------------------

    def _issue(self, name: str, now: datetime) -> tuple[bytes, x509.Certificate]:
        authority, signing = self._authority(now)
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        made = (
            _begun(name, authority.subject, key.public_key(), now, HOST_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
            .sign(signing, hashes.SHA256())
        )
        return _pem(key) + made.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM), made

    def _authority(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        path = self._folder / "authority.pem"
        try:
            data = path.read_bytes()
            key = load_pem_private_key(data, None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            return x509.load_pem_x509_certificate(data), key
        except FileNotFoundError:
            pass
        except OSError as error:
            raise EnvironmentFault(f"the hosts' authority cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise EnvironmentFault(f"{path} is damaged; restore it from a backup") from error
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ivr hosts")])
        usage = x509.KeyUsage(False, False, False, False, False, key_cert_sign=True, crl_sign=True,
                              encipher_only=False, decipher_only=False)  # fmt: skip
        made = (
            _begun("ivr hosts", name, key.public_key(), now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_durably(path, _pem(key) + made.public_bytes(Encoding.PEM))
        return made, key

    def _write(self, hosts: Sequence[Host]) -> None:
        data = {one.name: {"fingerprint": one.fingerprint, "not_after": one.not_after.isoformat()} for one in hosts}
        write_durably(self._folder / "hosts.json", json.dumps(data, indent=1).encode() + b"\n")

    def _alone(self) -> AbstractContextManager[int]:
        return locked(self._folder / "hosts.lock", "the list of hosts cannot be changed")


def client_context(identity: Path) -> ssl.SSLContext:
    """Of who connects to a host: it must show a certificate of our authority for the name that is asked for."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, identity)
    context.check_hostname = True
    return context


def server_context(identity: Path) -> ssl.SSLContext:
    """Of who listens: whoever connects must show a certificate of our authority; `peer` says whose."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, identity)
    context.verify_mode = ssl.CERT_REQUIRED
    context.num_tickets = 0  # a session that is resumed shows no certificate
    return context


def peer(connection: ssl.SSLObject) -> tuple[str, str]:
    """Name and fingerprint in the certificate that the other side showed. Raises PeerError."""
    raw = connection.getpeercert(binary_form=True)
    shown: dict[str, Any] = connection.getpeercert() or {}
    names = [value for kind, value in shown.get("subjectAltName", ()) if kind == "DNS"]
    if raw is None or len(names) != 1:
        raise PeerError("a host showed a certificate that names no host")
    return str(names[0]), hashlib.sha256(raw).hexdigest()


def _context(protocol: int, identity: Path) -> ssl.SSLContext:
    try:
        data = identity.read_bytes()
        if identity.stat().st_mode & _OTHERS:
            raise SettingsError(f"others may read {identity}: chmod 600 {identity}")
        own, authority = x509.load_pem_x509_certificates(data)
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_cert_chain(identity)
        # Its own certificate stands in the same file and must not vouch for anybody.
        context.load_verify_locations(cadata=authority.public_bytes(Encoding.PEM).decode())
    except OSError as error:
        if isinstance(error, ssl.SSLError):
            raise SettingsError(f"{identity} is no identity of a host: make one with `ivr host add`") from error
        raise SettingsError(f"the host's identity {identity} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{identity} is no identity of a host: make one with `ivr host add`") from error
    if own.not_valid_after_utc < datetime.now(UTC):
        raise SettingsError(f"the certificate in {identity} has expired: make another with `ivr host add`")
    return context


def _begun(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
