"""Whether the caller is still there and can be heard: what a leg's counters say, looked at once a second.

Gone means that neither RTP nor RTCP comes (RFC 3550 6.3.5). A phone that suppresses silence still sends reports, and
comfort noise is life. On hold a phone may send nothing for longer, but not for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.orders.legs import CallerVanished, MediaAstray

ASTRAY_A_SECOND = 25
"""Dropped packets in a second that are a stream of their own: half of a telephone's 50, and no stray datagram."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """So many packets came from elsewhere since the last look."""

    packets: int


Seen = CallerVanished | MediaAstray | Dropped


class LineWatch:
    """One caller's line."""

    def __init__(self, silence_limit: float, held_limit: float) -> None:
        """Seconds without a sign of life until the caller counts as gone; the second while they hold us."""
        self._limits = {False: silence_limit, True: held_limit}
        self._signs: int | None = None
        self._since = 0.0
        self._doubted: float | None = None
        self._astray = 0
        self._told: set[type] = set()

    def look(self, *, signs: int, astray: int, held: bool, now: float) -> list[Seen]:
        """`signs` and `astray` as the leg counts them, `now` in seconds; what is to be told, each thing once."""
        seen: list[Seen] = []
        dropped, self._astray = astray - self._astray, astray
        if dropped > 0:
            seen.append(Dropped(dropped))
        if dropped >= ASTRAY_A_SECOND:
            seen += self._once(MediaAstray())
        if signs != self._signs:
            self._signs, self._since, self._doubted = signs, now, None
        elif now - self._since >= (self._limits[held] if self._doubted is None else self._doubted):
            seen += self._once(CallerVanished())
        return seen

    def doubt(self, seconds: float, *, now: float) -> None:
        """Their way to us may be gone: without a sign of life in so many seconds from now they are, held or not."""
        self._since, self._doubted = now, seconds

    def _once(self, event: CallerVanished | MediaAstray) -> list[Seen]:
        if type(event) in self._told:
            return []
        self._told.add(type(event))
        return [event]
