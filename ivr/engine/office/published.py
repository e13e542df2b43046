"""What the audit log says of what was published."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ivr.ports.audit import AuditLog

PUBLISHED = "dialplan.published"
Warnings = Mapping[tuple[str, str], Set[str]]
"""(Disclosure, language) -> SHA-256 of each sound that it was published with."""


def published_warnings(log: AuditLog, dialplan_sha256: str) -> Warnings:
    """What a dialplan's warnings sounded like, whenever it was published. Raises IvrError."""
    log.publish()
    found: dict[tuple[str, str], set[str]] = {}
    for _, entry in log.entries(actions=(PUBLISHED,), naming=(dialplan_sha256,)):
        warnings = entry.details.get("warnings")
        if entry.details.get("sha256") == dialplan_sha256 and isinstance(warnings, dict):
            for name, languages in warnings.items():
                for language, digest in languages.items():
                    found.setdefault((name, language), set()).add(digest)
    return found
