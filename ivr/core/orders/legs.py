"""The legs of a call: who is at the other end, and how their line is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LegRole(StrEnum):
    """Who is at the other end of a leg."""

    CALLER = "caller"
    AGENT = "agent"
    TARGET = "target"
    """Whom the call was transferred to (RFC 5589)."""
    CONSULTANT = "consultant"
    """A colleague whom the agent asks."""
    SUPERVISOR = "supervisor"


GONE = 408
"""SIP status told of a far end that vanished: the dialog is over (RFC 3261 12.2.1.2)."""
VANISHED = frozenset({GONE, 481})
"""With what a phone tells itself that it was started anew, and knows no such call."""


@dataclass(frozen=True, slots=True)
class LegHeld:
    """The far end put us on hold (re-INVITE with sendonly or inactive, RFC 3264 8.4)."""

    role: LegRole
    party: str = ""
    """Which one; empty: the caller, or the only one in that role."""


@dataclass(frozen=True, slots=True)
class LegResumed:
    """The far end took us off hold."""

    role: LegRole
    party: str = ""
    """Which one; empty: the caller, or the only one in that role."""


@dataclass(frozen=True, slots=True)
class LegHungUp:
    """A leg ended: BYE, CANCEL, failure, or our own hanging up."""

    role: LegRole
    code: int
    """SIP status code: 200 after an answered call, 487 after CANCEL, one of VANISHED, else the failure."""
    by_far_end: bool
    party: str = ""
    """Which one; empty: the caller, or the only one in that role."""


@dataclass(frozen=True, slots=True)
class MediaMissing:
    """The caller's leg is up, but no audio was agreed on: an offer of ours that was never answered (RFC 3264 4)."""


@dataclass(frozen=True, slots=True)
class CallerVanished:
    """For too long nothing at all came from the caller, neither RTP nor RTCP (RFC 3550 6.3.5), and no BYE."""


@dataclass(frozen=True, slots=True)
class MediaAstray:
    """RTP keeps coming from elsewhere than from where the caller may send: it is dropped, so we are deaf to them."""


@dataclass(frozen=True, slots=True)
class LineMeasured:
    """What share of the caller's packets was lost in the whole call (RFC 3550). Before the caller's LegHungUp."""

    lost_here: float
    """On the way to us, 0..1."""
    lost_there: float | None
    """On the way to the caller, as the far end reported; None: it reported nothing."""
