"""A speech service on a Unix socket in a thread of the test, made of any parts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.engine.speech.meanings import Meanings
from ivr.engine.speech.parts import SpeechParts
from ivr.engine.speech.service import SpeechService
from ivr.engine.speech.voices import VoiceScorer
from ivr.ports.speech import OnsetDetector, Recognizer, Synthesizer, TurnDetector
from ivr.testing.fake_speech import FakeFrameVad, FakeOnset, FakeRecognizer, FakeSynthesizer


def fake_parts(
    recognizer: Recognizer | None = None,
    synthesizer: Synthesizer | None = None,
    onset: OnsetDetector | None = None,
    voices: VoiceScorer | None = None,
    meanings: Meanings | None = None,
    turns: TurnDetector | None = None,
) -> SpeechParts:
    """Fakes, except for what is given."""
    return SpeechParts(
        {"*": recognizer or FakeRecognizer()},
        synthesizer or FakeSynthesizer(),
        onset or FakeOnset(),
        FakeFrameVad,
        voices,
        meanings,
        turns=turns,
    )


class RunningService:
    """The service, and how to stop it early."""

    def __init__(self, path: Path, parts: SpeechParts) -> None:
        self.path = path
        self._parts = parts
        self._ready = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """Stop it as SIGTERM would; returns when it is gone."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        service = SpeechService(self._parts, recognition_threads=2)
        await service.listen_unix(self.path)
        self._ready.set()
        await self._stop.wait()
        await service.stop()


@contextmanager
def speech_service(path: Path, parts: SpeechParts | None = None) -> Iterator[RunningService]:
    """Run it for a while."""
    service = RunningService(path, parts or fake_parts())
    try:
        yield service
    finally:
        service.stop()
