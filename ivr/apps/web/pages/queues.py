"""Queues beyond the wallboard: which calls wait, why one waits or was offered to whom, and what past days came to."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

from ivr.apps.days import DAY, days_of, midnight
from ivr.apps.queue_story import sentence
from ivr.apps.web.look import clock
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.core.queueing.figures import AgentFigures, CentreFigures, QueueFigures, total
from ivr.core.queueing.past import Moment
from ivr.engine.office import line as office

HALF_HOUR = 1800.0


class Days(BaseModel):
    """Which days, and how they are told apart."""

    since: str = Field(default="", max_length=30)
    """A day, by this machine's clock; inclusive, as the next. Empty: today."""
    until: str = Field(default="", max_length=30)
    queue: str = Field(default="", max_length=64)
    """Only this one."""
    by: Literal["queue", "interval", "agent"] = "queue"


class OfCall(BaseModel):
    """Which call."""

    call: str = Field(default="", max_length=200)


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One call that waits."""

    call: str
    queue: str
    place: int
    since: float
    """Seconds since the epoch."""
    priority: int
    rings: bool


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """All of them, next first."""

    calls: tuple[WaitingRow, ...]


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What a queue came to. Shares are of 1; None: nothing that it could be of."""

    at: float | None
    """Begin of the half hour; None: of all days together."""
    name: str
    offered: int
    answered: int
    abandoned: int
    refused: int
    went: int
    """To another queue, or elsewhere."""
    level_of_all: float | None
    level_without_short: float | None
    answer_seconds: float | None
    handling_seconds: float | None
    longest_seconds: float


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent's work."""

    name: str
    calls: int
    missed: int
    logged_in_seconds: float
    talk_seconds: float
    busy_seconds: float
    paused_seconds: float
    occupancy: float | None


@dataclass(frozen=True, slots=True)
class QueueReport:
    """Past days."""

    since: str
    until: str
    queues: tuple[QueueRow, ...]
    agents: tuple[AgentRow, ...]


@dataclass(frozen=True, slots=True)
class WeighedAgent:
    """What spoke for or against one agent."""

    agent: str
    verdict: str
    rung: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that became of a call in queues."""

    at: float
    """Seconds since the epoch."""
    told: str
    """In the reader's language."""
    agents: tuple[WeighedAgent, ...]


@dataclass(frozen=True, slots=True)
class WhyPage:
    """Why a call waits, or was offered to whom."""

    call: str
    past: tuple[Step, ...]
    place: int
    """Where it waits now; 0: it waits no more."""
    queue: str
    waited: float
    now: tuple[WeighedAgent, ...]


@operation("GET", "/queues/waiting", scope="queues.list", page="queues_waiting.html")
def queues_waiting(visit: Visit) -> WaitingPage:
    """The calls that wait, next first."""
    now = time.time()
    return WaitingPage(
        tuple(
            WaitingRow(
                one["call_id"], one["queue"], one["place"], now - one["seconds"], one["priority"], bool(one["ringing"])
            )
            for one in office.waiting(visit.office, office.Now())["waiting_calls"]
        )
    )


@operation("GET", "/queues/report", scope="queues.report", page="queues_report.html")
def queues_report(visit: Visit, asked: Days) -> QueueReport:
    """Service level, waits, handling time and occupancy of past days."""
    begins, ends = days_of(asked.since, asked.until)
    found = office.figures(visit.office, office.Figures(midnight(begins), midnight(ends), HALF_HOUR))
    whole = total(found.values())
    queues = _rows(whole, None, asked.queue)
    if asked.by == "interval":
        queues = [row for number, one in sorted(found.items()) for row in _rows(one, number * HALF_HOUR, asked.queue)]
    agents = [_agent(name, one) for name, one in sorted(whole.agents.items())]
    by_agent = asked.by == "agent"
    since, until = f"{begins:{DAY}}", f"{ends - timedelta(days=1):{DAY}}"
    return QueueReport(since, until, () if by_agent else tuple(queues), tuple(agents) if by_agent else ())


@operation("GET", "/queues/why", scope="queues.why", page="queues_why.html")
def queues_why(visit: Visit, asked: OfCall) -> WhyPage:
    """Why a call waits, or was offered to whom: every agent, and what spoke for or against them."""
    if not asked.call.strip():
        return WhyPage("", (), 0, "", 0.0, ())
    told = office.why(visit.office, office.Why(asked.call.strip()))
    now: dict[str, Any] = told.now
    return WhyPage(
        asked.call.strip(),
        tuple(_step(visit, one) for one in told.past),
        now.get("place", 0),
        now.get("queue", ""),
        now.get("waited", 0.0),
        tuple(WeighedAgent(one["agent"], one["verdict"], rung=False) for one in now.get("agents", ())),
    )


def _rows(figures: CentreFigures, at: float | None, only: str) -> list[QueueRow]:
    return [_queue(name, one, at) for name, one in sorted(figures.queues.items()) if only in ("", name)]


def _queue(name: str, one: QueueFigures, at: float | None) -> QueueRow:
    return QueueRow(
        at, name, one.offered, one.answered, one.abandoned, one.refused, one.went + one.moved_out,
        _known(one.service_level_of_all_offered), _known(one.service_level_without_short_abandons),
        _known(one.average_speed_of_answer), _known(one.average_handling_time), one.longest_wait,
    )  # fmt: skip


def _agent(name: str, one: AgentFigures) -> AgentRow:
    return AgentRow(
        name, one.calls, one.missed, one.logged_in_seconds, one.talk_seconds, one.busy_seconds, one.paused_seconds,
        _known(one.occupancy),
    )  # fmt: skip


def _step(visit: Visit, moment: Moment) -> Step:
    told, named = sentence(moment.line, clock)
    named = {name: visit.language.text(value) for name, value in named.items()}
    weighed = tuple(WeighedAgent(each.agent, each.verdict, each.rung) for each in moment.agents)
    return Step(moment.line.at, visit.language.text(told, **named), weighed)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
