"""An agent's conversation over real SIP, on the samples: hold, consultation, conference, transfers, a supervisor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ivr.testing.agent_phone import RobotAgent
from ivr.testing.hearing import hears
from ivr.testing.listening import loudness, part_heard
from ivr.testing.ports import free_port
from tests.integration.conftest import Dialled, Line, until
from tests.integration.test_agent_leg import heard_well, voice_of

EXTENSIONS = {"ben": "205", "kim": "206"}


@pytest.fixture(scope="module")
def ports(line: Line) -> dict[str, int]:
    """Phones of a colleague and of a supervisor; neither serves the queue of the calls."""
    found = {}
    for name, extension in EXTENSIONS.items():
        found[name] = free_port()
        uri = f"sip:{name}@127.0.0.1:{found[name]}"
        added = line.engine.command(
            "agents", "add", name, "--uri", uri, "--queue", "nobody-waits-here", "--extension", extension
        )
        assert added.returncode == 0, added.stderr
    return found


async def said(by: Any, seed: int, *others: Any) -> list[bool]:
    """Say something of one's own, and who of the others heard it."""
    word = voice_of(seed, 0.8)
    before = time.monotonic()
    await by.say(word)
    await asyncio.sleep(0.5)
    shares = [part_heard(word, other.heard(before)) for other in others]
    assert all(share >= 0.7 or share <= 0.1 for share in shares), shares
    return [share >= 0.7 for share in shares]


@asynccontextmanager
async def talking(line: Line, dial: Dialled) -> AsyncIterator[tuple[Any, Any]]:
    """A caller and the desk, connected."""
    async with line.desk(rings=0.2) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await call.silence(0.5)
        yield call, desk


async def test_all_that_an_agent_does_in_a_call_is_heard_where_it_should_be_and_recorded(
    line: Line, dial: Dialled, ports: dict[str, int]
) -> None:
    began = time.time()
    ben_phone = RobotAgent(user="ben", port=ports["ben"], rings=0.2)
    kim_phone = RobotAgent(user="kim", port=ports["kim"], rings=0.2)
    async with ben_phone, kim_phone, talking(line, dial) as (call, desk):
        assert await said(desk, 101, call) == [True]
        assert await said(call, 102, desk) == [True]
        await desk.press("*1")
        held = time.monotonic()
        assert await said(desk, 103, call) == [False]
        await asyncio.sleep(1.0)
        assert loudness(call.heard(held)) > 50, "the caller hears music"
        await desk.press("*1")
        await desk.press("*2205#")
        ben = await ben_phone.takes_call()
        await asyncio.sleep(0.5)
        assert await said(desk, 104, ben, call) == [True, False]
        assert await said(ben, 105, desk, call) == [True, False]
        await desk.press("*3")
        await asyncio.sleep(0.5)
        assert await said(ben, 106, desk, call) == [True, True]
        assert await said(call, 107, desk, ben) == [True, True]
        answer = await asyncio.to_thread(line.engine.command, "agents", "listen", "desk", "--phone", "kim")
        assert answer.returncode == 0, answer.stderr
        kim = await kim_phone.takes_call()
        await asyncio.sleep(0.5)
        assert await said(kim, 108, call, desk, ben) == [False, False, False]
        assert await said(call, 109, kim) == [True]
        assert (await asyncio.to_thread(line.engine.command, "agents", "whisper", "desk", "--phone", "kim")).stdout
        await asyncio.sleep(0.5)
        assert await said(kim, 110, call, desk, ben) == [False, True, False]
        assert (await asyncio.to_thread(line.engine.command, "agents", "join", "desk", "--phone", "kim")).stdout
        await asyncio.sleep(0.5)
        assert await said(kim, 111, call, desk, ben) == [True, True, True]
        await desk.press("*4")
        await desk.wait_ended()
        await asyncio.sleep(0.3)
        assert await said(ben, 112, call) == [True]
        assert await said(call, 113, ben) == [True]
        await call.hang_up()
        await ben.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    assert record["agents"] == ["desk", "ben"]
    call_id = record["call_id"]
    agent, colleague = await asyncio.to_thread(line.recorded, call_id, "agent.in", "consultant.in")
    supervisor, caller = await asyncio.to_thread(line.recorded, call_id, "supervisor.in", "caller.in")
    for seed, channel in ((101, agent), (103, agent), (105, colleague), (112, colleague), (108, supervisor)):
        assert heard_well(voice_of(seed, 0.8), channel), seed
    assert heard_well(voice_of(113, 0.8), caller)
    story = await asyncio.to_thread(line.engine.command, "audit", "show", call_id)
    for words in ("desk put the caller on hold", "desk left the caller with ben", "kim listens", "kim joins the talk"):
        assert words in story.stdout
    replayed = await asyncio.to_thread(line.engine.command, "replay", call_id)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


async def test_a_caller_passed_on_to_a_busy_colleague_waits_on_and_an_agent_hands_over_to_the_dialplan(
    line: Line, dial: Dialled, ports: dict[str, int]
) -> None:
    ben_phone = RobotAgent(user="ben", port=ports["ben"], rings=0.0, refuse=486)
    async with ben_phone, line.desk(rings=0.2) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await desk.silence(0.3)
        await desk.press("*5205#")
        await desk.wait_ended()
        again = await agent.takes_call()  # the caller is back in the queue, and the desk is asked again
        await again.silence(0.5)
        assert await said(again, 121, call) == [True]
        done = time.monotonic()
        await again.press("*61#")
        await hears(call, line.prompt("Forwarding"), since=done)
        await again.wait_ended()


async def test_ringing_stops_when_the_caller_hangs_up_and_the_agent_is_free(line: Line, dial: Dialled) -> None:
    def state() -> str:
        agents = line.engine.status()["agents"]
        return str(next(agent["state"] for agent in agents if agent["name"] == "desk"))

    async with line.desk(rings=30) as agent:
        async with dial() as call:
            await call.press("3")
            await asyncio.wait_for(agent.ringing.wait(), 15)
            await call.hang_up()
            await asyncio.wait_for(agent.cancelled.wait(), 5)
        await until(lambda: state() == "available", "the agent is free")
