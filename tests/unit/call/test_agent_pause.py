"""An agent pauses the recording: while they talk, and for a while at most."""

from __future__ import annotations

import pytest

from ivr.core.call.call import Call
from ivr.core.commands import Command
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.events import Event
from ivr.core.orders.calls import CallAnswered, CallArrived, DrainRequested
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.playing import Beep
from ivr.core.orders.queue import AgentAnswered, AgentOffered, QueueJoined
from ivr.core.orders.recording import PauseAsked, PauseRecording, RecordingStarted, ResumeAsked, ResumeRecording
from ivr.core.orders.talk import Unbridge

PLAN = """
name: small
version: "1"
languages: [en]
start: wait
states:
  wait: {enqueue: desk, say: {en: Please wait.}, max_wait: 60, otherwise: bye, after: bye}
  bye: {say: {en: Good-bye.}, hang_up: completed}
"""
PAUSED: list[Command] = [PauseRecording("agent"), Beep(2)]
RESUMED: list[Command] = [ResumeRecording("agent"), Beep(1)]


def talking() -> Call:
    call = Call(load_dialplan(PLAN, source="small.yaml"))
    events: tuple[Event, ...] = (
        CallArrived("c1", "sip:a@x", "service", 1e6), RecordingStarted("r"), CallAnswered(), QueueJoined("desk", 1),
        AgentOffered("o1", "ann", "sip:ann@x"), AgentAnswered("o1"),
    )  # fmt: skip
    for event in events:
        call.receive(event, now=10.0)
    return call


def test_the_agent_pauses_and_lets_go_on_and_both_hear_it() -> None:
    call = talking()
    assert call.receive(PauseAsked(300.0), now=20.0) == PAUSED
    assert call.receive(PauseAsked(300.0), now=21.0) == []
    assert call.receive(ResumeAsked(), now=22.0) == RESUMED
    assert call.receive(ResumeAsked(), now=23.0) == []


def test_a_forgotten_pause_ends_by_itself() -> None:
    call = talking()
    call.receive(PauseAsked(300.0), now=20.0)
    assert call.deadline() == 320.0
    assert call.handle_timer(now=319.0) == []
    assert call.handle_timer(now=320.0) == RESUMED


def test_what_the_caller_types_meanwhile_is_secret() -> None:
    call, secret = talking(), []
    for event in (DigitPressed("6"), PauseAsked(300.0), DigitPressed("7"), ResumeAsked()):
        call.receive(event, now=20.0)
        secret.append(call.secret)
    assert secret == [False, True, True, False]


def test_the_end_of_the_talk_ends_the_pause_before_anything_else() -> None:
    call = talking()
    call.receive(PauseAsked(300.0), now=20.0)
    orders = call.receive(LegHungUp(LegRole.AGENT, 200, by_far_end=True), now=25.0)
    assert orders[:3] == [*RESUMED, Unbridge()]


@pytest.mark.parametrize("end", [DrainRequested(), LegHungUp(LegRole.CALLER, 200, by_far_end=True)])
def test_so_does_the_end_of_the_call(end: Event) -> None:
    call = talking()
    call.receive(PauseAsked(300.0), now=20.0)
    assert ResumeRecording("agent") in call.receive(end, now=25.0)


def test_without_an_agent_on_the_line_nobody_pauses() -> None:
    call = talking()
    call.receive(LegHungUp(LegRole.AGENT, 200, by_far_end=True), now=25.0)
    assert call.receive(PauseAsked(300.0), now=26.0) == []
