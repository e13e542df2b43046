"""The line takes over in an agent's call, to play a warning: what each hears, what opens, what is kept as evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.core.call.record_json import record_from_json, record_to_json
from ivr.core.identity.level import Level
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.desk import DeskAct
from ivr.engine.bus.calls import StepTold
from ivr.engine.bus.cells import Counted
from ivr.engine.bus.desk import ColleagueOffered, ColleagueWanted, DeskOrdered
from ivr.engine.bus.live import CallStands, RulesFound, TalkSaid, WordsReport, WordsWanted
from ivr.testing.fake_speech import hear
from tests.unit.cell.rehearsal import DIALPLAN, Rehearsal, final_record
from tests.unit.cell.test_desk import hears_now, offered, talks, waits

PLAN = DIALPLAN.replace(
    "queue: {enqueue: wealth, say: {en: Please wait.}, max_wait: 60, otherwise: bye}",
    "queue: {enqueue: wealth, say: {en: Please wait.}, max_wait: 60, otherwise: bye, assist: {1: agreed, 2: ask_pin}}\n"
    "  agreed: {disclose: risk, go: bought}\n"
    "  bought: {say: {en: It is bought.}, go: queue}",
).replace("deal: {after: [risk]}", "deal: {after: [risk]}\n  bought: {after: [risk]}")
WARNING, DONE = "You may lose all of it.", "It is bought."


@pytest.fixture
def call(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path, dialplan=PLAN)


def missing(call: Rehearsal) -> tuple[str, ...]:
    """What the desk shows as missing."""
    return [word for word in call.hub.told if isinstance(word, CallStands)][-1].missing


def hidden(call: Rehearsal) -> bool:
    return call.conversation.call.secret


def test_a_warning_that_the_agent_has_played_is_heard_acknowledged_and_evidence_and_then_they_talk_on(
    call: Rehearsal,
) -> None:
    agent, caller = talks(call), call.leg.number
    assert missing(call) == ("risk",)
    call.dials(agent, "*#21#")
    call.hears(WARNING)
    assert not hears_now(call, agent, caller, "my secret is"), "what they say to the line is not the agent's business"
    assert not hears_now(call, caller, agent, "just press one"), "nobody talks into a warning"
    call.hears("Press 1.")
    call.presses("1")
    call.hears(DONE)
    assert WARNING in hear(bytes(call.telephony.legs[agent].heard)), "the agent hears what the line says"
    call.passes(1)
    assert "1" not in call.telephony.legs[agent].digits, "keys for the line are not sent to the agent's phone"
    assert hears_now(call, caller, agent, "thank you for that")
    assert hears_now(call, agent, caller, "you are welcome")
    assert missing(call) == ()
    call.telephony.far_end_ends(caller)
    call.until(lambda: call.conversation.over)
    (evidence,) = final_record(call).disclosures
    assert (evidence.disclosure, evidence.acknowledged_by, evidence.answer) == ("risk", "key", "1")
    assert evidence.packets_sent > 0
    assert final_record(call).states[-3:] == ("agreed", "bought", "queue")


def test_what_the_warning_protects_stays_shut_without_the_answer_and_the_agent_hears_that(call: Rehearsal) -> None:
    agent = talks(call)
    call.conversation.take_hub(DeskOrdered(call.conversation.call_id, "offer-1", DeskAct.ASSIST, "1"))
    call.hears(WARNING)
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    assert DONE not in call.heard
    assert "bought" not in final_record(call).states
    assert agent in call.telephony.ended


@pytest.mark.parametrize("keys", ["*1", "*0", "*2204#", "*61#", "*#21#"])
def test_while_the_line_has_taken_over_the_agent_can_only_wait_or_leave(call: Rehearsal, keys: str) -> None:
    agent = talks(call)
    call.dials(agent, "*#21#")
    call.hears(WARNING)
    call.dials(agent, keys)
    call.hears("Press 1.")
    call.presses("1")
    call.hears(DONE)
    call.passes(1)
    assert hears_now(call, call.leg.number, agent, "I am with you again")


def test_a_colleague_who_was_looked_for_before_the_line_took_over_is_not_rung(call: Rehearsal) -> None:
    agent = talks(call)
    call.hub.connected = True
    call.dials(agent, "*2204#")
    asked = [message for message in call.hub.told if isinstance(message, ColleagueWanted)][-1]
    call.dials(agent, "*#21#")
    call.conversation.take_hub(ColleagueOffered(asked.call_id, asked.request, "offer-2", "ben", "sip:ben@127.0.0.1"))
    call.hears(WARNING)
    assert call.conversation.desk.far.get("offer-2") is None


def test_no_key_of_an_agents_opens_a_place_that_the_state_does_not_name(call: Rehearsal) -> None:
    agent = talks(call)
    call.dials(agent, "*#29#")
    call.dials(agent, "*61#")
    assert hears_now(call, call.leg.number, agent, "I am still here")
    assert WARNING not in call.heard


def test_an_agent_who_leaves_meanwhile_leaves_the_caller_with_the_line_who_then_waits_for_another(
    call: Rehearsal,
) -> None:
    agent = talks(call)
    call.dials(agent, "*#21#")
    call.hears(WARNING)
    call.telephony.far_end_ends(agent)
    call.hears("Press 1.")
    call.presses("1")
    call.hears(DONE)
    before = call.heard.count("music")
    call.until(lambda: call.heard.count("music") > before)
    offered(call, "offer-2", "ben")
    second = call.answers("offer-2")
    assert hears_now(call, call.leg.number, second, "good day")
    assert missing(call) == ()


def test_a_paused_recording_goes_on_when_the_line_takes_over_and_is_not_paused_then(call: Rehearsal) -> None:
    agent = talks(call)
    call.dials(agent, "*7")
    assert hidden(call)
    call.dials(agent, "*#21#")
    assert not hidden(call)
    call.dials(agent, "*7")
    assert not hidden(call)
    call.hears("Press 1.")
    call.presses("1")
    call.hears(DONE)


def test_a_secret_that_the_caller_keys_in_for_the_line_reaches_no_agent(call: Rehearsal) -> None:
    waits(call)
    offered(call, "offer-1", "anna")
    agent = call.answers("offer-1")
    call.dials(agent, "*#22#")
    call.hears("Your PIN.")
    before = len(call.telephony.legs[agent].heard)
    call.presses("1234")
    call.hears("You have")
    assert not call.telephony.legs[agent].digits
    assert "1234" not in hear(bytes(call.telephony.legs[agent].heard[before:]))


# --- the talk is recognized while it goes on ------------------------------------------------------------------------

READ_PLAN = PLAN.replace("  risk:\n", "  risk:\n    agent_may_read: true\n")


@pytest.fixture
def overheard(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path, dialplan=READ_PLAN, live=True)


def stands(call: Rehearsal) -> CallStands:
    return [word for word in call.hub.told if isinstance(word, CallStands)][-1]


def words(call: Rehearsal) -> tuple[str, ...]:
    """Who said what, for those who watch."""
    call.conversation.take_hub(WordsWanted(call.conversation.call_id))
    report = [word for word in call.hub.told if isinstance(word, WordsReport)][-1]
    return tuple(f"{line.who}: {line.text}" for line in report.lines)


def test_what_both_say_is_shown_each_as_their_own_while_they_talk(overheard: Rehearsal) -> None:
    agent, caller = talks(overheard), overheard.leg.number
    before = len(words(overheard))
    overheard.says_on(agent, "how may I help you")
    overheard.says_on(caller, "I want a fund")
    assert words(overheard)[before:] == ("agent: how may I help you", "caller: I want a fund")


def test_a_warning_that_the_agent_reads_opens_what_it_protects_when_the_caller_has_acknowledged_it(
    overheard: Rehearsal,
) -> None:
    agent, caller = talks(overheard), overheard.leg.number
    overheard.says_on(agent, "You may lose")
    assert (stands(overheard).readings[0].found, stands(overheard).readings[0].rest) == (3, "all of it")
    overheard.says_on(agent, "all of it")
    assert stands(overheard).readings[0].whole
    overheard.dials(agent, "*#21#")
    overheard.hears("Press 1.")
    assert WARNING not in overheard.heard, "the line does not play what the agent has read"
    overheard.presses("1")
    overheard.hears(DONE)
    overheard.telephony.far_end_ends(caller)
    overheard.until(lambda: overheard.conversation.over)
    record = final_record(overheard)
    (evidence,) = record.disclosures
    assert evidence.read is not None
    assert (evidence.read.words, evidence.read.share, evidence.plays) == (6, 1.0, 0)
    assert evidence.packets_sent * 160 >= evidence.last_sample - evidence.first_sample > 0
    assert record_from_json(record_to_json(record)) == record


def test_what_the_agent_says_while_the_caller_hears_music_or_the_recording_is_paused_is_no_reading_and_not_shown(
    overheard: Rehearsal,
) -> None:
    agent = talks(overheard)
    before = words(overheard)
    overheard.dials(agent, "*1")
    overheard.says_on(agent, WARNING)
    overheard.dials(agent, "*1")
    overheard.dials(agent, "*7")
    overheard.says_on(agent, WARNING)
    overheard.dials(agent, "*8")
    assert words(overheard) == before
    assert not stands(overheard).readings[0].whole
    overheard.dials(agent, "*#21#")
    overheard.hears(WARNING)


def test_what_the_caller_says_is_no_reading(overheard: Rehearsal) -> None:
    talks(overheard)
    overheard.says_on(overheard.leg.number, WARNING)
    assert not stands(overheard).readings[0].whole


def test_a_recognizer_without_time_opens_nothing_and_what_it_lost_is_counted(overheard: Rehearsal) -> None:
    agent = talks(overheard)
    overheard.speech.overhears = False
    overheard.says_on(agent, WARNING)
    assert not stands(overheard).readings[0].whole
    counted = [word for word in overheard.hub.told if isinstance(word, Counted)]
    assert sum(one.counters.get("live_utterances_lost", 0) for one in counted) >= 1
    overheard.dials(agent, "*#21#")
    overheard.hears(WARNING)


FOUND = RuleFound(
    "eu/no_promise", "critical", "a forbidden phrase", "risk free", 800, 9600, 0.9, "agent", "It may fall."
)


def test_what_rules_find_as_it_is_said_is_told_once_to_the_desk_and_kept_with_the_call(overheard: Rehearsal) -> None:
    agent = talks(overheard)
    overheard.says_on(agent, "it is risk free")
    told = [word for word in overheard.hub.told if isinstance(word, TalkSaid)]
    assert (told[-1].said[-1].text, told[-1].said[-1].who, told[-1].dialplan) == ("it is risk free", "agent", "test")
    call_id = overheard.conversation.call_id
    for found in (FOUND, replace(FOUND, first_sample=1600, last_sample=11_000), replace(FOUND, confidence=7.0)):
        overheard.conversation.take_hub(RulesFound(call_id, (found,)))
    (alert,) = stands(overheard).alerts
    assert (alert.rule, alert.say, alert.first_sample) == ("eu/no_promise", "It may fall.", 800)
    assert "risk free" not in repr(stands(overheard))
    overheard.conversation.take_hub(RulesFound(call_id, (replace(FOUND, first_sample=90_000, last_sample=95_000),)))
    overheard.telephony.far_end_ends(overheard.leg.number)
    overheard.until(lambda: overheard.conversation.over)
    record = final_record(overheard)
    assert [one.first_sample for one in record.alerts] == [800, 90_000]
    assert record_from_json(record_to_json(record)) == record
    steps = [word.details for word in overheard.hub.told if isinstance(word, StepTold) and word.action == "rule.found"]
    assert len(steps) == 2
    assert "risk free" not in str(steps)


TOLD = (
    PLAN.replace(
        "disclosures:\n",
        "disclosures:\n  line: {tells: [emotion], say: {en: We look for distress.}, otherwise: bye}\n",
    )
    .replace("start: menu", "start: greeting")
    .replace("  menu:\n", "  greeting: {disclose: line, go: menu}\n  menu:\n", 1)
)


def test_rules_know_what_the_line_told_of_itself_while_the_talk_goes_on_as_they_do_after_it(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, dialplan=TOLD, live=True)
    agent = talks(call)
    call.says_on(agent, "how are you today")
    told = [word for word in call.hub.told if isinstance(word, TalkSaid)]
    assert set(told[-1].disclosures) == {"line", "emotion"}


RISKY = (
    READ_PLAN
    + """
