"""Ringing the target of a transfer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DialTarget:
    """Ring the target of a transfer. Answered by TargetAnswered or TargetFailed."""

    transfer_id: int
    destination: str
    """A name; the settings say which address that is."""
    timeout: float
    """Seconds of ringing."""


@dataclass(frozen=True, slots=True)
class TargetAnswered:
    """The leg to the target of a transfer is up."""

    transfer_id: int


@dataclass(frozen=True, slots=True)
class TargetFailed:
    """The target of a transfer is busy, refused, did not answer or cannot be reached."""

    transfer_id: int
    code: int
    """SIP status code of the failure (RFC 3261 21); 487 when we gave up ringing."""


@dataclass(frozen=True, slots=True)
class CancelTarget:
    """Stop ringing, or hang up the target's leg."""

    transfer_id: int
