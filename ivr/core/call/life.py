"""Whether a phone that says nothing is still there: it is asked, and its answer proves it.

Rule: a phone that has answered once is expected to answer. One that never does may not know the request, so it gets the
whole time that silence may last (`line_watch`). Neither does a phone lose its talk because it suppresses silence.
"""

from __future__ import annotations

from enum import StrEnum

QUIET_SECONDS = 0.5
"""Silence after which it is asked: no packet of RTP or RTCP, no answer."""
LOOKS_SECONDS = 0.6
"""What three looks, five a second, add to that and to the wait for an answer."""
LEAST_GONE_SECONDS = 2.0
NO_PROOF = frozenset({408, 477, 478, 481, 500, 503, 504})
"""SIP statuses by which a proxy says that nobody answered, or the phone that it knows no call (RFC 3261 12.2.1.2)."""


def proves_life(status: int) -> bool:
    """Whether an answer with this SIP status can only be the phone's own: even that it does not know the request."""
    return status not in NO_PROOF


class Seen(StrEnum):
    """What follows from a look."""

    ASK = "ask"
    GONE = "gone"


class Life:
    """One phone's."""

    def __init__(self, gone_seconds: float) -> None:
        """Seconds from the last sign of life until a phone that used to answer is gone, LEAST_GONE_SECONDS at least."""
        self._patience = gone_seconds - QUIET_SECONDS - LOOKS_SECONDS
        self._last: tuple[int, int] | None = None
        self._since = 0.0
        self._asked_at: float | None = None

    def look(self, *, signs: int, answers: int, now: float) -> Seen | None:
        """`signs` of RTP or RTCP and `answers` as the leg counts them, `now` in seconds."""
        first = self._last is None
        if (signs, answers) != self._last:
            self._last, self._since, self._asked_at = (signs, answers), now, None
        if first:
            self._asked_at = now
            return Seen.ASK
        if not answers:
            return None
        if self._asked_at is None and now - self._since >= QUIET_SECONDS:
            self._asked_at = now
            return Seen.ASK
        if self._asked_at is not None and now - self._asked_at >= self._patience:
            return Seen.GONE
        return None
