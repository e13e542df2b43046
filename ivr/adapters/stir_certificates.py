"""Carriers' certificates in files of ours (RFC 8226), each known by the address that signers name; none is fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509 import ObjectIdentifier

from ivr.errors import OperatorError

TN_AUTH_LIST = ObjectIdentifier("1.3.6.1.5.5.7.1.26")
"""Says for which carrier or numbers a certificate is (RFC 8226 9): one without is not for telephone numbers."""
HALF = 32
MOST_ISSUERS = 4


class StirCertificates:
    """`NumberCertificates`."""

    def __init__(self, authorities: Path, certificates: Mapping[str, Path]) -> None:
        """`certificates`: address that a signer names -> its certificate, issuers behind it. Raises OperatorError."""
        self._roots = _read(authorities)
        self._chains = {x5u: _read(file) for x5u, file in certificates.items()}
        for x5u, chain in self._chains.items():
            if not isinstance(chain[0].public_key(), ec.EllipticCurvePublicKey) or not _for_numbers(chain[0]):
                raise OperatorError(
                    f"{certificates[x5u]} is no certificate for telephone numbers (RFC 8226: P-256, TNAuthList)"
                )

    def verifies(self, x5u: str, signed: bytes, signature: bytes, *, at: float) -> bool | None:
        """As the port says."""
        chain = self._chains.get(x5u)
        if chain is None:
            return None
        key = chain[0].public_key()
        if len(signature) != 2 * HALF or not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        halves = (int.from_bytes(part, "big") for part in (signature[:HALF], signature[HALF:]))
        try:
            key.verify(encode_dss_signature(*halves), signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return self._believed(chain, datetime.fromtimestamp(at, UTC))

    def _believed(self, chain: Sequence[x509.Certificate], now: datetime) -> bool:
        """Each is valid now and signed by the next, and the last by an authority of ours."""
        for place, one in enumerate(chain[:MOST_ISSUERS]):
            if not one.not_valid_before_utc <= now <= one.not_valid_after_utc or (place and not _may_sign(one)):
                return False
            if any(_signed_by(one, root) and root.not_valid_after_utc >= now for root in self._roots):
                return True
            if place + 1 == len(chain) or not _signed_by(one, chain[place + 1]):
                return False
        return False


def _signed_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _may_sign(one: x509.Certificate) -> bool:
    try:
        return one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _for_numbers(one: x509.Certificate) -> bool:
    return any(extension.oid == TN_AUTH_LIST for extension in one.extensions)


def _read(file: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise OperatorError(f"{file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)") from error
