"""Opening hours: weekly, holidays, special days, nights, clocks that are set forward and back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.dialplan.hours import DAY_MINUTES, Hours, HoursError, Ranges, day_of, ranges, week
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.workbench.simulated_line import SimulatedLine
from tests.unit.dialplan.desk import Desk, findings

OFFICE = Hours(
    "office_open",
    "Asia/Hong_Kong",
    week({"mon-fri": "09:00-12:30, 13:30-18:00", "sat": "10:00-14:00"}),
    {day_of("2026-10-01"): (), day_of("2026-12-24"): ranges("09:00-12:00")},
)


def at(hours: Hours, local: str) -> bool:
    return hours.open_at(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(hours.zone)).timestamp())


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-01-05T08:59:59", False),
        ("2026-01-05T09:00", True),
        ("2026-01-05T12:29:59", True),
        ("2026-01-05T12:30", False),
        ("2026-01-05T13:30", True),
        ("2026-01-05T17:59:59", True),
        ("2026-01-05T18:00", False),
        ("2026-01-10T10:00", True),
        ("2026-01-11T10:00", False),
        ("2026-10-01T10:00", False),
        ("2026-12-24T11:59", True),
        ("2026-12-24T13:30", False),
    ],
)
def test_an_office_keeps_its_hours(local: str, is_open: bool) -> None:
    assert at(OFFICE, local) is is_open


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = Hours("night", "UTC", week({"fri": "22:00-02:00"}))
    assert at(night, "2026-01-09T23:00")  # a Friday
    assert at(night, "2026-01-10T01:59")
    assert not at(night, "2026-01-10T02:00")
    assert not at(night, "2026-01-09T01:00")


def test_a_night_ends_at_midnight_before_a_holiday() -> None:
    night = Hours("night", "UTC", week({"mon-sun": "22:00-02:00"}), {date(2026, 1, 10): ()})
    assert at(night, "2026-01-09T23:59")
    assert not at(night, "2026-01-10T00:00")
    assert not at(night, "2026-01-10T23:00")


def test_all_day_is_all_day() -> None:
    always = Hours("always", "UTC", week({"mon-sun": "00:00-24:00"}))
    assert all(always.open_at(1.8e9 + 1801 * step) for step in range(1000))


def test_clocks_decide_when_they_are_set_forward_and_back() -> None:
    london = Hours("open", "Europe/London", week({"sun": "01:30-02:30"}))
    utc = datetime(2026, 10, 25, tzinfo=UTC).timestamp()  # at 02:00 clocks go back to 01:00
    minutes = sum(london.open_at(utc + 60 * minute) for minute in range(DAY_MINUTES))
    assert minutes == 90  # half past one comes twice
    utc = datetime(2026, 3, 29, tzinfo=UTC).timestamp()  # at 01:00 clocks go forward to 02:00
    assert sum(london.open_at(utc + 60 * minute) for minute in range(DAY_MINUTES)) == 30


def spans() -> st.SearchStrategy[Ranges]:
    """Up to three ranges of a day that do not overlap and do not run into the next."""
    points = st.lists(st.integers(0, DAY_MINUTES), unique=True, max_size=6).map(sorted)
    return points.map(lambda found: tuple(zip(found[::2], found[1::2], strict=False)))


@given(
    st.lists(spans(), min_size=7, max_size=7),
    st.dictionaries(st.dates(date(2027, 1, 1), date(2029, 12, 31)), spans(), max_size=5),
    st.datetimes(datetime(2027, 1, 1), datetime(2029, 12, 31)),
    st.sampled_from(["UTC", "Asia/Hong_Kong", "America/New_York", "Australia/Lord_Howe"]),
)
def test_open_is_what_a_wall_calendar_and_a_clock_say(
    weekly: list[Ranges], special: dict[date, Ranges], moment: datetime, zone: str
) -> None:
    hours = Hours("open", zone, tuple(weekly), special)
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    today = special.get(local.date(), weekly[local.weekday()])
    on_the_clock = local.strftime("%H:%M")
    written = [(f"{a // 60:02}:{a % 60:02}", f"{b // 60:02}:{b % 60:02}") for a, b in today]
    assert hours.open_at(moment.replace(tzinfo=UTC).timestamp()) is any(a <= on_the_clock < b for a, b in written)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"monday": "09:00-17:00"}, "is no day or span of days"),
        ({"mon-fri": "9-17"}, "is no range such as"),
        ({"mon-fri": "09:00-25:00"}, "that no clock shows"),
        ({"mon-fri": "09:60-10:00"}, "that no clock shows"),
        ({"mon": "09:00-09:00"}, "is empty"),
        ({"mon": "09:00-12:00, 11:00-13:00"}, "two ranges overlap"),
        ({"mon-wed": "09:00-12:00", "wed": "13:00-14:00"}, "wed is given twice"),
        ({"mon": "22:00-10:00", "tue": "09:00-17:00"}, "runs into the next day's hours"),
    ],
)
def test_hours_that_make_no_sense_are_told(written: dict[str, str], says: str) -> None:
    with pytest.raises(HoursError, match=says):
        week(written)


def test_a_span_of_days_may_go_round_the_week() -> None:
    assert [bool(day) for day in week({"sat-mon": "09:00-10:00"})] == [True, False, False, False, False, True, True]


@pytest.mark.parametrize("text", ["2026-02-29", "20261001", "1.10.2026", "2026-W40-4", ""])
def test_a_day_that_is_none_is_told(text: str) -> None:
    with pytest.raises(HoursError):
        day_of(text)


# --- in a dialplan --------------------------------------------------------------------------------------------------

LINE = """
name: line
version: "1"
languages: [en]
zone: Asia/Hong_Kong
hours:
  office_open:
    weekly: {mon-fri: 09:00-18:00}
    holidays: [2026-10-01]
    special: {2026-12-24: 09:00-12:00}
