"""A voice that is known by what was said in the call, while it goes on: nobody is asked to speak for it."""

from __future__ import annotations

import pytest

from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.lookup import LookupDone
from ivr.core.orders.voice import CompareVoice, VoiceScored, VoiceUnscored
from ivr.errors import DialplanError
from tests.unit.dialplan.desk import Desk, kinds, plan

PASSIVE = """\
values: {account: digits, customer: text, found: yes_no}
protect: {deal: {identity: strong}}
identity:
  policy: retail
  version: "1"
  factors: {number: {by: keys}, voice: {by: voice, minutes: 10}}
  levels: {basic: [{factors: [number]}], strong: [{factors: [number, voice]}]}
states:
  first: {ask: {en: Account?}, digits: {into: account, length: 1}, go: who}
  who:
    {identify: number, by: keys, lookup: bank.customer, given: {account: account}, passed: found,
     keep: {customer: customer, found: found}, again: no_voice, otherwise: no_voice, go: known, failed: bye}
  known: {identify: strong, by: policy, proofs: {number: first, voice: voice}, go: deal, otherwise: no_voice}
  voice: {identify: voice, by: voice, customer: customer, go: known, unscored: asked, otherwise: no_voice}
  asked: {say: {en: What else can you tell of yourself?}, go: no_voice}
  deal: {say: {en: The deal.}, go: bye}
  no_voice: {say: {en: Not you.}, go: bye}
"""


def identified() -> Desk:
    desk = Desk(plan(PASSIVE))
    desk.send(DigitPressed("7"))
    desk.send(LookupDone(desk.lookup.lookup_id, {"customer": "c-7", "found": True}))
    return desk


def order(desk: Desk) -> CompareVoice:
    (found,) = [one for one in desk.all if isinstance(one, CompareVoice)]
    return found


def test_what_was_said_so_far_is_compared_at_once_and_nothing_is_asked() -> None:
    desk = identified()
    assert kinds(desk.last) == ["CompareVoice"]
    assert (order(desk).customer, order(desk).min_speech) == ("c-7", 2.5)
    desk.send(VoiceScored.rehearsed(order(desk).verify_id, 0.95, 6.0))
    assert desk.state == "deal"
    assert desk.interpreter.identity == "strong"


@pytest.mark.parametrize("how", ["unsure", "too little", "never"])
def test_where_it_says_nothing_the_caller_is_asked_in_another_way(how: str) -> None:
    desk = identified()
    number = order(desk).verify_id
    if how == "unsure":
        desk.send(VoiceScored.rehearsed(number, 0.65, 6.0))
    elif how == "too little":
        desk.send(VoiceUnscored(number, "too little speech"))
    else:
        desk.time_out()
    assert desk.state == "asked"
    assert desk.interpreter.identity == "basic"


def test_another_voice_and_a_recording_are_turned_away() -> None:
    desk = identified()
    desk.send(VoiceScored.rehearsed(order(desk).verify_id, 0.1, 6.0))
    assert desk.state == "no_voice"
    desk = identified()
    desk.send(VoiceScored(order(desk).verify_id, 0.95, 6.0, 20.0, heard_before=True))
    assert desk.state == "no_voice"


@pytest.mark.parametrize("more", ["challenge: 8", "retry: {en: Again.}"])
def test_what_belongs_to_an_asked_voice_is_refused(more: str) -> None:
    text = PASSIVE.replace("by: voice, customer: customer, go", f"by: voice, customer: customer, {more}, go")
    with pytest.raises(DialplanError, match="D186"):
        plan(text)
