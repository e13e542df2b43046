"""Which way a caller's keys count by: the one that was used first.

Many phones send each key by two ways at once (RFC 4733 and INFO, or a tone beside either). Told twice it would be two
keys, so one way counts for the call and the others are let go. A tone may be speech that sounds like one: a key by
another way that is no echo of it takes its place.
"""

from __future__ import annotations

from typing import Final

from ivr.core.orders.keypad import Via

ECHO_SECONDS: Final = 2.0
"""Between a tone and the INFO of the same press, at most."""


class KeyWay:
    """One far end's."""

    __slots__ = ("_last", "_last_at", "_way")

    def __init__(self) -> None:
        self._way: Via | None = None
        self._last, self._last_at = "", float("-inf")

    def counts(self, digit: str, via: Via, *, now: float) -> bool:
        """Whether this key is one; `now` in seconds."""
        echo = digit == self._last and now - self._last_at <= ECHO_SECONDS
        if self._way is None or (self._way is Via.INBAND and not echo):
            self._way = via
        if via is not self._way:
            return False
        self._last, self._last_at = digit, now
        return True

    def concerns(self, via: Via) -> bool:
        """Whether what was lost on this way may have been a key."""
        return self._way in (None, via)

    def forget(self) -> None:
        """The far end negotiated its media again, without the way it had, or with one it had not."""
        self._way = None
