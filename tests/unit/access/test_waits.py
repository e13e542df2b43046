"""Who fails waits: on a clock that the tests move."""

from __future__ import annotations

import pytest

from ivr.errors import DeniedError, TooSoonError
from tests.unit.access.porch import ELSEWHERE, HERE, PASSWORD, Porch

DAY = 86400.0
pytestmark = pytest.mark.usefixtures("quick")


def guess(porch: Porch, name: str = "anna", address: str = ELSEWHERE) -> float:
    """Try a wrong password; the seconds that one has to wait first."""
    try:
        porch.door.passwords.enter(name, "wrong", address=address)
    except TooSoonError as refused:
        return refused.seconds
    except DeniedError:
        return 0.0
    raise AssertionError("came in by a wrong password")


def tries_in(porch: Porch, seconds: float, name: str, address: str) -> int:
    """How many guesses somebody has who never waits longer than they must."""
    until, tries = porch.now + seconds, 0
    while porch.now < until:
        wait = guess(porch, name, address)
        porch.now += wait
        tries += wait == 0
    return tries


def test_waits_grow_to_a_quarter_of_an_hour_and_what_is_refused_is_not_counted() -> None:
    porch = Porch()
    porch.joined("user:anna")
    waits = []
    for _ in range(18):
        waits.append(guess(porch))
        assert guess(porch) >= waits[-1]
        porch.now += guess(porch)
    assert waits[:4] == [0.0] * 4
    assert guess(porch, address="203.0.113.1") == 0.0
    assert tries_in(porch, DAY, "anna", ELSEWHERE) <= 100


def test_many_addresses_guess_one_account_no_faster_than_one() -> None:
    porch = Porch()
    porch.joined("user:anna")
    tries = 0
    for number in range(5000):
        tries += guess(porch, address=f"198.51.100.{number}") == 0.0
        porch.now += DAY / 5000
    assert tries <= 130


def test_one_address_guesses_many_accounts_no_faster_than_one() -> None:
    porch = Porch()
    assert sum(guess(porch, name=f"user{number}") == 0.0 for number in range(500)) == 20


def test_who_attacks_from_elsewhere_keeps_nobody_out_who_came_in_from_here() -> None:
    porch = Porch()
    porch.joined("user:anna")
    tries_in(porch, 3600, "anna", ELSEWHERE)
    for number in range(200):
        guess(porch, address=f"203.0.113.{number}")
    assert porch.door.passwords.enter("anna", PASSWORD, address=HERE).person == "user:anna"


def test_who_attacks_others_from_the_same_address_keeps_nobody_out_who_came_in_from_it() -> None:
    porch = Porch()
    porch.joined("user:anna")
    for number in range(100):
        guess(porch, name=f"user{number}", address=HERE)
    assert porch.door.passwords.enter("anna", PASSWORD, address=HERE).person == "user:anna"


def test_nobody_is_kept_out_for_good() -> None:
    porch = Porch()
    porch.joined("user:anna")
    tries_in(porch, DAY, "anna", HERE)
    porch.now += 900
    assert porch.door.passwords.enter("anna", PASSWORD, address=HERE).person == "user:anna"
    assert guess(porch, address=HERE) == 0.0, "what was counted is over"


def test_who_owns_one_account_guesses_others_no_faster() -> None:
    porch = Porch()
    porch.joined("user:eve")
    guesses = 0
    for number in range(200):
        porch.door.passwords.enter("eve", PASSWORD, address=HERE)
        guesses += guess(porch, name=f"user{number}", address=HERE) == 0.0
    assert guesses <= 21


def test_what_is_refused_for_now_enters_nothing_into_the_log_for_ever() -> None:
    porch = Porch()
    for _ in range(50):
        guess(porch)
    assert len(porch.told()) == 4


def test_a_clock_that_was_set_back_prolongs_no_wait() -> None:
    porch = Porch()
    porch.joined("user:anna")
    for _ in range(5):
        guess(porch)
    porch.now -= 365 * DAY
    assert guess(porch) == 0.0, "one is judged, and counted by the new clock"
    wait = guess(porch)
    assert 1.0 < wait <= 4.0
    porch.now += wait
    assert guess(porch) == 0.0
