"""When the end of a turn is asked about, and what the answer may change: only ever more silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.orders.listening import Grammar
from ivr.core.speech.turn import LONGER_SILENCE_SECONDS, is_asked, silence_after

SHARES = st.floats(min_value=0.0, max_value=1.0)
SECONDS = st.floats(min_value=0.1, max_value=5.0)


@given(SHARES, SECONDS)
def test_it_never_shortens_a_silence(complete: float, usual: float) -> None:
    assert silence_after(complete, usual) >= usual


@given(st.floats(min_value=0.5, max_value=1.0), SECONDS)
def test_a_complete_turn_ends_as_usual(complete: float, usual: float) -> None:
    assert silence_after(complete, usual) == usual


@given(st.floats(min_value=0.0, max_value=0.5, exclude_max=True))
def test_who_has_not_finished_gets_more_time(complete: float) -> None:
    assert silence_after(complete, 0.7) == LONGER_SILENCE_SECONDS


@pytest.mark.parametrize(
    ("grammar", "asked"),
    [
        (Grammar("en", free=True), True),
        (Grammar("en-GB", {"balance": ("my balance",)}), True),
        (Grammar("en", free=True, value="amount EUR"), True),
        (Grammar("zh", free=True), False),
        (Grammar("fr", free=True), False),
        (Grammar("en", free=True, value="digits"), False),
        (Grammar("en", {"yes": ("yes",)}, exact=True), False),
    ],
)
def test_it_is_asked_in_english_and_not_of_digits_or_words_that_bind(grammar: Grammar, asked: bool) -> None:
    assert is_asked(grammar) is asked
