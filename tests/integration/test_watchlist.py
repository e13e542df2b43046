"""A voice of the watchlist calls, and the line notices it; another one calls, and it does not. One is a real person's
recordings, the other a synthetic voice.
"""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.testing.hearing import hears, hears_all
from tests.conftest import RealVoice
from tests.integration.conftest import Line

LISTED = ("demo-instruct", "demo-congrats", "agent-incorrect")
"""Recordings of her that the fraud desk has."""
SAID = "vm-intro"
"""What she says when she calls."""
SECONDS = 6.0
QUIET = bytes(samples(1.0) * SAMPLE_BYTES)
OTHER = "Good morning. I would like to order a new card, since the old one was broken in the wash last night."
CASE = "case-4711"
USUAL, NOTICED = "We will do so at once.", "A colleague will call you back about it."


@pytest.fixture(scope="module")
def another() -> Iterator[bytes]:
    """Somebody who is on no list."""
    synthesizer = Pyttsx3Synthesizer()
    yield synthesizer.synthesize(OTHER, language="en", voice="en-man")
    synthesizer.close()


def listed(line: Line, voice: RealVoice, directory: Path) -> None:
    """As the security officer puts her on the list."""
    files = [directory / f"{name}.wav" for name in LISTED]
    for file, name in zip(files, LISTED, strict=True):
        with wave.open(str(file), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(SAMPLE_BYTES)
            wav.setframerate(SAMPLE_RATE)
            wav.writeframes(voice(name)[: samples(SECONDS) * SAMPLE_BYTES])
    added = line.engine.command("watchlist", "add", CASE, *map(str, files), "--days", "1", "--reason", "fraud desk")
    assert added.returncode == 0, added.stderr


async def told(line: Line, pcm: bytes, expected: str) -> dict[str, Any]:
    """The record of a call in which this is said, and answered so."""
    began = time.time()
    async with line.caller("listed") as robot:
        call = await robot.dial()
        await hears_all(call, line.prompt("What would you like"), since=call.invited_at)
        said = await call.say(pcm + QUIET)
        await hears(call, line.prompt(expected), since=said.began, timeout=30)
        await call.wait_ended()
    return await asyncio.to_thread(line.record, began)


async def test_a_voice_of_the_watchlist_is_noticed_and_nobody_else_s_and_after_it_was_taken_off_neither(
    line: Line, voice: RealVoice, another: bytes, tmp_path: Path
) -> None:
    await asyncio.to_thread(listed, line, voice, tmp_path)
    try:
        hers = await told(line, voice(SAID), NOTICED)
        assert [(one["signal"], one["points"]) for one in hers["risk"][-1]["gave"]] == [("watchlist", 60)]
        shown = await asyncio.to_thread(line.engine.command, "recordings", "show", hers["call_id"])
        assert "high, 60 of 100: watchlist 60" in shown.stdout
        assert CASE not in shown.stdout  # who is suspected of what is for the security officer's eyes
        other = await told(line, another, USUAL)
        assert all(not one["points"] for one in other["risk"])
    finally:
        removed = line.engine.command("watchlist", "remove", CASE, "--reason", "the case is closed")
        assert removed.returncode == 0, removed.stderr
    await told(line, voice(SAID), USUAL)
