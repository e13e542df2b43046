"""The audit log: found, opened entry by entry with its proof, and verified as a whole."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from ivr.apps.audit_text import SENTENCES, what_was_done
from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import leaf_hash
from ivr.core.audit.note import Checkpoint
from ivr.core.vault.query_text import day
from ivr.engine.office import audit as office
from ivr.engine.office.log_search import LOOKED_AT, Wanted

PAGE_ENTRIES: Final = 50
DAY_SECONDS: Final = 86400.0
ACTIONS: Final = tuple(sorted(SENTENCES))
"""What is suggested; any other may be typed."""
VERIFYING: Final = "audit.verify"
OTHER_SHOWN: Final = 20
"""Warnings of another sound that are listed; all are counted."""


class LookFor(BaseModel):
    """Which entries; every field that is given must fit."""

    subject: str = Field(default="", max_length=200)
    actor: str = Field(default="", max_length=200)
    action: str = Field(default="", max_length=100)
    outcome: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=30)
    """A day, UTC; inclusive."""
    until: str = Field(default="", max_length=30)
    """A day, UTC; inclusive."""
    before: int | None = Field(default=None, ge=0, lt=2**60)
    """Only entries below this number."""


class ToVerify(BaseModel):
    """What to compare the log with beside its own signature."""

    against: str = Field(default="", max_length=4000)
    """A signed checkpoint that was kept."""
    roots: str = Field(default="", max_length=100_000)
    """Root certificates of the time-stamp authority, PEM: then every stamp is checked too."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry."""

    number: int
    at: float
    """Seconds since the epoch."""
    actor: str
    action: str
    subject: str
    outcome: str
    reason: str
    said: str
    """As a sentence."""


@dataclass(frozen=True, slots=True)
class Log:
    """A page of the log, the newest first."""

    entries: tuple[Row, ...]
    before: int
    """Where the next page begins; 0: this is the last one."""
    actions: tuple[str, ...]
    narrowed: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry, with what proves that it is in the log that was signed (RFC 9162, 2.1.3)."""

    row: Row
    text: str = field(repr=False)
    """As it stands in the log: these bytes are hashed."""
    details: str = field(repr=False)
    """To be read by people."""
    leaf: str
    """Its hash, base64, as the others."""
    path: tuple[str, ...]
    root: str
    size: int
    """Entries of the log that was signed."""
    checkpoint: str
    previous: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A log that is sound."""

    size: int
    root: str
    checkpoint: str
    roles: int
    """Changes of roles."""
    holders: int
    warnings: str
    other: tuple[tuple[int, str], ...]
    """(Entry, call) of warnings that were played with another sound than the published one."""
    against: bool
    """It continues the checkpoint that was given."""
    stamps: tuple[tuple[int, float], ...] | None
    """(Entries, seconds since the epoch) of each stamp; None: they were not looked at."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The page: before, meanwhile, after."""

    checkpoint: str
    """The newest one, to be kept."""
    key: str
    """Public."""
    ticket: str = ""
    done: int = 0
    of: int = 0
    over: bool = False
    found: Verified | None = None
    fault: Fault | None = None


@operation("GET", "/audit", scope="audit.log", page="audit.html")
def audit_log(visit: Visit, asked: LookFor) -> Log:
    """Entries that fit, the newest first."""
    action = asked.action.strip()
    since = day(asked.since) if asked.since else None
    until = day(asked.until) + DAY_SECONDS if asked.until else None
    actions = (action,) if action else ()
    wanted = Wanted(asked.subject.strip(), asked.actor.strip(), actions, asked.outcome, since, until)
    found = office.read(visit.office, office.ReadLog(wanted, PAGE_ENTRIES, asked.before, LOOKED_AT))
    rows = tuple(row(visit, number, entry) for number, entry in found.entries)
    return Log(rows, found.looked_to, ACTIONS, wanted != Wanted())


@operation("GET", "/audit/verify", scope="audit.verify", page="audit_verify.html", api=False)
def audit_verification(visit: Visit) -> Verification:
    """Where the whole log is verified."""
    return _verification(visit)


@operation("POST", "/audit/verify", scope="audit.verify")
def audit_verify(visit: Visit, asked: ToVerify) -> Done:
    """Begin to compute the whole log again. Stamps are checked for who may do that."""
    at_office, roots = visit.office, asked.roots.strip()
    if roots:
        at_office.must("audit.stamps")

    def does(job: Job) -> Verified:
        found = office.verify(at_office, office.Verify(asked.against.replace("\r\n", "\n") or None, job.progress))
        stamps = tuple(_stamps(visit, roots, job)) if roots else None
        return _verified(found, against=bool(asked.against), stamps=stamps)

    return Done("", f"/audit/verify/{quote(start(visit, VERIFYING, does))}")


@operation("GET", "/audit/verify/{ticket}", scope="audit.verify", page="audit_verify.html")
def audit_verifying(visit: Visit, ticket: str) -> Verification:
    """How far it is, and what was found."""
    return _verification(visit, ticket)


@operation("GET", "/audit/{number}", scope="audit.prove", page="audit_entry.html")
def audit_entry(visit: Visit, number: int) -> Opened:
    """One entry with its proof."""
    proved = office.prove(visit.office, office.Prove(number))
    entry, checkpoint = AuditEntry.decode(proved.raw), Checkpoint.parse(proved.signed.rpartition("\n\n")[0] + "\n")
    details = json.dumps(entry.details, ensure_ascii=False, indent=1, sort_keys=True)
    return Opened(
        row(visit, number, entry), proved.raw.decode(), details,
        _text(leaf_hash(proved.raw)), tuple(map(_text, proved.inclusion)), _text(checkpoint.root), checkpoint.size,
        proved.signed, number - 1 if number else None, number + 1 if number + 1 < checkpoint.size else None,
    )  # fmt: skip


def row(visit: Visit, number: int, entry: AuditEntry, details: Mapping[str, object] | None = None) -> Row:
    """An entry as pages show it. `details`: those that the log holds as a hash only, from the opened recording."""
    said = what_was_done(entry, details, say=visit.language.text)
    return Row(number, entry.at, entry.actor, entry.action, entry.subject, entry.outcome, entry.reason, said)


def _verification(visit: Visit, ticket: str = "") -> Verification:
    at_office, plain = visit.office, office.Plain()
    checkpoint, key = office.checkpoint(at_office, plain), str(office.key(at_office, plain))
    if not ticket:
        return Verification(checkpoint, key)
    job = look(visit, VERIFYING, ticket)
    found: Any = job.result
    return Verification(checkpoint, key, ticket, job.done, job.of, job.over, found, job.fault)


def _stamps(visit: Visit, roots: str, job: Job) -> Iterator[tuple[int, float]]:
    for one in office.stamps(visit.office, office.CheckStamps(roots.encode(), job.progress)):
        yield one.size, one.at


def _verified(found: office.Verified, *, against: bool, stamps: tuple[tuple[int, float], ...] | None) -> Verified:
    return Verified(
        found.checkpoint.size,
        _text(found.checkpoint.root),
        str(found.checkpoint),
        found.changes,
        len(found.roles.holders),
        str(found.warnings),
        tuple(found.warnings.other[:OTHER_SHOWN]),
        against,
        stamps,
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
