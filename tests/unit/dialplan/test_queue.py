from __future__ import annotations

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.offers import Offers, check_offered
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step_queue import QueueStep
from ivr.core.dialplan.states import QueueState
from ivr.core.events import Event
from ivr.core.identity.level import Level
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.desk import HandedOver
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.queue import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    Enqueue,
    LeaveQueue,
    PlaceTold,
    QueueFailed,
    QueueJoined,
)
from ivr.errors import OperatorError
from tests.unit.dialplan.desk import END, HEAD, WARNING, Desk, findings, kinds, plan

QUEUE = """\
states:
  first:
    enqueue: desk
    priority: 3
    say: {en: Please wait.}
    every: 20
    announce: {en: Still waiting.}
    max_wait: 50
    otherwise: nobody
    %s
  nobody: {say: {en: Nobody.}, go: bye}
"""
OFFER = AgentOffered("o1", "anna", "sip:anna@example.org")


def waiting(after: str = "") -> Desk:
    return Desk(plan(QUEUE % after))


def test_it_joins_the_queue_before_it_speaks_and_then_plays_music() -> None:
    desk = waiting()
    assert kinds(desk.last) == ["Enqueue", "PlayPrompt"]
    desk.send(QueueJoined("desk", 2))
    assert kinds(desk.heard()) == ["PlayMusic"]


def test_it_speaks_now_and_then_and_the_music_comes_back() -> None:
    desk = waiting()
    desk.heard()
    assert kinds(desk.time_out()) == ["PlayPrompt"]
    assert desk.text() == "Still waiting."
    assert kinds(desk.heard()) == ["PlayMusic"]


def test_when_nobody_comes_it_goes_on_in_time() -> None:
    desk = waiting()
    desk.heard()
    while desk.state == "first":
        if "StopMusic" not in kinds(desk.time_out()):
            desk.heard()
    assert desk.now == 50.0
    assert kinds(desk.last) == ["LeaveQueue", "StopMusic", "PlayPrompt"]
    assert desk.state == "nobody"


def test_a_phone_that_rings_is_waited_for_past_the_limit() -> None:
    desk = waiting()
    desk.heard()
    desk.now = 49.0
    desk.send(OFFER)
    while (desk.interpreter.deadline() or 0) < 60:
        desk.time_out()
    assert desk.state == "first"
    desk.send(AgentFailed("o1", 486))
    desk.time_out()
    assert desk.state == "nobody"


def test_an_agent_who_answers_ends_the_prompt_and_all_waiting() -> None:
    desk = waiting()
    desk.send(OFFER)
    assert kinds(desk.send(AgentAnswered("o1"))) == ["StopPrompt"]
    assert desk.interpreter.deadline() is None
    assert desk.send(DigitPressed("1")) == []


def test_the_answer_of_a_phone_that_was_not_offered_means_nothing() -> None:
    desk = waiting()
    desk.send(AgentAnswered("o9"))
    assert desk.interpreter.deadline() is not None


def test_the_agent_s_hanging_up_ends_the_call_as_transferred() -> None:
    desk = waiting()
    desk.send(OFFER)
    desk.send(AgentAnswered("o1"))
    assert kinds(desk.send(LegHungUp(LegRole.AGENT, 200, by_far_end=True))) == ["HangUp"]
    assert desk.notes("outcome") == [{"outcome": "transferred"}]


def test_the_call_comes_back_from_the_agent_where_the_author_says_so() -> None:
    desk = waiting("after: nobody")
    desk.send(OFFER)
    desk.send(AgentAnswered("o1"))
    desk.send(LegHungUp(LegRole.AGENT, 200, by_far_end=True))
    assert desk.state == "nobody"
    assert "LeaveQueue" not in kinds(desk.all)


def test_a_queue_that_fails_is_left_without_leaving_it() -> None:
    desk = waiting()
    desk.heard()
    desk.send(QueueFailed("closed"))
    assert desk.state == "nobody"
    assert "LeaveQueue" not in kinds(desk.all)
    assert "StopMusic" in kinds(desk.last)


@pytest.mark.parametrize(("way", "state"), [("callback", "call_me"), ("voicemail", "nobody"), ("", "nobody")])
def test_who_waited_too_long_goes_the_way_that_the_queue_says_if_there_is_one_here(way: str, state: str) -> None:
    desk = Desk(plan(OVERFLOWS))
    desk.heard()
    desk.send(QueueFailed("it waited too long", way))
    assert desk.state == state
    assert "LeaveQueue" not in kinds(desk.all)
    assert desk.text() == ("We call you back." if state == "call_me" else "Nobody.")


