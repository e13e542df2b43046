"""A call from its INVITE to its end."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.sip.calling_party import NOTHING_SAID, NetworkWord
from ivr.core.typed import Written


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller's INVITE reached this cell; or, of a callback, ours to them leaves it."""

    call_id: str
    """Ours: unique, printable, in every record of the call."""
    caller: str
    """The caller's address as given by the peer; unverified, personal."""
    called: str
    """The user part that was dialled."""
    at: float
    """Wall-clock time of the INVITE, seconds since the epoch (UTC)."""
    callback_id: str = ""
    """The callback request for which we dial them; empty: they dialled us. Who is dialled is not known by that."""
    network: NetworkWord = NOTHING_SAID
    """What stands behind the caller's address; of whom we dial, nothing."""


@dataclass(frozen=True, slots=True)
class SendProgress:
    """Open the media before the answer: 183 with SDP (early media, RFC 3960)."""


@dataclass(frozen=True, slots=True)
class AcceptCall:
    """Send the 200. Answered by CallAnswered."""


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse before the answer."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The caller's leg is up (ACK seen) and its media flows."""


class HangUpCause(Written):
    """Why we end a call: what it came to, as far as we know when we do."""

    COMPLETED = "completed"
    ABANDONED = "abandoned"
    UNANSWERED = "unanswered"
    TRANSFERRED = "transferred"
    REFUSED = "refused"
    FAILED = "failed"
    DRAINED = "drained"
    VANISHED = "vanished"
    """The caller's phone says nothing any more; what the call came to is for the dialplan to say."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the caller's leg (BYE)."""

    cause: HangUpCause
    """For the record."""


@dataclass(frozen=True, slots=True)
class DrainRequested:
    """The engine is stopping, and the time it leaves to running calls is over: this one is to end with an apology."""
