"""An agent's conversation in a cell: hold, consult, confer, transfer, supervisors; what each hears, on the samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr.core.call.replay import read_entry
from ivr.core.orders.desk import DeskAct
from ivr.core.orders.supervisor import SupervisorMode
from ivr.core.orders.talk import WhisperEnded
from ivr.engine.bus.desk import ColleagueOffered, ColleagueWanted, DeskOrdered, DeskTold, SupervisorOffered
from ivr.engine.bus.queue import AgentWanted, Offered, OfferResult, Queued
from ivr.testing.fake_speech import hear, speak
from tests.unit.cell.rehearsal import DIALPLAN, Rehearsal, SpokenPrompts, final_record

PLAN = DIALPLAN.replace(
    "queue: {enqueue: wealth, say: {en: Please wait.}, max_wait: 60, otherwise: bye}",
    "queue: {enqueue: wealth, say: {en: Please wait.}, max_wait: 60, otherwise: bye, hand_over: {1: menu}}",
)
BRIEFED = PLAN.replace("hand_over:", "brief: {en: They ask about a fund.}, hand_over:")


@pytest.fixture
def call(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path, dialplan=PLAN)


def waits(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("3")
    call.until(lambda: any(isinstance(message, AgentWanted) for message in call.hub.told))
    call.conversation.take_hub(Queued(call.conversation.call_id, "wealth", 1))
    call.hears("music")


def offered(call: Rehearsal, offer: str, agent: str) -> int:
    call.conversation.take_hub(Offered(call.conversation.call_id, offer, agent, f"sip:{agent}@127.0.0.1"))
    return call.leg_of(offer)


def talks(call: Rehearsal) -> int:
    waits(call)
    offered(call, "offer-1", "anna")
    return call.answers("offer-1")


def consults(call: Rehearsal, agent: int, code: str = "*2204#", offer: str = "offer-2") -> int:
    call.hub.connected = True
    call.dials(agent, code)
    asked = [message for message in call.hub.told if isinstance(message, ColleagueWanted)][-1]
    assert asked.digits == "204"
    call.conversation.take_hub(ColleagueOffered(asked.call_id, asked.request, offer, "ben", "sip:ben@127.0.0.1"))
    return call.leg_of(offer)


def supervised(call: Rehearsal, mode: SupervisorMode) -> int:
    call_id = call.conversation.call_id
    call.conversation.take_hub(SupervisorOffered(call_id, "sup-1", "kim", "sip:kim@127.0.0.1", mode))
    return call.answers("sup-1")


def hears_now(call: Rehearsal, leg: int, said_by: int, word: str) -> bool:
    """Whether what one leg says now is heard by another."""
    ear = call.telephony.legs[leg].heard
    before = len(ear)
    call.telephony.far_end_says(said_by, speak(word))
    call.passes(len(speak(word)) / 16000 + 0.1)
    return word in hear(bytes(ear[before:]))


def test_on_hold_the_caller_hears_music_and_nobody_hears_the_other(call: Rehearsal) -> None:
    agent, caller = talks(call), call.leg.number
    assert hears_now(call, caller, agent, "good morning")
    call.dials(agent, "*1")
    music = call.heard.count("music")
    assert not hears_now(call, caller, agent, "what a call")
    assert not hears_now(call, agent, caller, "are you there")
    call.passes(2)
    assert call.heard.count("music") > music
    call.dials(agent, "*1")
    assert hears_now(call, caller, agent, "here I am")
    assert hears_now(call, agent, caller, "thank you")


def test_a_mute_agent_is_heard_by_nobody_and_hears_the_caller(call: Rehearsal) -> None:
    agent, caller = talks(call), call.leg.number
    call.dials(agent, "*9")
    assert not hears_now(call, caller, agent, "excuse me")
    assert hears_now(call, agent, caller, "hello")
    call.dials(agent, "*9")
    assert hears_now(call, caller, agent, "I am back")


def test_agent_and_colleague_talk_apart_then_all_three_then_the_colleague_alone(call: Rehearsal) -> None:
    agent, caller = talks(call), call.leg.number
    second = consults(call, agent)
    call.answers("offer-2")
    assert hears_now(call, second, agent, "may I ask you")
    assert hears_now(call, agent, second, "of course")
    assert not hears_now(call, caller, second, "between us")
    assert not hears_now(call, second, caller, "who is that")
    call.dials(agent, "*1")
    assert hears_now(call, caller, agent, "one moment yet")
    assert not hears_now(call, second, caller, "all right")
    call.dials(agent, "*3")
    assert hears_now(call, caller, second, "good evening")
    assert hears_now(call, second, caller, "good evening to you")
    assert hears_now(call, agent, second, "and to you")
    call.dials(agent, "*4")
    call.passes(0.2)
    assert agent in call.telephony.ended
    assert hears_now(call, caller, second, "now we are alone")
    assert hears_now(call, second, caller, "so we are")
    call.telephony.far_end_ends(second)
    call.until(lambda: call.conversation.over)
    recording = call.recording().timeline
    assert "may I ask you" in hear(bytes(recording.channels["agent.in"]))
    assert "of course" in hear(bytes(recording.channels["consultant.in"]))
    assert "now we are alone" in hear(bytes(recording.channels["consultant.in"]))
    assert recording.manifest is not None
    parties: Any = recording.manifest["parties"]
    assert [(one["name"], one["channel"]) for one in parties] == [("anna", "agent.in"), ("ben", "consultant.in")]
    assert all(one["first_sample"] < one["last_sample"] for one in parties)
    assert call.conversation.call.record.agents == ("anna", "ben")


def test_a_colleague_who_does_not_answer_gives_the_agent_back_to_the_caller(call: Rehearsal) -> None:
    agent, caller = talks(call), call.leg.number
    second = consults(call, agent)
    call.telephony.far_end_ends(second, 486)
    call.passes(0.5)
    assert hears_now(call, caller, agent, "nobody is there")
    assert not call.conversation.over


def test_a_caller_who_was_passed_on_to_nobody_waits_on_at_their_place(call: Rehearsal) -> None:
    agent = talks(call)
    call.passes(3)
    second = consults(call, agent, "*5204#")
    call.passes(0.2)
    assert agent in call.telephony.ended, "the agent leaves at once"
    call.telephony.far_end_ends(second, 480)
    call.passes(0.2)
    wanted = [message for message in call.hub.told if isinstance(message, AgentWanted)]
    assert len(wanted) == 2
    assert wanted[1].waited > 3, "with the time that they waited"
    third = offered(call, "offer-3", "cleo")
    call.answers("offer-3")
    assert hears_now(call, call.leg.number, third, "sorry for that")


def test_a_caller_who_was_passed_on_talks_with_the_colleague(call: Rehearsal) -> None:
    agent = talks(call)
    second = consults(call, agent, "*5204#")
    call.answers("offer-2")
    assert hears_now(call, call.leg.number, second, "good day")
    results = [m.result for m in call.hub.told if isinstance(m, OfferResult) and m.offer_id == "offer-2"]
    assert results == ["picked_up", "answered"]


def test_an_agent_who_hangs_up_while_the_colleague_rings_has_passed_the_caller_on(call: Rehearsal) -> None:
    agent = talks(call)
    second = consults(call, agent)
    call.telephony.far_end_ends(agent)
    call.passes(0.1)
    call.answers("offer-2")
    assert hears_now(call, call.leg.number, second, "I take over")


def test_a_caller_who_is_handed_over_goes_on_in_the_dialplan(call: Rehearsal) -> None:
    agent = talks(call)
    before = call.heard.count("Balance or fund or agent.")
    call.dials(agent, "*69#")
    assert call.heard.count("Balance or fund or agent.") == before, "there is no such place"
    call.dials(agent, "*61#")
    call.until(lambda: call.heard.count("Balance or fund or agent.") > before)
    assert agent in call.telephony.ended


@pytest.mark.parametrize(
    ("mode", "by_caller", "by_agent"),
    [
        (SupervisorMode.LISTEN, False, False),
        (SupervisorMode.WHISPER, False, True),
        (SupervisorMode.JOIN, True, True),
    ],
)
def test_a_supervisor_is_heard_where_they_should_be_and_nowhere_else(
    call: Rehearsal, mode: SupervisorMode, by_caller: bool, by_agent: bool
) -> None:
    agent, caller = talks(call), call.leg.number
    boss = supervised(call, mode)
    assert hears_now(call, boss, caller, "I want my money")
    assert hears_now(call, boss, agent, "let me see")
    assert hears_now(call, caller, boss, "offer them tea") is by_caller
    assert hears_now(call, agent, boss, "offer them cake") is by_agent
    call.dials(agent, "*1")
    assert not hears_now(call, caller, boss, "they are cross")
    call.telephony.far_end_ends(caller)
    call.passes(0.2)
    tracks = call.recording().timeline.channels
    assert "offer them tea" in hear(bytes(tracks["supervisor.in"]))
    assert ("offer them tea" in hear(bytes(tracks["caller.out"]))) is by_caller


def test_a_supervisor_who_listens_may_be_let_in_and_no_code_of_theirs_does_anything(call: Rehearsal) -> None:
    agent, caller = talks(call), call.leg.number
    boss = supervised(call, SupervisorMode.LISTEN)
    call.dials(boss, "*1*4")
    call.dials(boss, "*7")
    assert hears_now(call, caller, agent, "go on")
    call.conversation.take_hub(SupervisorOffered(call.conversation.call_id, "sup-1", "kim", "", SupervisorMode.JOIN))
    call.passes(0.1)
    assert hears_now(call, caller, boss, "this is kim")


def test_a_brief_is_heard_by_the_agent_alone_before_the_talk(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, dialplan=BRIEFED)
    waits(call)
    agent = offered(call, "offer-1", "anna")
    call.answers("offer-1")
    call.telephony.far_end_says(agent, speak("hm hm"))
    call.until(lambda: "They ask about a fund." in hear(bytes(call.telephony.legs[agent].heard)))
    assert "Identified" in hear(bytes(call.telephony.legs[agent].heard)) or "Not identified" in hear(
        bytes(call.telephony.legs[agent].heard)
    )
    call.passes(0.3)
    assert "They ask about a fund." not in call.heard
    assert hears_now(call, call.leg.number, agent, "good morning")
    results = [message.result for message in call.hub.told if isinstance(message, OfferResult)]
    assert results == ["picked_up", "answered"]


def test_the_voices_that_speak_to_the_agent_alone_stand_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who calls is spoken in the call, the rest was rendered, here in another voice."""
    monkeypatch.setattr(
        SpokenPrompts, "spoken_by", lambda _, clip: "other/1" if clip.text.startswith("They ask") else "fake/en"
    )
    call = Rehearsal(tmp_path, dialplan=BRIEFED)
    waits(call)
    agent = offered(call, "offer-1", "anna")
    call.answers("offer-1")
    call.until(lambda: "They ask about a fund." in hear(bytes(call.telephony.legs[agent].heard)))
    call.passes(0.3)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    told = [read_entry(entry)[1] for entry in call.recording().contents.entries if "event" in entry]
    (ended,) = [event for event in told if isinstance(event, WhisperEnded)]
    assert set(ended.voices) == {"fake/en", "other/1"}
    assert "other/1" in final_record(call).voices


