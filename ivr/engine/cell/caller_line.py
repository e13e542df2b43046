"""The caller's line as a cell measures it: loss, signs of life, and RTP that comes from elsewhere."""

from __future__ import annotations

from ivr.core.alarms import AlarmKind
from ivr.core.call.line_watch import Dropped, LineWatch
from ivr.core.events import Event
from ivr.core.media.address import shown_address
from ivr.core.orders.legs import LineMeasured, MediaAstray
from ivr.core.orders.playing import PromptEnded
from ivr.engine.bus.cells import Alarm, Counted
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.errors import IvrError
from ivr.ports.telephony import LegAstray, LegStats

_LEAST_PACKETS = 100
"""Of fewer packets a share says nothing."""


class CallerLine:
    """One caller's."""

    def __init__(self, leg: int, call_id: str, config: CellConfig, around: Surroundings) -> None:
        self._leg, self._call_id, self._around = leg, call_id, around
        self._watch = LineWatch(config.silence_limit, config.held_limit)
        self._stats: LegStats | None = None

    def look(self, *, held: bool) -> list[Event]:
        """Once a second: whether the caller is there, and can be heard."""
        try:
            stats = self._around.telephony.stats(self._leg)
        except IvrError:  # it has just ended; its LegDown follows
            return []
        self._count_unheard(stats)
        self._stats = stats
        events: list[Event] = []
        now = self._around.monotonic()
        for seen in self._watch.look(signs=stats.signs, astray=stats.astray, held=held, now=now):
            if isinstance(seen, Dropped):
                self._count("rtp_astray_packets", seen.packets)
                continue
            if isinstance(seen, MediaAstray):
                self._count("rtp_astray_calls", 1)
                self._around.telephony.find_astray(self._leg)
            events.append(seen)
        return events

    def found_astray(self, fact: LegAstray) -> None:
        """People need both addresses to find what is set wrongly; nobody needs the caller's own whole."""
        found, expected = shown_address(fact.found), shown_address(fact.expected)
        self._around.log("media_astray", {"call_id": self._call_id, "found": found, "expected": expected})
        text = (
            f"RTP of a call comes from {found}, is expected from {expected}, and is dropped, so they are not heard; "
            "an SBC must send from where its SDP says: see media.rtp_source and sip.trunks"
        )
        self._around.hub.send(Alarm(AlarmKind.MEDIA, text, self._call_id))

    def told(self, event: Event | None) -> None:
        """Count a warning that nobody may have heard."""
        if isinstance(event, PromptEnded) and event.report is not None and event.report.silent:
            self._count("warnings_unheard", 1)

    def measured(self) -> list[Event]:
        """How much of the call was lost on the way; its counters are gone when the leg is."""
        stats = self._stats
        if stats is None or stats.packets_received + stats.packets_lost_here < _LEAST_PACKETS:
            return []
        here = stats.packets_lost_here / (stats.packets_received + stats.packets_lost_here)
        there = stats.packets_lost_there / stats.packets_sent if stats.reports and stats.packets_sent else None
        return [LineMeasured(_share(here), None if there is None else _share(there))]

    def _count_unheard(self, stats: LegStats) -> None:
        """What came and is neither heard nor recorded."""
        for name in ("left_out", "discarded"):
            if grown := getattr(stats, name) - (0 if self._stats is None else getattr(self._stats, name)):
                self._count(f"samples_{name}", grown)

    def _count(self, name: str, growth: float) -> None:
        self._around.hub.send(Counted({name: growth}))


def _share(value: float) -> float:
    """Between 0 and 1: duplicates and late packets make a loss negative."""
    return min(1.0, max(0.0, value))
