"""Coming in by name and password."""

from __future__ import annotations

import time

import pytest

from ivr.core.access.session import Stage
from ivr.errors import DeniedError, OperatorError
from tests.unit.access.porch import ELSEWHERE, HERE, PASSWORD, Porch


def test_who_chose_a_password_comes_in_by_it_and_each_step_is_entered() -> None:
    porch = Porch()
    joined = porch.joined("user:anna")
    again = porch.door.passwords.enter(" anna", PASSWORD, address=HERE)
    assert (again.person, again.stage) == ("user:anna", Stage.IN)
    visitor = porch.visits.person_of(again.secret)
    assert visitor is not None
    assert (visitor.actor.name, visitor.actor.proved_by, visitor.actor.before_roles) == ("user:anna", "password", False)
    porch.visits.leave(again.secret)
    assert porch.visits.person_of(again.secret) is None
    assert porch.visits.person_of(joined.secret) is not None
    assert [action for _, action, _, _ in porch.told()] == [
        "password.chosen", "session.begun", "session.begun", "session.ended",
    ]  # fmt: skip


def test_a_wrong_password_and_a_name_that_is_nobodys_are_told_alike_and_entered_apart() -> None:
    porch = Porch()
    porch.joined("user:anna")
    told = []
    for name in ("anna", "nobody", "85291234567", "\udcff"):
        with pytest.raises(DeniedError) as refused:
            porch.door.passwords.enter(name, "wrong", address=ELSEWHERE)
        told.append(str(refused.value))
    assert len(set(told)) == 1
    assert porch.told()[-4:] == [
        ("unknown", "session.begun", "user:anna", "denied"),
        *[("unknown", "session.begun", "unknown", "denied")] * 3,
    ]


def test_an_invitation_is_good_once_and_for_its_time_and_survives_a_weak_password() -> None:
    porch = Porch()
    link = porch.invite("user:anna")
    for weak in ("short", "aaaaaaaaaaaaaaaa", "anna is my own name", "x" * 129):
        with pytest.raises(OperatorError, match="password"):
            porch.door.passwords.accept(link, weak, address=HERE)
    found = porch.door.passwords.invited(link)
    assert found is not None
    assert found.person == "user:anna"
    porch.door.passwords.accept(link, PASSWORD, address=HERE)
    late = porch.invite("user:bob")
    porch.now += 86400.0
    for spent in (link, late, "ivri_guess"):
        assert porch.door.passwords.invited(spent) is None
        with pytest.raises(DeniedError, match="ask for a new one"):
            porch.door.passwords.accept(spent, PASSWORD, address=HERE)


def test_a_name_that_is_nobodys_costs_as_much_work_as_a_wrong_password() -> None:
    porch = Porch()
    porch.joined("user:anna")
    work = []
    for name in ("anna", "nobody", "85291234567"):
        before = time.process_time()
        with pytest.raises(DeniedError):
            porch.door.passwords.enter(name, "wrong", address=ELSEWHERE)
        work.append(time.process_time() - before)
    assert min(work) > max(work) / 3, "seconds of a processor, whatever else the machine does"
