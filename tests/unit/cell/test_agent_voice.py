"""An agent's voice beside what they enrolled: gathered while the caller hears them, and told where it is another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.call.flags import NOT_TOLD_AGENTS, flags
from ivr.core.media.frame import FRAME_SAMPLES, samples
from ivr.core.speech.facts import VoiceJudged
from ivr.engine.bus.cells import Alarm
from ivr.engine.cell.agent_voice import AGAIN, FIRST_COMPARISON, STEPS, AgentVoice
from ivr.testing.fake_speech import FakeSpeechLink
from tests.unit.cell.rehearsal import Rehearsal, final_record
from tests.unit.cell.test_assist import stands
from tests.unit.cell.test_desk import talks
from tests.unit.cell.test_live_ear import VOICE as FRAME
from tests.unit.cell.test_live_ear import Voiced

FIVE, FIFTEEN = (" ".join(["word"] * count) for count in (14, 40))
"""Words of 0.4 s each: more than five, and more than fifteen seconds."""
MINE, OTHERS, NEITHER = 0.9, 0.1, 0.75
"""Cosines that are the agent's, somebody else's, and nobody's for sure."""


def call_of(path: Path, score: float | None = None, *, enrolled: bool = True, agents: bool = True) -> Rehearsal:
    call = Rehearsal(path, agents=agents)
    call.speech.agent_scores = {"anna": score} if enrolled else {}
    return call


def alarms(call: Rehearsal) -> list[Alarm]:
    return [one for one in call.hub.told if isinstance(one, Alarm) and one.kind is AlarmKind.AGENT_VOICE]


def test_the_agents_own_voice_raises_nothing(tmp_path: Path) -> None:
    call = call_of(tmp_path, MINE)
    call.says_on(talks(call), FIFTEEN)
    assert (len(call.speech.of_agents), alarms(call), stands(call).flags) == (1, [], ())


def test_another_voice_raises_one_alarm_and_a_flag_and_the_talk_goes_on(tmp_path: Path) -> None:
    call = call_of(tmp_path, OTHERS)
    agent = talks(call)
    call.says_on(agent, FIVE)
    (alarm,) = alarms(call)
    assert alarm.call_id == call.conversation.call_id
    assert "anna" in alarm.text
    assert "0.1" not in alarm.text
    assert stands(call).flags == ("agent_voice",)
    call.says_on(agent, FIFTEEN)
    assert len(alarms(call)) == 1, "it is told once"
    assert call.conversation.call.talk.talks
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    assert flags(final_record(call)) == ("agent_voice",)


@pytest.mark.parametrize("score", [NEITHER, None])
def test_what_is_unsure_is_heard_longer_and_then_told(tmp_path: Path, score: float | None) -> None:
    call = call_of(tmp_path, score)
    agent = talks(call)
    call.says_on(agent, FIVE)
    assert (len(call.speech.of_agents), alarms(call)) == (1, [])
    call.says_on(agent, FIFTEEN)
    assert (len(call.speech.of_agents), len(alarms(call))) == (2, 1)
    first, whole = call.speech.of_agents
    assert whole.startswith(first), "all that was said, not the rest of it"


@pytest.mark.parametrize(("enrolled", "agents", "asked"), [(False, True, 1), (True, False, 0)])
def test_who_enrolled_none_and_a_line_that_does_not_check_tell_nothing(
    tmp_path: Path, enrolled: bool, agents: bool, asked: int
) -> None:
    call = call_of(tmp_path, OTHERS, enrolled=enrolled, agents=agents)
    call.says_on(talks(call), FIFTEEN)
    assert (len(call.speech.of_agents), alarms(call)) == (asked, [])


def test_what_the_caller_does_not_hear_and_what_the_caller_says_is_not_compared(tmp_path: Path) -> None:
    call = call_of(tmp_path, OTHERS)
    agent = talks(call)
    call.says_on(call.leg.number, FIFTEEN)
    call.dials(agent, "*1")
    call.says_on(agent, FIFTEEN)
    assert call.speech.of_agents == []
    call.dials(agent, "*1")
    call.says_on(agent, FIVE)
    assert len(alarms(call)) == 1


def test_who_was_known_is_listened_to_again_after_a_while_from_nothing() -> None:
    speech = FakeSpeechLink(agent_scores={"anna": MINE})
    voice = AgentVoice(speech, Voiced)
    voice.arrange("offer-1", "anna")
    second = FRAME * 50
    sample, asked = 0, list[int]()
    while sample < AGAIN + samples(3 * STEPS[0]):
        voice.hear({"offer-1": second}, sample)
        sample += samples(1.0)
        for fact in speech.pump(0.0):
            assert isinstance(fact, VoiceJudged)
            assert voice.take(fact)
            asked.append(sample)
    assert len(asked) == 2
    assert asked[1] - asked[0] >= AGAIN
    assert len(speech.of_agents[1]) <= len(speech.of_agents[0]) + len(second)


def test_an_answer_about_who_is_no_longer_heard_is_about_nobody() -> None:
    speech = FakeSpeechLink(agent_scores={"anna": OTHERS, "bob": MINE})
    voice = AgentVoice(speech, Voiced)
    voice.arrange("offer-1", "anna")
    for at in range(400):
        voice.hear({"offer-1": FRAME}, at * FRAME_SAMPLES)
    (late,) = speech.pump(0.0)
    voice.arrange("offer-2", "bob")
    assert isinstance(late, VoiceJudged)
    assert voice.take(late)
    assert not voice.news
    assert not voice.take(VoiceJudged(FIRST_COMPARISON - 1, 0.9)), "a caller's is no concern of it"


def test_an_agent_is_not_told_that_they_were_noticed() -> None:
    assert "agent_voice" in NOT_TOLD_AGENTS
