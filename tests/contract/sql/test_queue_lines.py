"""What is kept of queues, on both databases: the same sums as those made line by line."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.queue_lines import SqlQueueLines
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.figures import AgentFigures, CentreFigures, QueueFigures
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.tally import Tally
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.queues import QueueLines
from ivr.testing.fake_queue_lines import MemoryQueueLines
from tests.contract.sql.conftest import postgres, sqlite
from tests.unit.queueing.day import EPOCH, told

INTERVAL = 300.0
TARGETS = {"cards": 5.0, "desk": 30.0}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QueueLines]:
    """An empty one."""
    if request.param == "memory":
        yield MemoryQueueLines()
        return
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with postgres(url) if url else sqlite(tmp_path) as opened:
        upgrade(opened)
        yield SqlQueueLines(opened)


def tallied(lines: list[Happening]) -> dict[int, CentreFigures]:
    """Line by line."""
    tally = Tally(interval=INTERVAL, target=lambda queue: TARGETS.get(queue, 20.0))
    for one in lines:
        tally.add(one)
    return tally.intervals


def assert_same(one: CentreFigures, other: CentreFigures) -> None:
    """Counts are equal; sums of seconds are, but for the order in which they were added."""
    assert one.queues.keys() == other.queues.keys()
    assert one.agents.keys() == other.agents.keys()
    pairs: list[tuple[QueueFigures | AgentFigures, QueueFigures | AgentFigures]] = [
        *((one.queues[name], other.queues[name]) for name in one.queues),
        *((one.agents[name], other.agents[name]) for name in one.agents),
    ]
    for mine, theirs in pairs:
        for field in fields(mine):
            here, there = getattr(mine, field.name), getattr(theirs, field.name)
            assert math.isclose(here, there, rel_tol=1e-9, abs_tol=1e-6), field.name


def summed_up(store: QueueLines, lines: list[Happening]) -> dict[int, CentreFigures]:
    for first in range(0, len(lines), 500):
        store.append(lines[first : first + 500])
    return store.figures(since=0.0, until=2 * EPOCH, interval=INTERVAL, targets=TARGETS, target=20.0)


def compare(store: QueueLines, lines: list[Happening]) -> None:
    summed, counted = summed_up(store, lines), tallied(lines)
    assert summed.keys() == counted.keys()
    for number, figures in counted.items():
        assert_same(figures, summed[number])


def test_the_database_sums_up_what_the_stream_of_lines_comes_to(store: QueueLines) -> None:
    lines = [one for seed in range(4) for one in told(seed, 1_500, interval=INTERVAL)]
    lines.append(Happening(What.WENT, EPOCH + 99.0, 9.0, "cards", "c-key"))
    lines.append(Happening(What.REFUSED, EPOCH + 99.0, 0.0, "cards", "c-full", reason="the queue is full"))
    lines += [Happening(what, EPOCH + 99.0, 5.0, "complaints", "c-told") for what in (What.MESSAGE, What.HEARD)]
    assert {one.what for one in lines} == set(What)
    compare(store, lines)


@pytest.mark.soak
def test_the_database_sums_up_a_million_facts(tmp_path: Path) -> None:
    lines = [one for seed in range(200) for one in told(100 + seed, 5_000, interval=INTERVAL)]
    with sqlite(tmp_path) as opened:
        upgrade(opened)
        compare(SqlQueueLines(opened), lines)


def test_every_second_of_an_agent_and_every_call_is_counted_once() -> None:
    lines = told(3, 3_000, interval=INTERVAL)
    figures = tallied(lines).values()
    times = [one for one in lines if one.what is What.WAS]
    for agent in {one.agent for one in times}:
        own = sorted((one for one in times if one.agent == agent), key=lambda one: one.at)
        for before, after in itertools.pairwise(own):
            assert after.began >= before.at - 1e-6, "no second twice"
    queues = [queue for one in figures for queue in one.queues.values()]
    came = sum(queue.offered for queue in queues)
    over = sum(q.answered + q.abandoned + q.refused + q.moved_out + q.went for q in queues)
    assert 0 <= came - over <= 13, "those that wait still"
    assert sum(q.moved_in for q in queues) == sum(q.moved_out for q in queues) > 0


def test_a_call_and_the_agents_of_a_moment_are_found_again_as_they_were_told(store: QueueLines) -> None:
    lines = told(5, 1_500, interval=INTERVAL)
    store.append(lines)
    call = next(one.call_id for one in lines if one.what is What.TAKEN)
    assert store.of_call(call) == [one for one in lines if one.call_id == call and one.what is not What.WAS]
    rung = next(one for one in lines[len(lines) // 2 :] if one.what is What.RUNG)
    then = {one.agent: one.state for one in store.agents_at(rung.at)}
    assert then[rung.agent] is AgentState.OFFERED
    listed = {one.agent: one.profile for one in store.listed_at(rung.at)}
    assert listed[rung.agent] is not None


def test_messages_that_nobody_listened_to_are_told_once_each_and_are_no_calls_of_a_queue(store: QueueLines) -> None:
    left = [Happening(What.MESSAGE, 10.0 + at, 5.0, box, call) for at, (call, box) in enumerate(
        [("c1", "complaints"), ("c1", "praise"), ("c2", "complaints"), ("c2", "complaints"), ("c3", "complaints")]
    )]  # fmt: skip
    store.append(left)
    store.append(
        [Happening(What.HEARD, 30.0, 0.0, "complaints", "c1"), Happening(What.HEARD, 31.0, 0.0, "praise", "c9")]
    )
    assert store.unheard() == [left[1], left[2], left[4]]
    assert (
        store.figures(since=0.0, until=100.0, interval=100.0, targets={}, target=20.0).get(0, CentreFigures()).queues
        == {}
    )


def test_old_lines_go_and_what_the_directory_says_stays(store: QueueLines) -> None:
    lines = told(6, 800, interval=INTERVAL)
    store.append(lines)
    end = max(one.at for one in lines)
    gone = store.forget(before=end + 1.0)
    listed = {one.agent for one in lines if one.what is What.LISTED}
    assert gone == len(lines) - len(listed)
    assert {one.agent for one in store.listed_at(end + 1.0)} == listed


def test_an_altered_row_is_refused_and_a_database_that_is_gone_is_an_error_of_ours(engine: Engine) -> None:
    store = SqlQueueLines(engine)
    store.append(told(7, 50, interval=INTERVAL))
    with engine.begin() as connection:
        connection.execute(text("UPDATE queue_lines SET details = '[]' WHERE what = 'listed'"))
    with pytest.raises(SealError, match="altered"):
        store.listed_at(2 * EPOCH)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE queue_lines"))
    with pytest.raises(EnvironmentFault):
        store.append(told(8, 10, interval=INTERVAL))
    upgrade_again = text("DELETE FROM alembic_version")
    with engine.begin() as connection:
        connection.execute(upgrade_again)
