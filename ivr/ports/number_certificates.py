"""Certificates by which carriers sign who calls (STIR: RFC 8224, RFC 8226)."""

from __future__ import annotations

from typing import Protocol


class NumberCertificates(Protocol):
    """Those that we hold."""

    def verifies(self, x5u: str, signed: bytes, signature: bytes, *, at: float) -> bool | None:
        """Whether `signature` (ES256, 64 octets) over `signed` is good by the certificate that `x5u` names, which must
        be valid `at` (seconds since 1970) and signed by an authority of ours; None: we hold none of this name."""
        ...
