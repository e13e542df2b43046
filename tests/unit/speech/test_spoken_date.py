"""Days: every day that is read out is understood again; what may be two days is both, and never one of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.speech.spoken_date import Days, date_keyed, dates_said

MONDAY = date(2026, 11, 23)
ANY_DAY = st.dates(date(1930, 1, 1), date(2150, 12, 31))
LANGUAGE = st.sampled_from(["en", "zh"])


def said(text: str, language: str = "en", today: date = MONDAY, **limits: date) -> list[str]:
    return [day.isoformat() for day in dates_said(text, language, Days(today, **limits))]


@given(ANY_DAY, ANY_DAY, LANGUAGE)
def test_days_that_we_read_out_are_understood(day: date, today: date, language: str) -> None:
    assert dates_said(spoken(day.isoformat(), ValueType.DATE, language), language, Days(today)) == (day,)


@given(ANY_DAY, LANGUAGE)
def test_iso_days_are_understood_by_voice_and_by_keys(day: date, language: str) -> None:
    assert dates_said(day.isoformat(), language, Days(MONDAY)) == (day,)
    assert date_keyed(day.strftime("%Y%m%d")) == day


@pytest.mark.parametrize("keys", ["20260230", "2026113", "202611234", "20261301", "", "２０２６１１２３"])
def test_keys_that_are_no_day_are_none(keys: str) -> None:
    assert date_keyed(keys) is None


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("today", ["2026-11-23"]),
        ("tomorrow, please", ["2026-11-24"]),
        ("the day after tomorrow", ["2026-11-25"]),
        ("Friday", ["2026-11-27"]),
        ("this Friday", ["2026-11-27"]),
        ("on Saturday", ["2026-11-28"]),
        ("in three days", ["2026-11-26"]),
        ("a week from tomorrow", ["2026-12-01"]),
        ("the third of March", ["2027-03-03"]),
        ("March 3rd", ["2027-03-03"]),
        ("March the third, twenty twenty-eight", ["2028-03-03"]),
        ("twenty-first of December", ["2026-12-21"]),
        ("May twenty first two thousand and twenty seven", ["2027-05-21"]),
        ("the fifteenth", ["2026-12-15"]),
        ("Friday the 27th of November", ["2026-11-27"]),
        ("29 February", ["2028-02-29"]),
        ("13/4", ["2027-04-13"]),
        ("3. March", ["2027-03-03"]),
        ("4/4/2027", ["2027-04-04"]),
        # Two days each.
        ("3/4", ["2027-03-04", "2027-04-03"]),
        ("3/4/2027", ["2027-03-04", "2027-04-03"]),
        ("next Friday", ["2026-11-27", "2026-12-04"]),
        ("Monday", ["2026-11-23", "2026-11-30"]),
        # None.
        ("Thursday the 27th of November", []),
        ("February 30th", []),
        ("13/13", []),
        ("May", []),
        ("sometime next week", []),
        ("three", []),
        ("in a thousand days", []),
        ("", []),
    ],
)
def test_days_in_english(text: str, days: list[str]) -> None:
    assert said(text) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("今天", ["2026-11-23"]),
        ("明天吧", ["2026-11-24"]),
        ("大后天", ["2026-11-26"]),
        ("周五", ["2026-11-27"]),
        ("这个星期五", ["2026-11-27"]),
        ("下周五", ["2026-12-04"]),
        ("下下周一", ["2026-12-07"]),
        ("三月五号", ["2027-03-05"]),
        ("二零二七年三月五日", ["2027-03-05"]),
        ("2027年3月5日星期五", ["2027-03-05"]),
        ("明年三月五号", ["2027-03-05"]),
        ("下个月五号", ["2026-12-05"]),
        ("十二月三十一号", ["2026-12-31"]),
        ("五号", ["2026-12-05"]),
        ("三天后", ["2026-11-26"]),
        ("两个星期以后", ["2026-12-07"]),
        ("3/4", ["2027-03-04"]),
        # Today is a Monday.
        ("周一", ["2026-11-23", "2026-11-30"]),
        ("2027年3月5日星期四", []),
        ("三月", []),
        ("二月三十号", []),
        ("下周", []),
        ("五", []),
        ("随便", []),
    ],
)
def test_days_in_chinese(text: str, days: list[str]) -> None:
    assert said(text, "zh") == days


def test_next_friday_is_one_day_when_this_week_s_friday_is_over() -> None:
    saturday = MONDAY + timedelta(days=5)
    assert said("next Friday", today=saturday) == ["2026-12-04"]


def test_only_days_that_are_asked_for_are_answers() -> None:
    assert said("yesterday", first=MONDAY) == []
    assert said("the third of March", last=date(2027, 1, 1)) == ["2026-03-03"]
    assert said("the third of March", first=date(1950, 1, 1), last=MONDAY) == ["2026-03-03"]
    assert said("the third of March", first=MONDAY, last=date(2027, 1, 1)) == []
    assert said("3/4", first=MONDAY, last=date(2027, 3, 31)) == ["2027-03-04"]


@given(st.text(max_size=30), LANGUAGE, ANY_DAY)
def test_no_words_are_too_strange(text: str, language: str, today: date) -> None:
    assert len(dates_said(text, language, Days(today))) <= 2


@given(ANY_DAY, st.sampled_from(["this", "next", "last", "coming", ""]), st.sampled_from(["friday", "sunday"]))
def test_a_weekday_is_that_weekday_and_near(today: date, which: str, weekday: str) -> None:
    days = dates_said(f"{which} {weekday}", "en", Days(today))
    assert days
    for day in days:
        assert day.weekday() == {"friday": 4, "sunday": 6}[weekday]
        assert abs((day - today).days) <= 14
