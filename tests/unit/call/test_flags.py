"""Inspection flags: each follows from the record, and a quiet call has none."""

from __future__ import annotations

import dataclasses

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.call.flags import FLAGS, flags, marks_of
from ivr.core.call.outcome import MOST_LOOKED_UP, Outcome
from ivr.core.call.record import CallRecord
from ivr.core.call.warned import FIGURES, figures
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import (
    CallOutcome,
    Consent,
    DigitsAnswered,
    DisclosureHeard,
    IdentityReached,
    LookedUp,
    RaiseAlarm,
    StateEntered,
)
from ivr.core.orders.listening import TranscriptReady
from ivr.core.orders.recording import PauseRecording
from ivr.core.orders.transfer import TargetFailed
from ivr.core.orders.voice import VoiceScored, VoiceUnscored

HEARD = DisclosureHeard("risk", "en", "ab", 0, 800, 5, 0.0, 1, "key", "1", None, 2.0)
QUIET = CallRecord("c", 1.0, 1.5, 9.0, "sip:a@x", outcome=CallOutcome.COMPLETED, disclosures=(HEARD,), loss_here=0.01)


def with_evidence(**changes: object) -> CallRecord:
    return dataclasses.replace(QUIET, disclosures=(dataclasses.replace(HEARD, **changes),))  # type: ignore[arg-type]


def test_what_is_looked_up_past_what_a_record_holds_is_flagged_and_what_comes_again_is_not() -> None:
    outcome = Outcome("en")
    for number in range(MOST_LOOKED_UP):
        outcome.noted(LookedUp("reference", str(number)))
        outcome.noted(LookedUp("reference", "0"))
    assert outcome.marks == set()
    outcome.noted(LookedUp("reference", "one more"))
    assert outcome.marks == {"looked_up_cut"}
    assert len(outcome.looked_up) == MOST_LOOKED_UP
    assert outcome.marks <= set(FLAGS)


def test_a_quiet_call_has_no_flags() -> None:
    assert flags(QUIET) == ()


@pytest.mark.parametrize(
    ("record", "flag"),
    [
        (dataclasses.replace(QUIET, outcome=CallOutcome.CRASHED), "crashed"),
        (dataclasses.replace(QUIET, outcome=CallOutcome.FAILED), "failed"),
        (dataclasses.replace(QUIET, consent=Consent.REFUSED), "no_consent"),
        (dataclasses.replace(QUIET, loss_here=0.06), "lossy_line"),
        (dataclasses.replace(QUIET, loss_there=0.5), "lossy_line"),
        (dataclasses.replace(QUIET, marks=("guard_alarm",)), "guard_alarm"),
        (with_evidence(plays=2), "disclosure_repeated"),
        (with_evidence(acknowledged_by=""), "disclosure_unacknowledged"),
        (with_evidence(loss=0.03), "disclosure_lossy"),
    ],
)
def test_what_an_inspector_should_see_is_flagged(record: CallRecord, flag: str) -> None:
    assert flags(record) == (flag,)
    assert flag in FLAGS


def test_a_pause_by_the_agent_is_marked_and_one_for_a_secret_is_not() -> None:
    assert list(marks_of(None, [PauseRecording("agent")])) == ["recording_paused"]
    assert list(marks_of(None, [PauseRecording("secret")])) == []


def test_a_transfer_that_nobody_took_is_marked() -> None:
    assert list(marks_of(TargetFailed(1, 486), [])) == ["transfer_failed"]
    assert "transfer_failed" in FLAGS


def test_a_denial_of_the_guard_is_marked_and_another_alarm_is_not() -> None:
    assert list(marks_of(None, [RaiseAlarm(AlarmKind.OBLIGATION, "x")])) == ["guard_alarm"]
    assert list(marks_of(None, [RaiseAlarm(AlarmKind.RECORDING, "x")])) == []


def test_a_voice_that_was_not_accepted_is_marked() -> None:
    accepted = IdentityReached(Level.STRONG)
    assert list(marks_of(VoiceScored(1, 0.9, 4.0), [accepted])) == []
    elsewhere = StateEntered("agent")
    assert list(marks_of(VoiceScored(1, 0.2, 4.0), [elsewhere])) == ["voice_unsure"]
    assert list(marks_of(VoiceUnscored(1, "too short"), [elsewhere])) == ["voice_unsure"]


@pytest.mark.parametrize(
    ("right", "voice", "marks"),
    [
        (True, "accept", []),
        (False, "accept", ["digits_wrong"]),
        (True, "unsure", ["voice_unsure"]),
        (True, "unscored", ["voice_unsure"]),
        (False, "reject", ["digits_wrong", "voice_unsure"]),
    ],
)
def test_digits_and_voice_are_marked_each_for_itself(right: bool, voice: str, marks: list[str]) -> None:
    judged = DigitsAnswered(right, voice)
    for last in (VoiceScored(1, 0.9, 4.0), TranscriptReady(2, "1 2 3", None, 0.9), None):
        assert list(marks_of(last, [judged])) == marks
    assert list(marks_of(VoiceScored(1, 0.9, 4.0), [])) == [], "the words are still to come"
    assert set(marks) <= set(FLAGS)


def test_what_became_of_a_warning_is_told_once_a_call() -> None:
    assert list(figures(QUIET)) == [("risk", name) for name in ("played", "heard", "acknowledged")]
    both = dataclasses.replace(
        QUIET,
        begun=("risk", "fees"),
        disclosures=(dataclasses.replace(HEARD, acknowledged_by="", loss=0.3, plays=2), HEARD),
    )
    told = list(figures(both))
    assert len(told) == len(set(told))
    assert {name for warning, name in told if warning == "risk"} == set(FIGURES)
    assert [name for warning, name in told if warning == "fees"] == ["played"]