def test_an_agent_who_leaves_during_the_brief_has_declined_and_the_caller_waits_on(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, dialplan=BRIEFED)
    waits(call)
    agent = offered(call, "offer-1", "anna")
    call.answers("offer-1")
    call.telephony.far_end_ends(agent)
    call.passes(0.2)
    results = [(message.result, message.code) for message in call.hub.told if isinstance(message, OfferResult)]
    assert results == [("picked_up", 0), ("failed", 603)]
    second = offered(call, "offer-2", "ben")
    call.answers("offer-2")
    call.dials(second, "9")
    call.passes(0.1)
    assert hears_now(call, call.leg.number, second, "any key ends the brief")


def test_of_all_who_ring_the_first_talks_and_the_others_stop_without_blame(call: Rehearsal) -> None:
    waits(call)
    first, second = offered(call, "offer-1", "anna"), offered(call, "offer-2", "ben")
    call.answers("offer-2")
    assert first in call.telephony.ended
    assert hears_now(call, call.leg.number, second, "I was quicker")
    ends = [m.result for m in call.hub.told if isinstance(m, OfferResult) and m.offer_id == "offer-1"]
    assert ends == ["ended"]


def test_keys_go_through_to_who_hears_them_and_what_the_agent_chose_to_the_hub(call: Rehearsal) -> None:
    agent = talks(call)
    call.presses("42")
    call.dials(agent, "7")
    assert call.telephony.legs[agent].digits == "42"
    call.dials(agent, "**2#")
    call.dials(agent, "*#1")
    told = [(m.agent, m.choice, m.reason) for m in call.hub.told if isinstance(m, DeskTold)]
    assert told == [("anna", "away", "2"), ("anna", "ready", "")]


def test_a_console_orders_what_keys_do(call: Rehearsal) -> None:
    agent, caller = talks(call), call.leg.number
    call.conversation.take_hub(DeskOrdered(call.conversation.call_id, "offer-1", DeskAct.HOLD))
    call.passes(0.1)
    assert not hears_now(call, caller, agent, "on hold")
    call.conversation.take_hub(DeskOrdered(call.conversation.call_id, "offer-9", DeskAct.HOLD))
    call.passes(0.1)
    assert not hears_now(call, caller, agent, "still on hold"), "another's order is none"
