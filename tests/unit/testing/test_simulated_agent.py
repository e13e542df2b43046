"""An agent in scenarios and in `ivr simulate`: they read, let the line take over, hand over, say who calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.workbench.conversation import Conversation
from ivr.core.dialplan.workbench.scenario import Result, load_scenarios, run_scenario
from ivr.core.dialplan.workbench.scenario_names import scenario_schema_of, unknown_names

PLAN = """\
name: small
version: "1"
languages: [en]
start: hello
defaults: {otherwise: bye}
values: {account: text, found: yes_no}
identity:
  policy: p
  version: "1"
  factors: {seen: {by: agent, after_transfer: keep}, pin: {by: keys}}
  levels: {basic: [{factors: [seen]}], strong: [{factors: [pin, seen]}]}
protect: {deal: {after: [risk], identity: basic}}
disclosures:
  risk:
    say: {en: You may lose all of it.}
    acknowledge: {ask: {en: Press 1.}, press: 1, attempts: 2, otherwise: wait}
    agent_may_read: true
  other:
    say: {en: It takes three days.}
    acknowledge: {ask: {en: Press 1.}, press: 1, attempts: 2, otherwise: wait}
states:
  hello: {set: {account: "'a-1'"}, go: wait}
  wait:
    {enqueue: q, otherwise: bye, assist: {1: warn}, hand_over: {2: alone}, confirms: seen, customer: account}
  warn: {disclose: risk, go: told}
  told: {disclose: other, go: [{if: "identity = 'basic'", to: deal}, {else: wait}]}
  deal: {say: {en: It is done.}, go: wait}
  alone: {ask: {en: Anything else?}, yes: bye, no: bye}
  bye: {hang_up: completed, say: {en: Good-bye.}}
"""


def plan() -> Dialplan:
    return load_dialplan(PLAN, source="small.yaml")


def ran(*steps: str) -> Result:
    text = "dialplan: small.yaml\nscenarios:\n  it:\n" + "".join(f"    - {step}\n" for step in steps)
    written = load_scenarios(text, file="it.yaml")
    assert unknown_names(written, plan()) == []
    return run_scenario(plan(), written.scenarios[0])


def test_an_agent_reads_confirms_and_lets_the_line_take_over() -> None:
    done = ran(
        "agent_says: Good morning.",
        "agent_reads: risk",
        "expect: {order: DisclosureRead}",
        "confirm: true",
        "expect: {identity: basic}",
        "assist: 1",
        "expect: {state: warn, prompt: Press 1., absent: deal}",
        "press: 1",
        "expect: {read: risk, state: told, prompt: It takes three days.}",
        "press: 1",
        "expect: {state: wait, order: [deal, Rejoin]}",
    )
    assert done.passed, done.failures


@pytest.mark.parametrize(
    "reading",
    [
        "agent_says: You may lose some of it.",
        "agent_says: You may not lose all of it.",
        "agent_says: {words: You may lose all of it., confidence: 0.2}",
        "agent_says: You may lose",
    ],
)
def test_what_is_no_reading_is_none(reading: str) -> None:
    done = ran(reading, "expect: {absent: DisclosureRead}", "assist: 1", "expect: {prompt: You may lose all of it.}")
    assert done.passed, done.failures
    told = ran(reading, "assist: 1", "press: 1", "expect: {read: risk}")
    assert "risk was not read whole by the agent and acknowledged" in str(told.failures[0])


def test_lost_packets_are_no_reading() -> None:
    assert ran("world: {loss: 0.4}", "agent_reads: risk", "expect: {absent: DisclosureRead}").passed


def test_who_is_handed_over_goes_on_alone() -> None:
    done = ran("hand_over: 2", "expect: {state: alone, prompt: Anything else?}", "hang_up: agent")
    assert "no agent can hang up" in str(done.failures[0])


@pytest.mark.parametrize(
    "step", ["agent_says: Hello.", "agent_reads: risk", "assist: 1", "hand_over: 2", "confirm: true"]
)
def test_nobody_does_it_where_no_agent_talks(step: str) -> None:
    for before in (("world: {agent: none}",), ("assist: 1",)):
        failed = ran(*before, step)
        assert "no agent talks with the caller" in str(failed.failures[0]), before


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("agent_reads: rsik", "no disclosure that an agent may read is named 'rsik'. Did you mean 'risk'?"),
        ("agent_reads: other", "no disclosure that an agent may read is named 'other'"),
        ("expect: {read: other}", "no disclosure that an agent may read is named 'other'"),
        ("assist: 2", "no place of assist: is named '2'"),
        ("hand_over: 1", "no place of hand_over: is named '1'"),
    ],
)
def test_a_warning_or_a_place_that_is_not_there_is_told_with_its_place(step: str, told: str) -> None:
    text = f"dialplan: small.yaml\nscenarios:\n  it:\n    - {step}\n"
    (finding,) = unknown_names(load_scenarios(text, file="it.yaml"), plan())
    assert (finding.code, finding.line) == ("S011", 4)
    assert told in str(finding)


def test_an_editor_is_offered_the_warnings_and_places_that_there_are() -> None:
    steps = scenario_schema_of(plan())["$defs"]["StepIn"]["properties"]
    assert "risk" in str(steps["agent_reads"])
    assert "other" not in str(steps["agent_reads"])
    assert "'enum': ['1']" in str(steps["assist"])


def test_a_person_who_plays_the_caller_plays_the_agent_too() -> None:
    call = Conversation(plan(), {})
    call.line.start()
    call.line.settle()
    hint = call.take("/assist 9")
    assert hint is not None
    assert "no such place" in hint.text
    for typed in ("/says Good morning.", "/reads risk", "/confirm", "/assist 1"):
        assert call.take(typed) is None, typed
        call.line.settle()
    call.take("1")
    call.line.settle()
    told = "\n".join(line.text for line in call.news())
    assert "the agent has read risk whole" in told
    assert "disclosure risk read by the agent, acknowledged by key" in told


FREE = """\
name: free
version: "1"
languages: [en]
start: menu
states:
  menu:
    ask: {en: What can I do for you?}
    choices:
      lost: {press: 1, like: {en: [my card is gone, I lost my card, somebody stole my card]}, go: lost}
      bye: {press: 2, like: {en: [good day then, I am finished, thank you and good-bye]}, go: bye}
    silence: {attempts: 1, otherwise: bye}
    nomatch: {attempts: 1, otherwise: bye}
  lost: {hang_up: refused}
  bye: {hang_up: completed}
"""


def test_free_speech_is_judged_by_what_is_given_to_judge_it() -> None:
    """A sentence that shares no word with its intent's examples: by words it is not understood."""
    dialplan = load_dialplan(FREE, source="free.yaml")
    text = "dialplan: free.yaml\nscenarios: {it: [{say: the plastic thing vanished}, {expect: {outcome: refused}}]}\n"
    scenario = load_scenarios(text, file="it.yaml").scenarios[0]
    asked: list[tuple[str, str]] = []

    def meaning(words: str, examples: Mapping[str, Sequence[str]], language: str) -> Mapping[str, float]:
        asked.append((words, language))
        return {name: 0.9 if name == "lost" else 0.1 for name in examples}

    assert run_scenario(dialplan, scenario, meaning=meaning).passed
    assert asked == [("the plastic thing vanished", "en")]
    assert not run_scenario(dialplan, scenario).passed
