"""An agent's conversation over real SIP, on the samples: hold, consultation, conference, transfers, a supervisor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ivr.testing.agent_phone import RobotAgent
from ivr.testing.hearing import heard_well, hears, in_touch, voice_of
from ivr.testing.listening import loudness, part_heard
from ivr.testing.ports import free_port
from tests.integration.conftest import Dialled, Line, until

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


async def says(by: Any, seed: int, *, to: Sequence[Any], past: Sequence[Any] = ()) -> None:
    """Say a word until those hear it who should. Whoever should not must never have heard it, not even once."""
    deadline = time.monotonic() + 15
    while True:
        before, word = time.monotonic(), voice_of(seed, 0.8)
        await by.say(word)
        await asyncio.sleep(0.5)
        leaked = [part_heard(word, other.heard(before)) for other in past]
        assert all(share <= 0.1 for share in leaked), leaked
        shares = [part_heard(word, other.heard(before)) for other in to]
        if all(share >= 0.7 for share in shares):
            return
        assert time.monotonic() < deadline, shares


@asynccontextmanager
async def talking(line: Line, dial: Dialled) -> AsyncIterator[tuple[Any, Any]]:
    """A caller and the desk, connected."""
    async with line.desk(rings=0.2) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        yield call, desk


async def test_all_that_an_agent_does_in_a_call_is_heard_where_it_should_be_and_recorded(
    line: Line, dial: Dialled, ports: dict[str, int]
) -> None:
    began = time.time()
    ben_phone = RobotAgent(user="ben", port=ports["ben"], rings=0.2)
    kim_phone = RobotAgent(user="kim", port=ports["kim"], rings=0.2)
    async with ben_phone, kim_phone, talking(line, dial) as (call, desk):
        await says(desk, 101, to=[call])
        await says(call, 102, to=[desk])
        await desk.press("*1")
        held = time.monotonic()
        await says(desk, 103, to=[], past=[call])
        await asyncio.sleep(1.0)
        assert loudness(call.heard(held)) > 50, "the caller hears music"
        await desk.press("*1")
        await desk.press("*2205#")
        ben = await ben_phone.takes_call()
        await asyncio.sleep(0.5)
        await says(desk, 104, to=[ben], past=[call])
        await says(ben, 105, to=[desk], past=[call])
        await desk.press("*3")
        await asyncio.sleep(0.5)
        await says(ben, 106, to=[desk, call])
        await says(call, 107, to=[desk, ben])
        answer = await asyncio.to_thread(line.engine.command, "agents", "listen", "desk", "--phone", "kim")
        assert answer.returncode == 0, answer.stderr
        kim = await kim_phone.takes_call()
        await asyncio.sleep(0.5)
        await says(kim, 108, to=[], past=[call, desk, ben])
        await says(call, 109, to=[kim])
        assert (await asyncio.to_thread(line.engine.command, "agents", "whisper", "desk", "--phone", "kim")).stdout
        await asyncio.sleep(0.5)
        await says(kim, 110, to=[desk], past=[call, ben])
        assert (await asyncio.to_thread(line.engine.command, "agents", "join", "desk", "--phone", "kim")).stdout
        await asyncio.sleep(0.5)
        await says(kim, 111, to=[call, desk, ben])
        await desk.press("*4")
        await desk.wait_ended()
        await asyncio.sleep(0.3)
        await says(ben, 112, to=[call])
        await says(call, 113, to=[ben])
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
        await says(again, 121, to=[call])
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
