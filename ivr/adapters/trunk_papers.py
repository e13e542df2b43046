"""What trunks' certificates are judged by, read from files and found sound: authorities, and what those revoked."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ivr.errors import OperatorError

_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
_BELIEVED_OF_CLIENTS = bytes.fromhex("300c300a06082b06010505070302")
"""OpenSSL's X509_CERT_AUX: what is behind it is trusted to sign for TLS clients (clientAuth, RFC 5280 4.2.1.12)."""


def read_authorities(file: Path) -> tuple[x509.Certificate, ...]:
    """Raises OperatorError."""
    try:
        return tuple(x509.load_pem_x509_certificates(_octets(file)))
    except ValueError as error:
        raise OperatorError(f"{file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)") from error


def read_revoked(file: Path) -> tuple[x509.CertificateRevocationList, ...]:
    """Its lists (CRLs). Raises OperatorError."""
    none = f"{file} holds no list of revoked certificates in PEM (-----BEGIN X509 CRL-----)"
    try:
        found = tuple(x509.load_pem_x509_crl(one) for one in _LIST.findall(_octets(file)))
    except ValueError as error:
        raise OperatorError(none) from error
    if not found:
        raise OperatorError(none)
    return found


def certificates_fault(found: Iterable[x509.Certificate], *, now: float) -> str:
    """Why none of these is valid at this time (seconds since 1970); empty: one is."""
    at, found = datetime.fromtimestamp(now, UTC), tuple(found)
    if any(one.not_valid_before_utc <= at < one.not_valid_after_utc for one in found):
        return ""
    last = max(one.not_valid_after_utc for one in found)
    if last > at:
        return "no certificate in it is valid yet: look at this machine's clock, or wait"
    return f"no certificate in it is valid after {last:%Y-%m-%d %H:%M} UTC: renew it, then: ivr edge reload"


def revoked_fault(lists: Iterable[x509.CertificateRevocationList], *, now: float) -> str:
    """Why everything of an authority with a list here is refused at this time (seconds since 1970); empty: it is not.

    A list is good until the next one was to come; of an authority's lists the newest counts.
    """
    at, newest = datetime.fromtimestamp(now, UTC), dict[x509.Name, x509.CertificateRevocationList]()
    for one in sorted(lists, key=lambda one: one.last_update_utc):
        newest[one.issuer] = one
    for one in newest.values():
        if one.last_update_utc > at:
            return "the list of revoked certificates is not valid yet: look at this machine's clock, or wait"
        ends = one.next_update_utc
        if ends is not None and ends <= at:
            return (
                f"the next list of revoked certificates was to come by {ends:%Y-%m-%d %H:%M} UTC, and until it is here "
                "whatever its authority signed is refused: fetch it, then: ivr edge reload"
            )
    return ""


def authority_name(one: x509.Certificate) -> str | None:
    """Its common name, which stands as the issuer's in what it signs; None: it has none, or several."""
    found = [str(part.value) for part in one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return found[0] if len(found) == 1 and found[0].strip() and found[0].isprintable() else None


def is_root(one: x509.Certificate) -> bool:
    """Whether it signed itself."""
    return one.issuer == one.subject


def believed_by_itself(one: x509.Certificate) -> bytes:
    """PEM by which OpenSSL believes what it signed without asking who signed it; once more in the plain form, from
    which Kamailio takes the names that it shows to clients."""
    octets = base64.encodebytes(one.public_bytes(Encoding.DER) + _BELIEVED_OF_CLIENTS)
    begins, ends = b"-----BEGIN TRUSTED CERTIFICATE-----\n", b"-----END TRUSTED CERTIFICATE-----\n"
    return begins + octets + ends + one.public_bytes(Encoding.PEM)


def _octets(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}") from error
