"""Which synthesizer speaks: espeak-ng in a process of its own, the Wyoming service at `speech.uri`, or, where the
settings say so, Kokoro for all that is spoken ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ivr.adapters.kokoro.voices import VOICES as KOKORO
from ivr.adapters.pyttsx3_tts import VOICES as ESPEAK
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.apps.settings import Settings
from ivr.apps.wiring.named_models import check_voices
from ivr.engine.speech.by_voice import ByVoice
from ivr.engine.speech.written_out import WrittenOutSynthesizer
from ivr.ports.speech import Synthesizer


def synthesizer(settings: Settings) -> Synthesizer:
    """The one for what is said to one caller, who waits for it; it is given words only."""
    if settings.speech.uri:
        return _elsewhere(settings)
    return WrittenOutSynthesizer(ByVoice([_espeak(settings)], settings.speech.voices, absent=KOKORO))


def prompt_synthesizer(settings: Settings) -> Synthesizer:
    """The one that the settings choose for prompts; it is given words only."""
    if not speaks_ahead(settings):
        return synthesizer(settings)
    from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer

    chosen = settings.speech.voices
    kokoro = KokoroSynthesizer({language: voice for language, voice in chosen.items() if voice in KOKORO})
    return WrittenOutSynthesizer(ByVoice([kokoro, _espeak(settings)], chosen))


def speaks_ahead(settings: Settings) -> bool:
    """Whether the voice of the prompts is too slow for a caller who waits."""
    return settings.speech.prompts == "kokoro" and not settings.speech.uri


def voice_not_live(settings: Settings, renderer: str) -> str:
    """What to tell of a publication that `renderer` spoke, and the settings name another; empty: nothing."""
    wanted = settings.speech.prompts
    if settings.speech.uri or renderer.startswith(wanted):  # the name of a service is its own affair
        return ""
    return (
        f"not live: the settings have prompts spoken by {wanted}, and {renderer} spoke what is served. To have them "
        "spoken anew, while calls go on in the voice of now: ivr publish"
    )


def better_voice(settings: Settings) -> str:
    """What to tell whoever starts an engine for the first time; empty: nothing."""
    if settings.speech.uri or speaks_ahead(settings):
        return ""
    return (
        "prompts are spoken by espeak-ng, which is quick and plain. For a voice people like: speech: {prompts: kokoro} "
        "in the settings, then ivr publish; it speaks for minutes, once, and callers hear it when all is spoken"
    )


@contextmanager
def open_prompt_synthesizer(settings: Settings) -> Iterator[Synthesizer]:
    """The one for prompts, for a while: the process behind it ends with the block."""
    voice = prompt_synthesizer(settings)
    try:
        yield voice
    finally:
        close = getattr(voice, "close", None)
        if close is not None:
            close()


def _elsewhere(settings: Settings) -> Synthesizer:
    from ivr.adapters.wyoming_tts import WyomingSynthesizer

    assert settings.speech.uri is not None
    return WrittenOutSynthesizer(WyomingSynthesizer(settings.speech.uri, settings.speech.voices))


def _espeak(settings: Settings) -> Synthesizer:
    check_voices(settings)
    chosen = {language: voice for language, voice in settings.speech.voices.items() if voice in ESPEAK}
    return Pyttsx3Synthesizer(chosen)
