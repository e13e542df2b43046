"""Callbacks: a request is kept before the caller is told so, and only where there is a number to call."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.sip.telephone import telephone_number
from tests.unit.dialplan.desk import Desk, findings, kinds, plan

OWN = """\
states:
  first:
    callback: loans
    number: caller
    say: {en: One moment.}
    go: kept
    failed: lost
  kept: {say: {en: We call you.}, go: bye}
  lost: {say: {en: We cannot call you.}, go: bye}
"""
KEYED = OWN.replace("first:", "request:").replace("number: caller", "number: phone").replace(
    "states:\n",
    "values: {phone: digits}\nstates:\n"
    '  first: {ask: {en: Your number?}, digits: {into: phone, min: 1, max: 15, end: "#"}, go: request}\n',
)  # fmt: skip


def calling(caller: str = "sip:+85291234567@carrier.example") -> Desk:
    desk = Desk(plan(OWN))
    desk.interpreter = Interpreter(plan(OWN), arrival=CallArrived("c", caller, "100", 0.0))
    desk.all.clear()
    desk._keep(desk.interpreter.start(0.0))
    return desk


def request(desk: Desk) -> KeepCallback:
    (found,) = [order for order in desk.all if isinstance(order, KeepCallback)]
    return found


def test_the_request_is_kept_while_the_prompt_plays_and_the_call_waits_for_both() -> None:
    desk = calling()
    assert kinds(desk.last)[-2:] == ["PlayPrompt", "KeepCallback"]
    assert (request(desk).queue, request(desk).number) == ("loans", "+85291234567")
    desk.send(CallbackKept(request(desk).callback_id))
    assert desk.state == "first"
    desk.heard()
    assert desk.state == "kept"


def test_a_prompt_that_ends_first_waits_for_the_answer() -> None:
    desk = calling()
    desk.heard()
    assert desk.state == "first"
    desk.send(CallbackKept(request(desk).callback_id))
    assert desk.state == "kept"


def test_a_request_that_cannot_be_kept_is_not_promised() -> None:
    desk = calling()
    desk.heard()
    desk.send(CallbackFailed(request(desk).callback_id))
    assert desk.state == "lost"


def test_a_hub_that_does_not_answer_has_kept_nothing() -> None:
    desk = calling()
    desk.heard()
    desk.time_out()
    assert desk.state == "lost"
    desk.send(CallbackKept(request(desk).callback_id))
    assert desk.state == "lost"


def test_the_answer_to_another_request_means_nothing() -> None:
    desk = calling()
    desk.heard()
    desk.send(CallbackKept(0))
    assert desk.state == "first"


@pytest.mark.parametrize("caller", ["sip:anonymous@anonymous.invalid", "sip:alice@example.org", ""])
def test_a_caller_without_number_is_not_asked_for_one_that_nobody_could_call(caller: str) -> None:
    desk = calling(caller)
    assert desk.state == "lost"
    assert "KeepCallback" not in kinds(desk.all)


def test_a_number_that_was_keyed_in_is_called() -> None:
    desk = Desk(plan(KEYED))
    for key in "0041445551234#":
        desk.send(_pressed(key))
    assert request(desk).number == "0041445551234"


def test_a_number_that_is_none_is_not_kept() -> None:
    desk = Desk(plan(KEYED))
    for key in "12#":
        desk.send(_pressed(key))
    assert desk.state == "lost"


def test_who_hangs_up_on_hold_has_left_the_request() -> None:
    desk = calling()
    desk.send(LegHeld(LegRole.CALLER))
    desk.send(CallbackKept(request(desk).callback_id))
    assert desk.state == "first"
    desk.send(LegResumed(LegRole.CALLER))
    assert desk.state == "kept"
    desk.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))
    assert desk.notes("outcome") == [{"outcome": "completed"}]


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("sip:+85291234567@trunk.example", "+85291234567"),
        ('"Wei" <sip:0049(30)123-45@x;user=phone>;tag=1', "00493012345"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("sip:201@pbx", "201"),
        ("sip:20@pbx", None),
        ("sip:1234567890123456@pbx", None),
        ("sip:anonymous@anonymous.invalid", None),
    ],
)
def test_numbers_are_read_from_addresses(address: str, number: str | None) -> None:
    assert telephone_number(address) == number


def test_what_a_request_lacks_is_found() -> None:
    head = 'name: a\nversion: "1"\nlanguages: [en]\nstart: first\n'
    end = "states: {first: {callback: q, number: %s, go: bye, failed: bye}, bye: {hang_up: completed}}\n"
    codes = {
        "values: {balance: number}\n" + end % "balance": ["D150"],
        "values: {pin: {type: digits, secret: true}}\n" + end % "pin": ["D145"],
        end % "nothing": ["D144"],
        "values: {caller: digits}\n" + end % "caller": ["D140"],
        end.replace("failed: bye", "") % "caller": ["D102"],
    }
    for text, wanted in codes.items():
        assert [finding.code for finding in findings(head + text)] == wanted, text


def _pressed(key: str) -> DigitPressed:

    return DigitPressed(key)
