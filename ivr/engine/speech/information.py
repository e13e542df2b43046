"""What the speech service says of itself when a Wyoming client asks (`describe` -> `info`)."""

from __future__ import annotations

from typing import Any

from ivr import __version__
from ivr.engine.speech.parts import SpeechParts

ATTRIBUTION = {"name": "ivr", "url": ""}


def information(parts: SpeechParts) -> dict[str, Any]:
    """The `info` event's data: programs, models, voices, languages."""
    models = [
        _artifact(f"recognizer-{name}", "Recognizer") | {"languages": list(recognizer.languages)}
        for name, recognizer in parts.recognizers.items()
    ]
    info: dict[str, Any] = {"asr": [_artifact("ivr", "Streaming recognition") | {"models": models}] if models else []}
    if parts.synthesizer is not None:
        voices = [
            _artifact(name, f"{parts.synthesizer.name}") | {"languages": [language]}
            for name, language in parts.synthesizer.voices().items()
        ]
        info["tts"] = [_artifact("ivr", "Synthesis") | {"voices": voices}]
    return info


def _artifact(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "attribution": ATTRIBUTION,
        "installed": True,
        "version": __version__,
    }