def test_a_queue_that_sends_calls_on_by_a_way_that_its_state_does_not_know_is_not_served() -> None:
    ways = {"desk": frozenset({"callback", "voicemail"})}
    with pytest.raises(OperatorError, match=r"'first' waits in 'desk'.*by 'voicemail'.*overflow: {voicemail: STATE}"):
        check_offered(plan(OVERFLOWS), Offers({}, frozenset(), overflows=ways))
    check_offered(plan(OVERFLOWS), Offers({}, frozenset(), overflows={"desk": frozenset({"callback"})}))


def test_the_proof_follows_the_way_by_which_a_queue_sends_calls_on() -> None:
    guarded = "protect: {call_me: {after: [risk]}}\n" + WARNING + OVERFLOWS
    guarded = guarded.replace("  nobody: {say: {en: Nobody.}, go: bye}", "  nobody: {disclose: risk, go: call_me}")
    (story,) = prove(plan(guarded)).counterexamples
    assert "sends them on by callback" in str(story)


OVERFLOWS = (
    QUEUE.replace("%s", "overflow: {callback: call_me}")
    + """\
  call_me: {say: {en: We call you back.}, go: nobody}
"""
)


def test_a_caller_who_hangs_up_waiting_leaves_the_queue() -> None:
    desk = waiting()
    desk.heard()
    assert kinds(desk.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))) == ["LeaveQueue", "StopMusic"]
    assert desk.notes("outcome") == [{"outcome": "abandoned"}]
    assert desk.interpreter.ended
    assert desk.send(AgentAnswered("o1")) == []


def test_a_caller_who_hangs_up_on_the_agent_was_transferred() -> None:
    desk = waiting()
    desk.send(OFFER)
    desk.send(AgentAnswered("o1"))
    desk.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))
    assert desk.notes("outcome") == [{"outcome": "transferred"}]


def test_a_call_has_a_time_limit_but_not_while_an_agent_talks() -> None:
    desk = waiting()
    desk.send(OFFER)
    desk.send(AgentAnswered("o1"))
    assert desk.interpreter.deadline() is None


def test_the_call_s_time_limit_ends_it_with_an_apology() -> None:
    text = "max_minutes: 0.05\nstates:\n  first: {ask: {en: Well?}, yes: bye, no: bye, wait: 100}\n"
    desk = Desk(plan(text))
    desk.heard()
    assert "RaiseAlarm" in kinds(desk.time_out())
    desk.heard()
    assert desk.notes("outcome") == [{"outcome": "failed"}]


def test_an_apology_from_outside_ends_the_call_whatever_it_does() -> None:
    desk = waiting()
    desk.heard()
    desk._keep(desk.interpreter.apologize(now=desk.now, cause=HangUpCause.DRAINED))
    assert kinds(desk.last) == ["LeaveQueue", "StopMusic", "PlayPrompt"]
    desk.heard()
    assert desk.notes("outcome") == [{"outcome": "drained"}]


TOLD = """\
states:
  first:
    enqueue: desk
    say: {en: Please wait.}
    every: 20
    announce: {en: "You are number {place}, for about {minutes} minutes."}
    otherwise: nobody
  nobody: {say: {en: Nobody.}, go: bye}
"""


def test_it_says_the_place_and_the_wait_as_they_are_now() -> None:
    desk = Desk(plan(TOLD))
    desk.send(PlaceTold(4, 6))
    desk.heard()
    desk.send(PlaceTold(3, 5))
    desk.time_out()
    assert desk.text() == "You are number 3, for about 5 minutes."


def test_what_cannot_be_told_is_not_guessed_the_caller_hears_the_first_words_again() -> None:
    desk = Desk(plan(TOLD))
    desk.heard()
    desk.time_out()
    assert desk.text() == "Please wait."
    desk.heard()
    desk.send(PlaceTold(2, None))
    desk.time_out()
    assert desk.text() == "Please wait."


def test_place_and_minutes_are_said_while_waiting_and_nowhere_else() -> None:
    elsewhere = TOLD.replace("{en: Please wait.}", '{en: "You are number {place}."}')
    assert [one.code for one in findings(HEAD + elsewhere + END)] == ["D144"]
    assert findings(HEAD + TOLD + END) == []


LEAVING = """\
states:
  first:
    enqueue: desk
    say: {en: Please wait. To leave your number press nine.}
    press: 9
    leave: number
    otherwise: nobody
  nobody: {say: {en: Nobody.}, go: bye}
  number: {say: {en: Your number.}, go: bye}
"""


def test_a_key_leads_out_of_the_queue_also_while_a_phone_rings_but_not_out_of_a_talk() -> None:
    desk = Desk(plan(LEAVING))
    desk.send(DigitPressed("1"))
    assert desk.state == "first", "another key means nothing"
    desk.send(OFFER)
    desk.send(DigitPressed("9"))
    assert desk.state == "number"
    assert "LeaveQueue" in kinds(desk.last)
    talking = Desk(plan(LEAVING))
    talking.send(OFFER)
    talking.send(AgentAnswered("o1"))
    talking.send(DigitPressed("9"))
    assert talking.state == "first"


