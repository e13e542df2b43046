"""What is published, and what is refused, in the audit log: which file, which hash, which proof."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.certificates import certificate_of
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.core.dialplan.model import Dialplan

REASON_CHARACTERS = 500
"""Of the findings that refused a dialplan; the log is kept for ever."""


def enter_published(settings: Settings, dialplans: Sequence[Dialplan]) -> None:
    """All dialplans that will be served, each with its hash and its certificate."""
    entries = []
    for dialplan in dialplans:
        certificate = certificate_of(dialplan, settings.data_dir / "certificates")
        details: dict[str, object] = {
            "sha256": dialplan.sha256,
            "file": Path(dialplan.source).name,
            "certificate": certificate.id,
            "proved": list(certificate.rules),
        }
        entries.append(AuditEntry(time.time(), "engine", "dialplan.published", dialplan.id, details=details))
    _enter(settings, entries)


def enter_refused(settings: Settings, reason: str) -> None:
    """Dialplans that are not sound: nothing changed. Before there is a key store there is no log, and no engine."""
    if settings.keystore_path.exists():
        files = {entry.file.name: _sha256(entry.file) for entry in settings.dialplans}
        details: dict[str, object] = {"files": files}
        short = reason[:REASON_CHARACTERS]
        _enter(
            settings,
            [AuditEntry(time.time(), "engine", "dialplan.refused", "dialplans", "denied", short, details)],
        )


def _enter(settings: Settings, entries: list[AuditEntry]) -> None:
    log = audit_log(settings, open_key_store(settings))
    log.append(entries)
    log.close()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
