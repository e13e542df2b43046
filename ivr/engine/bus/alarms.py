"""Alarms as people see them, and settle them. How one is raised: `cells.Alarm`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    """One alarm."""

    at: float
    """Seconds since the epoch."""
    kind: str
    text: str
    call_id: str | None = None
    id: str = ""
    """Follows from the rest, so that it is the same in every hub."""
    by: str = ""
    """Who acknowledged it; empty: nobody yet."""
    acknowledged_at: float = 0.0
    reason: str = ""
    """What they said."""


@dataclass(frozen=True, slots=True)
class AlarmsWanted:
    """Somebody asks which alarms there are. Answered by AlarmsReport; needs no CellHello."""


@dataclass(frozen=True, slots=True)
class AlarmsReport:
    """Those that are kept, the newest first."""

    alarms: tuple[AlarmRaised, ...]


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged:
    """Somebody looks after an alarm. Answered by AlarmSettled; needs no CellHello."""

    alarm: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlarmSettled:
    """Whether that is kept."""

    alarm: str
    trouble: str = ""
    """Why it is not; empty: it is."""