def test_a_key_and_where_it_leads_belong_together() -> None:
    assert [one.code for one in findings(HEAD + LEAVING.replace("    press: 9\n", "") + END)] == ["D137"]


def test_the_proof_follows_the_key() -> None:
    guarded = (
        "protect: {number: {after: [risk]}}\n"
        + WARNING
        + LEAVING.replace("  nobody: {say: {en: Nobody.}, go: bye}", "  nobody: {disclose: risk, go: number}")
    )
    (story,) = prove(plan(guarded)).counterexamples
    assert "presses 9" in str(story)


@pytest.mark.parametrize("keeps", [True, False])
def test_a_caller_who_is_handed_over_keeps_their_identity_where_the_state_says_so(keeps: bool) -> None:
    s = Session(load_dialplan(HANDS_OVER % str(keeps).lower(), source="t.yaml"))
    s.known.identified(Level.STRONG, frozenset())
    state = s.dialplan.states["wait"]
    assert isinstance(state, QueueState)
    step = QueueStep(state)
    step.enter(s)
    step.receive(s, AgentOffered("o", "anna", "sip:anna@x"))
    step.receive(s, AgentAnswered("o"))
    step.receive(s, HandedOver("9"))
    assert not s.way.pending, "there is no such place"
    step.receive(s, HandedOver("1"))
    assert [s.way.pending, s.known.identity.level] == ["menu", Level.STRONG if keeps else Level.NONE]


HANDS_OVER = """
name: t
version: "1"
languages: [en]
start: menu
states:
  menu: {say: {en: Hello.}, go: wait}
  wait: {enqueue: q, otherwise: bye, hand_over: {1: menu}, keep_identity: %s}
  bye: {hang_up: completed}
"""


def test_who_is_cut_off_while_they_wait_gave_up_and_who_presses_the_key_went_elsewhere() -> None:
    ways: dict[str, Event] = {"hangs up": LegHungUp(LegRole.CALLER, 200, by_far_end=True), "presses": DigitPressed("9")}
    left = {}
    for way, event in ways.items():
        desk = Desk(plan(LEAVING))
        left[way] = [order.gave_up for order in desk.send(event) if isinstance(order, LeaveQueue)]
    assert left == {"hangs up": [True], "presses": [False]}


def asked(desk: Desk) -> Enqueue:
    (order,) = [order for order in desk.all if isinstance(order, Enqueue)]
    return order


def test_it_says_what_the_call_asks_for() -> None:
    order = asked(waiting("urgent: true\n    skills: {loans: 3, 'lang:zh': 1}\n    prefer: last"))
    assert (order.urgent, dict(order.skills), order.prefer_last) == (True, {"loans": 3, "lang:zh": 1}, True)


@pytest.mark.parametrize(("known", "preferred"), [("set: {adviser: \"'anna'\"}", "anna"), ("say: {en: Hello.}", "")])
def test_the_agent_whom_a_lookup_named_is_preferred_and_nobody_where_it_named_none(known: str, preferred: str) -> None:
    states = QUEUE.replace("  first:\n", f"  first: {{{known}, go: wait}}\n  wait:\n") % "prefer: adviser"
    desk = Desk(plan("values: {adviser: text}\n" + states))
    desk.heard()
    assert asked(desk).preferred == preferred


@pytest.mark.parametrize(
    ("values", "line", "code"),
    [
        ("{adviser: text}", "prefer: advisor", "D144"),
        ("{adviser: number}", "prefer: adviser", "D150"),
        ("{last: text}", "prefer: last", "D140"),
        ("{adviser: text}", "skills: {Loans: 3}", "D105"),
        ("{adviser: text}", "skills: {loans: 10}", "D106"),
        ("{adviser: text}", "urgnt: true", "D101"),
    ],
)
def test_what_cannot_be_asked_for_is_found_at_its_line(values: str, line: str, code: str) -> None:
    text = HEAD + f"values: {values}\n" + QUEUE % line + END
    (found,) = findings(text)
    assert found.code == code
    assert text.splitlines()[found.line - 1].strip() == line


def test_a_skill_that_the_settings_do_not_name_is_not_served() -> None:
    dialplan = plan(QUEUE % "skills: {loan: 3, 'lang:zh': 1}")
    with pytest.raises(OperatorError, match=r"'first' asks for the skill 'loan'.*Did you mean 'loans'"):
        check_offered(dialplan, Offers({}, frozenset(), frozenset({"loans"})))
    check_offered(dialplan, Offers({}, frozenset(), frozenset({"loan"})))
