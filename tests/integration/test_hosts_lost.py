"""Another host is cut off, or dies, in a call of it: new calls avoid it, what it had comes back, and a call here hears
nothing of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_RATE
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.counted_frames import counted_frames, missing
from tests.integration.conftest import until
from tests.integration.two_hosts import TwoHosts, two_hosts

AVOIDED_SECONDS = 5.0
"""New calls avoid a host by then."""
SET_UP_SECONDS = 2.0
TALK_SECONDS = 14.0
"""Longer than it takes until another call is served."""
LEAD_SECONDS = 1.0
"""Of the talk, before the other host is lost."""

pytestmark = [
    pytest.mark.skipif(os.getuid() != 0, reason="only root makes network namespaces"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoHosts]:
    with two_hosts(tmp_path_factory.mktemp("two"), here=2) as made:
        yield made


@asynccontextmanager
async def talking(two: TwoHosts, call: RobotCall, cell: int) -> AsyncIterator[None]:
    """A call here whose caller talks through all that is done meanwhile: at its end its recording has all of it."""
    call_id = str(two.cells()[cell]["call_id"])
    await call.hears_sound(since=call.invited_at)
    said = asyncio.ensure_future(call.say(counted_frames(round(TALK_SECONDS * SAMPLE_RATE / FRAME_SAMPLES))))
    await asyncio.sleep(LEAD_SECONDS)
    yield
    assert not said.done(), "it was over before all was done: TALK_SECONDS is too short"
    await said
    assert not call.ended.is_set(), "a call here ended"
    await call.hang_up()
    await until(lambda: two.line.ended(call_id), "the call here has no record")
    lost, length = missing((await asyncio.to_thread(two.line.recorded, call_id, "caller.in"))[0])
    assert lost == 0, "milliseconds of a call here"
    assert length == pytest.approx(TALK_SECONDS, abs=0.5)


async def avoids(two: TwoHosts, robot: RobotCaller, lost: float, cell: int) -> None:
    """By now, at the latest, no call goes to the host with this call any more: one more is served here, at once."""
    [idle] = two.theirs - {cell}
    await until(lambda: f"c{idle}" in two.line.engine.withheld(), "its idle cell is still offered")
    assert time.monotonic() - lost < AVOIDED_SECONDS
    before, began = two.busy() - two.theirs, time.monotonic()
    other = await robot.dial()
    assert time.monotonic() - began < SET_UP_SECONDS
    await until(lambda: two.busy() - two.theirs - before, "the call is elsewhere")
    await other.hang_up()


async def test_new_calls_avoid_a_host_that_is_cut_off_and_its_own_call_is_kept_when_it_is_back(two: TwoHosts) -> None:
    calls = dict[int, RobotCall]()
    async with two.robot() as robot:
        here, there = await two.dials_both(robot, calls)
        call_id = str(two.cells()[there]["call_id"])
        async with talking(two, calls[here], here):
            await asyncio.to_thread(two.far.host.cut)
            await avoids(two, robot, time.monotonic(), there)
        await until(two.told_that_it_went, "nobody is told")
        two.far.host.mend()
        await two.comes_back()
        assert two.cells()[there]["call_id"] == call_id
        await calls[there].hang_up()
    await until(lambda: not two.far.journals(), "the journal is not sent")
    await until(lambda: two.line.ended(call_id), "the call has no record")
    found = two.line.ended(call_id)
    assert found["outcome"] != "crashed"


async def test_new_calls_avoid_a_host_that_died_and_what_it_had_recorded_is_recovered_when_it_is_back(
    two: TwoHosts,
) -> None:
    calls = dict[int, RobotCall]()
    async with two.robot() as robot:
        here, there = await two.dials_both(robot, calls)
        call_id = str(two.cells()[there]["call_id"])
        async with talking(two, calls[here], here):
            await asyncio.to_thread(two.far.dies)
            died = time.monotonic()
            assert two.far.journals()
            await avoids(two, robot, died, there)
        await until(lambda: not two.theirs & two.cells().keys() - {there}, "a cell of a dead host is there")
        two.far.start()
        await two.comes_back()
        await until(lambda: not two.far.journals(), "its journal is not sent")

        def kept() -> bool:
            record = {one["call_id"]: one for one in two.line.records()}.get(call_id)
            return record is not None and record["outcome"] == "crashed"

        await until(kept, "the call's record is not kept")
        assert any(two.line.recorded(call_id, "caller.out", salvage=True)[0])
