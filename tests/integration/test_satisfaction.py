"""After an agent's call the caller is asked how satisfied they are; the agent neither hears it nor can leave it out."""

from __future__ import annotations

import asyncio
import time

from ivr.testing.hearing import hears, in_touch
from ivr.testing.listening import part_heard
from tests.integration.conftest import Dialled, Line

QUESTION = "How satisfied were you"


async def test_the_caller_is_asked_when_the_agent_has_left_and_the_answer_is_sealed_with_the_call(
    line: Line, dial: Dialled
) -> None:
    began = time.time()
    asked = line.prompt(QUESTION)
    async with line.desk(rings=0.2) as agent, dial("rated") as call:
        desk = await agent.takes_call()
        await in_touch(call, desk)
        answered = time.monotonic()
        await call.press("1")  # while the agent talks, a key answers nothing
        left = time.monotonic()
        await desk.hang_up()
        await hears(call, asked, since=left)
        assert part_heard(asked, desk.heard(answered)) < 0.1, "the agent does not hear it"
        await call.press("4")
        await call.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    assert record["ratings"] == [{"question": "csat", "least": 1, "most": 5, "answer": 4}]
    assert record["states"] == ["waiting", "drawn", "satisfied", "bye"]
    replayed = await asyncio.to_thread(line.engine.command, "replay", record["call_id"])
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    day = time.strftime("%Y-%m-%d", time.gmtime(began))
    made = await asyncio.to_thread(
        line.engine.command,
        "reports",
        "make",
        "satisfaction",
        "--from",
        day,
        "--to",
        time.strftime("%Y-%m-%d", time.gmtime()),
    )
    assert f"satisfaction/csat/{day[:7]}/answered  1" in made.stdout, made.stderr
    calls = await asyncio.to_thread(
        line.engine.command, "reports", "calls", "satisfaction", f"satisfaction/csat/{day[:7]}/answered",
        "--from", day, "--to", time.strftime("%Y-%m-%d", time.gmtime()),
    )  # fmt: skip
    assert calls.stdout.split() == [record["call_id"]]
