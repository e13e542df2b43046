"""One call carried out: what the caller hears, what is kept, and what happens when something fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_json
from ivr.core.call.replay import replay
from ivr.core.dialplan.language.load import load_dialplan
from ivr.engine.bus.calls import CallSaved, StepTold
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, Offered, OfferResult, Queued
from ivr.engine.cell.talk import TalkClock
from ivr.testing.fake_speech import hear, speak
from ivr.testing.fake_stores import MemoryKeyStore
from tests.unit.cell.rehearsal import DIALPLAN, Rehearsal

FUND = "I want to buy a fund please"


@pytest.fixture
def call(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path)


def final_record(call: Rehearsal) -> CallRecord:
    saved = [message for message in call.hub.told if isinstance(message, CallSaved) and message.final]
    assert len(saved) == 1
    return record_from_json(saved[0].record)


def test_a_caller_is_asked_and_answers_with_a_key(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("1")
    call.hears("Your PIN.")
    call.presses("1234")
    call.until(lambda: "12.50" in call.heard or "€12.5" in call.heard)
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    record = final_record(call)
    assert record.outcome == "completed"
    assert record.states == ("menu", "ask_pin", "look", "tell", "bye")


def test_a_caller_is_asked_and_answers_with_a_word(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.says(FUND)
    call.hears("You may lose all of it.")


def test_speech_stops_a_prompt_that_may_be_interrupted(call: Rehearsal) -> None:
    call.passes(0.1)
    call.says(FUND)
    call.hears("You may lose all of it.")
    assert "Balance or fund or agent." not in call.heard


def test_noise_that_the_stronger_detector_refuses_stops_nothing(call: Rehearsal) -> None:
    call.speech.onset_probability = 0.1
    call.passes(0.1)
    call.says(FUND)
    call.hears("Balance or fund or agent.")


def test_a_warning_is_played_whole_and_evidenced(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.passes(0.1)
    call.says("stop stop stop")
    call.presses("3")
    call.hears("You may lose all of it. Press 1.")
    call.presses("1")
    call.hears("It is done.")
    call.until(lambda: call.conversation.over)
    (evidence,) = final_record(call).disclosures
    spoken = speak("You may lose all of it.")
    frames = -(-len(spoken) // 320)
    assert evidence.disclosure == "risk"
    assert evidence.packets_sent == frames
    assert evidence.last_sample - evidence.first_sample == frames * 160
    assert (evidence.acknowledged_by, evidence.answer) == ("key", "1")


def test_a_warning_is_acknowledged_by_its_own_words_only_whatever_the_sound(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.speech.miswritten = "You have to lean."
    call.says(FUND)  # a menu may go by the sound
    call.hears("You may lose all of it. Press 1.")
    call.says("I understand")
    call.passes(3)
    assert "It is done." not in call.heard
    call.speech.miswritten = ""
    call.hears("Press 1.")
    call.says("I understand")
    call.hears("It is done.")


def test_a_warning_that_was_lost_on_the_way_is_played_again(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.passes(0.06)
    call.telephony.far_end_reports(call.leg.number, lost=10)
    call.until(lambda: call.heard.count("You may lose all of it.") == 2)


def test_a_report_that_comes_after_the_warning_plays_it_again_too(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.hears("You may lose all of it. Press 1.")
    call.telephony.far_end_reports(call.leg.number, lost=20)
    call.until(lambda: call.heard.count("You may lose all of it.") == 2)
    call.hears("Press 1. You may lose all of it. Press 1.")
    call.telephony.far_end_reports(call.leg.number, lost=20)
    call.passes(0.3)
    call.presses("1")
    call.hears("It is done.")
    call.until(lambda: call.conversation.over)
    (evidence,) = final_record(call).disclosures
    assert evidence.loss == 0.0
    assert evidence.plays == 2


def test_the_recording_holds_both_sides_sample_by_sample(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.says(FUND)
    call.hears("You may lose all of it.")
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    tracks = call.recording().timeline.channels
    assert bytes(tracks["caller.out"])[: len(call.leg.heard)] == bytes(call.leg.heard)
    assert hear(bytes(tracks["caller.in"])) == FUND


def test_a_secret_is_neither_in_the_journal_nor_heard_in_the_recording(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("1")
    call.hears("Your PIN.")
    call.says("tones of 1234")
    call.presses("1234")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    opened = call.recording()
    assert "1234" not in json.dumps(opened.timeline.entries)
    assert "1234" not in hear(bytes(opened.timeline.channels["caller.in"]))
    assert '"digit": "?"' in json.dumps(opened.timeline.entries)


@pytest.mark.parametrize("telephone_event", [True, False])
def test_an_entry_by_tones_is_not_known_when_the_process_was_stopped_in_it(
    tmp_path: Path, *, telephone_event: bool
) -> None:
    """Keys as events are counted by their packets, tones are in the audio that was let go."""
    call = Rehearsal(tmp_path, telephone_event=telephone_event)
    press = call.presses if telephone_event else call.dials_tones
    call.hears("Balance or fund or agent.")
    call.says("tell me the balance of my account")
    call.hears("Your PIN.")
    press("12")
    call.conversation.skip(8)
    press("34")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    assert ("look" in final_record(call).states) is telephone_event


def test_a_call_that_cannot_be_recorded_is_refused_with_an_apology(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file where a directory is needed")
    call = Rehearsal(tmp_path / "full")
    call.hears("We are sorry.")
    call.until(lambda: call.conversation.over)
    assert call.leg.refused == (503, 60)
    assert [message.kind for message in call.hub.told if isinstance(message, Alarm)] == ["recording"]
    assert final_record(call).outcome == "refused"


def test_a_call_whose_recorder_fails_is_ended_with_an_apology(call: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    call.hears("Balance or fund or agent.")
    monkeypatch.setattr(type(call.conversation._tape), "failed", property(lambda tape: "no room on the disk"))
    call.hears("We are sorry.")
    call.until(lambda: call.conversation.over)
    assert final_record(call).outcome == "failed"
    assert any(isinstance(message, Alarm) and message.kind == "recording" for message in call.hub.told)


def test_a_caller_who_hangs_up_leaves_a_closed_recording(call: Rehearsal) -> None:
    call.passes(0.5)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    assert not call.recording().crashed
    assert final_record(call).outcome == "abandoned"


def test_without_the_speech_service_keys_go_on(call: Rehearsal) -> None:
    call.speech.available = False
    call.hears("Balance or fund or agent.")
    call.says("tell me the balance of my account")
    call.passes(1)
    call.presses("2")
    call.hears("You may lose all of it.")


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
    assert results == ["answered", "ended"]


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


def test_an_agent_whose_phone_vanished_is_let_go_after_a_minute(call: Rehearsal) -> None:
    agent = queued(call)
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
    assert OfferResult(call.conversation.call_id, "offer-9", "ended") in call.hub.told


def transferred(call: Rehearsal) -> int:
    call.hears("Balance or fund or agent.")
    call.presses("8")
    call.hears("music")
    far = next(iter(call.conversation.desk.far))
    assert far.leg is not None
    return far.leg


def test_caller_and_target_of_a_transfer_hear_each_other_and_are_both_recorded(call: Rehearsal) -> None:
    target = transferred(call)
    assert call.telephony.legs[target].uri == "sip:+85212345678@trunk.example"
    call.telephony.far_end_answers(target)
    call.passes(0.1)
    call.telephony.far_end_says(target, speak("head office"))
    call.says("hello there")
    call.hears("head office")
    assert "hello there" in hear(bytes(call.telephony.legs[target].heard))
    call.telephony.far_end_ends(target)
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    tracks = call.recording().timeline.channels
    assert "head office" in hear(bytes(tracks["target.in"]))
    assert "hello there" in hear(bytes(tracks["caller.in"]))
    assert final_record(call).transfers == ("head_office",)
    assert not [message for message in call.hub.told if isinstance(message, OfferResult)]


def test_a_target_that_does_not_answer_is_given_up_and_the_call_goes_on(call: Rehearsal) -> None:
    target = transferred(call)
    before = call.heard.count("Balance or fund or agent.")
    call.passes(21)
    assert target in call.telephony.ended
    call.until(lambda: call.heard.count("Balance or fund or agent.") > before)


def test_a_target_s_phone_stops_ringing_when_the_caller_leaves(call: Rehearsal) -> None:
    target = transferred(call)
    call.telephony.far_end_ends(call.leg.number)
    call.passes(0.1)
    assert target in call.telephony.ended


def test_a_target_whom_nobody_can_reach_is_no_fault_of_the_call(call: Rehearsal) -> None:
    object.__setattr__(call.conversation.desk.far._around, "transfers", {})
    call.hears("Balance or fund or agent.")
    before = call.heard.count("Balance or fund or agent.")
    call.presses("8")
    call.until(lambda: call.heard.count("Balance or fund or agent.") > before)


def taking_a_message(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("9")
    call.hears("Speak now.")
    call.passes(0.6)


def test_a_message_is_a_marked_span_of_the_recording(call: Rehearsal) -> None:
    taking_a_message(call)
    call.says("my card was swallowed")
    call.passes(1.0)
    call.says("this morning")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    (span,) = final_record(call).voicemails
    assert span.mailbox == "box"
    recording = call.recording()
    pcm = recording.timeline.pcm("caller.in", span.first_sample, span.last_sample - span.first_sample)
    assert hear(pcm) == "my card was swallowed this morning"
    assert "Speak now." not in hear(recording.timeline.pcm("caller.out", span.first_sample))
    assert recording.timeline.manifest is not None
    assert recording.timeline.manifest["voicemails"] == [
        {"mailbox": "box", "first_sample": span.first_sample, "last_sample": span.last_sample}
    ]


def test_a_message_is_kept_of_one_who_hangs_up_in_the_middle_of_it(call: Rehearsal) -> None:
    taking_a_message(call)
    call.says("call me back")
    call.passes(0.6)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    (span,) = final_record(call).voicemails
    pcm = call.recording().timeline.pcm("caller.in", span.first_sample)
    assert "call me" in hear(pcm)
    assert final_record(call).outcome == "completed"


def test_a_message_is_taken_while_the_speech_service_is_down(call: Rehearsal) -> None:
    call.speech.available = False
    taking_a_message(call)
    call.says("my card was swallowed")
    call.passes(2.0)
    call.presses("#")
    call.hears("Goodbye.")
    call.until(lambda: call.conversation.over)
    assert len(final_record(call).voicemails) == 1


def test_prompts_pause_while_the_caller_holds_us(call: Rehearsal) -> None:
    call.passes(0.1)
    call.telephony.far_end_holds(call.leg.number, held=True)
    call.passes(3)
    assert "Balance or fund or agent." not in call.heard
    call.telephony.far_end_holds(call.leg.number, held=False)
    call.hears("Balance or fund or agent.")


def test_a_caller_who_vanished_is_given_up(call: Rehearsal, tmp_path: Path) -> None:
    call.until(lambda: call.conversation.over, seconds=120)


def test_two_calls_never_share_a_key(tmp_path: Path) -> None:
    keys = MemoryKeyStore()
    first, second = Rehearsal(tmp_path / "a", keys=keys), Rehearsal(tmp_path / "b", keys=keys)
    for call in (first, second):
        call.passes(0.5)
        call.telephony.far_end_ends(call.leg.number)
        call.passes(0.1)
        assert call.conversation.over
    assert first.recording().header.wrapped != second.recording().header.wrapped


@pytest.mark.parametrize("keys", ["1", "2", "3", "9", ""])
def test_every_call_replays_through_the_core_to_the_same_orders(call: Rehearsal, keys: str) -> None:
    call.hears("Balance or fund or agent.")
    call.presses(keys)
    call.passes(2)
    call.presses("1234")
    call.passes(3)
    if call.leg.number in call.telephony.legs:
        call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    entries = call.recording().timeline.entries
    result = replay(load_dialplan(DIALPLAN, source="test.yaml"), entries)
    assert result.difference is None
    assert result.steps > 5
    assert result.record is not None
    assert result.record.states == final_record(call).states


def test_a_replay_under_another_dialplan_shows_where_they_part(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("2")
    call.passes(2)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    other = DIALPLAN.replace("press: 2,", "press: 4,")
    result = replay(load_dialplan(other, source="test.yaml"), call.recording().timeline.entries)
    assert result.difference is not None
    assert result.difference.fact == "DigitPressed"


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
