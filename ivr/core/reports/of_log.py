"""Reports of the audit log: what was erased and held, and who opened what of a call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ivr.core.audit.entry import AuditEntry
from ivr.core.reports.records import Records
from ivr.core.reports.report import Figure, Row, Table, count

RETENTION = {
    "recording.shredded": "recordings erased",
    "record.shredded": "records of unrecorded calls erased",
    "recording.cleared": "rests of erased recordings removed",
    "hold.placed": "holds placed",
    "hold.released": "holds released",
    "erasure.requested": "erasures asked for",
    "erasure.withdrawn": "requests withdrawn",
    "shredding.ordered": "erasures ordered by a person",
}
"""Action of an entry -> what it is in the report."""
ACCESS = {
    "call.followed": "followed live",
    "call.steps_shown": "steps shown",
    "calls.inspected": "read by rules",
    "calls.replayed": "replayed in another dialplan",
    "receipt.made": "receipt made",
    "recording.exported": "given out",
    "recording.played": "listened to",
    "recording.replayed": "replayed",
    "recording.shown": "record and transcript shown",
    "report.opened": "opened from a report",
    "review.opened": "opened for review",
    "rules.tried": "read by rules on trial",
}
"""So too: what opens something of a call. Lists and searches show masked rows, and are in the log alone."""


def retention(records: Records) -> tuple[Table, ...]:
    """By what was done, and whether it was due."""
    found: dict[tuple[str, str], list[AuditEntry]] = defaultdict(list)
    for entry in records.entries:
        if entry.action in RETENTION and entry.outcome == "done":
            due = {True: "due", False: "not due"}.get(bool(entry.details["due"]), "") if "due" in entry.details else ""
            found[RETENTION[entry.action], due].append(entry)
    rows = tuple(Row(labels, _times(entries)) for labels, entries in sorted(found.items()))
    return (Table("retention", "Erasures and holds", ("What", "Due"), ("times", "calls"), rows),)


def access(records: Records) -> tuple[Table, ...]:
    """By person and what they opened, what was denied apart."""
    found: dict[tuple[str, str], list[AuditEntry]] = defaultdict(list)
    denied: dict[tuple[str, str], list[AuditEntry]] = defaultdict(list)
    for entry in records.entries:
        if entry.action in ACCESS and entry.outcome == "done":
            found[entry.actor, ACCESS[entry.action]].append(entry)
        elif entry.action == "act.denied":
            denied[entry.actor, entry.subject].append(entry)
    return (
        Table("access", "Who opened what", ("Person", "What"), ("times", "calls"), _rows(found)),
        Table("denied", "What was denied", ("Person", "Act"), ("times", "calls"), _rows(denied)),
    )


def _rows(found: dict[tuple[str, str], list[AuditEntry]]) -> tuple[Row, ...]:
    return tuple(Row(labels, _times(entries)) for labels, entries in sorted(found.items()))


def _times(entries: list[AuditEntry]) -> tuple[Figure, ...]:
    calls = count(call for entry in entries for call in _calls_of(entry))
    return Figure(len(entries), calls.calls), calls


def _calls_of(entry: AuditEntry) -> Iterator[str]:
    """Calls that an entry is about."""
    several = entry.details.get("calls")
    if isinstance(several, list):
        yield from map(str, several)
    elif "call" in entry.details:
        yield str(entry.details["call"])
    elif entry.action != "act.denied":
        yield entry.subject
