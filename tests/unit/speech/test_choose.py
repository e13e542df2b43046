"""From what was heard to a choice and how sure it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import (
    FLOOR,
    Chosen,
    DigitsRead,
    Measured,
    chosen_in_words,
    embedded_choice,
    free_confidence,
    scored_choice,
    spoken_choice,
)
from ivr.core.speech.recognized import Recognized, recognized
from ivr.core.speech.words import holds, normalized, resemblance

MENU = {"balance": ("my balance", "how much do I have"), "fund": ("buy a fund", "invest"), "agent": ("agent",)}


def heard(text: str, score: float = -0.4, no_speech: float = 0.03) -> Measured:
    return Measured(text, score, no_speech, lambda phrases: [-1.0] * len(phrases))


def scores(best: str, *, of: float = -0.6, others: float = -9.0) -> dict[str, dict[str, float]]:
    return {name: {phrase: of if phrase == best else others for phrase in said} for name, said in MENU.items()}


@pytest.mark.parametrize(
    ("text", "language", "plain"),
    [
        ("Thank you!", "en", "thank you"),
        ("I don't KNOW...", "en", "i dont know"),
        ("5, 12 and 13.", "en", "five twelve and 13"),
        ("餘額 5？", "zh", "余额五"),
        ("餘額 5？", "zh-HK", "余额五"),
        ("查 余额。", "zh", "查余额"),
        ("ＡＢＣ", "en", "abc"),
        ("  ", "en", ""),
    ],
)
def test_case_punctuation_and_digits_do_not_matter(text: str, language: str, plain: str) -> None:
    assert normalized(text, language) == plain


def test_a_phrase_is_found_as_whole_words_only() -> None:
    assert holds("my balance please", "balance", "en")
    assert not holds("imbalance", "balance", "en")
    assert holds("我要查余额谢谢", "查余额", "zh")
    assert not holds("anything", "", "en")


@given(st.text(max_size=30), st.text(max_size=30))
def test_resemblance_is_a_share(a: str, b: str) -> None:
    assert 0.0 <= resemblance(a, b) <= 1.0


def test_a_choice_is_found_within_a_sentence() -> None:
    assert spoken_choice("Hello, what is my balance please?", MENU, "en") == ("balance", "my balance")


def test_a_longer_phrase_beats_one_inside_it() -> None:
    menu = {"fund": ("fund",), "buy": ("buy a fund",)}
    assert spoken_choice("I want to buy a fund", menu, "en") == ("buy", "buy a fund")


TRANSFERS = {"cancel": ("取消",), "cancel_transfer": ("取消汇款",), "repay": ("還款",)}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("取消汇款", "cancel_transfer"),
        ("我要取消匯款。", "cancel_transfer"),
        ("取消", "cancel"),
        ("我要取消。", "cancel"),
        ("取消吧", "cancel"),
        ("取消会款", None),  # one sign was misheard: the words do not tell which of the two was said
        ("取消回宽", None),
        ("我要还款", "repay"),
        ("我要還款", "repay"),
    ],
)
def test_the_shorter_phrase_never_wins_when_the_longer_was_said(text: str, choice: str | None) -> None:
    found = spoken_choice(text, TRANSFERS, "zh")
    assert (found and found[0]) == choice


BINDING = {
    "en": Grammar("en", {"yes": ("yes", "I agree", "I understand"), "no": ("no", "I refuse")}, exact=True),
    "zh": Grammar("zh", {"yes": ("对", "同意", "明白"), "no": ("不对", "不")}, exact=True),
}


@pytest.mark.parametrize(
    ("language", "text", "choice", "taken"),
    [
        ("en", "Yes.", "yes", True),
        ("en", "Yes please, I want that.", "yes", True),
        ("en", "Well, I understand.", "yes", True),
        ("en", "You have to lean.", "yes", False),
        ("en", "", "yes", False),
        ("en", "I don't think I agree", "yes", False),
        ("en", "no", "yes", False),
        ("en", "No, I refuse.", "no", True),
        ("zh", "同意。", "yes", True),
        ("zh", "我同意", "yes", True),
        ("zh", "我沒有同意", "yes", False),
        ("zh", "不同意", "yes", False),
        ("zh", "不，不对", "no", True),
    ],
)
def test_what_binds_is_chosen_by_its_own_words_only_whatever_the_score(
    language: str, text: str, choice: str, taken: bool
) -> None:
    assert chosen_in_words(BINDING[language], text, choice) is taken


def test_where_nothing_binds_the_sound_may_decide() -> None:
    assert chosen_in_words(Grammar("en", {"yes": ("yes",)}), "You have to lean.", "yes")


def test_in_english_too_a_longer_phrase_that_came_out_wrong_is_not_the_shorter_one() -> None:
    menu = {"cancel": ("cancel",), "cancel_transfer": ("cancel transfer",)}
    assert spoken_choice("cancel transfers", menu, "en") is None
    found = spoken_choice("please cancel", menu, "en")
    assert found is not None
    assert found[0] == "cancel"


def test_two_choices_in_one_sentence_are_no_choice() -> None:
    assert spoken_choice("my balance or an agent", MENU, "en") is None


def test_both_witnesses_agreeing_is_sure() -> None:
    choice = scored_choice(heard("Invest."), scores("invest"), "en")
    assert choice.name == "fund"
    assert choice.confidence > 0.9


def test_misspelt_but_well_explained_is_to_be_confirmed() -> None:
    choice = scored_choice(heard("best", -0.9), scores("invest", of=-4.0), "en")
    assert choice.name == "fund"
    assert 0.4 < choice.confidence < 0.9


def test_something_else_that_was_said_clearly_fits_nothing() -> None:
    choice = scored_choice(heard("The weather is nice today.", -0.2), scores("agent", of=-8.0, others=-9.5), "en")
    assert choice.name is None
    assert choice.confidence < FLOOR


def test_an_empty_grammar_offers_nothing() -> None:
    assert scored_choice(heard("hello"), {}, "en") == Chosen(None, 0.0)


def test_a_choice_with_a_single_competitor_less_margin_is_less_sure() -> None:
    clear = scored_choice(heard("agent"), scores("agent", of=-1.0, others=-8.0), "en")
    close = scored_choice(heard("agent"), scores("agent", of=-1.0, others=-1.5), "en")
    assert close.confidence < clear.confidence


def test_a_phrase_in_badly_decoded_text_is_less_sure() -> None:
    clear = embedded_choice(heard("i want my balance", -0.3), "balance", "my balance", "en")
    noisy = embedded_choice(heard("i want my balance", -1.8), "balance", "my balance", "en")
    assert clear.confidence > 0.95 > noisy.confidence


def test_free_text_is_never_sure_when_nobody_seems_to_have_spoken() -> None:
    assert free_confidence(heard("thank you for watching", -0.5, no_speech=0.9)) < 0.2
    assert free_confidence(heard("", -0.5)) == 0.0


@given(st.floats(-30, 0), st.floats(-30, 0), st.floats(0, 1))
def test_confidence_is_a_probability_whatever_comes(text_score: float, score: float, no_speech: float) -> None:
    evidence = heard("agent", text_score, no_speech)
    for confidence in (
        scored_choice(evidence, scores("agent", of=score), "en").confidence,
        scored_choice(evidence, scores("agent", of=score), "zh").confidence,
        free_confidence(evidence),
    ):
        assert 0.0 <= confidence <= 1.0


# --- fields of digits, read twice -----------------------------------------------------------------------------------

FIELD = Grammar("en", {"agent": ("an agent",)}, free=True, value="digits")


def read_twice(free: str, digits: str, score: float = -0.3, *, grammar: Grammar = FIELD) -> Recognized:
    finding = Measured(free, -0.3, 0.2, lambda phrases: [-9.0] * len(phrases), digits=lambda: DigitsRead(digits, score))
    return recognized(finding, grammar)


def test_digits_on_which_both_readings_agree_are_taken() -> None:
    found = read_twice("four, seven, one one.", "4711")
    assert (found.text, found.choice) == ("4711", None)
    assert found.confidence >= 0.8


@pytest.mark.parametrize(
    "free", ["4, 7, 1, 1, 1, 1, 1, 1, 1, 1,", "for seven, won, one", "4712", "that's a dream of it"]
)
def test_digits_on_which_they_do_not_agree_are_asked_back_and_never_taken(free: str) -> None:
    found = read_twice(free, "4711", -0.01)
    assert found.text == "4711"
    assert 0.5 <= found.confidence < 0.8


@pytest.mark.parametrize(("digits", "score"), [("471", -3.0), ("", -8.0)])
def test_a_row_that_the_other_reading_does_not_bear_out_is_not_understood(digits: str, score: float) -> None:
    assert read_twice("4711 4711 4711 4711", digits, score).confidence < 0.5


def test_other_words_are_no_digits_whatever_the_reading_that_knows_no_others_makes_of_them() -> None:
    found = read_twice("I do not know it by heart", "81", -4.0)
    assert found.text == "I do not know it by heart"
    assert read_twice("an agent please", "811", -0.1).choice == "agent"


def test_digits_drawn_for_the_caller_are_read_once_as_one_word_more_may_be_another_voices() -> None:
    found = read_twice("four seven and one one", "4711", -0.01, grammar=replace(FIELD, exact=True))
    assert found.text == "four seven and one one"
