"""5,000 INVITEs a second beside calls of a real engine: nothing of what its callers say is missing in their recordings.

Each caller says packets of 20 ms of which each has one level, and the next one another: what is missing shows. All
callers are one process, which stands still now and then and sends what it owes at once, as a bad network does.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from ivr.adapters.kamailio.control import EdgeControl
from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_RATE
from ivr.testing.agent_phone import RobotAgent
from tests.counted_frames import counted_frames, missing
from tests.integration.conftest import Line, start_line, until
from tests.integration.flooder import flooded
from tests.integration.test_edge_flood import SET_UP_SECONDS

CALLS, CELLS = 20, 26
FLOOD_SECONDS = 60.0
PASSWORD = "correct-horse"
NEWCOMERS = 5
LEAD_SECONDS = 2.0
"""Before the flood, and behind it."""


@pytest.mark.parametrize("packets", [0, 1, 3, 70])
def test_what_is_missing_is_seen(packets: int) -> None:
    whole, at = counted_frames(300), 100 * FRAME_SAMPLES * 2
    assert missing(whole[:at] + whole[at + packets * FRAME_SAMPLES * 2 :])[0] == packets * 20


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    running = start_line(
        tmp_path / "engine", cells=CELLS, settings={"sip": {"trunks": ["127.0.0.9/32"], "calls_per_source": 2}}
    )
    yield running
    running.engine.stop()
    assert not running.engine.left_behind


@pytest.fixture
def unhindered() -> Iterator[None]:
    """A collection of all that pytest loaded stops the callers for 0.3 to 0.8 s: of what is new, it does not."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


async def set_up(line: Line) -> float:
    """Seconds until somebody new is answered, a second later."""
    await asyncio.sleep(1.0)
    async with line.caller(host="127.0.0.60") as newcomer:
        call = await newcomer.dial(timeout_seconds=SET_UP_SECONDS)
        await call.hang_up()
        return call.answered_at - call.invited_at


@pytest.mark.soak
async def test_while_a_stranger_floods_no_call_of_a_real_engine_loses_a_recorded_millisecond(
    line: Line, tmp_path: Path, record_property: Callable[[str, object], None], unhindered: None
) -> None:
    (secret := tmp_path / "password").write_text(PASSWORD)
    line.engine.command("agents", "logout", "desk")
    added = line.engine.command(
        "agents", "add", "alice", "--password-file", str(secret), "--queue", "nobody-waits-here"
    )
    assert added.returncode == 0, added.stderr
    began, frames = time.time(), counted_frames(round((FLOOD_SECONDS + 2 * LEAD_SECONDS) * SAMPLE_RATE / FRAME_SAMPLES))
    edge = EdgeControl(line.engine.run_dir / "edge" / "control.sock", "")
    async with AsyncExitStack() as callers:
        spoken = []
        for number in range(CALLS):
            robot = await callers.enter_async_context(line.caller(host=f"127.0.0.{20 + number}"))
            call = await robot.dial()
            await call.hears_sound(since=call.invited_at)
            await call.press("3")  # and waits for an agent
            spoken.append(asyncio.ensure_future(call.say(frames)))
        await asyncio.sleep(LEAD_SECONDS)
        async with flooded(line.engine.target, FLOOD_SECONDS) as stranger:
            await until(lambda: any(one.kind == "flood" for one in edge.denials()), "the stranger is told apart")
            set_ups = [await set_up(line) for _ in range(NEWCOMERS)]
            phone = RobotAgent(user="alice", registrar=line.engine.target, password=PASSWORD, host="127.0.0.61")
            async with phone:
                assert "alice" in edge.registered()
            await stranger.sent()
        await asyncio.gather(*spoken)
        record_property("seconds until newcomers were answered", sorted(round(one, 3) for one in set_ups))

    def over() -> list[str]:
        """Theirs: those of the stranger and of the newcomer are shorter."""
        found = [one for one in line.records() if one["started_at"] >= began and one["ended_at"]]
        return [str(one["call_id"]) for one in found if one["ended_at"] - one["started_at"] > FLOOD_SECONDS]

    await until(lambda: len(over()) == CALLS, "each call has its record", seconds=120)
    found = [missing((await asyncio.to_thread(line.recorded, one, "caller.in"))[0]) for one in over()]
    assert [lost for lost, _ in found] == [0] * CALLS, "milliseconds of each call"
    assert min(length for _, length in found) > FLOOD_SECONDS
