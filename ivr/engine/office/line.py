"""What the engine does now, and what became of calls in its queues. Nothing of it opens a recording."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ivr.core.queueing.figures import CentreFigures
from ivr.core.queueing.past import Moment, explain_past
from ivr.engine.bus.staff import StatusReport, StatusWanted, WhyReport, WhyWanted
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.errors import EnvironmentFault, OperatorError


@dataclass(frozen=True, slots=True)
class Now(Asked):
    """How it stands now."""


@dataclass(frozen=True, slots=True)
class Figures(Asked):
    """Sums of what was kept."""

    since: float
    """Wall clock, seconds since the epoch, inclusive."""
    until: float
    """Exclusive."""
    interval: float
    """Seconds of each."""


@dataclass(frozen=True, slots=True)
class Why(AskedOfCall):
    """Why a call waits, or was offered to whom."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What became of a call in queues."""

    past: list[Moment]
    now: dict[str, Any] = field(repr=False)
    """As the dispatcher weighs it now, as plain data; empty when it does not wait, or no engine runs."""


@does("status.show")
def status(desk: Desk, asked: Now) -> dict[str, Any]:
    """What the engine does now, as plain data. Raises EnvironmentFault when it does not run, PeerError."""
    return _report(desk)


@does("agents.state")
def agents_now(desk: Desk, asked: Now) -> dict[str, Any]:
    """The same, for what each agent does. Raises as `status`."""
    return _report(desk)


@does("queues.show")
def queues_now(desk: Desk, asked: Now) -> dict[str, Any]:
    """The same, for queues, agents and today's figures; `named`: each queue of the settings, with the seconds within
    which a call should be answered. Raises as `status`."""
    return {**_report(desk), "named": dict(desk.ports.targets[0])}


@does("trunks.list")
def trunks_now(desk: Desk, asked: Now) -> list[dict[str, Any]]:
    """Each trunk of the settings, in the order in which they are tried, as plain data. Raises as `status`."""
    found = _report(desk)["trunks"]
    assert isinstance(found, list)
    return found


@does("queues.list")
def waiting(desk: Desk, asked: Now) -> dict[str, Any]:
    """The same, for the calls that wait. Raises as `status`."""
    return _report(desk)


@does("queues.report")
def figures(desk: Desk, asked: Figures) -> dict[int, CentreFigures]:
    """By number of interval: its start divided by its length. Raises EnvironmentFault."""
    by_queue, other = desk.ports.targets
    return desk.ports.lines.figures(
        since=asked.since, until=asked.until, interval=asked.interval, targets=by_queue, target=other
    )


@does("queues.why")
def why(desk: Desk, asked: Why) -> Explained:
    """Every agent, and what spoke for or against them. Raises OperatorError of a call that never waited."""
    kept = desk.ports.lines
    past = explain_past(kept.of_call(asked.call), kept.agents_at, kept.listed_at)
    now: dict[str, Any] = {}
    with suppress(EnvironmentFault):  # no engine runs: what was kept can be read
        now = desk.ports.hub.ask(WhyWanted(asked.call), WhyReport).report
    if not past and not now:
        raise OperatorError(
            f"{asked.call} never waited, as far as is kept: 'ivr queue list' shows which calls wait now"
        )
    return Explained(past, now)


def _report(desk: Desk) -> dict[str, Any]:
    return desk.ports.hub.ask(StatusWanted(), StatusReport).report
