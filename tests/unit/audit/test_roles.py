"""Roles: who may change them, and what the log's entries come to."""

from __future__ import annotations

import random

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import DUTIES, GRANTED, REVOKED, Role, RoleChange, Roles, fold
from ivr.errors import DeniedError, OperatorError, SealError

OFFICER, SUPERVISOR = Role.SECURITY_OFFICER, Role.SUPERVISOR
ONE = Roles({"os:olga": frozenset({OFFICER})})
TWO = Roles({"os:olga": frozenset({OFFICER}), "os:omar": frozenset({OFFICER, SUPERVISOR})})


def grants(person: str, role: Role, by: str = "os:olga") -> RoleChange:
    return RoleChange(by, person, role, granted=True)


def revokes(person: str, role: Role, by: str = "os:olga") -> RoleChange:
    return RoleChange(by, person, role, granted=False)


def entry(change: RoleChange, outcome: str = "done") -> AuditEntry:
    action = GRANTED if change.granted else REVOKED
    return AuditEntry(0.0, change.by, action, change.person, outcome, "why", {"role": str(change.role)})


@pytest.mark.parametrize(
    ("before", "change", "said"),
    [
        (Roles(), grants("os:alice", SUPERVISOR), "first role that is granted is security_officer"),
        (Roles(), revokes("os:alice", OFFICER), "first role"),
        (ONE, grants("os:alice", SUPERVISOR, by="os:mallory"), "only a security_officer changes roles: ask os:olga"),
        (ONE, revokes("os:olga", OFFICER, by="os:mallory"), "only a security_officer"),
        (TWO, grants("os:olga", SUPERVISOR), "nobody grants themselves a role: ask os:omar"),
        (ONE, revokes("os:olga", OFFICER), "last security_officer"),
    ],
)
def test_what_the_rules_forbid_is_denied(before: Roles, change: RoleChange, said: str) -> None:
    with pytest.raises(DeniedError, match=said):
        before.after(change)


@pytest.mark.parametrize(("before", "change"), [(ONE, grants("os:olga", OFFICER)), (ONE, revokes("os:x", SUPERVISOR))])
def test_what_changes_nothing_is_said(before: Roles, change: RoleChange) -> None:
    with pytest.raises(OperatorError, match="the role already"):
        before.after(change)


def test_an_officer_alone_may_take_another_role_and_two_may_part() -> None:
    assert ONE.after(grants("os:olga", SUPERVISOR)).of("os:olga") == {OFFICER, SUPERVISOR}
    assert TWO.after(revokes("os:olga", OFFICER)).officers() == ["os:omar"]
    assert TWO.after(revokes("os:omar", OFFICER)).of("os:omar") == {SUPERVISOR}


def test_entries_come_to_roles_and_those_that_the_rules_forbid_are_void_and_named() -> None:
    entries = [
        entry(grants("os:olga", OFFICER, by="os:root")),
        entry(grants("os:alice", SUPERVISOR)),
        entry(grants("os:mallory", OFFICER, by="os:mallory")),
        entry(grants("os:bob", SUPERVISOR), outcome="denied"),
        entry(revokes("os:olga", OFFICER)),
        AuditEntry(0.0, "os:alice", "recording.played", "c"),
    ]
    roles, void = fold(Roles(), enumerate(entries))
    assert roles.to_json() == {"os:alice": ["supervisor"], "os:olga": ["security_officer"]}
    assert [index for index, _ in void] == [2, 4]
    assert "os:mallory" in void[0][1]
    assert Roles.from_json(roles.to_json()) == roles


def test_a_role_that_this_version_does_not_know_is_no_role_to_go_on_with() -> None:
    odd = AuditEntry(0.0, "os:olga", GRANTED, "os:alice", details={"role": "emperor"})
    with pytest.raises(SealError, match="does not know"):
        fold(ONE, [(0, odd)])


def test_whatever_is_entered_there_is_always_an_officer_once_there_was_one_and_reading_in_parts_is_the_same() -> None:
    dice = random.Random(20261122)
    people = [f"os:{name}" for name in ("olga", "omar", "alice", "mallory")]
    for _ in range(200):
        changes = [
            RoleChange(dice.choice(people), dice.choice(people), dice.choice(list(Role)), dice.random() < 0.6)
            for _ in range(40)
        ]
        entries = list(enumerate(entry(change) for change in changes))
        whole, _ = fold(Roles(), entries)
        cut = dice.randrange(len(entries))
        half, _ = fold(Roles(), entries[:cut])
        assert fold(half, entries[cut:])[0] == whole
        if half.in_force:
            assert whole.officers()


def test_every_role_is_said_in_one_line() -> None:
    assert set(DUTIES) == set(Role)
