"""One utterance in the speech service: audio in, hypotheses and the result out.

Recognition that begins when the caller has already stopped comes late. So a short pause is taken for the end at once:
the result is computed while the end-of-speech silence still runs, and answered at `stop` if nothing more was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, samples
from ivr.core.orders.listening import Grammar
from ivr.core.speech.gate import Ended, Gate, GateConfig, GateState, OnsetSuspected
from ivr.core.speech.recognized import Recognized, recognized
from ivr.engine.speech.pool import Pool
from ivr.engine.speech.turns import Pauses
from ivr.ports.speech import FrameVad, RecognizerStream

PAUSE = GateConfig(pre_roll=0.0, end_silence=0.24, max_speech=60.0)
"""A pause worth guessing at: shorter than any end-of-speech silence, longer than a hole in a word."""
HYPOTHESIS_SAMPLES = samples(0.8)
"""New audio between two hypotheses in running speech, when there is a processor to spare."""
MAX_UTTERANCE_BYTES = samples(60.0) * SAMPLE_BYTES
"""More is dropped: no question asks for a minute of talk."""


class Listening:
    """One utterance. `feed` and `stop` come from the connection; `run` is its task."""

    def __init__(
        self,
        stream: RecognizerStream,
        grammar: Grammar,
        vad: FrameVad,
        pool: Pool,
        report: Callable[[str], Awaitable[None]] | None,
        pauses: Pauses | None = None,
    ) -> None:
        """`report` is told hypotheses; None: nobody wants them. `pauses`: has each judged; None: silence decides."""
        self._stream = stream
        self._grammar = grammar
        self._vad = vad
        self._pool = pool
        self._report = report
        self._pauses = pauses
        self._gate = Gate(PAUSE)
        self._pending = bytearray()
        self._unseen = bytearray()
        self._position = 0
        self._received = 0
        self._since_hypothesis = 0
        self._paused = False
        self._stopped = False
        self._onsets = 0
        self._guess: tuple[int, Recognized] | None = None
        self._reported = ""
        self._wake = asyncio.Event()

    def feed(self, pcm: bytes) -> None:
        """More audio, 8 kHz 16-bit mono."""
        room = MAX_UTTERANCE_BYTES - self._received
        if room <= 0:
            return
        pcm = pcm[:room]
        self._received += len(pcm)
        self._pending += pcm
        self._watch(pcm)
        self._wake.set()

    def stop(self) -> None:
        """No more audio."""
        self._stopped = True
        self._wake.set()

    async def run(self) -> Recognized:
        """Work until stopped; the result."""
        try:
            return await self._until_stopped()
        finally:
            if self._pauses is not None:
                self._pauses.close()

    async def _until_stopped(self) -> Recognized:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._stopped:
                return await self._result()
            await self._digest()
            if self._paused:
                await self._guess_now()
            elif self._report and self._since_hypothesis >= HYPOTHESIS_SAMPLES and self._pool.idle:
                self._since_hypothesis = 0
                await self._say(await self._pool.run(self._stream.hypothesis))

    async def _guess_now(self) -> None:
        """The result, as if the pause were the end."""
        self._paused = False
        onsets = self._onsets
        await self._digest()  # the pause may have been heard while earlier audio was being digested
        guess = await self._pool.run(self._recognized)
        self._guess = (onsets, guess)
        await self._say(guess.text)

    async def _result(self) -> Recognized:
        """The guess, if nothing was said after it."""
        if self._guess is not None and self._guess[0] == self._onsets and self._gate.state is GateState.QUIET:
            return self._guess[1]
        await self._digest()
        return await self._pool.run(self._recognized)

    def _recognized(self) -> Recognized:
        """Both take the model's time: to find what there is, and to choose, which may have phrases scored."""
        return recognized(self._stream.finish(), self._grammar)

    async def _digest(self) -> None:
        """Hand what came to the recognizer."""
        if not self._pending:
            return
        pcm = bytes(self._pending)
        self._pending.clear()
        self._since_hypothesis += len(pcm) // SAMPLE_BYTES
        text = await self._pool.run(lambda: self._stream.accept(pcm))
        if text is not None:
            await self._say(text)

    async def _say(self, text: str) -> None:
        if self._report and text and text != self._reported:
            self._reported = text
            await self._report(text)

    def _watch(self, pcm: bytes) -> None:
        """Follow the caller's pauses."""
        if self._pauses is not None:
            self._pauses.hear(pcm)
        self._unseen += pcm
        while len(self._unseen) >= FRAME_BYTES:
            frame = bytes(self._unseen[:FRAME_BYTES])
            del self._unseen[:FRAME_BYTES]
            fact = self._gate.push(self._vad.is_speech(frame), self._position)
            self._position += FRAME_SAMPLES
            if isinstance(fact, OnsetSuspected):
                self._gate.confirm()
                self._paused = False
                self._onsets += 1
            elif isinstance(fact, Ended):
                self._paused = True
                if self._pauses is not None:
                    self._pauses.ask()
