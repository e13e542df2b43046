"""Two persons: what one may only do when another approved it, read from the audit log.

Rule: an approval names the thing (a call, a person) and who may act; it comes from somebody else, holds for a day, and
serves once.
"""

from __future__ import annotations

from collections.abc import Iterable

from ivr.core.audit.entry import AuditEntry

APPROVAL_SECONDS = 86400.0
"""An approval that was not used in a day is void."""
APPROVED = "export.approved"
EXPORTED = "recording.exported"
PUBLISHING_APPROVED = "dialplan.approved"
CARD_APPROVED = "scorecard.approved"
CARD_PUBLISHED = "scorecard.published"
RULES_APPROVED = "rules.approved"
RULES_PUBLISHED = "rules.published"
LINK_APPROVED = "user.link_approved"
LINK_GIVEN = "user.link_given"
"""Of a link by which a user of the console chooses a password: the first one, or after all they had was taken away."""
WATCH_APPROVED = "watchlist.approved"
WATCHED = "watchlist.added"


def approval(
    entries: Iterable[AuditEntry],
    *,
    subject: str,
    actor: str,
    now: float,
    approved: str = APPROVED,
    done: str = EXPORTED,
) -> AuditEntry | None:
    """By whom it was approved that `actor` does it to `subject`, lately, and not used yet: the entry, or None.

    `approved` and `done`: the actions of the approval and of what it is for.
    """
    open_approvals: list[AuditEntry] = []
    for entry in entries:
        if entry.subject != subject or entry.outcome != "done":
            continue
        if entry.action == approved and entry.details.get("for") == actor and entry.actor != actor:
            open_approvals.append(entry)
        elif entry.action == done and entry.actor == actor:
            # It took the oldest that held then; one that was void already must not stand in for a younger one.
            open_approvals = _holding(open_approvals, entry.at)[1:]
    return next(iter(_holding(open_approvals, now)), None)


def _holding(approvals: list[AuditEntry], at: float) -> list[AuditEntry]:
    return [approval for approval in approvals if 0 <= at - approval.at <= APPROVAL_SECONDS]
