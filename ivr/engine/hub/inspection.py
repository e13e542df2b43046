"""What the inspector told of itself: for metrics and for whoever asks how the engine fares."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from ivr.engine.bus.inspector import InspectorTold
from ivr.ports.clock import Clock

QUIET_SECONDS = 1800.0
"""An inspector that says nothing for longer is not well: a call of some hours is recognized in minutes."""


class InspectorWatch:
    """The latest word of the inspector's, and all it counted."""

    def __init__(self, registry: CollectorRegistry, *, wall: Clock) -> None:
        self._wall = wall
        self._told: InspectorTold | None = None
        self._told_at = 0.0
        self._waiting = Gauge("ivr_inspection_waiting", "Ended calls that were not read", registry=registry)
        self._behind = Gauge("ivr_inspection_behind_seconds", "Since the first of them ended", registry=registry)
        self._counters = {
            "calls": Counter("ivr_inspection_calls", "Calls that were read", registry=registry),
            "talk_seconds": Counter("ivr_inspection_talk_seconds", "Sound that was recognized", registry=registry),
            "cpu_seconds": Counter("ivr_inspection_cpu_seconds", "Of the inspector's process", registry=registry),
            "found": Counter("ivr_inspection_findings", "What rules found", registry=registry),
            "failed": Counter("ivr_inspection_rules_failed", "Rules that failed in a call", registry=registry),
            "lost": Counter("ivr_inspection_utterances_lost", "Not recognized, or rubbish", registry=registry),
            "unread": Counter("ivr_inspection_calls_unread", "Calls that could not be read", registry=registry),
        }
        self._live = {
            "found": Counter("ivr_inspection_live_findings", "What rules found as it was said", registry=registry),
            "failed": Counter("ivr_inspection_live_failed", "Rules that failed then", registry=registry),
        }

    def counted_live(self, what: str, number: int) -> None:
        """`found` or `failed` while a call goes on."""
        self._live[what].inc(number)

    def take(self, told: InspectorTold) -> None:
        """It tells how it fares."""
        self._told, self._told_at = told, self._wall()
        self._waiting.set(told.waiting)
        self._behind.set(told.behind_seconds)
        for name, counter in self._counters.items():
            counter.inc(max(0, getattr(told, name)))

    def report(self) -> dict[str, object]:
        """How far behind it is; `told_at` is 0 where it has told nothing yet, `quiet` where it tells nothing more."""
        quiet = self._told is not None and self._wall() - self._told_at > QUIET_SECONDS
        waiting, behind = (self._told.waiting, self._told.behind_seconds) if self._told else (0, 0.0)
        return {"waiting": waiting, "behind_seconds": behind, "told_at": self._told_at, "quiet": quiet}
