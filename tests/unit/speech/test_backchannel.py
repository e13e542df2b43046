"""What interrupts a prompt, and what only says that somebody listens."""

from __future__ import annotations

import pytest

from ivr.core.orders.listening import Grammar
from ivr.core.speech.backchannel import interrupts, is_backchannel

MENU: dict[str, tuple[str, ...]] = {"balance": ("my balance",), "stop": ("stop",)}
ENGLISH, CHINESE = Grammar("en", MENU), Grammar("zh", {"balance": ("查询余额",)})


@pytest.mark.parametrize(
    "text", ["Mm.", "M.M.", "Uh-huh.", "Uh huh", "AHH!", "Mm-hmm.", "Okay.", "OK, yeah.", "I see.", "Right, right, ok"]
)
def test_nods_in_english_interrupt_nothing(text: str) -> None:
    assert is_backchannel(text, ENGLISH)
    assert not interrupts(text, None, 0.0, ENGLISH)


@pytest.mark.parametrize("text", ["嗯", "嗯嗯。", "好的", "對", "是的，好", "哦，知道了"])
def test_nods_in_chinese_interrupt_nothing(text: str) -> None:
    assert not interrupts(text, None, 0.0, CHINESE)


@pytest.mark.parametrize("text", ["Stop.", "No.", "My balance", "okay stop", "okay, okay, okay, okay", "Hey, you."])
def test_everything_else_in_english_does(text: str) -> None:
    assert interrupts(text, None, 0.0, ENGLISH)


@pytest.mark.parametrize("text", ["不对", "不是", "不好", "好了别说了", "查询余额", "嗯嗯嗯嗯嗯", "银行"])
def test_everything_else_in_chinese_does(text: str) -> None:
    assert interrupts(text, None, 0.0, CHINESE)


@pytest.mark.parametrize(("text", "language", "phrase"), [("好的。", "zh", "好的"), ("Okay.", "en", "okay")])
def test_where_a_nod_is_an_answer_it_is_one(text: str, language: str, phrase: str) -> None:
    question = Grammar(language, {"yes": (phrase,)})
    assert interrupts(text, "yes", 1.0, question)
    assert interrupts(text, None, 0.0, question)


def test_a_nod_whose_sound_is_surely_an_answer_is_one_but_not_where_only_the_words_bind() -> None:
    choices: dict[str, tuple[str, ...]] = {"yes": ("yes please",)}
    assert interrupts("Yeah.", "yes", 0.9, Grammar("en", choices))
    assert not interrupts("Yeah.", "yes", 0.6, Grammar("en", choices))
    assert not interrupts("Yeah.", "yes", 0.9, Grammar("en", choices, exact=True))


def test_a_noise_without_words_interrupts_nothing_and_a_word_in_an_unknown_language_does() -> None:
    assert not interrupts(" ", None, 0.0, ENGLISH)
    assert interrupts("oui", None, 0.0, Grammar("fr", {}))


def test_a_zero_that_is_said_oh_is_no_nod() -> None:
    assert interrupts("Oh.", None, 0.0, Grammar("en", free=True, value="digits"))
    assert not interrupts("Oh.", None, 0.0, ENGLISH)
