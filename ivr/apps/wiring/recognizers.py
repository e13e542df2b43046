"""Which recognizer serves which language.

`speech.recognizers` maps a language to `whisper` (the weights that come with the engine), `whisper:NAME`, `vosk:NAME`
(a model below the models directory, or a path) or the address of a Wyoming service. What is not named there is served
by the built-in Whisper; `speech.uri` puts a Wyoming service in the place of all of them.
"""

from __future__ import annotations

from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN, WhisperWeights
from ivr.apps.settings import Settings
from ivr.apps.wiring.named_models import check_recognizer, model_directory
from ivr.core.media.frame import FRAME_BYTES
from ivr.ports.speech import Recognizer

MULTILINGUAL = ("zh", "en", "ja", "ko", "es", "fr", "de", "it", "pt", "ru", "nl", "pl", "tr", "vi", "th", "id")
"""What the built-in multilingual model is offered for."""


def recognizers(settings: Settings, workers: int) -> dict[str, Recognizer]:
    """Language -> recognizer, "*" for the rest. Loads their models. Raises ModelError, SettingsError."""
    if settings.speech.uri:
        from ivr.adapters.wyoming_asr import WyomingRecognizer

        return {"*": WyomingRecognizer(settings.speech.uri)}
    chosen = {language: _chosen(settings, language, kind, workers) for language, kind in _named(settings).items()}
    base = _pinned(BASE, settings, workers)
    if "en" not in chosen:
        # The larger model reads digits far better, and is there for other languages anyway.
        chosen["en"] = WhisperRecognizer(_pinned(TINY_EN, settings, workers), ("en",), digits=base)
    return {"*": WhisperRecognizer(base, MULTILINGUAL), **chosen}


class LiveRecognizers:
    """Language -> recognizer with a model of its own, loaded by who asks first: its threads have their priority.

    Fields of digits are no part of a talk: English has the small model alone.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[str, Recognizer] = {}

    def __call__(self, language: str) -> Recognizer:
        """Raises ModelError, SettingsError."""
        named = _named(self._settings)
        key = language if language in named or language == "en" else "*"
        if key not in self._loaded:
            self._loaded[key] = self._load(key, named.get(key))
        return self._loaded[key]

    def _load(self, language: str, kind: str | None) -> Recognizer:
        if kind is not None:
            return _chosen(self._settings, language, kind, 1)
        if language == "en":
            return WhisperRecognizer(_pinned(TINY_EN, self._settings, 1), ("en",))
        return WhisperRecognizer(_pinned(BASE, self._settings, 1), MULTILINGUAL)


def _named(settings: Settings) -> dict[str, str]:
    return {language: kind for language, kind in settings.speech.recognizers.items() if kind != "whisper"}


def _chosen(settings: Settings, language: str, kind: str, workers: int) -> Recognizer:
    if kind.startswith(("tcp://", "unix://")):
        from ivr.adapters.wyoming_asr import WyomingRecognizer

        return WyomingRecognizer(kind)
    check_recognizer(settings, language, kind)
    directory = model_directory(settings, kind)
    if kind.startswith("whisper:"):
        return WhisperRecognizer(WhisperModel(directory, workers=workers, threads=settings.speech.threads), (language,))
    from ivr.adapters.vosk_asr import VoskRecognizer

    return VoskRecognizer(directory, language)


def _pinned(weights: WhisperWeights, settings: Settings, workers: int) -> WhisperModel:
    """A model that comes with the engine, loaded and run once: the first caller should not wait for its threads."""
    model = WhisperModel(weights.directory(settings.models_dir), workers=workers, threads=settings.speech.threads)
    model.decode(model.hear(bytes(FRAME_BYTES * 50)), "en")
    return model
