"""Days in English: 'next Friday', 'the third of March', 'March 3rd, 2027', '3/4/2027', '2027-03-04'."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from ivr.core.speech.day import Day, monday, upcoming
from ivr.core.speech.numerals import below_hundred, english_number

_MONTHS = "january february march april may june july august september october november december"
_MONTH = {name: number for number, name in enumerate(_MONTHS.split(), 1)}
_MONTH |= {name[:3]: number for name, number in _MONTH.items()} | {"sept": 9}
_WEEKDAY = {
    name: number
    for number, name in enumerate(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
}
_TO_TWENTY = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS = {word: number for number, word in enumerate(_TO_TWENTY.split(), 1)} | {"thirtieth": 30}
_NEAR = {
    "today": 0,
    "tomorrow": 1,
    "the day after tomorrow": 2,
    "day after tomorrow": 2,
    "yesterday": -1,
    "the day before yesterday": -2,
    "day before yesterday": -2,
}
_FURTHEST = 366


def read_english(said: str, today: date) -> Iterator[Day]:
    """Every reading of bare words."""
    said = re.sub(r"(\d)[,.](?=\s)", r"\1 ", said).replace(",", " ")
    said = " ".join(said.split())
    if said in _NEAR:
        yield Day.of(today + timedelta(days=_NEAR[said]))
        return
    words = said.removeprefix("on ").split()
    for reading in (_figures(said), _by_weekday(words, today), _from_now(words, today), _named(words)):
        yield from reading


def _figures(said: str) -> Iterator[Day]:
    """2027-03-04; 3/4/2027, which is two days unless one of its numbers is no month."""
    if found := re.fullmatch(r"(\d{4})[-/. ]?(\d{2})[-/. ]?(\d{2})", said, re.ASCII):
        yield Day(int(found[3]), int(found[2]), int(found[1]))
    elif found := re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?", said, re.ASCII):
        year = None if found[4] is None else int(found[4]) + (2000 if len(found[4]) == 2 else 0)
        for month, day in ((int(found[1]), int(found[3])), (int(found[3]), int(found[1]))):
            if 1 <= month <= 12:
                yield Day(day, month, year)


def _by_weekday(words: list[str], today: date) -> Iterator[Day]:
    if not words or words[-1] not in _WEEKDAY or len(words) > 2:
        return
    weekday = _WEEKDAY[words[-1]]
    coming, is_today = upcoming(today, weekday), today.weekday() == weekday
    match words[:-1]:
        case []:
            if is_today:
                yield Day.of(today)
            yield Day.of(coming)
        case ["this"]:
            yield Day.of(today if is_today else coming)
        case ["coming"]:
            yield Day.of(coming)
        case ["next"]:
            # Of this week, for some; of the next one, for others.
            yield Day.of(coming)
            if monday(coming) == monday(today):
                yield Day.of(coming + timedelta(days=7))
        case ["last"]:
            before = coming - timedelta(days=14 if is_today else 7)
            yield Day.of(before)
            if monday(before) == monday(today):
                yield Day.of(before - timedelta(days=7))


def _from_now(words: list[str], today: date) -> Iterator[Day]:
    """'in three days', 'in a week', 'a week from tomorrow'."""
    start = 0
    if words[:1] == ["in"]:
        words = words[1:]
    elif words[-2:] in (["from", "today"], ["from", "now"]):
        words = words[:-2]
    elif words[-2:] == ["from", "tomorrow"]:
        words, start = words[:-2], 1
    else:
        return
    if len(words) < 2 or words[-1] not in ("day", "days", "week", "weeks"):
        return
    count = 1 if words[:-1] in (["a"], ["one"]) else below_hundred(words[:-1])
    if count is None:
        return
    length = count * (7 if words[-1].startswith("week") else 1)
    if length <= _FURTHEST:
        yield Day.of(today + timedelta(days=start + length))


def _named(words: list[str]) -> Iterator[Day]:
    """'friday the third of march 2027', 'march third', 'the third'."""
    weekday = None
    if words and words[0] in _WEEKDAY:
        weekday, words = _WEEKDAY[words[0]], words[1:]
    words = words[1:] if words[:1] == ["the"] else words
    at = next((index for index, word in enumerate(words) if word.strip(".") in _MONTH), None)
    if at is None:
        day = _ordinal(words)
        if day is not None and words:
            yield Day(day, weekday=weekday)
        return
    month = _MONTH[words[at].strip(".")]
    before, after = words[:at], words[at + 1 :]
    if before:
        day = _day(before[:-1] if before[-1] == "of" else before)
        year = _year(after) if after else None
        if day is not None and (year is not None or not after):
            yield Day(day, month, year, weekday)
        return
    after = after[1:] if after[:1] == ["the"] else after
    for length in range(1, min(2, len(after)) + 1):
        day, rest = _day(after[:length]), after[length:]
        year = _year(rest) if rest else None
        if day is not None and (year is not None or not rest):
            yield Day(day, month, year, weekday)


def _ordinal(words: list[str]) -> int | None:
    """'third', 'twenty first', '3rd'."""
    words = [part for word in words for part in word.split("-")]
    match words:
        case [one] if one in _ORDINALS:
            return _ORDINALS[one]
        case [one] if found := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)", one, re.ASCII):
            return int(found[1])
        case ["twenty" | "thirty" as ten, unit] if _ORDINALS.get(unit, 10) < 10:
            return {"twenty": 20, "thirty": 30}[ten] + _ORDINALS[unit]
    return None


def _day(words: list[str]) -> int | None:
    found = _ordinal(words)
    if found is None:
        found = below_hundred([part for word in words for part in word.split("-")])
    return found if found is not None and 1 <= found <= 31 else None


def _year(words: list[str]) -> int | None:
    """'2027', 'twenty twenty seven', 'nineteen oh five', 'two thousand and twenty seven'."""
    words = [part for word in words for part in word.split("-")]
    if len(words) == 1:
        return int(words[0]) if re.fullmatch(r"(19|20|21)\d\d", words[0], re.ASCII) else None
    for at in range(1, len(words)):
        century, rest = below_hundred(words[:at]), below_hundred([word for word in words[at:] if word != "oh"])
        oh = words[at] == "oh"
        if century in (19, 20, 21) and rest is not None and (0 < rest < 10 if oh else rest >= 10):
            return century * 100 + rest
    number = english_number(" ".join(words)) if {"thousand", "hundred"} & set(words) else None
    return int(number) if number is not None and 1900 <= number <= 2199 else None
