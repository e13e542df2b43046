"""Who calls: an identity lasts as long as every value that it rests on."""

from __future__ import annotations

import pytest

from ivr.core.identity.identity import Identity
from ivr.core.identity.level import Level

NOBODY = Identity()
ANNA = NOBODY.learned("name", frozenset({"account"})).reached(Level.BASIC, frozenset({"name"}))


def test_an_identity_rests_on_what_its_values_were_looked_up_with_too() -> None:
    assert ANNA.level is Level.BASIC
    assert ANNA.bound == {"name", "account"}


@pytest.mark.parametrize("name", ["name", "account"])
def test_it_is_gone_when_one_of_them_is_known_anew_or_known_no_longer(name: str) -> None:
    for after in (ANNA.learned(name, frozenset()), ANNA.forgot(name)):
        assert after.level is Level.NONE
        assert not after.bound


def test_other_values_leave_it_as_it_is() -> None:
    assert ANNA.learned("amount", frozenset()).forgot("amount").level is Level.BASIC


def test_a_lower_level_takes_nothing_away_and_binds_what_proved_it() -> None:
    strong = ANNA.reached(Level.STRONG, frozenset({"code"}))
    again = strong.reached(Level.BASIC, frozenset({"card"}))
    assert again.level is Level.STRONG
    assert again.bound == {"name", "account", "code", "card"}


def test_a_secret_that_has_served_is_dropped_and_what_it_proved_stays() -> None:
    assert ANNA.dropped("name").level is Level.BASIC


@pytest.mark.parametrize("known", [True, False])
def test_handed_on_under_another_name_it_is_gone_with_either(known: bool) -> None:
    both = ANNA.handed_on("name", "customer", known=known)
    assert both.level is Level.BASIC
    for name in ("name", "customer"):
        assert both.forgot(name).level is Level.NONE
    assert ("customer" in both.origin) is known


def test_attempts_and_digits_that_were_asked_for_outlast_a_lost_identity() -> None:
    tried = ANNA.tried("pin").tried("pin").challenged("4711").lost()
    assert dict(tried.tries) == {"pin": 2}
    assert tried.challenges == {"4711"}
    assert "4711" not in repr(tried)


def test_nothing_is_changed_in_place() -> None:
    ANNA.forgot("name")
    ANNA.tried("pin")
    assert (ANNA.level, dict(ANNA.tries)) == (Level.BASIC, {})
