"""Sessions and tokens: how long they last, and that what is taken away is gone at the next request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.core.access.machine import MachineToken, check_token
from ivr.core.access.secret import digest
from ivr.core.access.user import FIRST
from ivr.core.audit.roles import Role
from ivr.engine.access.first import first_administrator
from ivr.engine.access.visits import SEEN_EVERY
from ivr.errors import DeniedError, OperatorError
from tests.unit.access.porch import HERE, PASSWORD, START, Porch

pytestmark = pytest.mark.usefixtures("quick")


def test_a_session_ends_when_it_is_idle_and_in_any_case_in_the_end() -> None:
    porch = Porch()
    idle = porch.joined("user:anna").secret
    porch.now += 30 * 60 - 1
    assert porch.visits.person_of(idle) is not None
    porch.now += 30 * 60
    assert porch.visits.person_of(idle) is None
    busy = porch.door.passwords.enter("anna", PASSWORD, address=HERE).secret
    begun = porch.now
    while porch.visits.person_of(busy) is not None:
        porch.now += 20 * 60
    assert porch.now - begun == 12 * 3600


def test_a_clock_that_was_set_back_lets_nobody_in() -> None:
    porch = Porch()
    secret = porch.joined("user:anna").secret
    porch.now -= 1
    assert porch.visits.person_of(secret) is None


def disable(porch: Porch) -> None:
    (user,) = porch.stores.users.list()
    porch.stores.users.change(replace(user, disabled=True))


def revoke(porch: Porch) -> None:
    (session,) = porch.stores.sessions.list()
    porch.stores.sessions.end(session.session_id)


@pytest.mark.parametrize("how", [disable, revoke])
def test_who_was_disabled_or_whose_session_was_revoked_is_nobody_at_the_next_request(
    how: Callable[[Porch], None],
) -> None:
    porch = Porch()
    secret = porch.joined("user:anna").secret
    assert porch.visits.person_of(secret) is not None
    how(porch)
    assert porch.visits.person_of(secret) is None


def test_a_disabled_user_is_told_what_a_stranger_is_told() -> None:
    porch = Porch()
    porch.joined("user:anna")
    disable(porch)
    with pytest.raises(DeniedError, match="name or password is wrong"):
        porch.door.passwords.enter("anna", PASSWORD, address=HERE)


def test_each_coming_in_has_a_secret_of_its_own_and_a_page_of_one_session_is_no_page_of_another() -> None:
    porch = Porch()
    secrets = [porch.joined("user:anna").secret, porch.door.passwords.enter("anna", PASSWORD, address=HERE).secret]
    visitors = [porch.visits.person_of(secret) for secret in secrets]
    assert len({*secrets, *(one.csrf for one in visitors if one), *(one.session_id for one in visitors if one)}) == 6


def test_another_password_ends_all_sessions_but_the_one_that_chose_it() -> None:
    porch = Porch()
    other = porch.joined("user:anna").secret
    mine = porch.door.passwords.enter("anna", PASSWORD, address=HERE).secret
    with pytest.raises(DeniedError, match="old password is wrong"):
        porch.door.passwords.change(mine, "no", "other plain words here", address=HERE)
    changed = porch.door.passwords.change(mine, PASSWORD, "other plain words here", address=HERE).secret
    assert [porch.visits.person_of(one) is not None for one in (other, mine, changed)] == [False, False, True]
    with pytest.raises(DeniedError):
        porch.door.passwords.enter("anna", PASSWORD, address=HERE)
    assert porch.door.passwords.enter("anna", "other plain words here", address=HERE).secret


# --- machines ---------------------------------------------------------------------------------------------------------


def test_a_machine_acts_for_who_made_its_token_until_either_ends() -> None:
    porch = Porch()
    porch.joined("user:anna")
    token = MachineToken(
        "7", digest("ivrt_secret"), "nightly", "user:anna", frozenset({"status.show"}), START, START + 300
    )
    porch.stores.tokens.make(token)
    visitor = porch.visits.machine("ivrt_secret")
    assert visitor is not None
    assert (visitor.actor.name, visitor.actor.token, visitor.actor.scopes) == ("user:anna", "nightly", token.scopes)
    assert not visitor.actor.before_roles
    assert porch.stores.tokens.list()[0].used_at == START
    porch.now += SEEN_EVERY
    porch.visits.machine("ivrt_secret")
    assert porch.stores.tokens.list()[0].used_at == START + SEEN_EVERY
    assert porch.visits.machine("ivrt_other") is None
    assert porch.visits.person_of("ivrt_secret") is None, "a token is no session"
    porch.now = START + 300
    assert porch.visits.machine("ivrt_secret") is None
    porch.now = START
    disable(porch)
    assert porch.visits.machine("ivrt_secret") is None


@pytest.mark.parametrize(
    ("name", "scopes", "seconds"),
    [("Nightly", {"status.show"}, 9), ("nightly", set(), 9), ("nightly", {"status.show"}, 0),
     ("nightly", {"status.show"}, 4e7), *(("nightly", {act}, 9) for act in ("roles.grant", "users.reset", "tokens.make",
     "sessions.revoke", "recordings.approve"))],
)  # fmt: skip
def test_a_token_that_must_not_be_is_refused(name: str, scopes: set[str], seconds: float) -> None:
    with pytest.raises(OperatorError):
        check_token(name, frozenset(scopes), seconds)


# --- the first administrator ------------------------------------------------------------------------------------------


def test_each_start_shows_a_new_link_for_an_hour_until_somebody_came_in() -> None:
    porch = Porch()
    first, second = (first_administrator(porch.visits, porch.roles(), actor="os:root") for _ in range(2))
    assert first is not None
    assert second is not None
    passwords = porch.door.passwords
    assert [passwords.invited(link) is not None for link in (first, second)] == [False, True]
    porch.now += 3600
    assert passwords.invited(second) is None
    third = first_administrator(porch.visits, porch.roles(), actor="os:root")
    assert third is not None
    visitor = porch.visits.person_of(passwords.accept(third, PASSWORD, address=HERE).secret)
    assert visitor is not None
    assert (visitor.actor.name, visitor.actor.before_roles) == (FIRST, True)
    assert first_administrator(porch.visits, porch.roles(), actor="os:root") is None


def test_where_roles_are_in_force_nobody_is_made_an_administrator() -> None:
    porch = Porch()
    porch.grant("user:olga", Role.SECURITY_OFFICER)
    assert first_administrator(porch.visits, porch.roles(), actor="os:root") is None
    assert porch.stores.users.list() == []
