"""Holds win, nothing goes early, everything goes in the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.vault.retention import DAY_SECONDS, Decision, Ledger, RetentionClass, RetentionPlan, decide
from ivr.errors import OperatorError

CLASS = RetentionClass("half-a-year", earliest_days=30, latest_days=180, source="a test")
NOBODY = Ledger({}, frozenset())
ASKED = Ledger({}, frozenset({"call-1"}))
HELD = Ledger({"call-1": frozenset({"case-1", "case-2"})}, frozenset({"call-1"}))


@pytest.mark.parametrize(
    ("ledger", "days", "decision"),
    [
        (NOBODY, 0, Decision.KEEP),
        (NOBODY, 179.9, Decision.KEEP),
        (NOBODY, 180, Decision.ERASE),
        (ASKED, 29.9, Decision.KEEP),
        (ASKED, 30, Decision.ERASE),
        (HELD, 30, Decision.HELD),
        (HELD, 10_000, Decision.HELD),
    ],
)
def test_the_table(ledger: Ledger, days: float, decision: Decision) -> None:
    assert decide("call-1", 1000.0, CLASS, ledger, now=1000.0 + days * DAY_SECONDS).decision is decision


@given(st.floats(0, 4000), st.booleans(), st.sets(st.sampled_from("abc")))
def test_nothing_early_nothing_held_everything_expired(days: float, asked: bool, holds: set[str]) -> None:
    ledger = Ledger({"c": frozenset(holds)} if holds else {}, frozenset({"c"} if asked else ()))
    verdict = decide("c", 0.0, CLASS, ledger, now=days * DAY_SECONDS)
    erased = verdict.decision is Decision.ERASE
    assert not (erased and holds)
    assert not (erased and days < CLASS.earliest_days)
    assert erased or holds or days < CLASS.latest_days


def test_the_ledger_follows_the_log() -> None:
    ledger = Ledger.read(
        [
            ("hold.placed", "a", "case-1"),
            ("hold.placed", "a", "case-2"),
            ("hold.placed", "b", "case-1"),
            ("hold.released", "a", "case-1"),
            ("hold.released", "b", "case-1"),
            ("hold.released", "never", "x"),
            ("erasure.requested", "a", ""),
            ("erasure.requested", "b", ""),
            ("erasure.withdrawn", "b", ""),
            ("recording.played", "a", ""),
        ]
    )
    assert ledger == Ledger({"a": frozenset({"case-2"})}, frozenset({"a"}))


def test_a_dialplan_chooses_its_class() -> None:
    long = replace(CLASS, name="long", latest_days=4000)
    plan = RetentionPlan({"half-a-year": CLASS, "long": long}, "half-a-year", {"wealth*": "long", "*": "half-a-year"})
    assert plan.class_of("wealth-cn@7") is long
    assert plan.class_of("card@1") is CLASS
    assert plan.class_of("") is CLASS


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(OperatorError):
        RetentionClass("x", earliest_days=10, latest_days=9, source="")
    with pytest.raises(OperatorError, match="no retention class other"):
        RetentionPlan({"half-a-year": CLASS}, "other")
