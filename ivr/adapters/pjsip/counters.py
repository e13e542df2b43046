"""A leg's media counters. Each stream begins to count at zero; a leg's counters never go back."""

from __future__ import annotations

from dataclasses import replace

from ivr.ports.telephony import LegStats

NOTHING = LegStats(0, 0, 0, 0, 0)
_SUMMED = (
    "packets_sent", "packets_received", "packets_lost_here", "packets_lost_there", "reports", "left_out", "discarded"
)  # fmt: skip


class Counters:
    """Of one leg, over all of its streams."""

    def __init__(self) -> None:
        self._ended = self._running = NOTHING
        self._streams = 0

    def stream_began(self) -> None:
        """What is counted from now on is counted from zero."""
        self.stream_ended()
        self._streams += 1

    def counted(self, running: LegStats) -> None:
        """What the running stream has counted so far."""
        self._running = running

    def stream_ended(self) -> None:
        """What it counted stays."""
        self._ended, self._running = self.total, NOTHING

    @property
    def total(self) -> LegStats:
        """All that was counted."""
        sums = {name: getattr(self._ended, name) + getattr(self._running, name) for name in _SUMMED}
        return replace(self._running, streams=self._streams, **sums)
