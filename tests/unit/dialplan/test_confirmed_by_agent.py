"""An agent says that they know who calls: a factor of the policy like others, and no call slips past it by that."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.desk import CallerConfirmed
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.queue import AgentAnswered, AgentOffered
from tests.unit.dialplan.desk import Desk, findings

PLAN = """\
name: bank
version: "1"
languages: [en]
start: who
max_minutes: 60
defaults: {otherwise: bye}
values: {account: digits, pin: {type: digits, secret: true}, ok: yes_no}
identity:
  policy: retail
  version: "1"
  factors:
    pin: {by: keys, after_hold: keep, after_transfer: keep}
    seen: {by: agent, after_transfer: keep}
  levels:
    basic: [{factors: [pin]}, {factors: [seen]}]
    strong: [{factors: [pin, seen]}]
protect: {order: {identity: strong}}
states:
  who: {ask: {en: Account?}, digits: {into: account, length: 4}, go: pin}
  pin: {ask: {en: PIN?}, digits: {into: pin, length: 6}, go: check}
  check:
    {identify: pin, by: keys, lookup: bank.pin, given: {account: account, pin: pin}, keep: {ok: ok}, passed: ok,
     go: desk, again: bye, otherwise: bye, failed: bye}
  desk: {enqueue: service, confirms: seen, customer: account, otherwise: bye, after: %s, assist: {1: known}}
  menu: {ask: {en: "Press 1."}, choices: {order: {press: 1, go: known}}}
  known: {identify: strong, by: policy, proofs: {pin: pin, seen: desk}, go: order, otherwise: bye}
  order: {say: {en: Ordered.}, go: bye}
  bye: {hang_up: completed}
"""
GONE = LegHungUp(LegRole.AGENT, 200, by_far_end=True)


def plan(after: str = "menu", text: str = PLAN) -> Dialplan:
    return load_dialplan(text % after, source="bank.yaml")


def talking(dialplan: Dialplan) -> Desk:
    """Somebody who gave account and PIN, and talks with an agent."""
    desk = Desk(dialplan)
    for key in "1234" + "482913":
        desk.send(DigitPressed(key))
    desk.send(LookupDone(desk.lookup.lookup_id, {"ok": True}))
    desk.send(AgentOffered("o", "ann", "sip:ann@192.0.2.7"))
    desk.send(AgentAnswered("o"))
    return desk


def test_what_the_agent_confirms_counts_with_what_was_proved_when_the_talk_is_over() -> None:
    desk = talking(plan())
    assert desk.interpreter.identity == "basic"
    desk.send(CallerConfirmed())
    assert desk.interpreter.identity == "strong"
    desk.send(GONE)
    desk.send(DigitPressed("1"))
    assert desk.state == "order"


def test_without_it_the_step_up_leads_back_to_an_agent() -> None:
    desk = talking(plan())
    desk.send(GONE)
    desk.send(DigitPressed("1"))
    assert desk.state == "desk"


def test_who_holds_the_line_afterwards_is_confirmed_no_longer() -> None:
    desk = talking(plan())
    desk.send(CallerConfirmed())
    desk.send(LegHeld(LegRole.CALLER))
    desk.send(LegResumed(LegRole.CALLER))
    desk.send(GONE)
    desk.send(DigitPressed("1"))
    assert desk.state == "desk"


def test_nobody_is_confirmed_before_an_agent_talks_or_where_it_is_not_known_who_they_claim_to_be() -> None:
    desk = Desk(plan())
    for key in "1234" + "482913":
        desk.send(DigitPressed(key))
    desk.send(LookupDone(desk.lookup.lookup_id, {"ok": True}))
    desk.send(CallerConfirmed())
    assert desk.interpreter.identity == "basic"
    other = PLAN.replace("customer: account", "customer: other").replace(
        "{account: digits", "{other: text, account: digits"
    )
    desk = talking(plan(text=other))
    desk.send(CallerConfirmed())
    assert desk.interpreter.identity == "basic"
    assert not desk.interpreter.places.confirms


def test_the_proof_follows_what_an_agent_may_confirm() -> None:
    assert prove(plan()).certificate is not None
    asked = PLAN.replace("  known:", "  how: {choose: [{if: identity = 'LEVEL', to: order}, {else: menu}]}\n  known:")
    unasked = PLAN.replace("order: {press: 1, go: known}", "order: {press: 1, go: order}, more: {press: 2, go: known}")
    assert prove(plan(text=unasked)).certificate is None, "an agent may also confirm nothing"
    assert prove(plan("how", asked.replace("LEVEL", "strong"))).certificate is not None
    assert prove(plan("how", asked.replace("LEVEL", "basic"))).certificate is None
    sure = "  sure: {ask: {en: Sure?}, choices: {yes_: {press: 1, go: order}}}\n  known:"
    between = asked.replace("LEVEL", "strong").replace("to: order}", "to: sure}").replace("  known:", sure)
    assert prove(plan("how", between)).certificate is None, "who holds the line at the question is confirmed no longer"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("seen: {by: agent, after_transfer: keep}", "seen: {by: agent}"), "D192"),
        (("confirms: seen, customer: account, ", "confirms: seen, "), "D137"),
        (("confirms: seen", "confirms: pin"), "D196"),
        (("confirms: seen", "confirms: saw"), "D196"),
        (("customer: account, otherwise", "customer: accounts, otherwise"), "D192"),
        (("    seen: {by: agent, after_transfer: keep}", "    seen: {by: keys}"), "D196"),
    ],
)
def test_a_confirmation_that_makes_no_sense_is_refused(change: tuple[str, str], code: str) -> None:
    found = findings((PLAN % "menu").replace(*change))
    assert any(one.code.startswith(code) for one in found), found
