"""What a customer or a court can check without us."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.audit.cose import cose_receipt
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.receipt import commitment, make_receipt, receipt_code, statement_salt
from ivr.core.call.recording import OpenedRecording
from ivr.core.call.sealing import SEALED
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.errors import OperatorError, SealError
from ivr.ports.recordings import Form

NUMBER_DIGITS = 18
"""Of an entry's number: no log has more."""


@dataclass(frozen=True, slots=True)
class MakeReceipt(AskedOfCall):
    """The receipt of a call."""


@dataclass(frozen=True, slots=True)
class ResolveCode(Asked):
    """What a receipt's short code stands for, as it was read out by whoever holds the receipt."""

    code: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt."""

    text: str = field(repr=False)
    """At most 4 KB."""
    code: str
    """Short enough to be read out: NUMBER-XXXX-XXXX."""
    entry: bytes = field(default=b"", repr=False)
    """Of the log, as it is hashed there."""
    cose: bytes = field(default=b"", repr=False)
    """That it is there, as a COSE receipt (RFC 9942)."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """A code that is of this log."""

    entry: int
    recording_id: str
    sha256: str
    """Of the sealed file, hex."""


@does("receipts.check")
def check(desk: Desk, asked: ResolveCode) -> bool:
    """Whether it is the code of a receipt of this log. Of a wrong one nothing is told: not which entries there are,
    nor which are of recordings; and as much is read for any number."""
    log, code = desk.ports.log, asked.code.strip().upper()
    log.publish()
    number = code.partition("-")[0]
    entry = int(number) if number.isascii() and number.isdigit() and len(number) <= NUMBER_DIGITS else -1
    there = 0 <= entry < log.published
    if log.published == 0:
        return False
    raw = log.raw_entry(entry if there else 0)
    right = hmac.compare_digest(receipt_code(entry, raw).encode(), code.encode("utf-8", "surrogatepass"))
    return there and right and AuditEntry.decode(raw).action == SEALED


@does("receipts.make")
def make(desk: Desk, asked: MakeReceipt) -> Receipt:
    """Raises OperatorError while it is not in its long-term form; SealError: it is not what the log says."""
    with desk.entering(desk.call_named(asked.call)):
        made = receipt_of(desk, desk.ports.recordings.open(asked.call))
        if made is None:
            raise OperatorError(f"{asked.call} is not in its long-term form yet; run 'ivr recordings compact' first")
        return made


@does("receipts.resolve")
def resolve(desk: Desk, asked: ResolveCode) -> Genuine:
    """Raises OperatorError: it is no code; SealError: it is the code of no receipt of this log."""
    log, code = desk.ports.log, asked.code.strip().upper()
    log.publish()
    number = code.partition("-")[0]
    if not number.isascii() or not number.isdigit() or len(number) > NUMBER_DIGITS:
        raise OperatorError("a code reads NUMBER-XXXX-XXXX, as 'ivr receipt make' told it")
    raw = log.raw_entry(int(number))
    entry = AuditEntry.decode(raw)
    if entry.action != SEALED or receipt_code(int(number), raw) != code:
        raise SealError(f"NOT GENUINE: {asked.code} is the code of no receipt of this log")
    return Genuine(int(number), entry.subject, str(entry.details["sha256"]))


def receipt_of(desk: Desk, recording: OpenedRecording) -> Receipt | None:
    """A recording's receipt; None while it is not in its long-term form. Raises SealError: it is not the log's."""
    header, log, recordings = recording.header, desk.ports.log, desk.ports.recordings
    stored = recordings.find(header.recording_id)
    if stored.form is not Form.ARCHIVE:
        return None
    log.publish()
    sealed = {"subject": header.recording_id, "sha256": recordings.sha256(stored)}
    at = _entry_of(log.since(header.started_at), **sealed)
    at = at if at is not None else _entry_of(log.entries(), **sealed)  # a clock was very wrong
    if at is None:
        raise SealError(f"the recording {header.recording_id} is not one that was entered in the audit log")
    raw, statement = log.raw_entry(at), recording.statement()
    salt = statement_salt(desk.ports.keys.open(header.wrapped, header.kek_id))
    if AuditEntry.decode(raw).details.get("statement") != commitment(statement, salt):
        raise SealError(f"the recording {header.recording_id} is not the one that was entered in the audit log")
    proof, signed = log.inclusion(at)
    text = make_receipt(raw, at, proof, signed, statement=statement, salt=salt)
    cose = cose_receipt(at, proof, signed, subject=header.recording_id, signer=desk.ports.publishing.signer)
    return Receipt(text, receipt_code(at, raw), raw, cose)


def _entry_of(entries: Iterable[tuple[int, AuditEntry]], *, subject: str, sha256: str) -> int | None:
    """Where the log says that this file was sealed."""
    return next((n for n, one in entries if one.subject == subject and one.details.get("sha256") == sha256), None)
