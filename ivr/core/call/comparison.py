"""Whether a recording holds all that is known of its call elsewhere, asked before it is sealed for good.

Rule: a journal without its closing frame ended by a crash, or was cut; the file alone cannot tell which. The audit log
and the database can. What a crash may take is the last moment; what is missing beyond that was taken by somebody. A
recorder that stopped (a full disk) is known by the log as well: what came after that is nobody's theft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.step import CallStep, is_entry_of
from ivr.core.call.record import CallRecord

CRASH_SECONDS = 5.0
"""What a crash may take of a recording: 0.2 s when a process is killed, 3 s when its disk hangs."""
ENDED, LOST, STOPPED = "call.ended", "call.lost", "recording.failed"


@dataclass(frozen=True, slots=True)
class Held:
    """What a recording holds."""

    closed: bool
    steps: Sequence[CallStep]
    record: CallRecord
    until: float
    """The latest moment that anything in it is of, by the wall clock."""


def compared(
    held: Held, entries: Sequence[AuditEntry], stored: CallRecord | None, salt: bytes
) -> tuple[str | None, list[str]]:
    """What the recording lacks (None: nothing), and what it was compared with.

    `entries`: the log's, of the call's steps; `stored`: the database's record, if there is one.
    """
    stopped = next((at for at, entry in enumerate(entries) if entry.action == STOPPED), None)
    if stopped is not None and not held.closed:
        before = entries[:stopped]
        return _lacks_steps(held, before, salt), [STOPPED, *(["steps"] if before else [])]
    known = [name for name, there in (("steps", entries), ("record", stored and stored.ended_at)) if there]
    if any(entry.action == ENDED for entry in entries):
        known.insert(0, ENDED)
    return _lacks_end(held, entries, stored) or _lacks_steps(held, entries, salt) or _differs(held, stored), known


def _lacks_end(held: Held, entries: Sequence[AuditEntry], stored: CallRecord | None) -> str | None:
    if held.closed:
        return None
    if any(entry.action == ENDED for entry in entries):
        return "the audit log knows that its call ended properly, and the recording lacks its end: it was cut"
    if stored is not None and stored.ended_at is not None and stored.outcome != "crashed":
        return "the database knows how its call ended, and the recording lacks its end: it was cut"
    return None


def _lacks_steps(held: Held, entries: Sequence[AuditEntry], salt: bytes) -> str | None:
    steps = {step.number: step for step in held.steps}
    for entry in entries:
        step = steps.get(_number(entry))
        if step is not None:
            if entry.action != LOST and not is_entry_of(entry, step, salt):
                return f"step {step.number} of its call is another one in the audit log"
        elif entry.action != LOST and (held.closed or entry.at > held.until + CRASH_SECONDS):
            return f"the audit log knows of step {_number(entry)} of its call, and the recording does not: it was cut"
    return None


def _differs(held: Held, stored: CallRecord | None) -> str | None:
    """A closed recording's last word and the database's are the same."""
    if stored is None or not held.closed or held.record.ended_at is None or stored.outcome == "crashed":
        return None
    if stored.ended_at is not None and stored.ended_at != held.record.ended_at:
        return "the database knows another end of its call than the recording"
    return None


def _number(entry: AuditEntry) -> int:
    number = entry.details.get("step")
    return number if type(number) is int else -1
