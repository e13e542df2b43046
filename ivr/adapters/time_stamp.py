"""Time-stamps of RFC 3161: an authority outside signs that a checkpoint existed at a time.

A stamp is handed on only after it verified against the operator's roots. (rfc3161-client before 1.0.7 accepted forged
stamps; setup.cfg asks for later ones.)
"""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime
from urllib.parse import urlsplit

from asn1crypto import cms, core, tsp
from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response

from ivr.errors import OperatorError, PeerError, SealError

ANSWER_SECONDS = 20.0
MAX_ANSWER_BYTES = 65536


class Rfc3161:
    """Authorities behind HTTP."""

    def request(self, address: str, message: bytes, roots: bytes) -> bytes:
        """Have a message's hash stamped. Raises OperatorError, PeerError, SealError."""
        return request_stamp(address, message, read_roots(roots))

    def check(self, stamp: bytes, message: bytes, roots: bytes) -> float:
        """When a message existed: seconds since the epoch. Raises OperatorError, SealError."""
        return check_stamp(stamp, message, read_roots(roots)).timestamp()


def read_roots(pem: bytes) -> list[x509.Certificate]:
    """Root certificates of time-stamp authorities. Raises OperatorError."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise OperatorError("the roots of time-stamp authorities are no certificates in PEM form") from error


def request_stamp(url: str, message: bytes, roots: list[x509.Certificate]) -> bytes:
    """Ask an authority to stamp a message's hash. Raises PeerError, or SealError when what comes does not verify."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise OperatorError(f"{url} is not the address of a time-stamp authority: http://… or https://…")
    query = TimestampRequestBuilder().data(message).build()
    request = urllib.request.Request(  # noqa: S310 - checked above
        url, query.as_bytes(), {"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - checked above
            stamp = bytes(answer.read(MAX_ANSWER_BYTES))
    except (OSError, urllib.error.URLError) as error:
        raise PeerError(f"the time-stamp authority {urlsplit(url).netloc} does not answer") from error
    check_stamp(stamp, message, roots, nonce=query.nonce)
    return stamp


def check_stamp(stamp: bytes, message: bytes, roots: list[x509.Certificate], *, nonce: int | None = None) -> datetime:
    """When a message existed, says an authority of the given roots. Raises SealError when the stamp does not hold."""
    try:
        response = decode_timestamp_response(_in_order(stamp))
    except (ValueError, TypeError, KeyError) as error:
        raise SealError("the time-stamp cannot be read: it is damaged, or of a form that is not known here") from error
    try:
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        if nonce is not None:
            builder = builder.nonce(nonce)
        builder.build().verify_message(response, message)
        return response.tst_info.gen_time.astimezone(UTC)
    except (VerificationError, ValueError) as error:
        raise SealError("the time-stamp does not hold: forged, of something else, or by a stranger") from error


def _in_order(stamp: bytes) -> bytes:
    """The same stamp with its certificates in the order of DER. Raises ValueError when it is none.

    A set is sorted in DER, and rfc3161-client reads nothing else; OpenSSL writes a chain in the order of its file. The
    certificates are not signed (RFC 5652 5.1, 10.2.3), so that their order may be mended. What was stored stays.
    """
    response = tsp.TimeStampResp.load(stamp, strict=True)
    if response["status"]["status"].native not in ("granted", "granted_with_mods"):
        return stamp
    signed = response["time_stamp_token"]["content"]
    certificates = signed["certificates"]
    if isinstance(certificates, core.Void):
        return stamp
    encoded = [certificate.dump() for certificate in certificates]
    if encoded != sorted(encoded):
        signed["certificates"] = cms.CertificateSet([cms.CertificateChoices.load(one) for one in sorted(encoded)])
    return bytes(response.dump())
