"""Which synthesizer speaks: espeak-ng in a process of its own, or the Wyoming service at `speech.uri`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.apps.settings import Settings
from ivr.engine.speech.written_out import WrittenOutSynthesizer
from ivr.ports.speech import Synthesizer


def synthesizer(settings: Settings) -> Synthesizer:
    """The one that the settings choose, for prompts and for what is said to one caller; it is given words only."""
    if settings.speech.uri:
        from ivr.adapters.wyoming_tts import WyomingSynthesizer

        return WrittenOutSynthesizer(WyomingSynthesizer(settings.speech.uri, settings.speech.voices))
    return WrittenOutSynthesizer(Pyttsx3Synthesizer(settings.speech.voices))


@contextmanager
def open_synthesizer(settings: Settings) -> Iterator[Synthesizer]:
    """The same for a while: the process behind it ends with the block."""
    voice = synthesizer(settings)
    try:
        yield voice
    finally:
        close = getattr(voice, "close", None)
        if close is not None:
            close()
