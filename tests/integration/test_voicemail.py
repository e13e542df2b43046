"""Messages on real SIP: a real person's words, kept as a span of the sealed recording and heard by an operator."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from ivr.core.media.frame import SAMPLE_RATE
from ivr.testing.hearing import heard_well, hears
from ivr.testing.robot_call import RobotCall, duration
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line, until

TONE_SECONDS = 0.7
"""After the greeting's end: the tone, and a breath."""


async def after_the_tone(line: Line, call: RobotCall) -> None:
    spoken = await call.press("0")
    greeting = line.prompt("Please speak after the tone")
    began = await hears(call, greeting, since=spoken.began)
    await asyncio.sleep(began + duration(greeting) + TONE_SECONDS - time.monotonic())


async def messages(line: Line, began: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    record = await asyncio.to_thread(line.record, began)
    return record, record["voicemails"]


def found_in(line: Line, mailbox: str) -> list[str]:
    found = line.engine.command("recordings", "list", "--mailbox", mailbox, "--json")
    assert found.returncode == 0, found.stderr
    return [json.loads(one)["call_id"] for one in found.stdout.splitlines()]


async def test_a_spoken_message_ended_by_a_key_is_kept_found_and_played(
    line: Line, dial: Dialled, voice: RealVoice
) -> None:
    began = time.time()
    words = voice("dictate/forhelp")
    async with dial() as call:
        await after_the_tone(line, call)
        await call.say(words)
        await call.silence(0.3)
        spoken = await call.press("#")
        await hears(call, line.prompt("We have your message"), since=spoken.began)
        await call.hang_up()
    record, (message,) = await messages(line, began)
    assert message["mailbox"] == "complaints"
    length = (message["last_sample"] - message["first_sample"]) / SAMPLE_RATE
    assert duration(words) < length < duration(words) + 4
    shown_there = lambda: "complaints" in line.engine.command("queue", "show").stdout  # noqa: E731
    await until(shown_there, "nobody is told that a message is there")
    (heard,) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", message=1)

    def why() -> str:
        return line.engine.command("queue", "why", record["call_id"]).stdout

    await until(lambda: "somebody listened to what was left for complaints" in why(), "it counts as unheard for ever")
    assert heard_well(words, heard)
    assert abs(duration(heard) - length) < 0.1
    deadline = time.monotonic() + 15  # the recording tells of the call before the database does
    while record["call_id"] not in await asyncio.to_thread(found_in, line, "complaints"):
        assert time.monotonic() < deadline, "the message is not found by its mailbox"
    assert await asyncio.to_thread(found_in, line, "praise") == []
    none = line.engine.command("recordings", "play", record["call_id"], "--message", "2", "--output", "-")
    assert "there is none number 2" in none.stderr
    shown = line.engine.command("recordings", "show", record["call_id"])
    assert "message     for complaints" in shown.stdout


async def test_who_hangs_up_in_the_middle_has_left_a_message(line: Line, dial: Dialled, voice: RealVoice) -> None:
    began = time.time()
    words = voice("dictate/forhelp")
    async with dial() as call:
        await after_the_tone(line, call)
        await call.say(words[: round(1.5 * SAMPLE_RATE) * 2])
        await call.hang_up()
    record, (message,) = await messages(line, began)
    assert record["outcome"] == "completed"
    assert message["last_sample"] - message["first_sample"] > SAMPLE_RATE


async def test_who_says_nothing_has_left_none(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial() as call:
        await after_the_tone(line, call)
        await hears(call, line.prompt("You said nothing"), since=time.monotonic())
        await call.hang_up()
    _, left = await messages(line, began)
    assert left == []
