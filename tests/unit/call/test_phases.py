"""The table of a call's phases, whole: what follows from each fact in each phase, and that no line is left open."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.call.call import Call
from ivr.core.call.phase import APOLOGY_PROMPT_ID, EARLY_PROMPT_ID, Fact, Phase, fact_of
from ivr.core.commands import Command
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.events import Event
from ivr.core.orders.calls import AcceptCall, CallAnswered, CallArrived, DrainRequested, HangUp, RejectCall
from ivr.core.orders.legs import CallerVanished, LegHungUp, LegRole, LineMeasured, MediaAstray, MediaMissing
from ivr.core.orders.playing import PlayPrompt, PromptEnd, PromptEnded, PromptStarted
from ivr.core.orders.queue import QueueFailed
from ivr.core.orders.recording import RecordingFailed, RecordingStarted, StartRecording
from ivr.core.orders.risk import CallsCounted

PLAN = load_dialplan(
    """
name: small
version: "1"
languages: [en]
start: hello
early: {say: {en: One moment.}}
defaults: {otherwise: bye, silence: {attempts: 0}, nomatch: {attempts: 0}}
states:
  hello: {ask: {en: Hello?}, yes: bye, no: bye}
  bye: {say: {en: Good-bye.}, hang_up: completed}
""",
    source="small.yaml",
)
EVENTS: dict[Fact, Event] = {
    Fact.ARRIVED: CallArrived("c1", "sip:alice@example.invalid", "service", 1_000_000.0),
    Fact.COUNTED: CallsCounted(1, None),
    Fact.RECORDING: RecordingStarted("r1"),
    Fact.UNRECORDABLE: RecordingFailed("disk full"),
    Fact.ANSWERED: CallAnswered(),
    Fact.NO_AUDIO: MediaMissing(),
    Fact.EARLY_BEGAN: PromptStarted(EARLY_PROMPT_ID, 0),
    Fact.EARLY_ENDED: PromptEnded(EARLY_PROMPT_ID, PromptEnd.COMPLETED),
    Fact.SORRY_ENDED: PromptEnded(APOLOGY_PROMPT_ID, PromptEnd.COMPLETED),
    Fact.STOPPING: DrainRequested(),
    Fact.MEASURED: LineMeasured(0.0, None),
    Fact.VANISHED: CallerVanished(),
    Fact.ASTRAY: MediaAstray(),
    Fact.GONE: LegHungUp(LegRole.CALLER, 200, by_far_end=True),
    Fact.OTHER: QueueFailed("closed"),
}
"""A fact of each kind; the limit is the timer's."""
WE_DIAL = CallArrived("c2", "+85291234567", "callback", 1_000_000.0, callback_id="b1")
WAY: dict[Phase, tuple[Fact, ...]] = {
    Phase.ARRIVING: (),
    Phase.PREPARING: (Fact.ARRIVED,),
    Phase.EARLY: (Fact.ARRIVED, Fact.RECORDING),
    Phase.CALLING: (Fact.ARRIVED, Fact.RECORDING),
    Phase.ANSWERING: (Fact.ARRIVED, Fact.RECORDING, Fact.EARLY_ENDED),
    Phase.SERVING: (Fact.ARRIVED, Fact.RECORDING, Fact.EARLY_ENDED, Fact.ANSWERED),
    Phase.REFUSING: (Fact.ARRIVED, Fact.UNRECORDABLE),
    Phase.CLOSING: (Fact.ARRIVED, Fact.RECORDING, Fact.EARLY_ENDED, Fact.UNRECORDABLE),
    Phase.ENDED: (Fact.ARRIVED, Fact.GONE),
}
"""How each phase is reached."""
TOLD: dict[tuple[Phase, Fact], tuple[str, Phase]] = {
    (Phase.ARRIVING, Fact.ARRIVED): ("StartRecording", Phase.PREPARING),
    (Phase.PREPARING, Fact.RECORDING): ("SendProgress PlayPrompt", Phase.EARLY),
    (Phase.PREPARING, Fact.UNRECORDABLE): ("RaiseAlarm SendProgress PlayPrompt", Phase.REFUSING),
    (Phase.PREPARING, Fact.STOPPING): ("SendProgress PlayPrompt", Phase.REFUSING),
    (Phase.EARLY, Fact.EARLY_BEGAN): ("", Phase.EARLY),
    (Phase.EARLY, Fact.EARLY_ENDED): ("AcceptCall", Phase.ANSWERING),
    (Phase.EARLY, Fact.UNRECORDABLE): ("RaiseAlarm PlayPrompt", Phase.REFUSING),
    (Phase.EARLY, Fact.STOPPING): ("PlayPrompt", Phase.REFUSING),
    (Phase.EARLY, Fact.LIMIT): ("RejectCall", Phase.REFUSING),
    (Phase.CALLING, Fact.ANSWERED): ("LanguageChosen StateEntered PlayPrompt Listen", Phase.SERVING),
    (Phase.CALLING, Fact.NO_AUDIO): ("HangUp", Phase.CLOSING),
    (Phase.CALLING, Fact.UNRECORDABLE): ("RaiseAlarm HangUp", Phase.CLOSING),
    (Phase.CALLING, Fact.STOPPING): ("HangUp", Phase.CLOSING),
    (Phase.CALLING, Fact.LIMIT): ("HangUp", Phase.CLOSING),
    (Phase.ANSWERING, Fact.ANSWERED): ("LanguageChosen StateEntered PlayPrompt Listen", Phase.SERVING),
    (Phase.ANSWERING, Fact.NO_AUDIO): ("HangUp", Phase.CLOSING),
    (Phase.ANSWERING, Fact.UNRECORDABLE): ("RaiseAlarm PlayPrompt", Phase.CLOSING),
    (Phase.ANSWERING, Fact.STOPPING): ("HangUp", Phase.CLOSING),
    (Phase.ANSWERING, Fact.LIMIT): ("HangUp", Phase.CLOSING),
    (Phase.SERVING, Fact.UNRECORDABLE): ("RaiseAlarm StopPrompt StopListening PlayPrompt", Phase.SERVING),
    (Phase.SERVING, Fact.STOPPING): ("StopPrompt StopListening PlayPrompt", Phase.SERVING),
    (Phase.SERVING, Fact.VANISHED): ("HangUp", Phase.SERVING),
    (Phase.REFUSING, Fact.SORRY_ENDED): ("RejectCall", Phase.REFUSING),
    (Phase.REFUSING, Fact.UNRECORDABLE): ("RaiseAlarm", Phase.REFUSING),
    (Phase.REFUSING, Fact.LIMIT): ("RejectCall", Phase.REFUSING),
    (Phase.CLOSING, Fact.NO_AUDIO): ("HangUp", Phase.CLOSING),
    (Phase.CLOSING, Fact.SORRY_ENDED): ("HangUp", Phase.CLOSING),
    (Phase.CLOSING, Fact.UNRECORDABLE): ("RaiseAlarm", Phase.CLOSING),
    (Phase.CLOSING, Fact.VANISHED): ("HangUp", Phase.CLOSING),
    (Phase.CLOSING, Fact.LIMIT): ("HangUp", Phase.CLOSING),
    **{(phase, Fact.GONE): ("", Phase.ENDED) for phase in Phase if phase not in (Phase.ARRIVING, Phase.SERVING)},
    (Phase.SERVING, Fact.GONE): ("StopPrompt StopListening OutcomeReached", Phase.ENDED),
}
"""What is ordered and which phase follows. Everything else orders nothing and changes nothing."""


