"""A caller and an agent: offered, ringing, talking, held, and gone."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.engine.bus.calls import StepTold
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, Offered, OfferResult, OfferStatus, Queued
from ivr.engine.cell.talk import TalkClock
from ivr.testing.fake_speech import hear, speak
from tests.unit.cell.rehearsal import Rehearsal, final_record


def queued(call: Rehearsal) -> int:
    call.hears("Balance or fund or agent.")
    call.presses("3")
    call.until(lambda: any(isinstance(message, AgentWanted) for message in call.hub.told))
    call.conversation.take_hub(Queued(call.conversation.call_id, "wealth", 1))
    call.hears("music")
    call.conversation.take_hub(Offered(call.conversation.call_id, "offer-1", "anna", "sip:anna@127.0.0.1"))
    return call.leg_of("offer-1")


def test_no_talk_lasts_for_ever_and_both_hear_before_it_ends(call: Rehearsal) -> None:
    call.conversation.desk._clock = TalkClock(longest=6.0, warning=4.0)
    agent = queued(call)
    call.telephony.far_end_answers(agent)
    call.passes(1.5)
    call.telephony.far_end_says(agent, speak("good morning"))
    call.hears("good morning")
    before = len(call.telephony.legs[agent].heard)
    call.hears("Please note: this conversation ends in about five minutes.")
    beep = np.frombuffer(bytes(call.telephony.legs[agent].heard[before:]), "<i2")
    assert np.abs(beep).max() > 1000, "the agent hears the tones"
    call.until(lambda: agent in call.telephony.ended)
    call.until(lambda: call.conversation.over)
    assert final_record(call).outcome == "transferred"
    assert final_record(call).agents == ("anna",)


def test_caller_and_agent_hear_each_other_and_are_both_recorded(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_answers(agent)
    call.passes(0.1)
    call.telephony.far_end_says(agent, speak("good morning"))
    call.says("hello there")
    call.hears("good morning")
    assert "hello there" in hear(bytes(call.telephony.legs[agent].heard))
    call.telephony.far_end_ends(agent)
    call.until(lambda: call.conversation.over)
    tracks = call.recording().timeline.channels
    assert "good morning" in hear(bytes(tracks["agent.in"]))
    assert "hello there" in hear(bytes(tracks["caller.in"]))
    assert final_record(call).agents == ("anna",)
    results = [message.result for message in call.hub.told if isinstance(message, OfferResult)]
    assert results == ["picked_up", "answered", "ended"]


def test_an_agent_who_holds_the_line_from_the_answer_on_is_on_hold(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_answers(agent, held=True)
    call.passes(0.2)
    before = call.heard.count("music")
    call.passes(2)
    assert call.heard.count("music") > before + 1
    call.telephony.far_end_holds(agent, held=False)
    call.passes(0.1)
    silent = call.heard.count("music")
    call.passes(2)
    assert call.heard.count("music") == silent


def test_an_agent_whose_phone_vanished_is_free_within_two_seconds_and_the_caller_waits_again(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_answers(agent)
    call.passes(5)
    call.telephony.legs[agent].vanished = True
    call.until(lambda: agent in call.telephony.ended, seconds=2)
    call.passes(0.1)
    assert [message.result for message in call.hub.told if isinstance(message, OfferResult)][-1] == "ended"
    *_, wanted = (message for message in call.hub.told if isinstance(message, AgentWanted))
    assert wanted.waited > 5, "the time that they waited counts, and that of the talk"
    call.hears("music")
    assert not call.conversation.over


def test_an_agents_phone_that_suppresses_silence_keeps_its_talk(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_answers(agent)
    call.telephony.legs[agent].mute = True
    for _ in range(30):
        call.passes(10)
        call.telephony.far_end_reports(agent, 0)
    assert agent in call.telephony.legs
    assert call.telephony.legs[agent].asked > 300


def test_an_agent_whose_phone_knows_no_options_is_let_go_after_a_minute(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.legs[agent].knows_no_options = True
    call.telephony.far_end_answers(agent)
    call.passes(5)
    call.telephony.legs[agent].vanished = True
    call.passes(55)
    assert agent in call.telephony.legs
    call.until(lambda: agent in call.telephony.ended, seconds=10)


def test_an_agent_who_agrees_on_no_audio_has_not_answered(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_answers(agent, audio=False)
    call.until(lambda: agent in call.telephony.ended)
    call.passes(0.1)
    assert call.conversation.call.record.agents == ()
    assert [message.code for message in call.hub.told if isinstance(message, OfferResult)][-1] == 488


def test_a_caller_whom_the_agent_holds_hears_music(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_answers(agent)
    call.passes(0.2)
    before = call.heard.count("music")
    call.telephony.far_end_holds(agent, held=True)
    call.passes(2)
    assert call.heard.count("music") > before + 1
    call.telephony.far_end_holds(agent, held=False)
    call.passes(0.1)
    silent = call.heard.count("music")
    call.passes(2)
    assert call.heard.count("music") == silent


def test_an_agents_phone_stops_ringing_when_the_caller_leaves(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_rings(agent)
    call.passes(0.1)
    call.telephony.far_end_ends(call.leg.number)
    call.passes(0.1)
    assert agent in call.telephony.ended
    results = [message.result for message in call.hub.told if isinstance(message, OfferResult)]
    assert results == ["ringing", "ended"], "it is no fault of the agent's"
    assert any(isinstance(message, AgentNotWanted) for message in call.hub.told)


def test_an_agent_who_refuses_leaves_the_caller_in_the_queue(call: Rehearsal) -> None:
    agent = queued(call)
    call.telephony.far_end_ends(agent, 486)
    call.passes(0.5)
    assert not call.conversation.over
    call.conversation.take_hub(Offered(call.conversation.call_id, "offer-2", "ben", "sip:ben@127.0.0.1"))
    second = call.leg_of("offer-2")
    call.telephony.far_end_answers(second)
    call.passes(0.1)
    call.telephony.far_end_says(second, speak("hello"))
    call.hears("hello")


def test_an_offer_that_comes_too_late_is_given_back(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.conversation.take_hub(Offered(call.conversation.call_id, "offer-9", "anna", "sip:anna@127.0.0.1"))
    call.passes(0.1)
    assert call.conversation.desk.far.get("offer-9") is None
    assert OfferResult(call.conversation.call_id, "offer-9", OfferStatus.ENDED) in call.hub.told


@pytest.mark.parametrize("stage", ["ringing", "talking", "offered late"])
def test_no_step_is_told_that_the_closed_recording_does_not_hold(call: Rehearsal, stage: str) -> None:
    """What the log knows and a closed recording does not was cut from it: such a recording is set aside for ever."""
    agent = queued(call)
    if stage == "talking":
        call.telephony.far_end_answers(agent)
        call.passes(0.5)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    if stage == "offered late":
        call.conversation.take_hub(Offered(call.conversation.call_id, "offer-2", "anna", "sip:anna@127.0.0.1"))
    call.passes(1.0)
    told = [message.number for message in call.hub.told if isinstance(message, StepTold)]
    assert told == [step.number for step in call.recording().steps()]
    results = {message.offer_id: message.result for message in call.hub.told if isinstance(message, OfferResult)}
    assert set(results.values()) <= {"ended", "failed"}, "the hub knows that the agent is free"
    assert set(results) == ({"offer-1", "offer-2"} if stage == "offered late" else {"offer-1"})
