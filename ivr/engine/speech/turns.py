"""Pauses within an utterance, put to the detector of turns while the silence that may end it still runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ivr.core.media.frame import SAMPLE_BYTES, samples
from ivr.engine.speech.pool import Pool
from ivr.ports.speech import TurnDetector

JUDGED_BYTES = samples(8.0) * SAMPLE_BYTES
"""The latest of an utterance: what detectors are made for."""
MOST_WAITING = 4
"""Questions under way in the whole service: one takes 50 ms, and after half a second nobody wants its answer."""


class Pauses:
    """Those of one utterance."""

    def __init__(self, detector: TurnDetector, pool: Pool, tell: Callable[[float], Awaitable[None]]) -> None:
        """`tell` is given the probability that the speaker has finished."""
        self._detector, self._pool, self._tell = detector, pool, tell
        self._heard = bytearray()
        self._asking: asyncio.Task[None] | None = None

    def hear(self, pcm: bytes) -> None:
        """More audio, 8 kHz 16-bit mono."""
        self._heard += pcm
        del self._heard[:-JUDGED_BYTES]

    def ask(self) -> None:
        """Here is one. Not asked where the answer would come too late."""
        if self._pool.load < MOST_WAITING and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._ask(bytes(self._heard)))

    def close(self) -> None:
        """Nobody wants answers any more."""
        if self._asking is not None:
            self._asking.cancel()

    async def _ask(self, pcm: bytes) -> None:
        await self._tell(await self._pool.run(lambda: self._detector.is_complete(pcm)))