def in_phase(phase: Phase) -> Call:
    call = Call(PLAN)
    for step, fact in enumerate(WAY[phase]):
        ours = phase is Phase.CALLING and fact is Fact.ARRIVED
        call.receive(WE_DIAL if ours else EVENTS[fact], now=10.0 + step)
    assert call.phase is phase
    return call


def after(call: Call, fact: Fact) -> list[Command]:
    if fact is not Fact.LIMIT:
        return call.receive(EVENTS[fact], now=20.0)
    due = call.deadline()
    return [] if due is None else call.handle_timer(now=due)


PAIRS = [pair for pair in product(Phase, Fact) if pair != (Phase.SERVING, Fact.LIMIT)]
"""All of them but one, in which the timer is the dialplan's: see test_an_end_that_was_ordered_is_ordered_again."""


@pytest.mark.parametrize(("phase", "fact"), PAIRS, ids=lambda one: one.name)
def test_each_fact_in_each_phase(phase: Phase, fact: Fact) -> None:
    call = in_phase(phase)
    orders = after(call, fact)
    told, follows = TOLD.get((phase, fact), ("", phase))
    assert " ".join(type(order).__name__ for order in orders) == told
    assert call.phase is follows


def test_every_event_there_is_has_its_kind_of_fact() -> None:
    assert {fact_of(event) for event in EVENTS.values()} == set(Fact) - {Fact.LIMIT}
    own = {type(event) for fact, event in EVENTS.items() if fact is not Fact.OTHER}
    assert own < set(get_args(Event))
    assert fact_of(LegHungUp(LegRole.AGENT, 200, by_far_end=True)) is Fact.OTHER
    assert fact_of(PromptEnded(7, PromptEnd.COMPLETED)) is Fact.OTHER


