"""A yes that nobody said: other words of a real person, at a question whose answer binds (consent, an order).

Where only a few phrases are waited for, one of them always fits a sound best. At such a question it is not taken unless
the recognizer wrote the phrase itself, however well it fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import TINY_EN
from ivr.core.media.frame import SAMPLE_BYTES, samples
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import chosen_in_words
from ivr.core.speech.recognized import Recognized, recognized
from tests.conftest import REAL_VOICE, RealVoice

BINDS = Grammar("en", {"yes": ("yes", "I agree", "I understand"), "no": ("no", "I refuse")}, exact=True)
AROUND = bytes(samples(0.3) * SAMPLE_BYTES)
WORDS = (
    *("hello", "goodbye", "sorry", "hours", "minutes", "seconds", "time", "number", "is", "your", "for", "with"),
    *("vm-first", "vm-last", "vm-next", "vm-press", "vm-and", "invalid", "activated", "extension", "transfer"),
)
"""Short, as answers are; none is, or holds, a phrase of the grammar."""


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecognizer:
    return WhisperRecognizer(WhisperModel(TINY_EN.directory(tmp_path_factory.mktemp("models"))), ("en",))


def answered(recognizer: WhisperRecognizer, pcm: bytes) -> Recognized:
    """What an answer is taken for, as it comes by telephone."""
    stream = recognizer.open(BINDS)
    stream.accept(decode_ulaw(encode_ulaw(AROUND + pcm + AROUND)))
    return recognized(stream.finish(), BINDS)


def binds(found: Recognized) -> bool:
    return found.choice is not None and chosen_in_words(BINDS, found.text, found.choice)


def test_other_words_never_bind_though_some_sound_like_an_answer(
    recognizer: WhisperRecognizer, voice: RealVoice
) -> None:
    found = {word: answered(recognizer, voice(word)) for word in WORDS}
    assert [word for word, one in found.items() if binds(one)] == []
    assert [word for word, one in found.items() if one.choice is not None], (
        "without the rule none would be taken either"
    )


def test_a_no_that_was_said_is_one(recognizer: WhisperRecognizer, voice: RealVoice) -> None:
    found = answered(recognizer, voice("vm-no"))
    assert (found.choice, binds(found)) == ("no", True)


def others() -> Iterator[Path]:
    """Every recording but of the one word of the grammar."""
    yield from (path for path in sorted(REAL_VOICE.rglob("*.wav")) if path.stem not in ("vm-no", "no"))


@pytest.mark.soak
def test_nothing_of_all_that_a_person_recorded_binds(recognizer: WhisperRecognizer, voice: RealVoice) -> None:
    found = {
        path.stem: answered(recognizer, voice(str(path.relative_to(REAL_VOICE).with_suffix("")))) for path in others()
    }
    assert [word for word, one in found.items() if binds(one)] == []