risk: {signals: {duress: {phrases: {en: [they made me call]}, points: 80}}}
"""
)


@pytest.mark.parametrize(("who", "points"), [("caller", 80), ("agent", 0)])
def test_words_of_duress_that_the_caller_says_to_the_agent_raise_the_calls_risk(
    tmp_path: Path, who: str, points: int
) -> None:
    call = Rehearsal(tmp_path, dialplan=RISKY, live=True)
    agent = talks(call)
    call.says_on(call.leg.number if who == "caller" else agent, "they made me call you today")
    call.telephony.far_end_ends(call.leg.number)
    call.until(lambda: call.conversation.over)
    assert final_record(call).risk[-1].points == points


# --- what an agent knows ----------------------------------------------------------------------------------------------

KNOWN = PLAN.replace("assist: {1: agreed", "confirms: basic, customer: customer, assist: {1: agreed").replace(
    "  currency: text", "  currency: text\n  customer: text"
)
CLAIMED = KNOWN.replace("an agent]}, go: queue}", "an agent]}, go: claim}").replace(
    "  ask_pin:", "  claim: {set: {customer: \"'c-1'\"}, go: queue}\n  ask_pin:", 1
)


def story(call: Rehearsal) -> list[str]:
    """Steps of the call's story."""
    return [word.action for word in call.hub.told if isinstance(word, StepTold)]


def confirm(call: Rehearsal, offer: str = "offer-1") -> None:
    call.conversation.take_hub(DeskOrdered(call.conversation.call_id, offer, DeskAct.CONFIRM))
    call.passes(0.5)


def test_an_agent_confirms_nobody_where_it_is_not_known_who_the_caller_claims_to_be(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, dialplan=KNOWN)
    talks(call)
    assert not stands(call).confirms
    confirm(call)
    assert stands(call).identity is Level.NONE
    assert "talk.confirmed" not in story(call)


def test_an_agent_who_talks_confirms_whom_the_caller_claims_to_be_and_nobody_else_does(tmp_path: Path) -> None:
    call = Rehearsal(tmp_path, dialplan=CLAIMED)
    talks(call)
    assert stands(call).confirms
    confirm(call, "offer-9")
    assert stands(call).identity is Level.NONE, "a leg that there is not"
    confirm(call)
    assert stands(call).identity is Level.BASIC
    assert "talk.confirmed" in story(call)