def test_an_end_that_was_ordered_is_ordered_again() -> None:
    """A dialplan's last order whose BYE came to nothing."""
    call = in_phase(Phase.SERVING)
    orders = after(call, Fact.STOPPING)
    (sorry,) = [order for order in orders if isinstance(order, PlayPrompt)]
    orders = call.receive(PromptEnded(sorry.prompt_id, PromptEnd.COMPLETED), now=21.0)
    assert any(isinstance(order, HangUp) for order in orders)
    assert [type(order) for order in after(call, Fact.LIMIT)] == [HangUp]


def test_an_early_prompt_that_began_has_more_time() -> None:
    call = in_phase(Phase.EARLY)
    first = call.deadline()
    after(call, Fact.EARLY_BEGAN)
    second = call.deadline()
    assert first is not None
    assert second is not None
    assert second > first + 60


def test_an_early_prompt_that_cannot_be_heard_is_no_reason_to_try_another_cell() -> None:
    call = in_phase(Phase.EARLY)
    (order,) = after(call, Fact.LIMIT)
    assert isinstance(order, RejectCall)
    assert order.code == 488


def test_a_call_whose_audio_was_never_agreed_on_has_failed() -> None:
    call = in_phase(Phase.ANSWERING)
    after(call, Fact.NO_AUDIO)
    after(call, Fact.GONE)
    assert (call.record.outcome, call.record.answered_at) == ("failed", None)


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=12))
def test_in_any_order_of_facts_the_laws_hold(facts: list[Fact]) -> None:
    call = Call(PLAN)
    told: list[Command] = []
    now = 0.0
    for fact in facts:
        now += 1.0
        told += call.receive(EVENTS[fact], now=now)
    failed = Fact.UNRECORDABLE in facts and call.phase not in (Phase.ARRIVING, Phase.ENDED)
    while (due := call.deadline()) is not None and now < 10_000:
        now = max(now, due)
        told += call.handle_timer(now=now)
    kinds = [type(order) for order in told]
    accepted = kinds.index(AcceptCall) if AcceptCall in kinds else None
    for place, kind in enumerate(kinds):
        assert kind is not RejectCall or accepted is None, "a call that was answered is not refused"
        assert kind is not HangUp or accepted is not None, "a call that was not answered is not hung up"
        assert kind is not PlayPrompt or StartRecording in kinds[:place]
    began = Fact.UNRECORDABLE in facts[facts.index(Fact.ARRIVED) :] if Fact.ARRIVED in facts else False
    if failed and began:
        assert {RejectCall, HangUp} & set(kinds), "without a recording no line stays open"


def test_who_is_called_back_and_does_not_answer_has_not_been_reached_nor_told_anything() -> None:
    busy, rang = in_phase(Phase.CALLING), in_phase(Phase.CALLING)
    assert busy.receive(LegHungUp(LegRole.CALLER, 486, by_far_end=True), now=12.0) == []
    assert (busy.record.outcome, busy.record.hangup_code, busy.record.callback_id) == ("unanswered", 486, "b1")
    assert [type(order) for order in after(rang, Fact.LIMIT)] == [HangUp]
    after(rang, Fact.GONE)
    assert (rang.record.outcome, rang.record.answered_at) == ("unanswered", None)


def test_who_is_called_back_is_not_known_by_that() -> None:
    call = in_phase(Phase.CALLING)
    after(call, Fact.ANSWERED)
    assert call.record.identity == "none"
    assert not call.record.disclosures


def test_a_call_back_that_cannot_be_recorded_is_not_made() -> None:
    call = Call(PLAN)
    call.receive(WE_DIAL, now=10.0)
    assert [type(order) for order in call.receive(RecordingFailed("disk full"), now=10.0)][-1] is HangUp
