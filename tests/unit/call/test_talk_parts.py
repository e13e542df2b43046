"""The parts of a talk, each alone: phones that ring, the colleague, the supervisor, who hears whom."""

from __future__ import annotations

from ivr.core.call.consultation import Consultation
from ivr.core.call.ringing import Ringing
from ivr.core.call.scene import Cast, Scene
from ivr.core.call.stage import Stage
from ivr.core.call.supervision import Supervision
from ivr.core.orders.colleague import ColleagueFound, FindColleague
from ivr.core.orders.desk import DeskAct
from ivr.core.orders.legs import LegRole
from ivr.core.orders.playing import Clip
from ivr.core.orders.queue import AgentOffered, CancelAgent, DialAgent
from ivr.core.orders.supervisor import SupervisorMode, SupervisorSent
from ivr.core.orders.talk import CALLER, Hear, Whisper
from ivr.core.orders.transfer import CancelTarget, DialTarget


def talking() -> Stage:
    stage = Stage()
    stage.cast = Cast(lead="anna")
    stage.to(Scene.TALK)
    return stage


def test_the_first_phone_that_rings_is_the_offer_and_each_is_let_go_of_once() -> None:
    ringing = Ringing()
    for number in ("o1", "o2", "o3"):
        ringing.begin(AgentOffered(number, number, f"sip:{number}@x"), ())
    assert ringing.offer == "o1"
    assert ringing.end("o1") is not None
    assert ringing.end("o1") is None
    assert [party.let_go() for party in ringing.end_all()] == [CancelAgent("o2"), CancelAgent("o3")]
    assert not ringing


def test_an_agent_is_briefed_only_where_there_is_something_to_say() -> None:
    ringing = Ringing()
    clips = (Clip("en", "Identified."),)
    assert [type(one) for one in ringing.begin(AgentOffered("o1", "anna", "sip:a@x"), clips)] == [DialAgent, Whisper]
    assert [type(one) for one in ringing.begin(AgentOffered("o2", "ben", "sip:b@x"), ())] == [DialAgent]
    assert ringing.briefed("o1")
    assert not ringing.briefed("o2")


def test_who_hears_whom_is_ordered_when_it_changes_and_not_again() -> None:
    stage = talking()
    assert stage.arranged() == []
    (changed,) = [order for order in stage.away("anna", holds=True) if isinstance(order, Hear)]
    assert all("anna" not in heard for _, heard in changed.ears)
    assert stage.hearing(CALLER) == []
    stage.away("anna", holds=False)
    assert stage.hearing(CALLER) == ["anna"]


def test_a_colleague_is_an_agent_or_a_destination_and_only_the_last_request_counts() -> None:
    stage = talking()
    colleague = Consultation(stage)
    assert colleague.look_for(DeskAct.CONSULT, "21") == [FindColleague(1, "21")]
    colleague.look_for(DeskAct.PASS_ON, "22")
    assert colleague.asked_for(1) is None
    assert colleague.asked_for(2) is DeskAct.PASS_ON
    dial = colleague.ring(ColleagueFound(2, "ben", offer_id="o9", uri="sip:b@x"), passes=True)
    assert dial == DialAgent("o9", "ben", "sip:b@x", role=LegRole.AGENT)
    assert colleague.by("o9")
    assert colleague.dismiss()[-1] == CancelAgent("o9")
    assert stage.cast.colleague == ""
    colleague.look_for(DeskAct.CONSULT, "99")
    assert isinstance(colleague.ring(ColleagueFound(3, "back office"), passes=False), DialTarget)
    assert colleague.at(-3)
    assert colleague.dismiss()[-1] == CancelTarget(-3)
    assert colleague.dismiss() == []


def test_a_supervisor_is_heard_by_those_of_their_mode_and_gone_when_dismissed() -> None:
    stage = talking()
    supervisor = Supervision(stage)
    supervisor.sent(SupervisorSent("o5", "eva", "sip:e@x", SupervisorMode.LISTEN), wanted=True)
    assert stage.hearing(CALLER) == ["anna"], "their phone only rings"
    supervisor.answered()
    assert stage.hearing(CALLER) == ["anna", "o5"]
    assert stage.hearing("o5") == []
    supervisor.turned(SupervisorMode.WHISPER)
    assert stage.hearing("o5") == ["anna"]
    assert supervisor.dismiss()[0] == CancelAgent("o5")
    assert stage.hearing(CALLER) == ["anna"]
    assert supervisor.dismiss() == []
