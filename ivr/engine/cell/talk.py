"""How long a talk has lasted: nobody stays connected by mistake, and every recording has an end."""

from __future__ import annotations

from ivr.core.events import Event
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.orders.talk import TalkNearsEnd, TalkOver

AGAIN_SECONDS = 10.0
"""A talk that goes on although it is over is ended again."""


class TalkClock:
    """One call's. Time is that of its media."""

    def __init__(self, longest: float, warning: float) -> None:
        """`longest` and `warning` (before that) in seconds."""
        self._longest, self._warning = longest, warning
        self._from = 0
        self._over_at = longest
        self._told = False

    def began(self, sample: int) -> None:
        """Somebody was connected."""
        self._from, self._over_at, self._told = sample, self._longest, False

    def look(self, sample: int) -> list[Event]:
        """What is due while they talk."""
        talked, due = (sample - self._from) / SAMPLE_RATE, list[Event]()
        if not self._told and talked >= self._longest - self._warning:
            self._told = True
            due.append(TalkNearsEnd())
        if talked >= self._over_at:
            self._over_at = talked + AGAIN_SECONDS
            due.append(TalkOver())
        return due
