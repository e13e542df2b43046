"""Transfers: what the dialplan does while someone else is rung, talks and leaves."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.workbench.difference import differences
from ivr.core.dialplan.workbench.picture import mermaid
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.playing import PromptEnd, PromptEnded
from ivr.core.orders.queue import AgentAnswered
from ivr.core.orders.transfer import DialTarget, TargetAnswered, TargetFailed
from tests.unit.dialplan.desk import Desk, findings, kinds, plan

TRANSFER = """\
states:
  first:
    transfer: head_office
    say: {en: I connect you.}
    timeout: 20
    failed: nobody
    %s
  nobody: {say: {en: Nobody.}, go: bye}
"""
LEFT = LegHungUp(LegRole.TARGET, 200, by_far_end=True)


def transferring(after: str = "") -> Desk:
    return Desk(plan(TRANSFER % after))


def dialled(desk: Desk) -> int:
    return next(order.transfer_id for order in reversed(desk.all) if isinstance(order, DialTarget))


def talking(after: str = "") -> Desk:
    desk = transferring(after)
    desk.heard()
    desk.send(TargetAnswered(dialled(desk)))
    return desk


def test_the_caller_is_told_first_and_then_waits_with_music() -> None:
    desk = transferring()
    assert kinds(desk.last) == ["PlayPrompt"]
    assert kinds(desk.heard()) == ["DialTarget", "PlayMusic"]


def test_who_answers_ends_all_waiting() -> None:
    desk = talking()
    assert desk.interpreter.deadline() is None
    assert desk.send(DigitPressed("1")) == []


@pytest.mark.parametrize("code", [486, 487, 503])
def test_busy_no_answer_and_no_way_there_go_on_as_written(code: int) -> None:
    desk = transferring()
    desk.heard()
    desk.send(TargetFailed(dialled(desk), code))
    assert desk.state == "nobody"
    assert "StopMusic" in kinds(desk.last)
    assert "CancelTarget" not in kinds(desk.all)


def test_a_ringing_whose_end_is_never_told_is_given_up() -> None:
    desk = transferring()
    desk.heard()
    desk.time_out()
    assert desk.state == "nobody"
    assert kinds(desk.last)[:3] == ["Note", "StopMusic", "CancelTarget"] or "CancelTarget" in kinds(desk.last)


def test_when_the_target_hangs_up_first_the_call_ends_as_transferred() -> None:
    desk = talking()
    assert kinds(desk.send(LEFT)) == ["HangUp"]
    assert desk.notes("outcome") == [{"outcome": "transferred"}]
    assert "CancelTarget" not in kinds(desk.all)


def test_or_comes_back_where_the_author_says_so() -> None:
    desk = talking("after: nobody")
    desk.send(LEFT)
    assert desk.state == "nobody"


def test_a_caller_who_hangs_up_while_it_rings_stops_the_ringing() -> None:
    desk = transferring()
    desk.heard()
    assert kinds(desk.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))) == ["StopMusic", "CancelTarget"]
    assert desk.notes("outcome") == [{"outcome": "abandoned"}]


def test_a_caller_who_hangs_up_on_the_target_was_transferred() -> None:
    desk = talking()
    assert kinds(desk.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))) == ["CancelTarget"]
    assert desk.notes("outcome") == [{"outcome": "transferred"}]


def test_a_caller_may_hold_for_as_long_as_it_rings_and_talks() -> None:
    desk = transferring()
    desk.heard()
    desk.send(LegHeld(LegRole.CALLER))
    desk.send(TargetAnswered(dialled(desk)))
    assert desk.interpreter.deadline() is None
    desk.send(LegResumed(LegRole.CALLER))
    desk.send(LEFT)
    assert desk.notes("outcome") == [{"outcome": "transferred"}]


def test_another_leg_s_answer_and_hanging_up_mean_nothing() -> None:
    desk = transferring("after: nobody")
    desk.heard()
    for event in (TargetAnswered(0), TargetFailed(0, 486), AgentAnswered("o1"), LEFT):
        desk.send(event)
    assert desk.state == "first"
    assert desk.interpreter.deadline() is not None
    desk.send(TargetAnswered(dialled(desk)))
    desk.send(LegHungUp(LegRole.AGENT, 200, by_far_end=True))
    desk.send(TargetFailed(dialled(desk), 486))
    assert desk.state == "first"


def test_the_target_is_rung_although_the_prompt_cannot_be_played() -> None:
    desk = transferring()
    desk.send(PromptEnded(desk.prompt.prompt_id, PromptEnd.FAILED))
    assert "DialTarget" in kinds(desk.last)


def test_a_prompt_whose_end_is_never_told_does_not_keep_the_caller() -> None:
    desk = transferring()
    assert kinds(desk.time_out()) == ["StopPrompt", "DialTarget", "PlayMusic"]


def test_an_apology_lets_go_of_the_target() -> None:
    desk = talking()
    assert "CancelTarget" in kinds(desk.interpreter.apologize(now=desk.now, cause=HangUpCause.DRAINED))


def test_a_transfer_needs_a_way_on_when_nobody_answers() -> None:
    text = 'name: a\nversion: "1"\nlanguages: [en]\nstart: first\nstates: {first: {transfer: office}}\n'
    (finding,) = findings(text)
    assert finding.code == "D102"
    assert "failed" in finding.message


def test_an_address_cannot_be_written_into_a_dialplan() -> None:
    text = (
        'name: a\nversion: "1"\nlanguages: [en]\nstart: first\n'
        'states: {first: {transfer: "sip:a@b", failed: bye}, bye: {hang_up: completed}}\n'
    )
    assert [finding.code for finding in findings(text)] == ["D105"]


def test_pictures_and_differences_name_the_destination() -> None:
    old, new = plan(TRANSFER % ""), plan((TRANSFER % "").replace("head_office", "branch"))
    assert "transfer to head_office" in mermaid(old)
    assert differences(old, new) == ["state first, destination: head_office becomes branch"]
