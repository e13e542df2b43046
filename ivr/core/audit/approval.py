"""Two persons: what one may only do when another approved it, read from the audit log.

Rule: an approval names the call and who may act; it comes from somebody else, holds for a day, and serves once.
"""

from __future__ import annotations

from collections.abc import Iterable

from ivr.core.audit.entry import AuditEntry

APPROVAL_SECONDS = 86400.0
"""An approval that was not used in a day is void."""
APPROVED = "export.approved"
EXPORTED = "recording.exported"


def has_approval(entries: Iterable[AuditEntry], *, call: str, actor: str, now: float) -> bool:
    """Whether somebody else approved that `actor` exports `call`, lately, and it was not used yet."""
    open_approvals: list[AuditEntry] = []
    for entry in entries:
        if entry.subject != call or entry.outcome != "done":
            continue
        if entry.action == APPROVED and entry.details.get("for") == actor and entry.actor != actor:
            open_approvals.append(entry)
        elif entry.action == EXPORTED and entry.actor == actor and open_approvals:
            open_approvals.pop(0)
    return any(0 <= now - entry.at <= APPROVAL_SECONDS for entry in open_approvals)
