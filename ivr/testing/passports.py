"""A carrier that signs who calls, and the certificates by which it is believed (RFC 8225, RFC 8226, RFC 8588)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import NameOID

from ivr.testing.certificates import DAY, Authority

X5U = "https://certificates.carrier.example/shaken.pem"
TN_AUTH_LIST = ObjectIdentifier("1.3.6.1.5.5.7.1.26")
CARRIER_CODE = bytes.fromhex("3008a006160431323334")
"""TNAuthList of one service provider, 1234, in DER."""


@dataclass(slots=True)
class Signer:
    """A carrier with its key."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def certificate(self, folder: Path, by: Authority, *, since: timedelta = -DAY, until: timedelta = DAY,
                    numbers: bool = True) -> Path:  # fmt: skip
        """Its certificate as a file; without `numbers` it is for none."""
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SHAKEN 1234")]))
            .issuer_name(by.certificate().subject)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + since)
            .not_valid_after(now + until)
        )
        if numbers:
            made = made.add_extension(x509.UnrecognizedExtension(TN_AUTH_LIST, CARRIER_CODE), critical=False)
        file = folder / f"shaken-{x509.random_serial_number()}.pem"
        file.write_bytes(made.sign(by.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return file

    def identity(self, *, orig: str, dest: str, at: float, attest: str = "A", x5u: str = X5U, **header: Any) -> str:
        """The value of an Identity header; numbers without a plus sign."""
        head = {"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": x5u, **header}
        claims = {"attest": attest, "dest": {"tn": [dest]}, "iat": int(at), "orig": {"tn": orig}, "origid": "0-0"}
        signed = f"{_word(head)}.{_word(claims)}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode().rstrip("=")
        return f'{signed}.{signature};info=<{x5u}>;alg=ES256;ppt="shaken"'


def _word(claims: dict[str, Any]) -> str:
    plain = json.dumps(claims, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")
