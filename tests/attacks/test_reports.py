"""What far ends report of a warning: with a sign, about our stream and its packets, or it is no evidence.

RFC 3550 6.4.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ivr.testing.hearing import hears
from ivr.testing.robot_call import RobotCall
from ivr.testing.rtp import ReportBlock
from tests.attacks.test_heard import MISSED, WARNING, buys, dialled, press_by_info, record_of
from tests.integration.conftest import Line, start_line

CELLS = 5
Blocks = tuple[ReportBlock, ...]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(
        tmp_path_factory.mktemp("reports"),
        cells=CELLS,
        settings={"sip": {"trunks": ["127.0.1.0/24"], "calls_per_source": CELLS}},
    )
    yield running
    running.engine.stop()


@dataclass(slots=True)
class Reporter:
    """Says of each block something else."""

    ssrc: int | None = None
    lost: int | None = None
    newest: int | None = None

    def __call__(self, blocks: Blocks) -> Blocks:
        changes = {"ssrc": self.ssrc, "lost": self.lost, "highest": self.newest}
        said = {name: value for name, value in changes.items() if value is not None}
        return tuple(replace(block, **said) for block in blocks)


@asynccontextmanager
async def reporting(line: Line, said: Reporter) -> AsyncIterator[tuple[RobotCall, str]]:
    """A call whose phone reports so."""
    async with dialled(line, report_seconds=0.3) as (call, number):
        call.media.says = said
        yield call, number


async def packets_that_come_twice_are_no_loss(line: Line) -> None:
    async with reporting(line, Reporter(lost=-3)) as (call, number):
        await buys(line, call)
    record = await record_of(line, number)
    assert record["disclosures"][0]["loss"] == 0.0
    assert record["loss_there"] == 0.0
    assert "lossy_line" not in record["flags"]


async def packets_that_came_twice_hide_no_loss(line: Line) -> None:
    said = Reporter(lost=-1)
    async with reporting(line, said) as (call, number):
        await hears(call, line.prompt("Welcome")[MISSED:], since=call.invited_at)
        spoken = await call.press("4")
        await hears(call, line.prompt(WARNING), since=spoken.began)
        said.lost = 120
        await acknowledges(call)
    await nothing_was_heard(line, number)


async def who_received_nothing_any_more_lost_it(line: Line) -> None:
    """Its reports go on, with no loss, and with the same newest packet."""
    async with reporting(line, Reporter(lost=0)) as (call, number):
        await hears(call, line.prompt("Welcome")[MISSED:], since=call.invited_at)
        await press_by_info(call, "4")
        call.media.drop = lambda packet: True
        await acknowledges(call)
    await nothing_was_heard(line, number)


async def a_report_on_nothing_of_ours_is_none(line: Line, **said: Any) -> None:
    async with reporting(line, Reporter(**said)) as (call, number):
        await buys(line, call)
    record = await record_of(line, number)
    assert record["disclosures"][0]["loss"] is None, "they never reported on what we sent"
    assert record["loss_there"] is None


async def acknowledges(call: RobotCall) -> None:
    """By INFO, again and again."""
    for _ in range(45):
        if call.ended.is_set():
            return
        await asyncio.sleep(0.4)
        await press_by_info(call, "1")


async def nothing_was_heard(line: Line, number: str) -> None:
    record = await record_of(line, number)
    assert "deal" not in record["states"]
    assert not any(one["acknowledged_by"] for one in record["disclosures"])


async def test_what_is_reported_is_believed_as_far_as_it_can_be_true(line: Line) -> None:
    failed = await asyncio.gather(
        packets_that_come_twice_are_no_loss(line),
        packets_that_came_twice_hide_no_loss(line),
        who_received_nothing_any_more_lost_it(line),
        a_report_on_nothing_of_ours_is_none(line, lost=0, newest=0),
        a_report_on_nothing_of_ours_is_none(line, ssrc=1),
        return_exceptions=True,
    )
    wrong = [one for one in failed if isinstance(one, Exception)]
    if wrong:
        raise ExceptionGroup("phones", wrong)
