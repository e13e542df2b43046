"""Days in Chinese: 明天, 下周五, 三月五号, 二零二七年三月五日, 下个月五号, 三天后."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from ivr.core.speech.day import Day, monday, upcoming
from ivr.core.speech.numerals import chinese_digit, chinese_number

_NEAR = {
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
    "昨天": -1,
    "昨日": -1,
    "前天": -2,
    "大前天": -3,
}
_WEEKDAY = {sign: number for number, sign in enumerate("一二三四五六日")} | {"天": 6}
_WEEKDAY |= {str(number + 1): number for number in range(6)}
_YEARS = {"今年": 0, "明年": 1, "后年": 2, "去年": -1}
_MONTHS = {"这个月": 0, "本月": 0, "这月": 0, "下个月": 1, "下月": 1, "上个月": -1, "上月": -1}
_NUMBER = r"[零〇一二两三四五六七八九十\d]+"
_FURTHEST = 366


def read_chinese(said: str, today: date) -> Iterator[Day]:
    """Every reading of bare words."""
    said = re.sub(r"[\s,，、。]", "", said)
    if said in _NEAR:
        yield Day.of(today + timedelta(days=_NEAR[said]))
        return
    for reading in (_figures(said), _by_weekday(said, today), _from_now(said, today), _named(said, today)):
        yield from reading


def _figures(said: str) -> Iterator[Day]:
    """2027-03-05, 2027/3/5, 20270305; 3/5 is the fifth of March: the month is always said first."""
    if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})|(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", said, re.ASCII):
        year, month, day = (found[index] or found[index + 3] for index in (1, 2, 3))
        yield Day(int(day), int(month), int(year))
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})", said, re.ASCII):
        yield Day(int(found[2]), int(found[1]))


def _by_weekday(said: str, today: date) -> Iterator[Day]:
    form = re.fullmatch(r"(这个?|本|下个?|下下个?|上个?)?(?:周|星期|礼拜)([一二三四五六日天1-6])", said)
    if form is None:
        return
    weekday = _WEEKDAY[form[2]]
    if form[1] is None:
        if today.weekday() == weekday:
            yield Day.of(today)
        yield Day.of(upcoming(today, weekday))
        return
    which = form[1].removesuffix("个")
    weeks = {"这": 0, "本": 0, "下": 1, "下下": 2, "上": -1}[which]
    yield Day.of(monday(today) + timedelta(days=7 * weeks + weekday))


def _from_now(said: str, today: date) -> Iterator[Day]:
    form = re.fullmatch(rf"({_NUMBER})(天|个?星期|周|个?礼拜)(?:之?后|以后)", said)
    count = chinese_number(form[1]) if form else None
    if form is None or count is None:
        return
    length = int(count) * (1 if form[2] == "天" else 7)
    if 0 < length <= _FURTHEST:
        yield Day.of(today + timedelta(days=length))


def _named(said: str, today: date) -> Iterator[Day]:
    weekday = None
    if tail := re.fullmatch(r"(.+)(?:星期|周|礼拜)([一二三四五六日天])", said):
        said, weekday = tail[1], _WEEKDAY[tail[2]]
    form = re.fullmatch(
        rf"(?:({'|'.join(_YEARS)})|([零〇一二三四五六七八九\d]{{4}})年)?"
        rf"(?:({'|'.join(_MONTHS)})|({_NUMBER})月(?:份)?)?({_NUMBER})(日|号)?",
        said,
    )
    if form is None or (form[5] and not form[6] and not form[4]):
        return
    year = today.year + _YEARS[form[1]] if form[1] else _year(form[2]) if form[2] else None
    month: int | None = None
    if form[3]:
        if form[1] or form[2]:
            return
        moved = today.year * 12 + today.month - 1 + _MONTHS[form[3]]
        year, month = moved // 12, moved % 12 + 1
    elif form[4]:
        month = _small(form[4])
        if month is None or not 1 <= month <= 12:
            return
    day = _small(form[5])
    if day is not None and 1 <= day <= 31 and (month is not None or year is None):
        yield Day(day, month, year, weekday)


def _year(text: str) -> int | None:
    digits = [chinese_digit(sign) for sign in text]
    return None if None in digits else int("".join(map(str, digits)))


def _small(text: str) -> int | None:
    number = chinese_number(text.replace("〇", "零"))
    return int(number) if number is not None and number == int(number) else None
