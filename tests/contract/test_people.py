"""What whoever knows persons must do: one name for each, and no role for who is not here."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable

import pytest

from ivr.adapters.login import SystemUsers
from ivr.core.audit.roles import PERSON
from ivr.errors import OperatorError
from ivr.ports.people import People
from ivr.testing.fake_office import MemoryPeople

HERE = pwd.getpwuid(os.getuid()).pw_name
PEOPLE: dict[str, Callable[[], People]] = {"memory": lambda: MemoryPeople(HERE), "system": SystemUsers}


@pytest.fixture(params=list(PEOPLE))
def people(request: pytest.FixtureRequest) -> People:
    return PEOPLE[request.param]()


def test_a_person_has_one_name_however_they_are_typed(people: People) -> None:
    assert people.named("alice") == people.named("os:alice") == "os:alice"
    assert PERSON.fullmatch(people.named("alice"))


@pytest.mark.parametrize(
    "typed", ["", "os:", "two words", "a\nb", "../alice", "uid:alice", "sip:alice@bank", "13912345678"]
)
def test_what_is_no_persons_name_is_refused(people: People, typed: str) -> None:
    with pytest.raises(OperatorError) as refused:
        people.named(typed)
    assert not typed or typed not in str(refused.value), "it may be a caller's number"


def test_who_is_here_may_be_given_a_role(people: People) -> None:
    assert people.present(people.named(HERE)) == f"os:{HERE}"


def test_who_is_not_here_may_not(people: People) -> None:
    with pytest.raises(OperatorError):
        people.present(people.named("nobody_of_that_name"))
