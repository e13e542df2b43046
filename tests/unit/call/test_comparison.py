"""What a recording lacks, by what the audit log and the database know of its call."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.audit.step import CallStep, step_entry
from ivr.core.call.comparison import Held, compared
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome

SALT = bytes(32)
RECORD = CallRecord("c1", 0.0, 0.0, None, "sip:anna@example.org")


def steps(*actions: str) -> list[CallStep]:
    """A step every ten seconds."""
    return [CallStep(number, 10.0 * number, action, {}) for number, action in enumerate(actions, start=1)]


TOLD = steps("call.answered", "state.entered", "recording.failed", "call.hung_up", "call.ended")
LOG = [step_entry("c1", step.at, "cell 0", step.action, step.public(SALT)) for step in TOLD]


def held(count: int) -> Held:
    """An unclosed recording of so many steps."""
    return Held(False, TOLD[:count], RECORD, TOLD[count - 1].at)


def test_a_recorder_that_stopped_lacks_its_end_and_nobody_cut_it() -> None:
    stored = replace(RECORD, ended_at=50.0, outcome=CallOutcome.FAILED)
    assert compared(held(2), LOG, stored, SALT) == (None, ["recording.failed", "steps"])


def test_what_was_known_before_the_recorder_stopped_must_be_there() -> None:
    lacks, _ = compared(held(1), LOG, None, SALT)
    assert lacks is not None
    assert "step 2" in lacks


def test_without_that_word_the_missing_end_is_a_cut() -> None:
    lacks, known = compared(held(2), [entry for entry in LOG if entry.action != "recording.failed"], None, SALT)
    assert lacks is not None
    assert "it was cut" in lacks
    assert known == ["call.ended", "steps"]
