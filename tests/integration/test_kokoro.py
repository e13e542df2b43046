"""Kokoro itself: a prompt, and a sentence that is put together of its pieces, understood after the telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypinyin import lazy_pinyin

from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.media.joined import joined
from ivr.core.signs import folded
from ivr.core.speech.pieces import tokens
from ivr.core.speech.written_out import in_words


@pytest.fixture(scope="module")
def kokoro() -> Iterator[KokoroSynthesizer]:
    speaker = KokoroSynthesizer()
    yield speaker
    speaker.close()


def heard(pcm: bytes, language: str, models: Path) -> list[str]:
    """Words, or syllables: a recognizer writes other signs of one sound."""
    model = WhisperModel((TINY_EN if language == "en" else BASE).directory(models))
    text = model.decode(model.hear(decode_ulaw(encode_ulaw(pcm))), language).text
    words = [token for token in tokens(in_words(folded(text), language)) if token not in ",."]
    return words if language == "en" else lazy_pinyin("".join(words))


def test_english_put_together_of_pieces_is_understood(kokoro: KokoroSynthesizer, tmp_path: Path) -> None:
    pieces = ("Your balance is,", "three hundred,", "forty-five,", "euros.")
    pcm = joined([kokoro.synthesize(piece, language="en") for piece in pieces])
    assert heard(pcm, "en", tmp_path) == ["your", "balance", "is", "three", "hundred", "and", "forty-five", "euros"]


SENTENCES = (
    "您可以提前归还部分贷款。",
    "要听您的账户余额，请按一。",
    "基金的价值可能下跌，也可能上涨。",
    "请输入您的账号，然后按井号键。",
)
MISHEARD = 0.2
"""Share of syllables. The recognizer errs with real people too, and otherwise on another kind of processor (8 bits)."""


def test_mandarin_is_understood(kokoro: KokoroSynthesizer, tmp_path: Path) -> None:
    missing = said = 0
    for sentence in SENTENCES:
        pcm = kokoro.synthesize(sentence, language="zh")
        assert 1.5 * SAMPLE_RATE < len(pcm) / 2 < 5 * SAMPLE_RATE
        meant = set(lazy_pinyin(sentence.translate(dict.fromkeys(map(ord, "，。")))))
        missing, said = missing + len(meant - set(heard(pcm, "zh", tmp_path))), said + len(meant)
    assert missing <= said * MISHEARD, (missing, said)
