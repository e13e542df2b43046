"""What the telephone mixes up, and what it does not."""

from __future__ import annotations

from itertools import combinations

import pytest

from ivr.core.speech.alike import alike

ALIKE_EN = """
two, to; sell, cell; buy, bye; right, write; no, know; eight, ate; sale, sail; wait, weight; for, four; mail, male;
price, prize; sent, cent; left, lift; fifteen, fifty; thirteen, thirty; card, cart; fund, fun; loan, loans; first,
thirst; check, cheque; ship, chip; fax, facts; write a check, right a cheque; new account, knew account; sales,
sails; Stop!, stop; some, sum; peace, piece; fee, fees; weak, week; our, hour; won, one;
claim, clean; five, nine; new claim, no claim; accept, except; change address, change a dress; lost card, last card
"""
ALIKE_ZH = """
基金, 鸡精; 四, 十; 是, 四; 转账, 专章; 南, 兰; 英文, 音文; 余额, 鱼鹅; 账户, 赃户; 信用卡, 信用咖; 人生, 人参;
重复, 虫负; 银行, 银航
"""


APART_EN = (
    "yes, guess; stop, shop; premium, premiums due; save, safe; I agree, I disagree; one, nine; line, fine; five, four"
)
APART_ZH = "一, 七; 是, 不是; 湖南, 河南; 保费, 保单"
"""Held apart on purpose: a check that cries at everything is switched off."""


def pairs(text: str) -> list[list[str]]:
    return [[phrase.strip() for phrase in pair.split(",")] for pair in text.split(";")]


BANK_EN = """
balance; my balance; how much do I have; buy a fund; sell a fund; invest; loan; mortgage; repayment; card; lost
card; stolen card; block my card; transfer; make a transfer; agent; speak to a person; repeat; help; go back; yes;
no; English; Chinese; opening hours; change my address; open an account; close an account; fraud; complaint;
insurance; savings; pension; exchange rate; statement; interest rate; PIN; password; previous question; operator;
private customers; business customers; one; two; three; five; six; seven; eight; claim; policy;
premium; monday; tuesday; thursday; friday;
today; tomorrow
"""
BANK_ZH = """
余额; 查余额; 基金; 购买基金; 赎回; 贷款; 还款; 房贷; 信用卡; 挂失; 冻结; 转账; 人工; 重复; 帮助; 返回; 对; 不对;
英文; 中文; 营业时间; 修改地址; 开户; 销户; 诈骗; 投诉; 保险; 储蓄; 汇率; 账单; 利率; 密码; 上一步; 理财; 明天;
今天; 个人业务; 公司业务
"""


@pytest.mark.parametrize(("one", "other"), pairs(ALIKE_EN))
def test_english_that_sounds_alike(one: str, other: str) -> None:
    assert alike(one, other, "en")
    assert alike(other, one, "en-GB")


@pytest.mark.parametrize(("one", "other"), pairs(ALIKE_ZH))
def test_chinese_that_sounds_alike(one: str, other: str) -> None:
    assert alike(one, other, "zh")
    assert alike(other, one, "zh")


@pytest.mark.parametrize(("one", "other"), pairs(APART_EN))
def test_english_that_is_told_apart(one: str, other: str) -> None:
    assert not alike(one, other, "en")


@pytest.mark.parametrize(("one", "other"), pairs(APART_ZH))
def test_chinese_that_is_told_apart(one: str, other: str) -> None:
    assert not alike(one, other, "zh")


@pytest.mark.parametrize(("language", "phrases"), [("en", BANK_EN), ("zh", BANK_ZH)])
def test_what_banks_ask_for_is_told_apart(language: str, phrases: str) -> None:
    listed = [" ".join(phrase.split()) for phrase in phrases.split(";")]
    mixed = [pair for pair in combinations(listed, 2) if alike(*pair, language)]
    assert mixed == []


def test_other_languages_are_told_apart_by_their_letters() -> None:
    assert alike("Oui !", "oui", "fr")
    assert not alike("oui", "non", "fr")
