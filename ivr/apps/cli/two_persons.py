"""What one person may not do alone: rules that stand in the audit log, and the approval of somebody else.

Rule: the log decides. Settings may name a rule (it is then entered); neither they nor other settings undo one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ivr.adapters.files.audit.log import AuditLog
from ivr.apps.cli.audited import actor, demand_a_person
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, enter_rules, roles_file
from ivr.core.audit.approval import APPROVAL_SECONDS, approval
from ivr.core.audit.entry import AuditEntry
from ivr.errors import DeniedError
from ivr.ports.keys import KeyStore


def demanded(settings: Settings, keys: KeyStore, rule: str) -> bool:
    """Whether two persons are needed for this; what the settings name is entered before it is asked for."""
    log = audit_log(settings, keys)
    try:
        enter_rules(settings, keys, log, actor=actor())
        return rule in roles_file(settings, keys, log).read().two_persons
    finally:
        log.close()


def approved(
    settings: Settings, keys: KeyStore, rule: str, subject: str, *, by_action: str, done: str, how: str
) -> dict[str, object]:
    """Who approved this, for its entry. Raises DeniedError where another person must and did not; `how` they do it."""
    if not demanded(settings, keys, rule):
        return {"approved_by": "nobody: one person may"}
    demand_a_person()
    log = audit_log(settings, keys)
    found = find_approval(log, subject, by_action=by_action, done=done)
    if found is None:
        raise DeniedError(f"another person must approve it first: {how}")
    return {"approved_by": found.actor}


def find_approval(
    log: AuditLog,
    subject: str,
    *,
    by_action: str,
    done: str,
    fits: Callable[[AuditEntry], bool] = lambda entry: True,
) -> AuditEntry | None:
    """The approval of the last day that this person may use for `subject`."""
    now = time.time()
    log.publish()
    lately: Iterable[AuditEntry] = (one for _, one in log.since(now - 2 * APPROVAL_SECONDS) if fits(one))
    return approval(lately, subject=subject, actor=actor(), now=now, approved=by_action, done=done)
