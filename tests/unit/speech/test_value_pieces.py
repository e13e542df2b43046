"""Whatever value is read out, it is put together of what was spoken ahead, word for word."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.speech import value_pieces
from ivr.core.speech.pieces import Pause, Pieces, tokens
from ivr.core.speech.written_out import in_words

LANGUAGES = st.sampled_from(["en", "zh"])
FRAME = {"en": ("Your balance is,", "today."), "zh": ("您的余额为", "谢谢。")}
COINS = {"en": ("euro,", "euros,"), "zh": ("欧元",)}


def said(language: str, words: str, ahead: tuple[str, ...]) -> list[str]:
    """What stands in a sentence that is put together, in words, with its pauses."""
    pieces = Pieces((text, text) for text in (*FRAME[language], *ahead))
    parts = pieces.cover(in_words(words, language))
    assert parts is not None, "a word is in no piece"
    return [token for part in parts if not isinstance(part, Pause) for token in tokens(part.rstrip(",.，。"))]


def of_words(words: str, language: str) -> list[str]:
    return [token for token in tokens(in_words(words, language)) if token not in ",."]


def sentence(value: str, language: str) -> str:
    return f"Your balance is {value} today." if language == "en" else f"您的余额为{value}，谢谢。"


@given(language=LANGUAGES, number=st.decimals(-(10**12), 10**12, places=2, allow_nan=False))
def test_any_sum_of_money_is_made_of_pieces(language: str, number: Decimal) -> None:
    text = sentence(spoken(number, ValueType.AMOUNT, language, currency="EUR"), language)
    assert said(language, text, (*value_pieces.numbers(language), *COINS[language])) == of_words(text, language)


@given(language=LANGUAGES, number=st.integers(-(10**14), 10**14))
def test_any_whole_number_is_made_of_pieces(language: str, number: int) -> None:
    text = sentence(spoken(Decimal(number), ValueType.NUMBER, language), language)
    assert said(language, text, value_pieces.numbers(language)) == of_words(text, language)


@given(language=LANGUAGES, digits=st.text("0123456789", min_size=1, max_size=20))
def test_any_row_of_digits_is_made_of_pieces(language: str, digits: str) -> None:
    text = sentence(spoken(digits, ValueType.DIGITS, language), language)
    assert said(language, text, value_pieces.digits(language)) == of_words(text, language)


@given(language=LANGUAGES, day=st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_any_day_is_made_of_pieces(language: str, day: date) -> None:
    text = sentence(spoken(day.isoformat(), ValueType.DATE, language), language)
    assert said(language, text, value_pieces.dates(language)) == of_words(text, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_number_is_said_in_breaths_and_not_word_by_word(language: str) -> None:
    pieces = Pieces((text, text) for text in value_pieces.numbers(language))
    parts = pieces.cover(in_words("12345", language))
    assert parts is not None
    assert len(parts) <= 6
