"""Who holds which role, and what one person may not do alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.audit.roles import DUTIES, TWO_PERSONS, Role
from ivr.engine.office import roles as office

Rule = Literal["export", "publish", "roles", "watchlist"]


class ChangeRole(Because):
    """Which role of whom."""

    person: str = Field(min_length=1, max_length=80)
    role: Role


class ApproveChange(ChangeRole):
    """Whose change is approved."""

    change: Literal["grant", "revoke"]
    changer: str = Field(min_length=1, max_length=80)


class ChangeRule(Because):
    """Which rule."""

    rule: Rule


class ApproveLift(ChangeRule):
    """Who lifts it."""

    lifter: str = Field(min_length=1, max_length=80)


@dataclass(frozen=True, slots=True)
class Duty:
    """A role and who holds it."""

    role: str
    duty: str
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """What may be demanded of two persons."""

    rule: str
    demanded: bool


@dataclass(frozen=True, slots=True)
class RolesPage:
    """All of it."""

    in_force: bool
    duties: tuple[Duty, ...]
    rules: tuple[RuleRow, ...]


@operation("GET", "/roles", scope="roles.list", page="roles.html")
def roles_list(visit: Visit) -> RolesPage:
    """Who holds which role, and the rules for two persons."""
    held = office.list_roles(visit.office, office.ListRoles())
    duties = tuple(
        Duty(str(role), DUTIES[role], tuple(sorted(who for who, of in held.holders.items() if role in of)))
        for role in Role
    )
    return RolesPage(held.in_force, duties, tuple(RuleRow(rule, rule in held.two_persons) for rule in TWO_PERSONS))


@operation("POST", "/roles/grant", scope="roles.grant")
def roles_grant(visit: Visit, asked: ChangeRole) -> Done:
    """Give a role."""
    changed = office.grant(visit.office, office.ChangeRole(asked.person, asked.role, reason=asked.reason))
    return _done(visit, "{who} holds the role {role} from now on.", who=changed.person, role=asked.role)


@operation("POST", "/roles/revoke", scope="roles.revoke")
def roles_revoke(visit: Visit, asked: ChangeRole) -> Done:
    """Take a role."""
    changed = office.revoke(visit.office, office.ChangeRole(asked.person, asked.role, reason=asked.reason))
    return _done(visit, "{who} no longer holds the role {role}.", who=changed.person, role=asked.role)


@operation("POST", "/roles/approve", scope="roles.approve")
def roles_approve(visit: Visit, asked: ApproveChange) -> Done:
    """Approve another officer's change of roles."""
    wanted = office.ApproveChange(asked.change, asked.person, asked.role, asked.changer, reason=asked.reason)
    approved = office.approve(visit.office, wanted)
    return _done(visit, "{who} may make that change once, within a day.", who=approved.by)


@operation("POST", "/roles/demand", scope="roles.demand")
def roles_demand(visit: Visit, asked: ChangeRule) -> Done:
    """Demand two persons from now on."""
    office.demand(visit.office, office.ChangeRule(asked.rule, reason=asked.reason))
    return _done(visit, "Two persons are needed from now on.")


@operation("POST", "/roles/lift", scope="roles.lift")
def roles_lift(visit: Visit, asked: ChangeRule) -> Done:
    """Let one person do it alone again."""
    office.lift(visit.office, office.ChangeRule(asked.rule, reason=asked.reason))
    return _done(visit, "One person may do it alone from now on.")


@operation("POST", "/roles/approve-lift", scope="roles.approve_lift")
def roles_approve_lift(visit: Visit, asked: ApproveLift) -> Done:
    """Approve that another person lifts a rule."""
    approved = office.approve_lift(visit.office, office.ApproveLift(asked.rule, asked.lifter, reason=asked.reason))
    return _done(visit, "{who} may lift that rule once, within a day.", who=approved.by)


def _done(visit: Visit, english: str, **named: object) -> Done:
    return Done(visit.language.text(english, **named), "/roles")
