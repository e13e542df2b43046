"""The second factor: asked for, set up, never replayed, and no way round it."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from ivr.core.access.session import Factor, Stage
from ivr.core.audit.roles import Role
from ivr.core.identity.totp import STEP_SECONDS, code
from ivr.engine.access.visits import Arrived
from ivr.errors import DeniedError, TooSoonError
from tests.unit.access.porch import ELSEWHERE, HERE, PASSWORD, Porch

pytestmark = pytest.mark.usefixtures("quick")


def right(porch: Porch, seed: bytes) -> str:
    return code(seed, int(porch.now // STEP_SECONDS))


def enrolled(porch: Porch, arrived: Arrived) -> tuple[Arrived, bytes]:
    offered = porch.door.codes.offer(arrived.secret)
    seed = base64.b32decode(parse_qs(urlsplit(offered.uri).query)["secret"][0])
    return porch.door.codes.confirm(arrived.secret, right(porch, seed), address=HERE), seed


def test_who_has_a_second_factor_is_in_only_with_both_and_by_a_new_secret() -> None:
    porch = Porch()
    _, seed = enrolled(porch, porch.joined("user:anna"))
    porch.now += STEP_SECONDS
    half = porch.door.passwords.enter("anna", PASSWORD, address=HERE)
    assert (half.stage, half.ways) == (Stage.SECOND, (Factor.TOTP,))
    assert porch.visits.person_of(half.secret) is None
    whole = porch.door.codes.show(half.secret, right(porch, seed), address=HERE)
    visitor = porch.visits.person_of(whole.secret)
    assert visitor is not None
    assert visitor.factors == {Factor.PASSWORD, Factor.TOTP}
    assert whole.secret != half.secret
    assert porch.visits.standing(half.secret) is None, "whoever fixed the first secret has nothing by it"


def test_a_code_is_refused_the_second_time_it_is_shown() -> None:
    porch = Porch()
    _, seed = enrolled(porch, porch.joined("user:anna"))
    porch.now += STEP_SECONDS
    first, second = (porch.door.passwords.enter("anna", PASSWORD, address=HERE) for _ in range(2))
    porch.door.codes.show(first.secret, right(porch, seed), address=HERE)
    with pytest.raises(DeniedError, match="used already"):
        porch.door.codes.show(second.secret, right(porch, seed), address=HERE)


def test_a_right_password_starts_no_new_counting_of_codes() -> None:
    porch = Porch()
    enrolled(porch, porch.joined("user:anna"))
    told = []
    for _ in range(3):
        try:
            half = porch.door.passwords.enter("anna", PASSWORD, address=ELSEWHERE)
            porch.door.codes.show(half.secret, "000000", address=ELSEWHERE)
        except DeniedError as refused:
            told.append(type(refused))
    assert told == [DeniedError, DeniedError, TooSoonError]


def test_who_is_given_a_role_that_demands_it_sets_one_up_before_anything_else() -> None:
    porch = Porch()
    arrived = porch.joined("user:anna")
    porch.grant("user:olga", Role.SECURITY_OFFICER)
    assert porch.visits.person_of(arrived.secret) is not None
    porch.grant("user:anna", Role.SUPERVISOR)
    assert porch.visits.person_of(arrived.secret) is None, "at the next request"
    again = porch.door.passwords.enter("anna", PASSWORD, address=HERE)
    assert again.stage is Stage.ENROL
    whole, _ = enrolled(porch, again)
    assert porch.visits.person_of(whole.secret) is not None
    assert porch.visits.standing(arrived.secret) is None, "other sessions end with it"


def test_who_owes_a_code_cannot_set_up_another_one_instead() -> None:
    porch = Porch()
    enrolled(porch, porch.joined("user:anna"))
    half = porch.door.passwords.enter("anna", PASSWORD, address=HERE)
    with pytest.raises(DeniedError, match="sign in first"):
        porch.door.codes.offer(half.secret)


def test_who_never_shows_the_code_is_nobody_after_ten_minutes() -> None:
    porch = Porch()
    _, seed = enrolled(porch, porch.joined("user:anna"))
    half = porch.door.passwords.enter("anna", PASSWORD, address=HERE)
    porch.now += 600
    with pytest.raises(DeniedError, match="sign in first"):
        porch.door.codes.show(half.secret, right(porch, seed), address=HERE)
