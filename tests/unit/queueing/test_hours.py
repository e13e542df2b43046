"""Sites are open by their own clocks, through the night and through summer time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.core.queueing.hours import Hours, open_sites

NINE_TO_SIX = dict.fromkeys(range(5), ((540, 1080),))
HONG_KONG = Hours(ZoneInfo("Asia/Hong_Kong"), NINE_TO_SIX, frozenset({date(2026, 12, 25)}))
LONDON = Hours(ZoneInfo("Europe/London"), NINE_TO_SIX)
NIGHT = Hours(ZoneInfo("Europe/London"), {4: ((1320, 360),)}, frozenset({date(2026, 5, 1)}))


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("at", "open_there"),
    [
        ("2026-11-27T00:59", frozenset()),
        ("2026-11-27T01:00", frozenset({"hk"})),
        ("2026-11-27T09:30", frozenset({"hk", "london"})),
        ("2026-11-27T10:00", frozenset({"london"})),
        ("2026-11-27T18:00", frozenset()),
        ("2026-07-03T08:30", frozenset({"hk", "london"})),  # summer time in London
        ("2026-11-28T09:30", frozenset()),  # Saturday
        ("2026-12-25T03:00", frozenset()),  # a day off in Hong Kong
    ],
)
def test_the_sun_is_followed_from_site_to_site(at: str, open_there: frozenset[str]) -> None:
    assert open_sites({"hk": HONG_KONG, "london": LONDON}, utc(at)) == open_there


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    assert NIGHT.open_at(utc("2026-11-27T23:00"))  # Friday
    assert NIGHT.open_at(utc("2026-11-28T05:59"))
    assert not NIGHT.open_at(utc("2026-11-28T06:00"))
    assert not NIGHT.open_at(utc("2026-11-27T05:00"))
    assert not NIGHT.open_at(utc("2026-05-01T22:30")), "a day off: its night does not begin"


def test_the_next_opening_is_found_over_weekends_days_off_and_leaps_of_the_clock() -> None:
    assert HONG_KONG.opens_at(utc("2026-11-27T10:00")) == utc("2026-11-30T01:00")
    assert HONG_KONG.opens_at(utc("2026-12-24T11:00")) == utc("2026-12-28T01:00")
    assert HONG_KONG.opens_at(utc("2026-11-27T02:00")) == utc("2026-11-27T02:00")
    leap = Hours(ZoneInfo("Europe/London"), {6: ((90, 300),)})  # 01:30 does not exist on 2026-03-29
    assert leap.opens_at(utc("2026-03-28T12:00")) == utc("2026-03-29T01:30")
    assert leap.open_at(utc("2026-03-29T01:30"))
    never = Hours(ZoneInfo("UTC"), {})
    assert never.opens_at(utc("2026-01-01T00:00")) is None
