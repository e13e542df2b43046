"""A text that was read aloud: what counts as read, and what does not."""

from __future__ import annotations

import random

import pytest

from ivr.core.speech.read_aloud import Following, Script

RISK = (
    "You may lose all of the money that you invest. The fund charges 2.5% a year, and past returns do not guarantee "
    "future profits."
)
RISIKO = "本基金不保本，您可能损失全部本金，手续费为百分之二点五。"
AS_HEARD = (
    "you may lose all of the money that you invest the fund charges two point five per cent a year and past return do "
    "not garantee future profits"
)


def follows(*said: str, text: str = RISK, language: str = "en") -> Following:
    """These utterances, one a second."""
    following = Following(Script.of(text, language))
    for number, words in enumerate(said):
        following = following.heard(words, number * 8000)
    return following


@pytest.mark.parametrize(
    "said",
    [
        (RISK,),
        (AS_HEARD,),
        ("Now I read it to you.", RISK, "Did you get that?"),
        ("You may lose all of the money that you invest.", "The fund charges 2.5% a year,", RISK[77:]),
        ("You may lose, sorry, once more.", RISK),
        (RISK.replace("all of the", "all of"),),
        (RISK.replace("The fund", "um, the the fund"),),
        (RISK.replace("guarantee", "guaran tee"),),
    ],
)
def test_a_text_is_read_where_every_word_was_heard_in_order_as_it_is_written_or_as_it_sounds(
    said: tuple[str, ...],
) -> None:
    assert follows(*said).whole is not None


@pytest.mark.parametrize(
    "said",
    [
        RISK.replace("not ", ""),
        RISK.replace("may lose", "may not lose"),
        RISK.replace("2.5%", "3.5%"),
        RISK.replace("2.5%", "25%"),
        RISK.replace("2.5%", "2.5 or 1.5%"),
        RISK.replace("lose", "win"),
        RISK.replace("money ", ""),
        RISK.replace("future profits", "future"),
        RISK.replace("invest.", "invest, unless you are lucky."),
        RISK.replace("charges", "and now something else entirely that nobody wrote charges"),
        " ".join(reversed(RISK.split())),
        "",
        "thank you " * 40,
    ],
)
def test_a_text_is_not_read_where_a_word_that_counts_is_missing_changed_or_added(said: str) -> None:
    assert follows(said).whole is None


def test_chinese_is_held_sign_by_sign_with_its_figures_and_its_negations() -> None:
    assert follows(RISIKO, text=RISIKO, language="zh").whole is not None
    assert follows(RISIKO.replace("基金", "鸡金").replace("手续费", "手续非"), text=RISIKO, language="zh").whole is None
    assert follows(RISIKO.replace("本金，", "本斤，"), text=RISIKO, language="zh").whole is not None, "heard as written"
    for wrong in (RISIKO.replace("不", ""), RISIKO.replace("二点五", "二点零"), RISIKO.replace("全部", "")):
        assert follows(wrong, text=RISIKO, language="zh").whole is None


FUNDS = "我行不保证本金，买入基金可能长期亏损，重复申购须还清贷款。"


@pytest.mark.parametrize(
    ("sign", "heard"),
    [
        ("行", "航"),  # hang, where the sign alone would be xing
        ("长", "常"),  # chang, not zhang
        ("重", "虫"),  # chong, not zhong
        ("还", "环"),  # huan, not hai
        ("金", "今"),
        ("损", "笋"),
        ("证", "政"),
    ],
)
def test_chinese_is_heard_by_the_syllables_in_which_its_signs_are_read(sign: str, heard: str) -> None:
    said = FUNDS.replace(sign, heard)
    assert said != FUNDS
    assert follows(said, text=FUNDS, language="zh").whole is not None
    assert follows(said[:12], said[12:], text=FUNDS, language="zh").whole is not None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("不保证", "步保证"),  # it sounds as it should, and nobody knows whether it was said
        ("不保证", "保证"),
        ("买入", "卖出"),
        ("买入", "卖入"),  # opposites that differ in tone alone
        ("可能", "肯定"),
        ("亏损", "盈利"),
        ("长期", "短期"),
        ("还清", "清还"),
        ("须", "可"),
        ("重复", "重负担"),
        ("本金", "本息"),
        ("我行", "贵行"),
    ],
)
def test_another_wording_in_chinese_is_no_reading_however_near_it_sounds(written: str, said: str) -> None:
    other = FUNDS.replace(written, said)
    assert other != FUNDS
    assert follows(other, text=FUNDS, language="zh").whole is None


def test_no_text_of_random_words_of_a_warning_is_taken_for_it() -> None:
    chance = random.Random(5)
    words = RISK.split()
    for _ in range(300):
        mixed = chance.choices(words, k=chance.randrange(1, 60))
        assert follows(" ".join(mixed)).whole is None


def test_every_single_word_that_is_dropped_is_noticed_but_for_one_small_one() -> None:
    words = RISK.split()
    unnoticed = {words[at] for at in range(len(words)) if follows(" ".join(words[:at] + words[at + 1 :])).whole}
    assert unnoticed <= {"of", "the", "The", "that", "a", "and"}


def test_what_is_still_to_be_read_is_told_and_where_a_reading_broke() -> None:
    begun = follows("You may lose all of the money")
    assert (begun.found, begun.rest(begun.found).split()[:3]) == (7, ["that", "you", "invest"])
    broke = follows("You may lose all of the money", "and I would not worry about it")
    assert broke.whole is None
    assert broke.broke_at == 7
