"""What became of calls in queues and of agents, in a database: kept line by line, summed up by the database itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Float,
    Row,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from ivr.adapters.sql.database import reason
from ivr.adapters.sql.model import QueueLineRow
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.figures import SHORT_ABANDON_SECONDS, AgentFigures, CentreFigures, QueueFigures
from ivr.core.queueing.happening import MESSAGES, ONE_MOMENT, Happening, What
from ivr.core.queueing.happening_json import details_of, need_of_details, profile_of_details
from ivr.core.queueing.tally import AWAY, BUSY, HANDLING, TALK
from ivr.core.queueing.unheard import Unheard
from ivr.errors import EnvironmentFault, SealError

Q = QueueLineRow


class SqlQueueLines:
    """The queue_lines table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        """On a database that `upgrade` has prepared."""
        self._engine = engine

    def append(self, lines: Sequence[Happening]) -> None:
        """Keep lines, durably, in their order. Times are of the wall clock."""
        if lines:
            with self._session() as session:
                session.execute(insert(Q), [_row(one) for one in lines])
                session.commit()

    def of_call(self, call_id: str) -> list[Happening]:
        """What became of one call, in order. Raises SealError when a row was altered."""
        query = select(Q).where(Q.call_id == call_id, Q.what != What.WAS).order_by(Q.number)
        with self._session() as session:
            return [_line(row) for row in session.scalars(query)]

    def agents_at(self, when: float) -> list[Happening]:
        """Each agent's line of the state that they were in at a time; nobody whose state then is not over yet."""
        moment, since = when + ONE_MOMENT, when - LONGEST_SECONDS
        query = select(Q).where(Q.what == What.WAS, Q.began <= moment, Q.at > moment, Q.began > since)
        with self._session() as session:
            return [_line(row) for row in session.scalars(query.order_by(Q.agent, Q.number))]

    def listed_at(self, when: float) -> list[Happening]:
        """The last line of each agent that says what the directory said of them before a time."""
        newest = select(func.max(Q.number)).where(Q.what == What.LISTED, Q.at <= when).group_by(Q.agent)
        with self._session() as session:
            return [_line(row) for row in session.scalars(select(Q).where(Q.number.in_(newest)).order_by(Q.agent))]

    def unheard(self) -> list[Happening]:
        """Of messages that callers left and nobody listened to, in order."""
        heard = aliased(Q)
        listened = exists().where(heard.what == What.HEARD, heard.call_id == Q.call_id, heard.queue == Q.queue)
        query = select(Q).where(Q.what == What.MESSAGE, ~listened).order_by(Q.number)
        with self._session() as session:
            return Unheard(_line(row) for row in session.scalars(query)).lines

    def forget(self, *, before: float) -> int:
        """Remove lines that ended before a time, but what the directory said last; returns how many."""
        newest = select(func.max(Q.number)).where(Q.what == What.LISTED).group_by(Q.agent)
        with self._session() as session:
            gone = session.execute(delete(Q).where(Q.at < before, Q.number.not_in(newest)))
            session.commit()
            return int(gone.rowcount)  # type: ignore[attr-defined]

    def figures(
        self, *, since: float, until: float, interval: float, targets: Mapping[str, float], target: float
    ) -> dict[int, CentreFigures]:
        """Sums of the lines that began in [since, until), by number of interval (start / length).

        `targets`: seconds within which a call should be answered, by queue; `target` for all others.
        """
        number = cast(func.floor(Q.began / literal(interval, Float)), Float).label("interval")
        span = and_(Q.began >= since, Q.began < until)
        found: dict[int, CentreFigures] = {}
        with self._session() as session:
            of_queues = select(number, Q.queue, *_queue_sums(targets, target)).where(
                span, Q.queue != "", Q.what.not_in(MESSAGES)
            )
            for row in session.execute(of_queues.group_by("interval", Q.queue)):
                figures = found.setdefault(int(row[0]), CentreFigures())
                figures.queues[row[1]] = _queue_figures(row, targets.get(row[1], target))
            of_agents = select(number, Q.agent, *_agent_sums()).where(
                span, Q.agent != "", Q.what.in_((What.WAS, What.TAKEN, What.MISSED))
            )
            for row in session.execute(of_agents.group_by("interval", Q.agent)):
                figures = found.setdefault(int(row[0]), CentreFigures())
                figures.agents[row[1]] = AgentFigures(**{name: getattr(row, name) for name in AGENT_SUMS})
        for figures in found.values():
            figures.queues = {
                name: queue for name, queue in figures.queues.items() if queue != QueueFigures(queue.target)
            }
        return found

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
        except SQLAlchemyError as error:
            raise EnvironmentFault(f"the database does not answer: {reason(error)}") from error


