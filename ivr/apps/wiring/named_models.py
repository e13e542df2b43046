"""Models, voices and calibrations that the settings name: whether they are there. Nothing is loaded for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from ivr.adapters.kokoro.voices import VOICES as KOKORO
from ivr.adapters.pyttsx3_tts import VOICES as ESPEAK
from ivr.adapters.vosk_asr import check_model as check_vosk
from ivr.adapters.whisper_weights import check_model as check_whisper
from ivr.apps.settings import Settings
from ivr.apps.wiring.blamed import blamed
from ivr.errors import ModelError, SettingsError


def model_checks(settings: Settings) -> Iterator[Callable[[], object]]:
    """One for each that could be missing by itself; each raises IvrError.

    Where another host or service recognizes and speaks, it has its own.
    """
    if settings.speech.host is None and settings.speech.uri is None:
        for language, kind in settings.speech.recognizers.items():
            yield partial(check_recognizer, settings, language, kind)
        yield partial(check_voices, settings)
    if settings.speech.host is None:
        yield partial(_check_embedder, settings)
    if settings.voice.calibration is not None:
        yield partial(_check_calibration, settings)


def check_recognizer(settings: Settings, language: str, kind: str) -> None:
    """`kind` is one of ours, and its model is there. Raises ModelError, SettingsError."""
    if kind == "whisper" or kind.startswith(("tcp://", "unix://")):
        return
    setting = f"speech.recognizers.{language}"
    check = {"whisper": check_whisper, "vosk": check_vosk}.get(kind.partition(":")[0])
    if check is None:
        raise SettingsError(f"{setting}: {kind!r} is not one of whisper, whisper:NAME, vosk:NAME, tcp://…, unix://…")
    with blamed(setting):
        check(model_directory(settings, kind))


def model_directory(settings: Settings, kind: str) -> Path:
    """Where the model of `whisper:NAME` or `vosk:NAME` is; an absolute path replaces the models directory."""
    return settings.models_dir / kind.partition(":")[2]


def check_voices(settings: Settings) -> None:
    """Somebody here has each voice. Raises ModelError."""
    for language, voice in settings.speech.voices.items():
        if voice not in ESPEAK and voice not in KOKORO:
            known = ", ".join((*KOKORO, *ESPEAK))
            raise ModelError(f"speech.voices.{language}: there is no voice {voice}; there are {known}.")


def _check_embedder(settings: Settings) -> None:
    from ivr.apps.wiring.voices import model_name

    if settings.speech.embedder != "speechbrain":
        return
    with blamed("speech.embedder"):
        model_name(settings)
        if find_spec("speechbrain") is None:
            raise ModelError("SpeechBrain is not installed: see the extra in docs/speech.md.")


def _check_calibration(settings: Settings) -> None:
    from ivr.adapters.files.calibration import read_calibration
    from ivr.apps.wiring.voices import calibration, model_name

    assert settings.voice.calibration is not None
    with blamed("voice.calibration"):
        read_calibration(settings.voice.calibration)
    if settings.speech.host is not None:
        return  # the embedder is there
    try:
        model = model_name(settings)
    except ModelError:
        return  # told of the embedder
    with blamed("voice.calibration"):
        calibration(settings, model)
