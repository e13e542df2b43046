"""A caller who refuses to be recorded is served and is not recorded; the recording says so and keeps its length."""

from __future__ import annotations

import asyncio
import time

from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.testing.hearing import heard_well, hears, hears_word, in_touch, voice_of
from ivr.testing.listening import loudness, part_heard
from tests.integration.conftest import Dialled, Line


async def test_after_a_refusal_nothing_is_recorded_of_caller_engine_or_agent(line: Line, dial: Dialled) -> None:
    began = time.time()
    before, after, theirs = voice_of(21), voice_of(22), voice_of(23)
    async with line.desk(rings=0.2) as agent, dial("consent") as call:
        await call.say(before)
        await hears(call, line.prompt("May we record"))
        await call.hears_quiet(0.6, timeout=10)  # the question is heard to its end
        refused = await call.press("2")
        await hears(call, line.prompt("You may speak"), since=refused.began)
        await call.press("1")  # a secret pauses the recording too, and its end brings nothing back
        await hears(call, line.prompt("Enter two"), since=refused.began)
        asked = await call.press("47")
        await hears(call, line.prompt("You may speak"), since=asked.began)
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await asyncio.gather(call.say(after), desk.say(theirs))
        await asyncio.gather(hears_word(desk, after), hears_word(call, theirs))
        await call.hang_up()
    record = await asyncio.to_thread(line.record, began)
    assert record["consent"] == "refused"
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert heard_well(before, said)
    assert part_heard(line.prompt("May we record"), heard) > 0.9
    assert part_heard(after, said) == 0.0
    assert part_heard(theirs, heard) == 0.0
    silent = min(len(pcm) - len(pcm.rstrip(b"\0")) for pcm in (said, heard))
    assert silent > 3 * 2 * SAMPLE_RATE, "something was kept of the three seconds and more after the refusal"
    (from_agent,) = await asyncio.to_thread(line.recorded, record["call_id"], "agent.in")
    assert loudness(from_agent) == 0
    lasted = record["ended_at"] - record["answered_at"]
    assert abs(len(said) // 2 - samples(lasted)) < SAMPLE_RATE, "the recording has not the call's length"
    shown = await asyncio.to_thread(line.engine.command, "recordings", "show", record["call_id"])
    assert "refused (to the recording)" in shown.stdout
    assert "to the end: no consent" in shown.stdout


async def test_who_agrees_after_all_is_recorded_from_then_on(line: Line, dial: Dialled) -> None:
    began = time.time()
    meanwhile, later = voice_of(24), voice_of(25)
    async with dial("consent") as call:
        await hears(call, line.prompt("May we record"))
        await call.hears_quiet(0.6, timeout=10)  # the question is heard to its end
        refused = await call.press("2")
        await hears(call, line.prompt("You may speak"), since=refused.began)
        await call.say(meanwhile)
        again = await call.press("4")
        await hears(call, line.prompt("May we record"), since=again.began)
        await call.hears_quiet(0.6, timeout=10)
        agreed = await call.press("1")
        await hears(call, line.prompt("You may speak"), since=agreed.began)
        await call.say(later)
        await call.silence(0.4)
    record = await asyncio.to_thread(line.record, began)
    assert record["consent"] == "granted"
    (said,) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in")
    assert part_heard(meanwhile, said) == 0.0
    assert heard_well(later, said)
