"""Who may do what: roles, and who holds which, read from the audit log.

Rules: the log alone decides. What stands in it against the rules below is void, and `ivr audit verify` names it. While
nobody was ever granted a role, none is in force; once one is, there is always a security officer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ivr.core.audit.entry import AuditEntry
from ivr.errors import DeniedError, OperatorError, SealError

GRANTED, REVOKED, APPROVED = "role.granted", "role.revoked", "role.approved"
DEMANDED, LIFTED, LIFT_APPROVED = "two_persons.demanded", "two_persons.lifted", "two_persons.lift_approved"
"""For what two persons are needed: an entry of the log as a role is, so no setting undoes it."""
CHANGES = (GRANTED, REVOKED, DEMANDED, LIFTED)
"""Entries from which roles and rules follow."""
PUBLISH = "publish"
WATCHLIST = "watchlist"
TWO_PERSONS = ("export", PUBLISH, "roles", WATCHLIST)
"""What may be demanded."""
PERSON = re.compile(r"[a-z]+:[A-Za-z0-9_.@-]{1,64}")
"""As the log names who acts: os:alice."""


class Role(StrEnum):
    """A duty that somebody is given."""

    AGENT = "agent"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    SECURITY_OFFICER = "security_officer"


DUTIES: Mapping[Role, str] = {
    Role.AGENT: "takes calls: their own desk, and the call that they are in",
    Role.OPERATOR: "runs the line: publishes dialplans; agents, queues, callbacks, models",
    Role.SUPERVISOR: "finds, plays and exports recordings, makes receipts, enrols voices; listens in, sees queues",
    Role.AUDITOR: "reads, verifies and proves the audit log; sees who holds which role and what is kept",
    Role.SECURITY_OFFICER: "keys, retention, holds, shredding, roles, users of the console",
}


@dataclass(frozen=True, slots=True)
class RoleChange:
    """One grant or revocation."""

    by: str
    person: str
    role: Role
    granted: bool

    @staticmethod
    def of(entry: AuditEntry) -> RoleChange | None:
        """The change that an entry stands for; None when it is none. Raises SealError: a role that is not known."""
        if entry.action not in (GRANTED, REVOKED) or entry.outcome != "done":
            return None
        try:
            role = Role(str(entry.details["role"]))
        except (KeyError, ValueError) as error:
            raise SealError("the audit log names a role that this version does not know") from error
        return RoleChange(entry.actor, entry.subject, role, entry.action == GRANTED)


@dataclass(frozen=True, slots=True)
class Roles:
    """Who holds which role, as of some entry of the log."""

    holders: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    """Person -> their roles; nobody is here without one."""
    two_persons: frozenset[str] = frozenset()
    """What one person may not do alone."""

    @property
    def in_force(self) -> bool:
        """Whether a role was ever granted. Until then everything is open to whoever opens the key store."""
        return bool(self.holders)

    def of(self, person: str) -> frozenset[Role]:
        """A person's roles."""
        return self.holders.get(person, frozenset())

    def officers(self) -> list[str]:
        """Who may change roles."""
        return sorted(person for person, roles in self.holders.items() if Role.SECURITY_OFFICER in roles)

    def after(self, change: RoleChange) -> Roles:
        """With a change made. Raises DeniedError when the rules forbid it, OperatorError when it changes nothing."""
        officers, held = self.officers(), self.of(change.person)
        officer = change.role is Role.SECURITY_OFFICER
        if not self.in_force and not (change.granted and officer):
            raise DeniedError(f"the first role that is granted is {Role.SECURITY_OFFICER}: somebody must be able to")
        if self.in_force and change.by not in officers:
            raise DeniedError(f"only a {Role.SECURITY_OFFICER} changes roles: ask {' or '.join(officers)}")
        if change.granted and self.in_force and change.person == change.by and len(officers) > 1:
            raise DeniedError(f"nobody grants themselves a role: ask {' or '.join(set(officers) - {change.by})}")
        if not change.granted and officer and officers == [change.person]:
            raise DeniedError(f"{change.person} is the last {Role.SECURITY_OFFICER}: grant it to somebody else first")
        if change.granted == (change.role in held):
            raise OperatorError(
                f"{change.person} holds the role already"
                if change.granted
                else f"{change.person} does not hold the role already"
            )
        now = held | {change.role} if change.granted else held - {change.role}
        others = {person: roles for person, roles in self.holders.items() if person != change.person}
        return replace(self, holders={**others, change.person: now} if now else others)

    def demanding(self, by: str, rule: str, *, lifted: bool = False) -> Roles:
        """With a rule for two persons, or without. Raises DeniedError when only an officer lifts it, OperatorError."""
        if rule not in TWO_PERSONS:
            raise OperatorError(f"two persons may be demanded for {' and '.join(TWO_PERSONS)}, not for {rule}")
        if lifted and self.in_force and by not in self.officers():
            raise DeniedError(f"only a {Role.SECURITY_OFFICER} lifts this: ask {' or '.join(self.officers())}")
        if (rule in self.two_persons) is not lifted:
            raise OperatorError(f"two persons are {'not needed' if lifted else 'needed already'} for {rule}")
        return replace(self, two_persons=self.two_persons - {rule} if lifted else self.two_persons | {rule})

    def to_json(self) -> dict[str, list[str]]:
        """Sorted, for a file."""
        return {person: sorted(roles) for person, roles in sorted(self.holders.items())}

    @staticmethod
    def from_json(data: Mapping[str, Iterable[str]]) -> Roles:
        """Back from `to_json`. Raises ValueError."""
        return Roles({person: frozenset(Role(role) for role in roles) for person, roles in data.items()})


def fold(roles: Roles, entries: Iterable[tuple[int, AuditEntry]]) -> tuple[Roles, list[tuple[int, str]]]:
    """Roles after these entries of the log, and which of them are void: their index, and why."""
    void: list[tuple[int, str]] = []
    for index, entry in entries:
        change = RoleChange.of(entry)
        try:
            if change is not None:
                roles = roles.after(change)
            elif entry.action in (DEMANDED, LIFTED) and entry.outcome == "done":
                roles = roles.demanding(entry.actor, entry.subject, lifted=entry.action == LIFTED)
        except (DeniedError, OperatorError) as error:
            void.append((index, f"{entry.actor} changed roles and might not: {error}"))
    return roles, void
