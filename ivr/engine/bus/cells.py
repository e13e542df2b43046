"""What a cell is and does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ivr.core.alarms import AlarmKind


@dataclass(frozen=True, slots=True)
class CellHello:
    """First on every connection."""

    cell: int
    """Its number, 0 up."""
    pid: int
    sip: str
    """address:port of its SIP transport."""
    call_id: str | None = None
    """The call it carries (after a reconnect), if any."""
    publication: str = ""
    """Id of what it serves."""


class CellStatus(StrEnum):
    """What a cell does."""

    IDLE = "idle"
    BUSY = "busy"
    """It carries a call, or was told to make one."""
    DRAINING = "draining"
    """It takes no more calls."""


@dataclass(frozen=True, slots=True)
class CellState:
    """What a cell does now."""

    cell: int
    state: CellStatus
    call_id: str | None = None
    calls_served: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """Growth of counters since the last message (Prometheus counters of the cell)."""

    counters: dict[str, float]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Someone must look at this now."""

    kind: AlarmKind
    text: str
    call_id: str | None = None
