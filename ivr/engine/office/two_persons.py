"""What one person may not do alone: rules that stand in the audit log, and the approval of somebody else.

Rule: the log decides. Settings may name a rule (it is then entered); neither they nor other settings undo one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ivr.core.audit.approval import APPROVAL_SECONDS, approval
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import DEMANDED, Roles
from ivr.engine.office.office import Desk
from ivr.engine.office.role_book import RoleBook
from ivr.errors import BugError, DeniedError
from ivr.ports.audit import AuditLog

Fits = Callable[[AuditEntry], bool]

ONE_MAY = "nobody: one person may"
"""Stands in an entry for who approved it, where no rule asks for two."""


def enter_rules(log: AuditLog, book: RoleBook, named: Sequence[str], *, actor: str, now: float) -> Roles:
    """Enter what the settings name into the log, where it is not yet: from then on the log decides."""
    roles = book.read()
    if set(named) - roles.two_persons:
        with book.alone():
            missing = sorted(set(named) - book.read().two_persons)
            log.append([AuditEntry(now, actor, DEMANDED, rule, reason="the settings name it") for rule in missing])
            roles = book.read()
    return roles


def rules_in_force(desk: Desk) -> Roles:
    """Roles with the rules for two persons; what the settings name is entered before it is asked for."""
    ports = desk.ports
    return enter_rules(ports.log, ports.roles, ports.demanded, actor=desk.actor.name, now=desk.wall())


def approved(
    desk: Desk, subject: str, *, by_action: str, how: str, done: str = "", fits: Fits = lambda entry: True
) -> dict[str, object]:
    """Who approved this act, for its entry. Raises DeniedError where another person must and did not.

    `by_action`: of the approval's entry; `how`: what they type to approve it; `done`, `fits`: as `find_approval` has
    them.
    """
    if not desk.act.two_persons:
        raise BugError(f"the table names no rule by which {desk.act.name} is approved")
    if desk.act.two_persons not in rules_in_force(desk).two_persons:
        return {"approved_by": ONE_MAY}
    desk.actor.must_be_known()
    found = find_approval(desk, subject, by_action=by_action, done=done, fits=fits)
    if found is None:
        raise DeniedError(f"another person must approve it first: {how}")
    return {"approved_by": found.actor}


def approving(desk: Desk, doer: str, what: str) -> None:
    """Raises DeniedError when this person cannot approve that `doer` does something: `what` nobody approves alone."""
    desk.actor.must_be_known()
    if doer == desk.actor.name:
        raise DeniedError(f"nobody approves {what}")


def find_approval(
    desk: Desk, subject: str, *, by_action: str, done: str = "", fits: Fits = lambda entry: True
) -> AuditEntry | None:
    """The approval of the last day that this person may use to do the desk's act to `subject`.

    `done`: action of the entry that used an approval, the act's own if it is empty; `fits`: which entries are about
    this very thing.
    """
    now, log = desk.wall(), desk.ports.log
    log.publish()
    lately = (one for _, one in log.since(now - 2 * APPROVAL_SECONDS) if fits(one))
    return approval(
        lately, subject=subject, actor=desk.actor.name, now=now, approved=by_action, done=done or desk.act.action
    )
