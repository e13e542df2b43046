"""An order that was not answered in time is not sent twice, unless the bank knows a repeated one by its key."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pytest

from ivr.core.dialplan.states import LookupState
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.lookup import LookupDone, LookupFailed, StartLookup
from tests.unit.dialplan.desk import Desk, findings, plan

ORDER = """\
protect: {bank.order: {identity: basic}}
values: {pin: {type: digits, secret: true}, found: yes_no, number: digits}
states:
  first: {ask: {en: PIN?}, digits: {into: pin, length: 1}, go: check}
  check:
    identify: basic
    by: keys
    lookup: bank.check
    given: {pin: pin}
    keep: {found: found}
    passed: found
    attempts: 1
    again: bye
    otherwise: bye
    failed: bye
    go: order
  order: {lookup: bank.order, keep: {number: number}, %s go: bye, failed: bye}
"""
HEAD = 'name: desk\nversion: "1"\nlanguages: [en]\nstart: first\ndefaults: {otherwise: bye}\n'
END = "  bye: {hang_up: completed}\n"


def ordered(more: str, *, retries: int | None = None) -> Desk:
    """A call that has just sent its order."""
    made = plan(ORDER % more)
    if retries is not None:  # as a dialplan that was published before the check knew
        order = made.states["order"]
        assert isinstance(order, LookupState)
        state = dataclasses.replace(order, retries=retries)
        made = dataclasses.replace(made, states=MappingProxyType({**made.states, "order": state}))
    desk = Desk(made)
    desk.send(DigitPressed("1"))
    desk.send(LookupDone(desk.lookup.lookup_id, {"found": True}))
    assert desk.lookup.query == "order"
    return desk


def orders(desk: Desk) -> list[StartLookup]:
    return [order for order in desk.all if isinstance(order, StartLookup) and order.query == "order"]


def test_check_says_that_a_protected_query_would_be_sent_again() -> None:
    (found,) = findings(HEAD + ORDER % "retries: 1," + END)
    assert found.code == "D220"
    assert "may have been done" in found.message
    assert "once:" in found.hint


def test_a_parameter_of_two_meanings_is_refused() -> None:
    text = HEAD + ORDER % "given: {key: number}, once: key," + END
    assert "D221" in [found.code for found in findings(text)]


@pytest.mark.parametrize("answered", [True, False])
def test_an_order_without_a_key_is_sent_once_whatever_the_dialplan_says(answered: bool) -> None:
    desk = ordered("", retries=3)
    if answered:
        desk.send(LookupFailed(desk.lookup.lookup_id, "no answer in time"))
    else:
        desk.time_out()
    assert desk.state == "bye"
    assert len(orders(desk)) == 1


def test_an_order_with_a_key_is_sent_again_with_the_same_key() -> None:
    desk = ordered("retries: 2, once: order_key,")
    for _ in range(3):
        desk.send(LookupFailed(desk.lookup.lookup_id, "down"))
    keys = [order.params["order_key"] for order in orders(desk)]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert str(keys[0]).startswith("c-")
