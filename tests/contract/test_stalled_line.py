"""A line that stands still, and then gives at once what it held: all of it is heard, and the delay goes in a pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ivr.core.media.delay import KEPT_FRAMES
from ivr.core.media.frame import FRAME_BYTES, FRAME_SECONDS, SAMPLE_RATE
from ivr.core.media.stretch import Stretch, Way
from ivr.ports.telephony import LegDown, LegIncoming, LegUp
from ivr.testing.agent_phone import RobotAgent
from tests.contract.telephone_lines import PjsipLine
from tests.counted_frames import counted_frames, missing

HELD_SECONDS = 2.0
BEFORE, AFTER = 1.0, 2.0
"""Seconds of speech that come as they are said."""
BACK_SECONDS = 45.0
"""Longest wait for a line that is no longer late."""


class Listening:
    """What a cell does: frames in a row where the telephone moves them, one by one where it does not."""

    def __init__(self, line: PjsipLine, leg: int, *, carries: bool) -> None:
        self.line, self.leg, self.carries = line, leg, carries
        self.heard = bytearray()
        self._due: float | None = None

    async def listens(self, seconds: float) -> None:
        """At the pace of the clock, however late this process is; it goes on where the last time ended."""
        telephony, due = self.line.telephony, self._due or time.monotonic()
        end = due + seconds
        while due < end:
            telephony.poll(0)
            moved = telephony.carry(Stretch((Way(self.leg),), 5, due), self._passed) if self.carries else None
            if moved is None:
                self.heard += telephony.read(self.leg)
            due += FRAME_SECONDS * (1 if moved is None else moved.frames)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        self._due = due

    async def comes_back(self) -> None:
        """In a pause, until nothing was left out for longer than it takes to be sure of a delay."""
        before, left_out, until = -1, self._left_out(), time.monotonic() + BACK_SECONDS
        while left_out != before:
            assert time.monotonic() < until, "the line is late again and again, though nobody holds it up"
            await self.listens(1.5)
            before, left_out = left_out, self._left_out()

    def _left_out(self) -> int:
        return self.line.telephony.stats(self.leg).left_out

    def _passed(self, frames: int, heard: Any, *, kept: bool) -> bool:
        self.heard += heard[self.leg]
        return True


@pytest.fixture
async def line() -> AsyncIterator[PjsipLine]:
    made = PjsipLine()
    await made.open()
    yield made
    await made.close()


async def answered(line: PjsipLine) -> int:
    await line.rings_in(codecs=("PCMU",))
    leg = (await line.until(LegIncoming)).leg
    line.telephony.answer(leg)
    await line.until(LegUp)
    return leg


@pytest.mark.parametrize("carries", [False, True])
@pytest.mark.parametrize("stall", [0.3, 1.2])
async def test_what_a_stalled_line_held_is_heard_whole_and_the_delay_goes_in_the_pause_behind_it(
    line: PjsipLine, stall: float, carries: bool
) -> None:
    leg = await answered(line)
    listening, media = Listening(line, leg, carries=carries), line.robot.media
    said = round((BEFORE + stall + AFTER) / FRAME_SECONDS)
    await listening.comes_back()
    before = line.telephony.stats(leg).left_out
    await line.says(counted_frames(said))
    await listening.listens(BEFORE)
    media.stalled = True
    await listening.listens(stall)
    media.stalled = False
    await listening.listens(AFTER)
    await listening.comes_back()
    lost, seconds = missing(bytes(listening.heard))
    assert lost == 0
    assert seconds >= (said - 1) * FRAME_SECONDS
    left_out = (line.telephony.stats(leg).left_out - before) / SAMPLE_RATE
    assert left_out >= stall - (KEPT_FRAMES + 2) * FRAME_SECONDS


async def test_more_than_is_held_is_counted_and_the_latest_is_heard(line: PjsipLine) -> None:
    leg = await answered(line)
    listening, media = Listening(line, leg, carries=True), line.robot.media
    await listening.comes_back()
    before = line.telephony.stats(leg).discarded
    await line.says(counted_frames(round((BEFORE + 3.0) / FRAME_SECONDS)))
    await listening.listens(BEFORE)
    media.stalled, began = True, time.monotonic()
    await listening.listens(3.0)
    media.stalled, stalled = False, time.monotonic() - began
    await listening.comes_back()
    discarded = (line.telephony.stats(leg).discarded - before) / SAMPLE_RATE
    assert abs(discarded - (stalled - HELD_SECONDS)) <= 0.3


async def test_what_had_come_when_the_caller_hung_up_is_handed_over_with_the_end(line: PjsipLine) -> None:
    leg = await answered(line)
    listening, media = Listening(line, leg, carries=True), line.robot.media
    await listening.comes_back()
    await line.says(counted_frames(100))
    await listening.listens(1.0)
    media.stalled = True
    await listening.listens(0.5)
    media.stalled = False
    await listening.listens(0.7)
    assert line.telephony.stats(leg).waiting > 0
    await line.hangs_up()
    rest = (await line.until(LegDown)).rest
    assert len(rest) % FRAME_BYTES == 0
    lost, seconds = missing(bytes(listening.heard) + rest)
    assert (lost, seconds) == (0, 100 * FRAME_SECONDS)


async def test_what_a_phone_sends_before_it_answers_does_not_make_the_talk_late() -> None:
    line = PjsipLine(phone=RobotAgent(rings=0.1, early=1.5))
    await line.open()
    try:
        leg = line.telephony.dial(line.phone_uri())
        await line.phone_answers()
        await line.until(LegUp)
        assert line.telephony.stats(leg).packets_received > 50
        assert line.telephony.stats(leg).waiting / SAMPLE_RATE < 0.5
    finally:
        await line.close()
