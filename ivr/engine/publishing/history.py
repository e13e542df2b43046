"""What the audit log says of what was published."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from ivr.core.audit.entry import AuditEntry
from ivr.engine.publishing.followed import followed
from ivr.ports.audit import AuditLog

PUBLISHED = "dialplan.published"
Warnings = Mapping[tuple[str, str], Set[str]]
"""(Disclosure, language) -> SHA-256 of each sound that it was published with."""


@dataclass(frozen=True, slots=True)
class PastPublication:
    """What the log says of one."""

    id: str
    entries: tuple[AuditEntry, ...]
    """One for each of its dialplans."""

    @property
    def at(self) -> float:
        """Seconds since the epoch."""
        return self.entries[0].at


def history(log: AuditLog) -> list[PastPublication]:
    """Every publication, the oldest first. Raises IvrError."""
    grouped = itertools.groupby(followed(log, PUBLISHED), key=lambda entry: str(entry.details.get("publication", "")))
    return [PastPublication(id, tuple(of_it)) for id, of_it in grouped]


def since(past: Sequence[PastPublication]) -> Mapping[tuple[str, str], AuditEntry]:
    """(name@version, SHA-256) of what the last publication holds -> the entry since which it is served unbroken."""
    found: dict[tuple[str, str], AuditEntry] = {}
    for one in past:
        now = {(entry.subject, str(entry.details.get("sha256"))): entry for entry in one.entries}
        found = {what: found.get(what, entry) for what, entry in now.items()}
    return found


def drafted(log: AuditLog, dialplan_sha256: str) -> bool:
    """Whether a dialplan was last published from a draft of the office, and not from its file. Raises IvrError."""
    found = [one for one in followed(log, PUBLISHED) if one.details.get("sha256") == dialplan_sha256]
    return bool(found) and "draft" in found[-1].details


def certified(log: AuditLog, dialplan_sha256: str, certificate: str) -> bool:
    """Whether a dialplan was published with this certificate before: then we proved it. Raises IvrError."""
    known = (one.details for one in followed(log, PUBLISHED))
    return any((one.get("sha256"), one.get("certificate")) == (dialplan_sha256, certificate) for one in known)


def published_warnings(log: AuditLog, dialplan_sha256: str) -> Warnings:
    """What a dialplan's warnings sounded like, whenever it was published. Raises IvrError."""
    found: dict[tuple[str, str], set[str]] = {}
    for entry in followed(log, PUBLISHED):
        warnings = entry.details.get("warnings")
        if entry.details.get("sha256") == dialplan_sha256 and isinstance(warnings, dict):
            for name, languages in warnings.items():
                for language, digest in languages.items():
                    found.setdefault((name, language), set()).add(digest)
    return found
