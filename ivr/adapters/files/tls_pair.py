"""A certificate with its chain and its key, read from two files and found sound before anybody serves with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from ivr.errors import OperatorError

RSA_BITS_MIN = 2048


@dataclass(frozen=True, slots=True)
class TlsPair:
    """What a TLS server shows and what it proves it by."""

    pem: bytes = field(repr=False)
    """The certificate, its chain and the key."""
    names: tuple[str, ...]
    """DNS names and addresses that it is for."""
    not_before: datetime
    not_after: datetime
    fingerprint: str
    """SHA-256 of the certificate, in hex."""


def read_pair(certificate: Path, key: Path, *, client: bool = False) -> TlsPair:
    """Both files, checked, but for its dates. Raises OperatorError: what is wrong with which file, and what to do.

    `client`: it is shown to a server that we call.
    """
    chain = _chain(certificate)
    secret, public = _key(key)
    mine = chain[0]
    if _spki(mine.public_key()) != public:
        others = any(_spki(one.public_key()) == public for one in chain[1:])
        raise OperatorError(
            f"the first certificate in {certificate} is not the one of the key {key}: "
            + ("put it first, its issuers behind it" if others else "name the two files that were made together")
        )
    if not client:
        _check_use(mine, certificate)
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain) + secret
    dates = mine.not_valid_before_utc, mine.not_valid_after_utc
    return TlsPair(pem, _names(mine), *dates, mine.fingerprint(hashes.SHA256()).hex())


def dates_fault(pair: TlsPair, *, now: float) -> str:
    """Why phones would not take it at this time (seconds since 1970); empty: they would."""
    if now < pair.not_before.timestamp():
        begins = f"{pair.not_before:%Y-%m-%d %H:%M} UTC"
        return f"the certificate is not valid before {begins}: look at this machine's clock, or wait"
    if now >= pair.not_after.timestamp():
        return f"the certificate expired at {pair.not_after:%Y-%m-%d %H:%M} UTC: renew it"
    return ""


def ends_at(pem: bytes) -> float:
    """When the first certificate in a file expires, in seconds since 1970. Raises ValueError."""
    return x509.load_pem_x509_certificates(pem)[0].not_valid_after_utc.timestamp()


def _chain(path: Path) -> list[x509.Certificate]:
    data = _read(path, "certificate")
    if b"PRIVATE KEY" in data:
        raise OperatorError(f"{path} holds a private key beside its certificates: keep the two in two files")
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise OperatorError(
            f"{path} holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"
        ) from error


def _key(path: Path) -> tuple[bytes, bytes]:
    """The file, and the public half of what it holds."""
    data = _read(path, "key")
    if path.stat().st_mode & 0o077:
        raise OperatorError(f"others may read the key {path}; run: chmod 600 {path}")
    try:
        key = load_pem_private_key(data, None)
    except TypeError as error:
        raise OperatorError(
            f"the key {path} is under a password, which nobody types at a start: take it off (openssl pkey) and "
            "keep the file readable by the engine's user only"
        ) from error
    except ValueError as error:
        raise OperatorError(
            f"{path} holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----"
        ) from error
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < RSA_BITS_MIN:
            raise OperatorError(
                f"the key {path} has {key.key_size} bits; RSA needs {RSA_BITS_MIN}, better is ECDSA P-256"
            )
    elif not isinstance(key, ec.EllipticCurvePrivateKey):
        raise OperatorError(f"the key {path} is neither RSA nor ECDSA: phones take no other")
    return data, _spki(key.public_key())


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise OperatorError(f"there is no {what} file {path}") from error
    except OSError as error:
        raise OperatorError(f"the {what} file {path} cannot be read: {error.strerror}") from error


def _spki(public: object) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]


def _check_use(one: x509.Certificate, path: Path) -> None:
    try:
        uses = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        uses = None
    if uses is not None and ExtendedKeyUsageOID.SERVER_AUTH not in uses:
        raise OperatorError(
            f"the certificate {path} is not for a TLS server (its extended key usage): ask for one that is"
        )
    if not _names(one):
        raise OperatorError(f"the certificate {path} names no host (subject alternative name): no phone would take it")


def _names(one: x509.Certificate) -> tuple[str, ...]:
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))
