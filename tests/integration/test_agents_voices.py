"""Somebody else speaks in an agent's place, on a real line: an alarm is raised, and the talk goes on. The agent raises
none.
"""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.live import CallsReport, CallsWanted
from ivr.testing.hearing import in_touch
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line, start_line, until

SENTENCES = (
    "This morning I walked along the river with my dog, and then we had breakfast in a small cafe near the bridge.",
    "Last weekend my sister came to visit us, so we cooked dinner together and talked until midnight.",
    "The garden behind our house is full of roses now, and in the evening the whole family likes to sit outside.",
)
SAID = (
    "Good morning, and thank you for your patience. I have your letter in front of me, and can tell you that we found "
    "the mistake. Please give me one more moment, since I would like to look at the rest of it before I promise you "
    "anything at all."
)
"""Some twelve seconds."""
SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Of two people."""

    enrolment: Sequence[bytes]
    """The agent's recordings."""
    own: bytes
    """What the agent says in a call."""
    others: bytes
    """What somebody else says in their place."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(tmp_path_factory.mktemp("agents"), cells=2, settings={"voice": {"agents": True}})
    yield running
    running.engine.stop()


@pytest.fixture
def real(voice: RealVoice) -> Pair:
    """A real person, and a synthetic voice in her place."""
    synthesizer = Pyttsx3Synthesizer()
    other = synthesizer.synthesize(SAID, language="en", voice="en-man")
    synthesizer.close()
    length = samples(SECONDS) * SAMPLE_BYTES
    names = ("demo-instruct", "demo-congrats", "agent-incorrect")
    return Pair([voice(name)[:length] for name in names], voice("demo-instruct")[length : 3 * length], other)


@pytest.fixture
def synthetic() -> Pair:
    """Two of Kokoro's voices."""
    kokoro = KokoroSynthesizer()
    mine, other = "bf_emma", "am_michael"
    enrolment = [kokoro.synthesize(text, language="en", voice=mine) for text in SENTENCES]
    own, others = (kokoro.synthesize(SAID, language="en", voice=one) for one in (mine, other))
    kokoro.close()
    return Pair(enrolment, own, others)


def written(directory: Path, recordings: Sequence[bytes]) -> list[str]:
    files = [directory / f"{number}.wav" for number in range(len(recordings))]
    for file, pcm in zip(files, recordings, strict=True):
        with wave.open(str(file), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(SAMPLE_BYTES)
            wav.setframerate(SAMPLE_RATE)
            wav.writeframes(pcm)
    return list(map(str, files))


def verdicts(line: Line, call_id: str) -> list[str]:
    """What the call's steps say of the agent's voice, once its journal is in the log."""
    steps = line.engine.command("audit", "show", call_id).stdout.splitlines()
    return [row.rpartition(": ")[2].split()[0] for row in steps if "was compared with theirs" in row]


async def talk(line: Line, dial: Dialled, said: bytes) -> dict[str, Any]:
    """The record of a call in which the agent's phone says this, and the caller hangs up."""
    began = time.time()
    hub = HubClient(line.engine.run_dir / "hub.sock", "the test's")
    async with line.desk(rings=0.0) as agent, dial() as call:
        await call.press("3")
        desk = await agent.takes_call()
        await in_touch(call, desk)
        await desk.say(said)
        found = next(one for one in hub.ask(CallsWanted(), CallsReport).calls if one.started_at >= began - 1)
        await until(lambda: verdicts(line, found.call_id), "the agent's voice to be compared")
        assert not desk.ended.is_set(), "the talk goes on, whoever speaks"
        await call.hang_up()
        await desk.wait_ended()
    return await asyncio.to_thread(line.record, began)


async def is_noticed(line: Line, dial: Dialled, pair: Pair, directory: Path) -> None:
    command = line.engine.command
    enrolled = command("agents", "enroll-voice", "desk", *written(directory, pair.enrolment), "--consent", "a form")
    assert enrolled.returncode == 0, enrolled.stderr
    assert "desk" in command("agents", "voices").stdout

    own = await talk(line, dial, pair.own)
    assert "agent_voice" not in own["flags"]
    assert set(verdicts(line, own["call_id"])) == {"accept"}
    assert "agent_voice" not in command("alarms", "list").stdout

    other = await talk(line, dial, pair.others)
    assert "agent_voice" in other["flags"]
    assert "accept" not in verdicts(line, other["call_id"])
    alarm = command("alarms", "list").stdout
    assert "agent_voice" in alarm
    assert "desk" in alarm
    replayed = command("replay", other["call_id"])
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr

    assert command("agents", "revoke-voice", "desk").returncode == 0
    assert "No agent's voice" in command("agents", "voices").stdout
    assert list((line.engine.directory / "voiceprints").glob("*.agent")) == []


async def test_somebody_else_in_an_agents_place_raises_an_alarm_and_the_agent_none(
    line: Line, dial: Dialled, real: Pair, tmp_path: Path
) -> None:
    await is_noticed(line, dial, real, tmp_path)


@pytest.mark.soak
async def test_two_synthetic_agents_are_told_apart(line: Line, dial: Dialled, synthetic: Pair, tmp_path: Path) -> None:
    await is_noticed(line, dial, synthetic, tmp_path)