start: first
states:
  first:
    choose:
      - if: office_open
        to: bye
      - else: closed
  bye: {hang_up: completed, say: {en: Hello.}}
  closed: {hang_up: completed, say: {en: "We are closed today, {today}."}}
"""


def states(local: str) -> list[str]:
    line = SimulatedLine(load_dialplan(LINE, source="line.yaml"), at=datetime.fromisoformat(local))
    line.start()
    line.settle()
    return line.states


def test_a_condition_asks_whether_it_is_open_by_the_clock_of_the_zone() -> None:
    assert states("2026-01-05T17:59") == ["first", "bye"]
    assert states("2026-01-05T18:00") == ["first", "closed"]
    assert states("2026-10-01T12:00") == ["first", "closed"]


def test_today_is_the_day_where_the_line_is() -> None:
    plan = load_dialplan(LINE, source="line.yaml")
    evening = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)  # past midnight in Hong Kong
    desk = Desk(plan, at=evening.timestamp())
    assert [clip.text for clip in desk.prompt.clips] == ["We are closed today, January 6, 2026."]


def test_it_may_close_during_the_call() -> None:
    text = LINE.replace("start: first", "start: wait").replace(
        "states:",
        "states:\n  wait: {ask: {en: Ready?}, yes: first, no: bye, wait: 60,"
        " silence: {attempts: 0, otherwise: first}, nomatch: {otherwise: bye}}",
    )
    line = SimulatedLine(load_dialplan(text, source="line.yaml"), at=datetime.fromisoformat("2026-01-05T17:59:30"))
    line.start()
    line.settle()
    line.advance(65)
    line.settle()
    assert line.states[-1] == "closed"


def test_the_proof_takes_both_ways() -> None:
    text = (
        LINE.replace(
            "start: first",
            "start: first\nprotect: {closed: {after: [risk]}}\ndisclosures: {risk: {say: {en: Risk.}, acknowledge:"
            " {ask: {en: Press 1.}, press: 1, otherwise: bye}}}",
        ).replace("to: bye", "to: told")
        + "  told: {disclose: risk, go: closed}\n"
    )
    broken = prove(load_dialplan(text, source="line.yaml")).counterexamples
    assert [(story.target, story.lacking) for story in broken] == [("closed", "risk")]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("zone: Asia/Hong_Kong", "zone: Asia/Nowhere", "D190", 5),
        ("zone: Asia/Hong_Kong", "zone: ../../etc/passwd", "D190", 5),
        ("{mon-fri: 09:00-18:00}", "{mon-fri: 9-18}", "D191", 8),
        ("[2026-10-01]", "[2026-02-30]", "D191", 9),
        ("2026-10-01", "2026-12-24", "D191", 10),
        ("{2026-12-24: 09:00-12:00}", "{2026-12-24: noon}", "D191", 10),
        ("  office_open:", "  today:", "D140", 7),
        ("start: first", "values: {office_open: yes_no}\nstart: first", "D140", 11),
        ("if: office_open", "if: office_open > 3", "D146", 15),
    ],
)
def test_a_mistake_is_found_where_it_stands(old: str, new: str, code: str, line: int) -> None:
    assert (code, line) in {(item.code, item.line) for item in findings(LINE.replace(old, new, 1))}


def test_a_demand_cannot_hang_on_the_clock() -> None:
    text = (
        LINE.replace(
            "start: first",
            "start: first\nprotect: {closed: {also: [{if: office_open, after: [risk]}]}}\ndisclosures: {risk: {say:"
            " {en: Risk.}, acknowledge: {ask: {en: Press 1.}, press: 1, otherwise: bye}}}",
        ).replace("to: bye", "to: told")
        + "  told: {disclose: risk, go: closed}\n"
    )
    assert [item.code for item in findings(text)] == ["D164"]


def test_a_leap_day_is_a_day() -> None:
    assert at(OFFICE, "2028-02-29T12:00")  # a Tuesday
