"""What the directory keeps of an agent: what checks a PIN and no PIN."""

from __future__ import annotations

import pytest

from ivr.core.queueing.directory import AgentEntry, pin_check, proved
from ivr.errors import OperatorError

SALT = bytes(range(16))
PIN = "48305917"
BOB = AgentEntry("bob", uri="sip:bob@127.0.0.1", extension="205", pin=pin_check(PIN, SALT))
ANN = AgentEntry("ann", uri="sip:ann@127.0.0.1", extension="206")


def test_extension_and_pin_say_whose_they_are() -> None:
    assert proved([ANN, BOB], "205", PIN) == "bob"


@pytest.mark.parametrize(
    ("extension", "pin"), [("205", "48305918"), ("206", PIN), ("207", PIN), ("", PIN), ("206", "")]
)
def test_any_other_extension_or_pin_is_nobodys(extension: str, pin: str) -> None:
    assert proved([ANN, BOB], extension, pin) == ""


def test_the_same_pin_of_two_agents_is_not_kept_the_same() -> None:
    assert pin_check(PIN, SALT) != pin_check(PIN, bytes(16))
    assert PIN not in BOB.pin
    assert BOB.pin not in repr(BOB)


@pytest.mark.parametrize("pin", ["123", "1" * 13, "12a4", "１２３４", ""])
def test_what_cannot_be_keyed_in_is_no_pin(pin: str) -> None:
    with pytest.raises(OperatorError, match="4 to 12 digits"):
        pin_check(pin, SALT)


def test_a_pin_without_an_extension_would_be_of_no_use() -> None:
    with pytest.raises(OperatorError, match="no extension"):
        AgentEntry("bob", uri="sip:bob@127.0.0.1", pin=BOB.pin)
