"""An agent pauses the recording by keys: of all parties, marked, with its duration kept. A caller cannot."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from ivr.core.media.frame import SAMPLE_RATE
from ivr.testing.hearing import heard_well, hears, hears_word, in_touch, voice_of
from ivr.testing.listening import part_heard
from tests.integration.conftest import Dialled, Line


def pitch(pcm: bytes, hertz: float) -> float:
    """Amplitude of one frequency in the loudest 100 ms."""
    wave = np.frombuffer(pcm, "<i2").astype(np.float64)
    probe = np.exp(-2j * np.pi * hertz * np.arange(800) / SAMPLE_RATE)
    return max((abs(wave[at : at + 800] @ probe) / 400 for at in range(0, len(wave) - 800, 80)), default=0.0)


async def test_an_agents_pause_leaves_everybody_out_keeps_its_duration_and_is_marked(line: Line, dial: Dialled) -> None:
    began = time.time()
    words = [voice_of(seed) for seed in range(41, 47)]
    async with line.desk(rings=0.2) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await asyncio.gather(call.say(words[0]), desk.say(words[1]))
        pressed = time.monotonic()
        await desk.press("*7")
        await call.silence(0.8)
        assert pitch(call.heard(pressed), 1400.0) > 1000, "the caller hears that it is paused"
        assert pitch(desk.heard(pressed), 1400.0) > 1000
        await asyncio.gather(call.say(words[2]), desk.say(words[3]))
        await call.press("4")
        await asyncio.gather(hears_word(desk, words[2]), hears_word(call, words[3]))  # they go on talking
        await desk.press("*8")
        await call.silence(0.6)
        await asyncio.gather(call.say(words[4]), desk.say(words[5]))
        await call.silence(0.4)
        await call.hang_up()
        await desk.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    (from_agent,) = await asyncio.to_thread(line.recorded, record["call_id"], "agent.in")
    for kept, channel in ((words[0], said), (words[1], from_agent), (words[4], said), (words[5], from_agent)):
        assert heard_well(kept, channel)
    for hidden in (words[2], words[3]):
        for channel in (said, heard, from_agent):
            assert part_heard(hidden, channel) < 0.1
    shown = await asyncio.to_thread(line.engine.command, "recordings", "show", record["call_id"])
    (pause,) = [row.split() for row in shown.stdout.splitlines() if row.strip().startswith("paused")]
    assert pause[-1] == "agent"
    first, last = (float(at.split(":")[0]) * 60 + float(at.split(":")[1]) for at in (pause[1], pause[3].rstrip(":")))
    assert 1.8 < last - first < 6.0
    story = await asyncio.to_thread(line.engine.command, "audit", "show", record["call_id"])
    assert "the recording was paused: agent" in story.stdout
    replayed = await asyncio.to_thread(line.engine.command, "replay", record["call_id"])
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr


async def test_a_caller_who_presses_the_same_keys_pauses_nothing(line: Line, dial: Dialled) -> None:
    began, word = time.time(), voice_of(51)
    async with line.desk(rings=0.2) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await call.press("*7")
        await call.silence(0.5)
        await call.say(word)
        await call.silence(0.3)
        await call.hang_up()
        await desk.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    (said,) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in")
    assert heard_well(word, said)


async def test_when_the_agent_leaves_in_a_pause_the_recording_goes_on(line: Line, dial: Dialled) -> None:
    began, word = time.time(), voice_of(61)
    async with line.desk(rings=0.2) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await desk.press("*7")
        await call.silence(0.5)
        left = time.monotonic()
        await desk.hang_up()
        await hears(call, line.prompt("Welcome"), since=left)
        await call.say(word)
        await call.silence(0.3)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, began)
    (said,) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in")
    assert heard_well(word, said)