LONGEST_SECONDS = 7200.0
"""No line of an agent's time is longer: the hub writes one each interval."""
AGENT_SUMS = ("logged_in_seconds", "busy_seconds", "talk_seconds", "paused_seconds", "calls", "missed")


def _queue_sums(targets: Mapping[str, float], target: float) -> list[ColumnElement[Any]]:
    limit: ColumnElement[float] = case(targets, value=Q.queue, else_=target) if targets else literal(target, Float)
    taken, gave_up = Q.what == What.TAKEN, Q.what == What.GAVE_UP
    return [
        _count(Q.what.in_((What.CAME, What.REFUSED))).label("offered"),
        _count(taken).label("answered"),
        _count(and_(taken, Q.seconds <= limit)).label("answered_in_target"),
        _count(gave_up).label("abandoned"),
        _count(and_(gave_up, Q.seconds < SHORT_ABANDON_SECONDS)).label("abandoned_short"),
        _count(Q.what == What.REFUSED).label("refused"),
        _count(and_(Q.what == What.CAME, Q.reason != "")).label("moved_in"),
        _count(Q.what == What.MOVED).label("moved_out"),
        _count(Q.what == What.WENT).label("went"),
        _total(taken).label("answer_seconds"),
        _total(Q.what.in_((What.GAVE_UP, What.WENT))).label("lost_seconds"),
        _total(_in_state(HANDLING)).label("handling_seconds"),
        func.coalesce(func.max(case((Q.what.in_((What.TAKEN, What.GAVE_UP)), Q.seconds))), 0.0).label("longest_wait"),
    ]


def _agent_sums() -> list[ColumnElement[Any]]:
    return [
        _total(and_(Q.what == What.WAS, Q.state.not_in(AWAY))).label("logged_in_seconds"),
        _total(_in_state(BUSY)).label("busy_seconds"),
        _total(_in_state(TALK)).label("talk_seconds"),
        _total(_in_state(frozenset({AgentState.PAUSED}))).label("paused_seconds"),
        _count(Q.what == What.TAKEN).label("calls"),
        _count(Q.what == What.MISSED).label("missed"),
    ]


def _in_state(states: frozenset[AgentState]) -> ColumnElement[bool]:
    return and_(Q.what == What.WAS, Q.state.in_(states))


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


def _total(which: ColumnElement[bool]) -> ColumnElement[float]:
    return func.coalesce(func.sum(case((which, Q.seconds), else_=0.0)), 0.0)


def _queue_figures(row: Row[Any], target: float) -> QueueFigures:
    names = [name for name in QueueFigures.__dataclass_fields__ if name != "target"]
    return QueueFigures(target, **{name: getattr(row, name) for name in names})


def _row(one: Happening) -> dict[str, object]:
    return {
        "began": one.began,
        "at": one.at,
        "seconds": one.seconds,
        "what": str(one.what),
        "queue": one.queue,
        "call_id": one.call_id,
        "agent": one.agent,
        "state": "" if one.state is None else str(one.state),
        "reason": one.reason[:128],
        "details": details_of(one),
    }


def _line(row: QueueLineRow) -> Happening:
    try:
        what, state = What(row.what), AgentState(row.state) if row.state else None
    except ValueError as error:
        raise SealError(f"the database's row {row.number} of queues was altered: {error}") from error
    return Happening(
        what, row.at, row.seconds, row.queue, row.call_id, row.agent, row.reason, state,
        need_of_details(row.details) if what in (What.CAME, What.RUNG) else None,
        profile_of_details(row.agent, row.details) if what is What.LISTED else None,
    )  # fmt: skip
