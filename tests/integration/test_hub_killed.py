"""kill -9 on the hub while callers wait and talk: order, talks, states and reasons are as they were, and go on."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from typing import Any

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.errors import IvrError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.hearing import hears_word, in_touch, voice_of
from ivr.testing.ports import free_port
from tests.integration.conftest import Dialled, Line, until

AS_BEFORE_SECONDS = 2.0
"""From the new hub's beginning until all is as it was."""
RING_SECONDS = 5.0
"""This agent's own limit."""
QUEUE_RINGS_SECONDS = 20.0
"""The queue's: a phone that is given up well before rang for as long as its agent says."""


def now(line: Line) -> dict[str, Any]:
    """What the hub says, at once."""
    return HubClient(line.engine.run_dir / "hub.sock", "the test's").ask(StatusWanted(), StatusReport).report


def standing(report: dict[str, Any]) -> tuple[list[str], dict[str, tuple[str, str, str]]]:
    """Who waits in order, and what each agent does, why, and by whose word."""
    waiting = sorted((one for one in report["waiting_calls"] if one["queue"] == "quiet"), key=lambda one: one["place"])
    agents = {one["name"]: (one["state"], one["reason"], one["by"]) for one in report["agents"]}
    return [one["call_id"] for one in waiting], agents


async def test_callers_keep_their_order_and_agents_their_states_when_the_hub_is_killed(
    line: Line, dial: Dialled
) -> None:
    command, phone = line.engine.command, free_port()

    async def ivr(*words: str) -> None:
        done = await asyncio.to_thread(command, "agents", *words)
        assert done.returncode == 0, done.stderr

    async def stands(count: int) -> None:
        await until(lambda: len(standing(now(line))[0]) == count, f"{count} calls do not wait")

    uri = f"sip:radio@127.0.0.1:{phone}"
    await ivr("add", "radio", "--uri", uri, "--queue", "quiet", "--skill", "patience=1", "--ring", f"{RING_SECONDS:g}")
    try:
        await ivr("pause", "radio", "--reason", "lunch")
        async with AsyncExitStack() as stack:
            radio = await stack.enter_async_context(RobotAgent(user="radio", port=phone, rings=60.0))
            agent = await stack.enter_async_context(line.desk())
            talking = await stack.enter_async_context(dial())
            await talking.press("3")
            desk = await agent.takes_call()
            await in_touch(talking, desk)
            for count in (1, 2, 3):
                await stack.enter_async_context(dial("announced"))
                await stands(count)
            report = await asyncio.to_thread(now, line)
            before, killed = standing(report), report["hub"]["pid"]
            assert before[1]["radio"][:2] == ("paused", "lunch")
            assert before[1]["desk"][0] == "talking"

            os.kill(killed, signal.SIGKILL)
            after = await as_before(line, killed, before)
            assert after < AS_BEFORE_SECONDS
            word = voice_of(1)
            await desk.say(word)
            await hears_word(talking, word)

            resuming = asyncio.ensure_future(ivr("resume", "radio"))
            await asyncio.wait_for(radio.ringing.wait(), 30)
            report = await asyncio.to_thread(now, line)
            ringing = [one["call_id"] for one in report["waiting_calls"] if one["ringing"]]
            assert ringing == before[0][:1], "the first of before is the first now"
            await asyncio.wait_for(radio.cancelled.wait(), QUEUE_RINGS_SECONDS - RING_SECONDS)
            await resuming
            await until(lambda: standing(now(line))[0] == before[0], "a call lost its place by that", seconds=5)
    finally:
        await ivr("remove", "radio")


async def as_before(line: Line, killed: int, before: tuple[list[str], dict[str, tuple[str, str, str]]]) -> float:
    """Wait until another hub says what the killed one said; seconds that it took from its beginning."""
    deadline = time.monotonic() + 30
    while True:
        try:
            report = await asyncio.to_thread(now, line)
        except IvrError:
            report = {}
        if report and report["hub"]["pid"] != killed and standing(report) == before:
            return time.time() - float(report["hub"]["since"])
        assert time.monotonic() < deadline, f"{report and standing(report)} is not as before: {before}"
        await asyncio.sleep(0.02)
