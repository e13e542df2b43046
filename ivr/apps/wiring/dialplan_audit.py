"""What is published, and what is refused, in the audit log: by whom, which file, which hash, which proof."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.core.dialplan.publication import Publication
from ivr.engine.office.published import PUBLISHED

REASON_CHARACTERS = 500
"""Of the findings that refused a dialplan; the log is kept for ever."""


def published_entries(publication: Publication, reason: str) -> list[AuditEntry]:
    """One for each dialplan that is served from now on.

    `publication` is the SHA-256 of the whole, which names the hash of every prompt; here are those of warnings.
    """
    return [
        AuditEntry(
            publication.at,
            publication.actor,
            PUBLISHED,
            plan.id,
            reason=reason,
            details={
                "sha256": plan.sha256,
                "file": Path(plan.file).name,
                "called": list(plan.called),
                "certificate": plan.certificate,
                "proved": list(plan.rules),
                "publication": publication.id,
                "warnings": {name: dict(languages) for name, languages in plan.warnings.items()},
            },
        )
        for plan in publication.plans
    ]


def enter_refused(settings: Settings, reason: str, *, actor: str) -> None:
    """Dialplans that are not sound: nothing changed. Before there is a key store there is no log, and no engine."""
    if settings.keystore_path.exists():
        files = {entry.file.name: _sha256(entry.file) for entry in settings.dialplans}
        details: dict[str, object] = {"files": files}
        short = reason[:REASON_CHARACTERS]
        log = audit_log(settings, open_key_store(settings))
        log.append([AuditEntry(time.time(), actor, "dialplan.refused", "dialplans", "denied", short, details)])
        log.close()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
