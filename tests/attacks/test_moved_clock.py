"""The machine's clock is set forward and back by hours under a running engine: calls go on, waits are waits, nothing is
erased, and what is written says what is true of a call.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.testing.hearing import hears, in_touch
from tests.integration.conftest import DIALPLANS, Line, start_line, until

MOVER = Path(__file__).with_name("moved_clock.c")
HOUR = 3600.0
LONGEST_CALL = 120.0
"""Seconds that a call of these tests takes at most, on a machine that is busy."""


Moved = tuple[Line, Callable[[float], None]]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """An engine, and what sets its clock: seconds ahead of ours."""
    directory = tmp_path_factory.mktemp("clock")
    ahead, mover = directory / "ahead", directory / "moved_clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(mover), str(MOVER)], check=True)

    def set_clock(seconds: float) -> None:
        with ahead.open("r+b" if ahead.exists() else "wb") as file:
            file.write(struct.pack("=q", int(seconds)))

    set_clock(0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(mover))
        patch.setenv("MOVED_CLOCK", str(ahead))
        # The desk has no phone for as long as its caller waits: however often it is rung in vain, it is not paused.
        queues = {"desk": {"set_aside_seconds": 0.5, "pause_after": 0}}
        settings = {"dialplans": [{"file": str(DIALPLANS / "line.yaml")}], "queues": queues}
        line = start_line(directory / "line", cells=2, settings=settings)
        yield line, set_clock
        line.engine.stop()
    assert not line.engine.left_behind


def entries(line: Line) -> list[dict[str, Any]]:
    """The whole log."""
    told = line.engine.command("audit", "log", "--json", "--last", "10000")
    assert told.returncode == 0, told.stderr
    return [json.loads(entry) for entry in told.stdout.splitlines()]


@pytest.mark.parametrize("hours", [5, -5, 0], ids=["forward", "back", "right again"])
async def test_a_call_goes_on_while_the_clock_is_set(moved: Moved, hours: float) -> None:
    line, set_clock = moved
    before = {record["call_id"] for record in line.records()}
    pids = sorted(line.engine.children())
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))
        set_clock(hours * HOUR)
        spoken = await call.press("1")
        await hears(call, line.prompt("Forwarding"), since=spoken.began)
        await call.hang_up()
    await until(lambda: {one["call_id"] for one in line.records() if one["ended_at"]} > before, "no record")
    (record,) = [one for one in line.records() if one["call_id"] not in before]
    assert 0 < record["ended_at"] - record["started_at"] < LONGEST_CALL, "how long it was is no matter of the clock"
    assert line.engine.health()["ok"]
    assert sorted(line.engine.children()) == pids, "no process is taken for dead"


async def test_who_waits_for_an_agent_waits_as_long_as_they_do(moved: Moved) -> None:
    line, set_clock = moved
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))
        await call.press("3")
        await until(lambda: line.engine.status()["queues"], "the call does not wait")
        for hours in (9, -9, 0):
            set_clock(hours * HOUR)
            (queue,) = (await asyncio.to_thread(line.engine.status))["queues"]
            assert (queue["waiting"], queue["longest_seconds"] < LONGEST_CALL) == (1, True)
        async with line.desk() as phone:
            desk = await phone.takes_call(60.0)  # a ringing that began without a phone may last
            await in_touch(call, desk)


async def test_a_hub_that_is_killed_after_the_clock_was_set_back_enters_no_step_twice(moved: Moved) -> None:
    line, set_clock = moved
    before = {record["call_id"] for record in line.records()}
    async with line.caller() as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Welcome"))
        hub = (await asyncio.to_thread(line.engine.status))["hub"]["pid"]
        set_clock(-50 * HOUR)
        spoken = await call.press("1")
        os.kill(hub, signal.SIGKILL)
        await hears(call, line.prompt("Forwarding"), since=spoken.began)
        await call.hang_up()
    await until(lambda: {one["call_id"] for one in line.records() if one["ended_at"]} > before, "no record")
    set_clock(0.0)
    await until(lambda: line.engine.health()["ok"], "the engine is not well again")


def test_nothing_is_erased_or_entered_twice_and_the_log_is_whole(moved: Moved) -> None:
    line, _ = moved
    verified = line.engine.command("audit", "verify")
    assert verified.returncode == 0, verified.stderr
    told = entries(line)
    steps = [(one["subject"], one["details"]["step"]) for one in told if "step" in one["details"]]
    assert len(steps) == len(set(steps))
    assert not [one for one in told if one["action"].startswith("recording.shred")]
    for record in line.records():
        shown = line.engine.command("recordings", "show", record["call_id"])
        assert shown.returncode == 0, shown.stderr
    assert not [alarm for alarm in line.engine.status()["alarms"] if alarm["kind"] != "keeper"]
