"""Frames in a row, moved by C on real SIP and RTP: as frame by frame, and no longer than nothing happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from ivr.adapters.openssl.journals import find_journals
from ivr.adapters.pjsip.media_clock import MediaClock
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_BYTES
from ivr.core.media.stretch import LONGEST_FRAMES, Keep, Moved, Stretch, Way
from ivr.ports.telephony import LegDigit, LegDown, LegFact, LegIncoming, LegMedia, LegUp
from ivr.testing.listening import samples_of
from tests.contract.kept_blocks import HERE
from tests.contract.telephone_lines import PjsipLine

LOUD = 300


@pytest.fixture(params=["PCMU", "G722"])
def codec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def line(codec: str) -> AsyncIterator[PjsipLine]:
    line = PjsipLine((codec,))
    await line.open()
    await line.rings_in(codecs=(codec,))
    yield line
    await line.close()


class Carried:
    """A call whose audio is carried, until a fact comes or `seconds` are over."""

    def __init__(self, line: PjsipLine, leg: int) -> None:
        self.line, self.leg = line, leg
        self.heard = b""
        self.blocks: list[int] = []
        """Frames of each that was handed over."""
        self.kept: list[tuple[int, int]] = []
        """First sample and frames of what C kept by itself."""
        self.last: Moved | None = None
        self._due = time.monotonic()

    @classmethod
    async def answered(cls, line: PjsipLine) -> Carried:
        leg = (await line.until(LegIncoming)).leg
        line.telephony.answer(leg)
        await line.until(LegUp)
        await line.passes(0.3, to={leg: b""})  # until its source is learnt
        while line.telephony.stats(leg).waiting >= FRAME_SAMPLES:  # what came before anybody listened
            line.telephony.read(leg)
        return cls(line, leg)

    async def passes(
        self, seconds: float, *, pcm: bytes = b"", loud: int | None = None, keep: Keep | None = None, block: int = 9
    ) -> list[LegFact]:
        """Returns the facts that ended it; none when time did, or a loud frame. `block`: of each stretch's first."""
        self._due = max(self._due, time.monotonic() - FRAME_SECONDS)
        left = round(seconds / FRAME_SECONDS)
        while left > 0:
            way = Way(self.leg, pcm[: LONGEST_FRAMES * FRAME_BYTES])
            sample = len(self.heard) // SAMPLE_BYTES
            kept = None if keep is None else replace(keep, sample=sample)
            stretch = Stretch((way,), min(left, LONGEST_FRAMES), self._due, loud, block=block, keep=kept)
            moved = await asyncio.to_thread(self.line.telephony.carry, stretch, self._passed)
            if moved is None and not MediaClock.is_built():
                pytest.skip("no C was built here: each frame is moved by Python")
            moved = moved or await self._alone(pcm[:FRAME_BYTES])
            self.last = moved
            pcm = pcm[moved.frames * FRAME_BYTES :]
            left -= moved.frames
            self._due += moved.frames * FRAME_SECONDS
            facts = self.line.telephony.poll(0)
            if facts or moved.loud:
                return facts
        return []

    async def _alone(self, frame: bytes) -> Moved:
        """One frame, as long as more of them wait than need be."""
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        heard = self.line.telephony.read(self.leg)
        self.line.telephony.write(self.leg, frame.ljust(FRAME_BYTES, b"\0"))
        self._passed(1, {self.leg: heard}, kept=False)
        return Moved(1)

    def _passed(self, frames: int, heard: Mapping[int, bytes], *, kept: bool) -> bool:
        self.blocks.append(frames)
        if kept:
            self.kept.append((len(self.heard) // SAMPLE_BYTES, frames))
        self.heard += heard[self.leg]
        return True

    async def until(self, awaited: Callable[[LegFact], bool]) -> None:
        """Carry on until such a fact ends a stretch."""
        for _ in range(20):
            facts = await self.passes(1.0)
            if any(awaited(fact) for fact in facts):
                return
        raise AssertionError("it never ended a stretch")


def ramp(seconds: float) -> bytes:
    """A tone that is loud."""
    count = round(seconds / FRAME_SECONDS) * FRAME_SAMPLES
    return bytes((np.sin(np.arange(count) * 0.35) * 8000).astype("<i2").tobytes())


def loud_seconds(pcm: bytes) -> float:
    """How much of it is sound."""
    frames = samples_of(pcm)[: len(pcm) // FRAME_BYTES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    return float((np.abs(frames).max(axis=1) > 2000).sum()) * FRAME_SECONDS


async def test_both_hear_each_other_whole(line: PjsipLine) -> None:
    call = await Carried.answered(line)
    await line.says(ramp(1.0))
    assert await call.passes(2.0, pcm=ramp(1.0)) == []
    assert loud_seconds(call.heard) == pytest.approx(1.0, abs=0.2)
    await asyncio.sleep(0.2)
    assert loud_seconds(line.heard()) == pytest.approx(1.0, abs=0.2)
    stats = line.telephony.stats(call.leg)
    assert stats.packets_received > 50
    assert sum(call.blocks) * FRAME_BYTES == len(call.heard)
    assert max(call.blocks) == BLOCK_FRAMES, "a block is handed over while the rest of its stretch still passes"


@pytest.mark.parametrize("block", [BLOCK_FRAMES, 4])
async def test_whole_blocks_are_sealed_by_c_as_they_pass_and_hold_what_both_heard(line: PjsipLine, block: int) -> None:
    if find_journals() is None:
        pytest.skip("no C was built here: Python seals")
    call = await Carried.answered(line)
    await line.says(ramp(1.0))
    played = ramp(1.5)
    await call.passes(2.5, pcm=played, keep=HERE, block=block)
    kept = line.kept_blocks()
    starts = [at + n * BLOCK_FRAMES * FRAME_SAMPLES for at, frames in call.kept for n in range(frames // BLOCK_FRAMES)]
    assert [one.first_sample for one in kept] == starts
    assert len(kept) >= 9, "most of it passed so"
    assert loud_seconds(b"".join(one.channels["caller.in"] for one in kept)) > 0.5
    for one in kept:
        begin = one.first_sample * SAMPLE_BYTES
        end = begin + BLOCK_FRAMES * FRAME_BYTES
        assert one.channels["caller.in"] == call.heard[begin:end]
        assert one.channels["caller.out"] == played[begin:end].ljust(end - begin, b"\0")


async def test_a_journal_that_wants_no_more_ends_a_stretch_with_its_block(line: PjsipLine) -> None:
    if find_journals() is None:
        pytest.skip("no C was built here: Python seals")
    call = await Carried.answered(line)
    line.refuse_blocks()
    await call.passes(FRAME_SECONDS * LONGEST_FRAMES, keep=HERE)
    assert call.last is not None
    assert call.last.frames <= BLOCK_FRAMES


async def test_a_loud_frame_ends_it_when_it_is_wanted(line: PjsipLine) -> None:
    call = await Carried.answered(line)
    await line.says(ramp(0.4))
    await call.passes(4.0, loud=LOUD)
    assert call.last is not None
    assert call.last.loud
    frames = samples_of(call.heard[-call.last.frames * FRAME_BYTES :]).reshape(-1, FRAME_SAMPLES)
    assert [bool(np.abs(frame).max() > LOUD) for frame in frames] == [False] * (len(frames) - 1) + [True]


async def test_a_key_a_hold_and_the_end_end_it_before_its_next_frame(line: PjsipLine) -> None:
    call = await Carried.answered(line)
    await line.presses("7", "rfc4733")
    await call.until(lambda fact: fact == LegDigit(call.leg, "7", "rfc4733"))
    await line.holds(True)
    await call.until(lambda fact: isinstance(fact, LegMedia) and not fact.sends)
    await line.holds(False)
    await call.until(lambda fact: isinstance(fact, LegMedia) and fact.sends)
    await call.passes(0.3)
    await line.hangs_up()
    await call.until(lambda fact: isinstance(fact, LegDown))
