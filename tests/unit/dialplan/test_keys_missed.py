"""What was lost on the way is not guessed: a value whose keys may not be all there is asked for again."""

from __future__ import annotations

import pytest

from ivr.core.orders.keypad import DigitPressed, KeysMissed
from tests.unit.dialplan.desk import Desk, plan

ASKED = """\
values: {account: digits, pin: {type: digits, secret: true}}
states:
  first: {ask: {en: Number?}, digits: {into: account, %s}, nomatch: {attempts: 2, otherwise: bye}, go: told}
  told: {say: {en: "It is {account}."}, go: secret}
  secret: {ask: {en: PIN?}, digits: {into: pin, length: 4}, nomatch: {attempts: 2, otherwise: bye}, go: check}
  check: {lookup: bank.check, given: {pin: pin}, go: bye, failed: bye}
"""


def press(desk: Desk, keys: str) -> None:
    """Keys, where ? is one that may be lost."""
    for key in keys:
        desk.send(KeysMissed() if key == "?" else DigitPressed(key))


BY_LENGTH, BY_END = "length: 3", 'min: 1, max: 6, end: "#"'


@pytest.mark.parametrize(
    ("how", "lost"),
    [
        *((BY_LENGTH, lost) for lost in ("?123", "1?23", "12?3")),  # after its third key it is taken
        *((BY_END, lost) for lost in ("?123", "1?23", "12?3", "123?")),
    ],
)
def test_a_value_is_asked_for_again_when_a_key_of_it_may_be_lost(how: str, lost: str) -> None:
    desk = Desk(plan(ASKED % how))
    press(desk, lost + "#" * ("end" in how))
    assert desk.state == "first"
    assert "did not understand" in desk.text()
    press(desk, "456" + "#" * ("end" in how))
    assert desk.text() == "It is 4 5 6."


def test_a_secret_is_asked_for_again_too() -> None:
    desk = Desk(plan(ASKED % "length: 3"))
    press(desk, "123")
    desk.heard()
    press(desk, "04?71")
    assert desk.state == "secret"
    press(desk, "0471")
    assert desk.lookup.params == {"pin": "0471"}


def test_a_loss_long_before_the_first_key_was_no_key() -> None:
    desk = Desk(plan(ASKED % "length: 3"))
    desk.send(KeysMissed())
    desk.send(DigitPressed("1"), after=6.0)
    press(desk, "23")
    assert desk.text() == "It is 1 2 3."


def test_what_was_typed_ahead_of_a_loss_answers_nothing() -> None:
    text = """\
values: {account: digits}
states:
  before: {say: {en: Hello.}, barge_in: never, type_ahead: true, go: first}
  first: {ask: {en: Number?}, digits: {into: account, length: 3}, go: told}
  told: {say: {en: "It is {account}."}, go: bye}
"""
    desk = Desk(plan(text, head=HEAD))
    press(desk, "1?23")
    desk.heard()
    assert desk.state == "first"
    assert desk.text() == "Number?"


HEAD = """\
name: desk
version: "1"
languages: [en]
start: before
defaults: {otherwise: bye}
"""
