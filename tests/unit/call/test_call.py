"""A call from INVITE to record: nothing is said without a recording, and every end leaves a record."""

from __future__ import annotations

import pytest

from ivr.core.call.call import Call
from ivr.core.call.phase import APOLOGY_PROMPT_ID, EARLY_PROMPT_ID, Phase
from ivr.core.commands import Command
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.events import Event
from ivr.core.orders.calls import (
    AcceptCall,
    CallAnswered,
    CallArrived,
    DrainRequested,
    HangUp,
    HangUpCause,
    RejectCall,
    SendProgress,
)
from ivr.core.orders.evidence import RaiseAlarm
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.playing import PlayPrompt, PromptEnd, PromptEnded
from ivr.core.orders.recording import RecordingFailed, RecordingStarted, StartRecording
from ivr.errors import BugError

PLAN = """
name: small
version: "1"
languages: [en]
start: hello
{early}
states:
  hello: {{say: {{en: Hello.}}, go: bye}}
  bye: {{say: {{en: Good-bye.}}, hang_up: completed}}
"""
ARRIVED = CallArrived("c1", "sip:alice@example.invalid", "service", 1_000_000.0)
GONE = LegHungUp(LegRole.CALLER, 200, by_far_end=True)


def call(*, early: bool = False) -> Call:
    text = PLAN.format(early="early: {say: {en: One moment.}}" if early else "")
    return Call(load_dialplan(text, source="small.yaml"))


def run(subject: Call, *events: Event, start: float = 10.0) -> list[Command]:
    orders: list[Command] = []
    for step, event in enumerate(events):
        orders = subject.receive(event, now=start + step)
    return orders


def ended(number: int) -> PromptEnded:
    return PromptEnded(number, PromptEnd.COMPLETED)


def test_recording_is_ordered_before_anything_else() -> None:
    assert run(call(), ARRIVED) == [StartRecording()]


def test_the_answer_waits_for_the_recording() -> None:
    assert run(call(), ARRIVED, RecordingStarted("r1")) == [AcceptCall()]


def test_an_answer_before_the_recording_runs_starts_nothing() -> None:
    assert run(call(), ARRIVED, CallAnswered()) == []


def test_early_media_is_played_before_the_answer_and_only_once_recorded() -> None:
    subject = call(early=True)
    orders = run(subject, ARRIVED, RecordingStarted("r1"))
    assert [type(order) for order in orders] == [SendProgress, PlayPrompt]
    assert subject.receive(ended(EARLY_PROMPT_ID), now=13.0) == [AcceptCall()]


def test_the_dialplan_begins_with_the_answer() -> None:
    orders = run(call(), ARRIVED, RecordingStarted("r1"), CallAnswered())
    (prompt,) = [order for order in orders if isinstance(order, PlayPrompt)]
    assert prompt.clips[0].text == "Hello."


def test_a_call_that_cannot_be_recorded_hears_an_apology_and_is_refused() -> None:
    subject = call()
    orders = run(subject, ARRIVED, RecordingFailed("no room"))
    assert [type(order) for order in orders] == [RaiseAlarm, SendProgress, PlayPrompt]
    assert subject.receive(ended(APOLOGY_PROMPT_ID), now=15.0) == [RejectCall(503, "refused")]
    subject.receive(LegHungUp(LegRole.CALLER, 503, by_far_end=False), now=15.1)
    assert subject.record.outcome == "refused"


def test_an_apology_whose_end_is_never_reported_ends_by_itself() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingFailed("no room"))
    deadline = subject.deadline()
    assert deadline is not None
    assert subject.handle_timer(now=deadline) == [RejectCall(503, "refused")]


def test_a_second_failure_of_the_recorder_apologizes_once() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingFailed("no room"))
    orders = subject.receive(RecordingFailed("no room"), now=12.0)
    assert not [order for order in orders if isinstance(order, PlayPrompt)]


def test_a_recording_that_fails_in_the_call_ends_it_with_an_apology() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingStarted("r1"), CallAnswered())
    orders = subject.receive(RecordingFailed("disk full"), now=13.0)
    (prompt,) = [order for order in orders if isinstance(order, PlayPrompt)]
    assert "sorry" in prompt.clips[0].text.lower()
    end = subject.receive(ended(prompt.prompt_id), now=16.0)
    assert [order for order in end if isinstance(order, HangUp)]
    subject.receive(LegHungUp(LegRole.CALLER, 200, by_far_end=False), now=16.1)
    assert subject.record.outcome == "failed"


def test_a_stopping_engine_ends_a_call_with_an_apology() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingStarted("r1"), CallAnswered())
    orders = subject.receive(DrainRequested(), now=13.0)
    (prompt,) = [order for order in orders if isinstance(order, PlayPrompt)]
    subject.receive(ended(prompt.prompt_id), now=16.0)
    subject.receive(LegHungUp(LegRole.CALLER, 200, by_far_end=False), now=16.1)
    assert subject.record.outcome == "drained"


def test_an_ack_that_never_comes_ends_the_call() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingStarted("r1"))
    deadline = subject.deadline()
    assert deadline is not None
    assert subject.handle_timer(now=deadline) == [HangUp(HangUpCause.FAILED)]


def test_after_the_end_nothing_is_ordered() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingStarted("r1"), CallAnswered(), GONE)
    assert subject.phase is Phase.ENDED
    assert run(subject, CallAnswered(), ended(1), DrainRequested(), GONE) == []
    assert subject.deadline() is None


def test_durations_come_from_the_steady_clock_however_the_wall_clock_is_set() -> None:
    subject = call()
    run(subject, ARRIVED, RecordingStarted("r1"), CallAnswered(), GONE, start=500.0)
    record = subject.record
    assert (record.started_at, record.answered_at, record.ended_at) == (1_000_000.0, 1_000_002.0, 1_000_003.0)


def test_a_record_before_the_arrival_is_a_bug() -> None:
    with pytest.raises(BugError):
        _ = call().record
