"""Digits drawn for a caller to say, on a real line: the right voice with the right digits passes, and nobody else.

The customer is a real person's recordings; who attacks has those recordings, the bank's own voice, and an earlier call.
"""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.testing.hearing import hears, hears_all
from ivr.testing.listening import row_heard
from ivr.testing.robot_call import RobotCall
from tests.conftest import RealVoice
from tests.integration.conftest import Line

CUSTOMER = "c-digits"
PAUSE = bytes(samples(0.1) * SAMPLE_BYTES)
ROWS = ("4719038256", "0918273645", "2468013579")
"""Said when the customer is enrolled."""
Mouth = Callable[[str], bytes]
"""Digits -> PCM."""


def customer(voice: RealVoice) -> Mouth:
    return lambda row: PAUSE.join(voice(f"digits/{digit}") for digit in row)


@pytest.fixture(scope="module")
def known(line: Line, voice: RealVoice, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """The line, and the customer's voice is enrolled."""
    files = []
    for number, row in enumerate(ROWS):
        path = tmp_path_factory.mktemp("voice") / f"{number}.wav"
        keep(path, customer(voice)(row))
        files.append(str(path))
    enroll(line, files, "--machine")  # ten recordings put together: nobody says every digit always alike
    return line


def keep(path: Path | str, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm)


def enroll(line: Line, files: list[str], *more: str) -> None:
    enrolled = line.engine.command("voiceprint", "enroll", CUSTOMER, *files, "--consent", "a test", *more)
    assert enrolled.returncode == 0, enrolled.stderr


@dataclass(slots=True)
class Visit:
    """One call to the line that knows a customer by digits."""

    line: Line
    call: RobotCall
    mark: float
    rows: list[str] = field(default_factory=list)
    """Digits that were asked for."""
    said: bytes = b""
    """What was said last."""

    async def is_asked(self, prompt: str) -> str:
        """The digits, as a caller hears them."""
        sound = self.line.prompt(prompt)
        began = await hears_all(self.call, sound, since=self.mark)
        # A little earlier: packets come late and early, and the first digit must be heard whole.
        after = began + len(sound) / SAMPLE_BYTES / SAMPLE_RATE - 0.3
        await self.call.hears_quiet(0.8)
        row = row_heard({digit: self.line.prompt(digit) for digit in "0123456789"}, self.call.heard(after))
        self.rows.append(row)
        return row

    async def answers(self, pcm: bytes) -> str:
        """Say it; what the line says to it."""
        self.said = pcm
        self.mark = (await self.call.say(pcm)).ended
        return await self.line_says()

    async def line_says(self) -> str:
        waiting = [
            asyncio.ensure_future(self._hears(text)) for text in ("You are known", "Nobody knows", "That was not all")
        ]
        done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        return done.pop().result()

    async def _hears(self, text: str) -> str:
        await hears(self.call, self.line.prompt(text), since=self.mark, timeout=30)
        return text

    async def tries(self, mouth: Mouth) -> str:
        """Say what the mouth makes of the digits, as often as the line asks."""
        prompt, told = "Please say these", "That was not all"
        while told == "That was not all":
            told = await self.answers(mouth(await self.is_asked(prompt)))
            prompt = "Now say these"
        return told


@asynccontextmanager
async def visit(line: Line) -> AsyncIterator[Visit]:
    async with line.caller("digits") as robot:
        call = await robot.dial()
        yield Visit(line, call, call.invited_at)


async def test_the_right_digits_by_the_right_voice_pass_and_the_same_audio_in_the_next_call_does_not(
    known: Line, voice: RealVoice
) -> None:
    async with visit(known) as first:
        assert await first.tries(customer(voice)) == "You are known"
        assert [len(row) for row in first.rows] == [8] * len(first.rows)
    async with visit(known) as second:
        row = await second.is_asked("Please say these")
        assert row not in first.rows
        assert await second.answers(first.said) == "That was not all"
        assert await second.is_asked("Now say these") != row


async def test_a_wrong_voice_with_the_right_digits_and_a_right_voice_with_wrong_digits_do_not_pass(
    known: Line, voice: RealVoice
) -> None:
    def the_bank_s_own(row: str) -> bytes:
        return PAUSE.join(known.prompt(digit) for digit in row)

    def other_digits(row: str) -> bytes:
        return customer(voice)("".join(str((int(digit) + 1) % 10) for digit in row))

    def beside(row: str) -> bytes:
        return voice("tt-monkeysintro") + PAUSE + the_bank_s_own(row)

    async def told(mouth: Mouth) -> str:
        async with visit(known) as caller:
            return await caller.answers(mouth(await caller.is_asked("Please say these")))

    answers = await asyncio.gather(*map(told, (the_bank_s_own, other_digits, beside)))
    # By which digits were drawn, the other voice is refused at once or doubted; it never passes.
    assert answers[0] in ("Nobody knows", "That was not all")
    assert answers[1] == "That was not all"
    assert answers[2] in ("Nobody knows", "That was not all")


async def test_the_right_digits_cut_out_of_the_enrolment_are_refused_though_voice_and_digits_are_right(
    known: Line, voice: RealVoice, tmp_path: Path
) -> None:
    files = []
    for number, row in enumerate(ROWS):
        files.append(str(tmp_path / f"{number}.wav"))
        keep(files[-1], customer(voice)(row))
    enroll(known, files)  # a person this time
    try:
        async with visit(known) as thief:
            assert await thief.answers(customer(voice)(await thief.is_asked("Please say these"))) == "Nobody knows"
    finally:
        enroll(known, files, "--machine")
