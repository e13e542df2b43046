"""The speech service, made from the settings: the process that `ivr serve` starts for it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from ivr.adapters.silero_onset import SileroOnsetDetector
from ivr.adapters.smart_turn import SmartTurnDetector
from ivr.adapters.usem3_sentences import Usem3Sentences
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.apps.settings import Settings
from ivr.apps.settings_speech import SpeechSettings
from ivr.apps.wiring.recognizers import LiveRecognizers, recognizers
from ivr.apps.wiring.synthesis import synthesizer
from ivr.apps.wiring.voices import embedder, voice_scorer
from ivr.engine.speech.meanings import Meanings
from ivr.engine.speech.parts import NICE_RECOGNITION, SpeechParts
from ivr.engine.speech.pool import be_nice
from ivr.engine.speech.service import SpeechService
from ivr.errors import IvrError
from ivr.ports.speech import Embedder, OnsetDetector, Recognizer, TurnDetector

log = logging.getLogger(__name__)
_ahead: tuple[SpeechSettings, Models] | None = None


@dataclass(frozen=True, slots=True)
class OtherModels:
    """All but the recognizers."""

    onset: OnsetDetector
    turns: TurnDetector | None
    meanings: Meanings | None
    embedder: Embedder | None


@dataclass(frozen=True, slots=True)
class Models:
    """What takes long to load, and needs weights and nothing else of the engine's."""

    recognizers: dict[str, Recognizer]
    others: OtherModels


def preload(settings: Settings) -> None:
    """Load the models of a service that begins later, as a line is down meanwhile; what is at fault shows then."""
    global _ahead
    with suppress(IvrError), _nice_loader() as loader:
        found = loader.submit(recognizers, settings, os.cpu_count() or 1)
        others = other_models(settings)
        _ahead = settings.speech, Models(found.result(), others)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. The socket exists while everything is loaded and answers."""
    asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Load, listen, wait for a signal, stop."""
    settings.speech_socket.unlink(missing_ok=True)  # of one that was killed: it would look ready
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    workers = os.cpu_count() or 1
    parts = load(settings, workers)
    service = SpeechService(parts, recognition_threads=workers)
    await service.listen_unix(settings.speech_socket)
    log.info("speech_ready", extra={"languages": sorted(parts.recognizers), "workers": workers})
    await stop.wait()
    await service.stop()
    if parts.synthesizer is not None:
        close = getattr(parts.synthesizer, "close", None)
        if close is not None:
            close()


def load(settings: Settings, workers: int) -> SpeechParts:
    """Every part, loaded and warm. Raises ModelError for weights that are missing or not the pinned ones."""
    ahead = _ahead[1] if _ahead is not None and _ahead[0] == settings.speech else None
    with _nice_loader() as loader:
        loaded = loader.submit(lambda: ahead.recognizers if ahead is not None else recognizers(settings, workers))
        voices = synthesizer(settings)
        voice, language = next(iter(voices.voices().items()))
        voices.synthesize("1", language=language, voice=voice)  # it starts now, not at the first caller's sentence
        others = ahead.others if ahead is not None else other_models(settings)
        known = others.meanings or (meanings(settings) if ahead is not None else None)
        live = LiveRecognizers(settings) if settings.inspection.recognizes_live else None
        scorer = voice_scorer(settings, others.embedder)
        return SpeechParts(loaded.result(), voices, others.onset, WebrtcFrameVad, scorer, known, live, others.turns)


def other_models(settings: Settings) -> OtherModels:
    """Loaded. Raises ModelError, but not for what a line serves without."""
    voice: Embedder | None = None
    with suppress(IvrError):  # told by who scores voices
        voice = embedder(settings)
    turns = SmartTurnDetector() if settings.speech.turns == "smart-turn" else None
    return OtherModels(SileroOnsetDetector(), turns, meanings(settings), voice)


def _nice_loader() -> ThreadPoolExecutor:
    """CTranslate2's own threads inherit the priority of the thread that makes the model."""
    return ThreadPoolExecutor(1, initializer=be_nice, initargs=(NICE_RECOGNITION,))


def meanings(settings: Settings) -> Meanings | None:
    """What compares sentences; None, with the reason in the log, where it is not to be had: then their words decide."""
    if settings.speech.intents == "words":
        return None
    try:
        return Meanings(Usem3Sentences())
    except IvrError as error:
        log.error("sentences are compared by their words only: %s", error)
        return None
