"""A sentence is put together of what was spoken ahead, or not at all."""

from __future__ import annotations

from ivr.core.speech.pieces import COMMA_SECONDS, END_SECONDS, Pause, Pieces, tokens

AHEAD = ("Your balance is,", "three hundred,", "three,", "hundred,", "euros,", "euros.", "is it,", "twenty-first,")
PIECES = Pieces((text, text) for text in AHEAD)


def test_the_fewest_pieces_say_it_and_the_last_one_ends() -> None:
    assert PIECES.cover("Your balance is three hundred euros.") == [
        "Your balance is,",
        "three hundred,",
        "euros.",
        Pause(END_SECONDS),
    ]


def test_one_that_goes_on_is_taken_where_more_follows_and_a_comma_is_a_pause() -> None:
    assert PIECES.cover("three euros, is it") == ["three,", "euros,", Pause(COMMA_SECONDS), "is it,"]


def test_a_word_that_nobody_spoke_leaves_the_whole_sentence_to_the_synthesizer() -> None:
    for words in ("Your balance is four euros.", "Your balance is three hundred euros for Anna.", "3 euros", ""):
        assert PIECES.cover(words) is None


def test_half_of_a_word_is_no_word() -> None:
    assert PIECES.cover("hundreds euros") is None
    assert PIECES.cover("twenty first") is None
    assert PIECES.cover("Twenty-First") == ["twenty-first,"]


def test_chinese_is_looked_up_sign_by_sign() -> None:
    pieces = Pieces((text, text) for text in ("您的余额为，", "三百，", "三，", "百，", "元。"))
    assert pieces.cover("您的余额为三百元。") == ["您的余额为，", "三百，", "元。", Pause(END_SECONDS)]
    assert tokens("“ETF”的价格") == ("etf", "的", "价", "格")
