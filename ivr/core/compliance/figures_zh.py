"""Figures within a Chinese sentence: 百分之三点五, 3.5%, 两万五千元, 二零二七年三月五日, 三成.

Words that only look like figures (一定, 万一, 十分) are none. What is left and is no figure for sure is unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ivr.core.compliance.figures_en import CURRENCIES
from ivr.core.compliance.said_figure import LEADING_ZERO, SaidFigure
from ivr.core.speech.currency_words import currency_words
from ivr.core.speech.numerals import chinese_number, signed
from ivr.core.speech.spoken_amount import amount_said
from ivr.core.speech.spoken_date import Days, dates_said

_N = "零〇一二两三四五六七八九十百千万亿"
_NUMERAL = rf"[{_N}\d]"
_NUMBER = rf"(?:负|[-−](?=\d))?{_NUMERAL}(?:[{_N}\d点.,]*{_NUMERAL})?"
_ALMOST_WORDS = (
    "一下 一样 一些 一定 万一 一般 统一 一位 一起 一直 一旦 唯一 进一步 一切 一律 一致 "
    "一共 一并 第一 第二 第三 一个 一次 一次性 一方 一经 一边 一种 一项 一笔 一份 一名 "
    "一步 另一 同一 任一 每一 千万别 千万不 万分 一句 一会 一遍 两者 双方 三方 一系列 "
    "一揽子 再一 某一 一家 一款 一支 一只 一张 两个 两种 两项 两位"
)
_ALMOST = _ALMOST_WORDS.split()
_NO_FIGURE = re.compile(
    rf"(?<!{_NUMERAL})(?:{'|'.join(sorted(map(re.escape, _ALMOST), key=len, reverse=True))})(?!{_NUMERAL})"
    rf"|(?<!分)之一(?!{_NUMERAL})|(?<!{_NUMERAL})十分(?!之|{_NUMERAL})|(?<!{_NUMERAL})[一有]点(?!{_NUMERAL})"
    rf"|按{_NUMERAL}键?(?!{_NUMERAL})"
)
_MONEY_NAMES = sorted(
    {name for code in CURRENCIES for name in currency_words(code, "zh").names if name not in ("欧", "刀", "镑", "蚊")},
    key=len,
    reverse=True,
)
_NAME = "(?:" + "|".join(map(re.escape, _MONEY_NAMES)) + ")"
_COIN = "(?:毛钱|毛|角(?![度色落])|分钱(?!钟)|分(?![钟之析期行支部散享别公店数])|美分|欧分|便士)"
_NOT_TENTHS = "为立交功本长员果就熟分"
"""Behind 成, which then is no tenth but part of a word."""
_RATE = (
    rf"负?(?:百分之|千分之){_NUMBER}|{_NUMBER}\s?[%‰]|{_NUMBER}个?百分点|{_NUMBER}个?基点"
    rf"|{_NUMBER}成(?![{_NOT_TENTHS}])"
)
_DAY = (
    rf"(?:[零〇一二三四五六七八九\d]{{4}}年)?[{_N}\d]{{1,3}}月(?:份)?[{_N}\d]{{1,3}}[日号]?"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
)
_COINS = rf"(?:(?:零?{_NUMERAL}{_COIN})+(?:{_NUMERAL})?|{_NUMERAL}(?!{_NUMERAL}))?"
_AMOUNT = rf"{_NAME}?\s?{_NUMBER}\s?{_NAME}{_COINS}|{_NAME}\s?{_NUMBER}|{_NUMBER}{_COIN}"
_FIGURE = re.compile(
    rf"(?P<day>{_DAY})|(?P<rate>{_RATE})|(?P<amount>{_AMOUNT})"
    rf"|(?P<number>(?:百分之|千分之)?{_NUMBER}[厘分半几多来余]?|[%‰]|百分之)"
)
_NO_FIGURE_AFTER = re.compile(
    r"\s?(?:个月|年|天|周|小时|分钟|秒|次|位|人|期|号线|遍|份|项|种|笔|只|张|点钟|个工作日|个)"
)
_A_YEAR = 100
"""Nobody speaks of so many years: it is a year's own number."""


def chinese_figures(text: str, today: date) -> Iterator[SaidFigure]:
    """Every figure in a folded text in plain signs, in order."""
    text = _NO_FIGURE.sub(lambda found: "＊" * len(found[0]), text.replace("百分百", "百分之百"))
    for found in _FIGURE.finditer(text):
        figure = _read(found, today)
        if figure.number is None or not (after := _NO_FIGURE_AFTER.match(text, found.end())):
            yield figure
        elif "年" in after[0] and figure.number >= _A_YEAR:  # the rest of a day that was said in pieces
            yield SaidFigure(figure.first, after.end(), figure.words)


def _read(found: re.Match[str], today: date) -> SaidFigure:
    first, last, said = found.start(), found.end(), found[0].strip(" ,.")
    unread = SaidFigure(first, last, said)
    if _touches_figures(found):
        return unread
    match found.lastgroup:
        case "day":
            return SaidFigure(first, last, said, days=dates_said(said, "zh", Days(today)))
        case "rate":
            rate = _rate(said)
            return unread if rate is None else SaidFigure(first, last, said, rate=rate)
        case "amount":
            return SaidFigure(first, last, said, amounts=_amounts(said))
        case _:
            number = _number(said)
            return unread if number is None else SaidFigure(first, last, said, number=number)


def _touches_figures(found: re.Match[str]) -> bool:
    """Whether more figures stand right beside it: a row that was not taken whole has more than one reading."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return bool(re.match(rf"{_NUMERAL}|[点分.]", before) or re.match(rf"{_NUMERAL}|[点%‰厘半几]", after))


def _rate(said: str) -> Decimal | None:
    sign = -1 if said.startswith("负") else 1
    plain = said.removeprefix("负")
    if plain.startswith(("百分之", "千分之")):
        number = Decimal(100) if plain[3:] == "百" else _number(plain[3:])
        return None if number is None else sign * number / (1 if plain.startswith("百") else 10)
    for unit, factor in (
        ("个百分点", "1"),
        ("百分点", "1"),
        ("个基点", "0.01"),
        ("基点", "0.01"),
        ("%", "1"),
        ("‰", "0.1"),
        ("成", "10"),
    ):
        if said.endswith(unit):
            number = _number(said.removesuffix(unit).strip())
            return None if number is None else number * Decimal(factor)
    return None


def _amounts(said: str) -> tuple[tuple[str, Decimal], ...]:
    found = []
    for code in CURRENCIES:
        names = currency_words(code, "zh")
        if any(name in said for name in (*names.names, *names.coins)):
            value = amount_said(said, "zh", code)
            if value is not None:
                found.append((code, value))
    return tuple(found)


def _number(said: str) -> Decimal | None:
    if LEADING_ZERO.match(said):
        return None
    sign, plain = signed(said, "zh")
    number = chinese_number(plain)
    return None if number is None else sign * number
