"""Callers are asked how satisfied they are: after the agent left, drawn by the call's id, kept with the call."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.core.call.flags import flags
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_json, record_to_json
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.runtime.knowledge import sample_of
from ivr.core.dialplan.workbench.scenario import load_scenarios, run_scenario
from ivr.core.orders.evidence import Rated
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.queue import AgentAnswered, AgentOffered
from tests.unit.dialplan.desk import END, HEAD, WARNING, Desk, findings, plan

QUEUE = """\
values: {score: digits}
states:
  first:
    enqueue: desk
    max_wait: 50
    otherwise: bye
    after: drawn
  drawn:
    choose: [{if: sample < %s, to: asked}, {else: bye}]
  asked:
    ask: {en: How satisfied are you?}
    digits: {length: 1, least: 1, most: 5, into: score}
    rates: csat
    silence: {attempts: 1}
    nomatch: {attempts: 1}
    go: bye
"""


def talked(share: str = "100") -> Desk:
    """An agent answered; their leg is still there."""
    desk = Desk(plan(QUEUE % share))
    desk.send(AgentOffered("o1", "anna", "sip:anna@example.org"))
    desk.send(AgentAnswered("o1"))
    return desk


def rated(desk: Desk) -> list[Rated]:
    return [one for one in desk.last if isinstance(one, Rated)]


def test_the_question_comes_when_the_agents_leg_has_ended_and_the_answer_is_noted() -> None:
    desk = talked()
    assert desk.state == "first"
    desk.send(LegHungUp(LegRole.AGENT, 16, by_far_end=True))
    assert (desk.state, rated(desk)) == ("asked", [Rated("csat", 1, 5, None)])
    desk.heard()
    desk.send(DigitPressed("4"))
    assert rated(desk) == [Rated("csat", 1, 5, 4)]
    assert desk.state == "bye"


def test_a_key_outside_of_the_scale_is_no_answer_and_silence_leaves_it_unanswered() -> None:
    desk = talked()
    desk.send(LegHungUp(LegRole.AGENT, 16, by_far_end=True))
    desk.heard()
    desk.send(DigitPressed("9"))
    assert (desk.state, rated(desk)) == ("asked", [])
    desk.heard()
    desk.send(DigitPressed("0"))
    assert (desk.state, rated(desk)) == ("bye", [])


def test_who_is_not_drawn_is_not_asked_and_nobody_picks_who_is() -> None:
    desk = talked("0")
    desk.send(LegHungUp(LegRole.AGENT, 16, by_far_end=True))
    assert (desk.state, rated(desk)) == ("bye", [])
    shares = [sample_of(f"call-{number}") for number in range(4000)]
    assert min(shares) >= 0
    assert max(shares) < 100
    assert sum(one < Decimal(20) for one in shares) / 4000 == pytest.approx(0.2, abs=0.02)


def test_the_proof_goes_both_ways_of_the_sample() -> None:
    """A way that chance seldom takes is proved as one that it always takes."""
    guarded = "protect: {deal: {after: [risk]}}\n" + QUEUE.replace(
        "to: asked}, {else: bye}", "to: deal}, {else: warned}"
    )
    guarded += "  deal: {say: {en: Done.}, go: asked}\n  warned: {disclose: risk, go: deal}\n"
    for share in ("0", "0.01", "100"):
        assert prove(plan(WARNING + guarded % share)).counterexamples, share
    assert not prove(plan(QUEUE % "20")).counterexamples


def test_a_scenario_says_where_chance_puts_the_call() -> None:
    text = """\
dialplan: desk.yaml
scenarios:
  drawn:
    - sample: 19
    - hang_up: agent
    - expect: {state: asked}
    - press: 5
    - expect: {outcome: completed}
  not drawn:
    - sample: 20
    - hang_up: agent
    - expect: {outcome: completed, never: [asked]}
"""
    served = plan(QUEUE % "20")
    for one in load_scenarios(text, file="desk.test.yaml").scenarios:
        assert run_scenario(served, one).failures == [], one.name


@pytest.mark.parametrize("digits", ["{length: 1, into: score}", "{length: 1, most: 5, into: score}"])
def test_a_rating_needs_a_scale(digits: str) -> None:
    text = (QUEUE % "20").replace("{length: 1, least: 1, most: 5, into: score}", digits)
    assert [one.code for one in findings(HEAD + text + END)] == ["D138"]


def test_a_record_keeps_the_rating_and_one_without_reads_as_before() -> None:
    record = CallRecord("c", 1.0, 1.0, 2.0, caller="x", ratings=(Rated("csat", 1, 5, 4),))
    assert record_from_json(record_to_json(record)) == record
    plain = CallRecord("c", 1.0, 1.0, 2.0, caller="x")
    assert "ratings" not in record_to_json(plain)
    assert record_from_json(record_to_json(plain)) == plain
    assert not flags(plain)
    assert "4" not in repr(record)
