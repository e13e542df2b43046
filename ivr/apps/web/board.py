"""How the line stands, as the wallboard shows it: names, counts, moments; no call's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.figures import QueueFigures

ORDER: Final = (
    AgentState.AVAILABLE,
    AgentState.OFFERED,
    AgentState.TALKING,
    AgentState.HELD,
    AgentState.WRAP_UP,
    AgentState.PAUSED,
    AgentState.UNREACHABLE,
    AgentState.LOGGED_OUT,
)
"""Who can take a call comes first."""
JITTER_SECONDS: Final = 2.0
"""Moments that are told as lengths of time differ by less from one reading to the next."""


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue: now, and today."""

    name: str
    waiting: int
    oldest: float | None
    """When the call that waits longest began to, seconds since the epoch."""
    offered: int
    answered: int
    abandoned: int
    refused: int
    target: float
    """Seconds within which a call should be answered."""
    level_of_all: float | None
    """Share of all offered calls that were answered within the target; None: no call came."""
    level_without_short: float | None
    """The same, calls that gave up within five seconds left out."""
    answer_seconds: float | None
    """Mean wait of answered calls."""


@dataclass(frozen=True, slots=True)
class AgentNow:
    """What one agent does."""

    name: str
    state: str
    since: float
    """Seconds since the epoch."""
    reason: str
    """Of a pause."""
    by: str
    calls: int
    """Talks so far."""
    call: str
    """They are in, or are rung for."""


@dataclass(frozen=True, slots=True)
class MailboxNow:
    """Messages that nobody has listened to."""

    name: str
    calls: int
    """In which they were left."""
    oldest: float
    """When the first of them was left, seconds since the epoch."""
    call: str
    """In which that was."""


@dataclass(frozen=True, slots=True)
class AlarmNow:
    """One that nobody acknowledged."""

    id: str
    at: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Board:
    """All of it."""

    waiting: int
    oldest: float | None
    answered: int
    abandoned: int
    level: float | None
    """Share of all offered calls that were answered within their queue's target, over all queues, today."""
    states: tuple[tuple[str, int], ...]
    """(State, how many agents are in it)."""
    queues: tuple[QueueNow, ...]
    agents: tuple[AgentNow, ...]
    mailboxes: tuple[MailboxNow, ...]
    alarms: tuple[AlarmNow, ...]


def board(report: Mapping[str, Any], *, now: float, before: Board | None = None) -> Board:
    """What a report of the hub comes to. `before`: the board of the reading before; moments that are the same stay."""
    known = {} if before is None else {one.name: one for one in before.queues}
    queues = tuple(_queue(name, report, now, known.get(name)) for name in _names(report))
    figures = [QueueFigures(**one) for one in report["today"]["queues"].values()]
    offered = sum(one.offered for one in figures)
    agents = sorted(_agents(report, now, before), key=lambda one: (ORDER.index(AgentState(one.state)), one.name))
    return Board(
        waiting=sum(one.waiting for one in queues),
        oldest=min((one.oldest for one in queues if one.oldest is not None), default=None),
        answered=sum(one.answered for one in figures),
        abandoned=sum(one.abandoned for one in figures),
        level=sum(one.answered_in_target for one in figures) / offered if offered else None,
        states=tuple((str(state), sum(one.state == state for one in agents)) for state in ORDER),
        queues=queues,
        agents=tuple(agents),
        mailboxes=tuple(_mailboxes(report, now, before)),
        alarms=tuple(
            AlarmNow(one["id"], one["at"], one["kind"], one["text"]) for one in report["alarms"] if not one["by"]
        ),
    )


def _names(report: Mapping[str, Any]) -> list[str]:
    return sorted({*report["named"], *report["today"]["queues"], *(one["queue"] for one in report["queues"])})


def _queue(name: str, report: Mapping[str, Any], now: float, before: QueueNow | None) -> QueueNow:
    held = next((one for one in report["queues"] if one["queue"] == name), None)
    told = report["today"]["queues"].get(name)
    figures = QueueFigures(**(told or ({"target": report["named"][name]} if name in report["named"] else {})))
    oldest = None if held is None else now - held["longest_seconds"]
    return QueueNow(
        name,
        0 if held is None else held["waiting"],
        None if oldest is None else _steady(oldest, None if before is None else before.oldest),
        figures.offered,
        figures.answered,
        figures.abandoned,
        figures.refused,
        figures.target,
        figures.service_level_of_all_offered if figures.offered else None,
        figures.service_level_without_short_abandons if figures.offered > figures.abandoned_short else None,
        figures.average_speed_of_answer if figures.answered else None,
    )


def _agents(report: Mapping[str, Any], now: float, before: Board | None) -> list[AgentNow]:
    known = {} if before is None else {one.name: one for one in before.agents}
    found = []
    for one in report["agents"]:
        was = known.get(one["name"])
        since = now - one["seconds"]
        found.append(
            AgentNow(
                one["name"],
                one["state"],
                _steady(since, was.since if was is not None and was.state == one["state"] else None),
                one["reason"],
                one["by"],
                one["calls"],
                one["call_id"] or "",
            )
        )
    return found


def _mailboxes(report: Mapping[str, Any], now: float, before: Board | None) -> Iterator[MailboxNow]:
    known = {} if before is None else {one.name: one.oldest for one in before.mailboxes}
    for one in report["mailboxes"]:
        oldest = _steady(now - one["oldest_seconds"], known.get(one["mailbox"]))
        yield MailboxNow(one["mailbox"], one["calls"], oldest, one["oldest_call"])


def _steady(at: float, before: float | None) -> float:
    return before if before is not None and abs(at - before) < JITTER_SECONDS else round(at, 1)
