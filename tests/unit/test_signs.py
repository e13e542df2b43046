"""Traditional and simplified signs are one: in choices, values, search, and in what records keep."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.core.sign_table import MERGED, SIMPLIFIED
from ivr.core.signs import as_kept, folded, simplified
from ivr.core.speech.alike import alike
from ivr.core.speech.choose import spoken_choice
from ivr.core.speech.intent import Examples
from ivr.core.speech.spoken_values import value_said
from ivr.core.vault.search import query_words, word_terms

WRITTEN_TWICE = """
轉賬 转账; 轉帳 转账; 開戶 开户; 我要還款 我要还款; 貸款 贷款; 餘額 余额; 掛失 挂失; 凍結 冻结; 密碼 密码; 帳戶 账户;
賬戶 账户; 理財產品 理财产品; 風險 风险; 匯款 汇款; 對 对; 繳費 缴费; 請問 请问; 電話號碼 电话号码; 裡面 里面;
裏面 里面; 綫上 线上; 為什麼 为什么; 爲 为; 衞生 卫生; 啓動 启动; 欵項 款项; 上週五 上周五;
瞭解 了解; 著 着; 後天 后天; 兩萬 两万
"""


def pairs() -> list[list[str]]:
    return [pair.split() for pair in WRITTEN_TWICE.split(";")]


@pytest.mark.parametrize(("traditional", "plain"), pairs())
def test_both_writings_of_a_phrase_are_heard_searched_and_told_apart_as_one(traditional: str, plain: str) -> None:
    assert folded(traditional) == folded(plain)
    for said, planned in ((traditional, plain), (plain, traditional)):
        assert spoken_choice(said, {"it": [planned]}, "zh") is not None
        assert query_words(said) == query_words(planned)
        assert word_terms([said]) == word_terms([planned])
        assert alike(said, planned, "zh")


def test_an_intent_is_found_in_the_other_signs() -> None:
    meant = {"lost": ("我的卡丢了，想挂失", "信用卡不见了"), "pay": ("我要还这个月的贷款", "提前还款")}
    assert Examples.of(meant, "zh").intent("信用卡不見了")[0] == "lost"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("兩萬五千元", "amount CNY", Decimal("25000.00")),
        ("三塊五", "amount HKD", Decimal("3.50")),
        ("壹貳", "digits", None),  # numerals of cheques are not said
        ("兩點", "digits", None),
    ],
)
def test_values_are_understood_in_traditional_signs(text: str, kind: str, value: object) -> None:
    assert value_said(text, "zh", kind) == value


def test_records_keep_simplified_signs_and_spoil_no_word_that_both_writings_have() -> None:
    assert as_kept("我要還款，轉賬", "zh-HK") == "我要还款，转账"
    assert as_kept("乾隆著名的徵收", "zh") == "乾隆著名的徵收"
    assert as_kept("會議室", "ja") == "會議室"


def test_folding_twice_is_folding_once() -> None:
    for signs, others in (SIMPLIFIED, MERGED):
        assert len(signs) == len(others)
    every = SIMPLIFIED[0] + MERGED[0]
    assert folded(folded(every)) == folded(every)
    assert simplified(simplified(every)) == simplified(every)
    assert all(folded(sign) == sign for sign in "零一二三四五六七八九十百千万亿两点负幺元块毛角分")
