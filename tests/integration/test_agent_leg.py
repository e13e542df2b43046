"""The way to an agent: music, ringing, two voices, both recorded; and what happens when the agent is not there."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from ivr.testing.agent_phone import RobotAgent
from ivr.testing.hearing import heard_well, hears, hears_word, in_touch, voice_of
from ivr.testing.listening import loudness
from tests.integration.conftest import Dialled, Line, until


async def test_caller_and_agent_hear_each_other_and_the_recording_holds_both(line: Line, dial: Dialled) -> None:
    began = time.time()
    mine, theirs = voice_of(1), voice_of(2)
    async with line.desk(rings=1.0) as agent, dial() as call:
        await call.press("3")
        await asyncio.wait_for(agent.ringing.wait(), 15)
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await asyncio.gather(call.say(mine), desk.say(theirs))
        await asyncio.gather(hears_word(desk, mine), hears_word(call, theirs))
        await call.hang_up()
        await desk.wait_ended()
        assert desk.ended_by_peer
    record = await asyncio.to_thread(line.record, began)
    assert record["agents"] == ["desk"]
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert heard_well(mine, said)
    assert heard_well(theirs, heard)
    (from_agent,) = await asyncio.to_thread(line.recorded, record["call_id"], "agent.in")
    assert heard_well(theirs, from_agent)
    alarms = await asyncio.to_thread(lambda: line.engine.status()["alarms"])
    assert not [alarm for alarm in alarms if record["call_id"] in alarm["text"]], "it is sealed, not set aside as cut"


def state_of(line: Line, agent: str) -> str:
    """What the hub says of them."""
    return next((str(one["state"]) for one in line.engine.status()["agents"] if one["name"] == agent), "")


async def test_a_registered_phone_is_rung(line: Line, dial: Dialled, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a phone's password")
    added = line.engine.command("agents", "add", "kim", "--password-file", str(secret))
    assert added.returncode == 0, added.stderr
    try:
        async with RobotAgent(user="kim", registrar=line.engine.target, password="a phone's password") as agent:
            await until(lambda: state_of(line, "kim") == "available", "the hub does not see the phone")
            async with dial() as call:
                await call.press("3")
                desk = await agent.takes_call()
                await in_touch(call, desk)
    finally:
        line.engine.command("agents", "remove", "kim")


async def test_music_plays_while_the_agents_phone_rings(line: Line, dial: Dialled) -> None:
    async with line.desk(rings=4.0) as agent, dial() as call:
        spoken = await call.press("3")
        await hears(call, line.prompt("Please hold the line. An agent"), since=spoken.began)
        await asyncio.wait_for(agent.ringing.wait(), 15)
        await call.hears_quiet(0.1, timeout=6)
        music = await call.hears(1.0)
        assert loudness(music) > 50


async def test_the_agents_phone_stops_ringing_when_the_caller_leaves(line: Line, dial: Dialled) -> None:
    async with line.desk(rings=30) as agent, dial() as call:
        await call.press("3")
        await asyncio.wait_for(agent.ringing.wait(), 15)
        await call.hang_up()
        await asyncio.wait_for(agent.cancelled.wait(), 5)


async def test_an_agent_who_refuses_is_offered_the_call_again_later(line: Line, dial: Dialled) -> None:
    async with line.desk(refuse=486, rings=0.0) as agent, dial() as call:
        await call.press("3")
        await asyncio.wait_for(agent.ringing.wait(), 15)
        await call.silence(0.2)
        agent.refuse = 0
        desk = await agent.takes_call()
        await in_touch(call, desk)


async def test_the_caller_is_served_on_after_the_agent_hung_up(line: Line, dial: Dialled) -> None:
    async with line.desk(rings=0.0) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await desk.silence(0.3)
        done = time.monotonic()
        await desk.hang_up()
        await hears(call, line.prompt("Welcome"), since=done)
        spoken = await call.press("1")
        await hears(call, line.prompt("Forwarding"), since=spoken.began)


async def test_an_agents_hold_does_not_end_the_call(line: Line, dial: Dialled) -> None:
    async with line.desk(rings=0.0) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        assert (await desk.hold()).code == 200
        await call.silence(0.3)
        assert (await desk.unhold()).code == 200
        await call.silence(0.3)
        await in_touch(call, desk)
