"""Who may do what. Every change is an entry of the audit log, and nothing else is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivr.core.audit.roles import APPROVED, GRANTED, LIFT_APPROVED, REVOKED, Role, RoleChange, Roles
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.two_persons import approving, find_approval, rules_in_force
from ivr.errors import DeniedError, OperatorError


@dataclass(frozen=True, slots=True)
class ListRoles(Asked):
    """Who holds which role."""


@dataclass(frozen=True, slots=True)
class ChangeRole(Asked):
    """Give a person a role, or take it."""

    person: str
    """As it was typed."""
    role: Role


@dataclass(frozen=True, slots=True)
class ApproveChange(Asked):
    """Let another officer change a role once, within a day, where two persons are needed for that."""

    change: Literal["grant", "revoke"]
    person: str
    role: Role
    changer: str


@dataclass(frozen=True, slots=True)
class ChangeRule(Asked):
    """Demand two persons for something, or no more."""

    rule: str
    """One of `ivr.core.audit.roles.TWO_PERSONS`."""


@dataclass(frozen=True, slots=True)
class ApproveLift(Asked):
    """Let another person lift a rule once, within a day."""

    rule: str
    lifter: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of roles."""

    person: str
    first: bool
    """Roles are in force from now on."""


@dataclass(frozen=True, slots=True)
class Approved:
    """What may be done now, once within a day."""

    by: str
    """Who may do it."""
    subject: str
    """To which person or thing."""


@does("roles.list")
def list_roles(desk: Desk, asked: ListRoles) -> Roles:
    """Roles and rules in force."""
    return desk.ports.roles.read()


@does("roles.grant")
def grant(desk: Desk, asked: ChangeRole) -> Changed:
    """Give a role. The first one ever is a security officer's. Raises DeniedError, OperatorError."""
    people = desk.ports.people
    return _change(desk, people.present(people.named(asked.person)), asked.role, granted=True)


@does("roles.revoke")
def revoke(desk: Desk, asked: ChangeRole) -> Changed:
    """Take a role. Raises DeniedError, also for the last security officer's."""
    return _change(desk, desk.ports.people.named(asked.person), asked.role, granted=False)


@does("roles.approve")
def approve(desk: Desk, asked: ApproveChange) -> Approved:
    """Approve another officer's change. Raises DeniedError for one's own."""
    person, changer = map(desk.ports.people.named, (asked.person, asked.changer))
    change = GRANTED if asked.change == "grant" else REVOKED
    with desk.entering(person, role=str(asked.role), change=change, **{"for": changer}):
        approving(desk, changer, "their own change of roles")
    return Approved(changer, person)


@does("roles.demand")
def demand(desk: Desk, asked: ChangeRule) -> None:
    """Demand two persons from now on, whatever the settings say. Raises OperatorError when they are already."""
    _rule(desk, asked.rule, lifted=False)


@does("roles.lift")
def lift(desk: Desk, asked: ChangeRule) -> None:
    """Let one person do it alone again. Raises DeniedError where nobody else approved that, OperatorError."""
    if asked.rule in desk.ports.demanded:
        raise OperatorError(f"the settings demand it: take {asked.rule} out of access.two_persons first")
    _rule(desk, asked.rule, lifted=True)


@does("roles.approve_lift")
def approve_lift(desk: Desk, asked: ApproveLift) -> Approved:
    """Approve that another person lifts a rule. Raises DeniedError for oneself."""
    lifter = desk.ports.people.named(asked.lifter)
    with desk.entering(asked.rule, **{"for": lifter}):
        approving(desk, lifter, "that they lift a rule themselves")
    return Approved(lifter, asked.rule)


def _change(desk: Desk, person: str, role: Role, *, granted: bool) -> Changed:
    """Judge a change and enter it, or its denial."""
    book, change = desk.ports.roles, RoleChange(desk.actor.name, person, role, granted)
    rules_in_force(desk)
    with book.alone():
        before = book.read()
        with desk.entering(person, role=str(role)):
            before.after(change)
            if desk.act.two_persons in before.two_persons and len(before.officers()) > 1:
                _must_be_approved(desk, change, before)
        book.read()
    return Changed(person, not before.in_force)


def _must_be_approved(desk: Desk, change: RoleChange, before: Roles) -> None:
    action = desk.act.action
    found = find_approval(
        desk,
        change.person,
        by_action=APPROVED,
        fits=lambda one: one.details.get("role") == change.role and one.details.get("change", action) == action,
    )
    if found is None:
        others = " or ".join(sorted(set(before.officers()) - {change.by}))
        what = f"{'grant' if change.granted else 'revoke'} {change.person} {change.role}"
        raise DeniedError(f"{others} must approve it first: ivr roles approve {what} --for {change.by} --reason '...'")


def _rule(desk: Desk, rule: str, *, lifted: bool) -> None:
    book, actor = desk.ports.roles, desk.actor
    with book.alone(), desk.entering(rule):
        book.read().demanding(actor.name, rule, lifted=lifted)
        if lifted:
            actor.must_be_known()
            if find_approval(desk, rule, by_action=LIFT_APPROVED) is None:
                how = f"ivr roles approve-lift {rule} --for {actor.name} --reason '...'"
                raise DeniedError(f"another person must approve it first: {how}")
    book.read()
