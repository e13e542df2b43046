"""Kokoro's voices that are here. Importing this loads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KokoroVoice:
    """One voice."""

    language: str
    british: bool = False
    """Which English it was trained to speak."""
    speed: float = 1.0
    """Of the network's own. Mandarin is understood better by telephone when it is slower."""


VOICES: Final[dict[str, KokoroVoice]] = {
    "bf_emma": KokoroVoice("en", british=True),
    "am_michael": KokoroVoice("en"),
    "zf_xiaobei": KokoroVoice("zh", speed=0.9),
    "zm_yunxi": KokoroVoice("zh", speed=0.9),
}
"""By Kokoro's own names; the first one of a language is its default. Of its 54 those that were measured best."""
