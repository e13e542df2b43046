"""Callers who speak: a real person's recorded words, through a real codec, to the recognizer that ships."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.testing.hearing import (
    arrival_of,
    fell_silent,
    heard_well,
    hears,
    hears_word,
    in_touch,
    packets_with_sound,
    voice_of,
)
from ivr.testing.listening import samples_of
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line

BARGE_IN_PACKETS = 250 // 20
"""Of a prompt that may still come after the onset of speech, at most."""


async def test_a_whole_call_is_spoken_by_a_real_person(line: Line, dial: Dialled, voice: RealVoice) -> None:
    began = time.time()
    async with line.desk(rings=0.2) as agent, dial() as call:
        await hears(call, line.prompt("Welcome"))
        await call.hears_quiet(0.5)
        spoken = await call.say(voice("call-forwarding"))
        await hears(call, line.prompt("Forwarding"), since=spoken.began)
        again = await hears(call, line.prompt("Welcome"), since=spoken.ended)
        await call.hears_quiet(0.5)
        spoken = await call.say(voice("telephone-number"))
        await hears(call, line.prompt("A telephone number"), since=spoken.began)
        await hears(call, line.prompt("Welcome"), since=again + 3)
        await call.hears_quiet(0.5)
        await call.say(voice("spy-agent"))
        desk = await agent.takes_call()
        await in_touch(call, desk)
        sentence = voice("dictate/forhelp")
        await call.say(sentence)
        answer = voice_of(21)
        await desk.say(answer)
        await asyncio.gather(hears_word(desk, sentence), hears_word(call, answer))
        done = time.monotonic()
        await desk.hang_up()
        await hears(call, line.prompt("Welcome"), since=done)
        await call.hears_quiet(0.5)
        spoken = await call.say(voice("vm-goodbye"))
        await hears(call, line.prompt("Thank you for calling"), since=spoken.began)
        await call.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    assert record["outcome"] == "completed"
    assert record["agents"] == ["desk"]
    assert [state for state in record["states"] if state != "menu"] == ["forwarding", "number", "waiting", "bye"]


async def test_speech_stops_a_prompt_that_may_be_interrupted(line: Line, dial: Dialled, voice: RealVoice) -> None:
    async with dial() as call:
        await call.hears_sound()
        await call.silence(0.4)
        word = voice("telephone-number")
        onset = int(np.flatnonzero(np.abs(samples_of(word)) > 500)[0]) / SAMPLE_RATE
        spoken = await call.say(word)
        quiet = fell_silent(call, since=spoken.began)
        assert quiet is not None
        # 250 ms at the 95th percentile is what `make bench` holds it to. Packets count here: who is late sends none.
        assert packets_with_sound(call, since=spoken.began + onset, until=quiet) <= 2 * BARGE_IN_PACKETS
        await hears(call, line.prompt("A telephone number"), since=spoken.began)


@pytest.mark.parametrize(
    ("user", "presses", "begins", "voice", "nod"),
    [("service", "", "Welcome", "en-man", "uh-huh"), ("known", "2", "订购请按1", "zh-man", "嗯")],
)
async def test_a_prompt_is_held_at_a_nod_and_goes_on_where_it_stopped(
    line: Line, dial: Dialled, user: str, presses: str, begins: str, voice: str, nod: str
) -> None:
    language, prompt = voice[:2], line.prompt(begins)
    sound = Pyttsx3Synthesizer({language: voice}).synthesize(nod, language=language)
    rest = prompt[-round(1.2 * SAMPLE_RATE) * SAMPLE_BYTES :]
    async with dial(user) as call:
        pressed = [await call.press(key) for key in presses]
        at = await hears(call, prompt, since=pressed[-1].began if pressed else 0.0)
        spoken = await call.say(sound)
        went_on = await hears(call, rest, since=spoken.began)
        held = fell_silent(call, since=spoken.began)
        assert held is not None
        assert at < held < went_on
        assert went_on - at > len(prompt) / SAMPLE_BYTES / SAMPLE_RATE - 1.2 + 0.3, "it was not held"
        assert arrival_of(call, prompt, since=held) is None, "it began anew"


async def test_music_and_noise_do_not_stop_a_prompt(line: Line, dial: Dialled) -> None:
    from ivr.core.media.music import hold_music

    async with dial() as call:
        first = await call.hears_sound()
        await call.say(hold_music()[: 2 * 2 * SAMPLE_RATE])
        quiet_noise = np.random.default_rng(5).normal(0, 200, SAMPLE_RATE).astype("<i2").tobytes()
        await call.say(quiet_noise)
        await call.hears_quiet(0.5)
        heard = call.heard(first)
        assert heard_well(line.prompt("Welcome"), heard)


async def test_words_that_fit_nothing_are_asked_again(line: Line, dial: Dialled, voice: RealVoice) -> None:
    async with dial() as call:
        await hears(call, line.prompt("Welcome"))
        await call.hears_quiet(0.5)
        spoken = await call.say(voice("tt-monkeysintro"))
        await call.hears_sound(timeout=10, since=spoken.ended)
        await call.hears_quiet(0.8)
        for wrong in ("Forwarding", "A telephone number", "Thank you for calling", "Please hold the line. An agent"):
            assert arrival_of(call, line.prompt(wrong), since=spoken.began) is None


async def test_digits_that_a_real_person_says_are_read_back_and_taken(
    line: Line, dial: Dialled, voice: RealVoice
) -> None:
    began = time.time()
    async with dial("values") as call:
        await hears(call, line.prompt("Please say your four digits"))
        await call.hears_quiet(0.5)
        pause = bytes(2 * SAMPLE_RATE // 6)
        spoken = await call.say(pause.join(voice(f"digits/{digit}") for digit in "4286"))
        await call.hears_sound(timeout=10, since=spoken.ended)  # I heard: 4 2 8 6. Is that right?
        pressed = await call.press("1")
        await hears(call, line.prompt("The digits that you said"), since=pressed.began)
        await call.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    assert record["states"] == ["code", "right", "bye"]
