"""Which call is heard first, and who is drawn."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.call.flags import FLAGS
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome, Consent
from ivr.core.review.risk import (
    FOUND,
    HIGHEST,
    POINTS,
    SECOND,
    Candidate,
    Why,
    drawn,
    heard_of_a_day,
    in_order,
    whys_of,
)

QUIET = CallRecord("c", 1.0, 1.5, 9.0, "sip:a@x", outcome=CallOutcome.COMPLETED)
CALLS = st.text(min_size=1, max_size=40)
SHARES = st.floats(0, 1)
CANDIDATES = st.lists(
    st.builds(
        Candidate, CALLS, st.floats(0, 1e9),
        st.lists(st.builds(Why, st.sampled_from(sorted(POINTS)), st.integers(0, 10)), max_size=5).map(tuple),
    )
)  # fmt: skip


def test_every_flag_says_how_much_it_asks_for_a_person() -> None:
    assert POINTS.keys() == FLAGS.keys()
    assert min(POINTS.values()) > 0


def test_a_quiet_call_has_no_reason_and_the_weightiest_reason_comes_first() -> None:
    assert whys_of(QUIET) == ()
    bad = replace(QUIET, outcome=CallOutcome.CRASHED, consent=Consent.REFUSED, marks=("transfer_failed", "of another"))
    assert [one.name for one in whys_of(bad)] == ["crashed", "no_consent", "transfer_failed"]


@given(CANDIDATES)
def test_no_call_stands_before_a_riskier_one_nor_before_one_that_waits_longer(calls: list[Candidate]) -> None:
    found = in_order(calls)
    assert sorted(found, key=id) == sorted(calls, key=id)
    for one, other in itertools.pairwise(found):
        assert (-one.risk, one.started_at) <= (-other.risk, other.started_at)


@given(CALLS, SHARES, SHARES)
def test_a_larger_share_holds_every_call_of_a_smaller_one(call: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert drawn(call, less) <= drawn(call, more)
    assert drawn(call, 1.0)
    assert not drawn(call, 0.0)


def test_the_share_is_what_is_drawn_and_two_samples_know_nothing_of_each_other() -> None:
    calls = [f"20260131-call-{number}" for number in range(20_000)]
    first = {call for call in calls if drawn(call, 0.1)}
    second = {call for call in calls if drawn(call, 0.1, SECOND)}
    assert 1800 < len(first) < 2200
    assert 120 < len(first & second) < 280


@pytest.mark.parametrize(
    ("of_risk", "share", "heard"),
    [
        ({}, 0.1, 0),
        ({0: 100}, 0.1, 0),
        ({0: 90, 3: 10}, 0.1, 10),
        ({0: 70, 3: 20, 8: 10}, 0.1, 10),
        ({0: 27, 3: 3}, 0.1, 3),
        ({0: 28, 3: 3}, 0.1, 3),
        ({0: 20, 3: 11}, 0.1, 4),
        ({3: 1}, 0.1, 1),
        ({0: 50, 3: 20, HIGHEST: 20, HIGHEST + 4: 10}, 0.1, 30),
        ({3: 40}, 1.0, 40),
        ({3: 40, HIGHEST: 2}, 0.0, 2),
    ],
)
def test_people_hear_the_riskiest_tenth_of_a_day_and_all_of_the_highest_class(
    of_risk: dict[int, int], share: float, heard: int
) -> None:
    assert heard_of_a_day(of_risk, share) == heard


def test_one_of_the_highest_class_comes_before_all_others_together() -> None:
    lower = sum(points for points in POINTS.values() if points < HIGHEST)
    assert lower + sum(points for _, points in FOUND.values() if points < HIGHEST) < HIGHEST
