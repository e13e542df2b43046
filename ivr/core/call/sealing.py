"""What the audit log is told of a call before its journal is removed, and what is compared before that.

Rule: the log holds every step of a call, and the hash of its recording, while the journal is still there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.receipt import commitment, statement_salt
from ivr.core.audit.step import CallStep, step_entry, step_salt
from ivr.core.call.comparison import Held
from ivr.core.call.recording import OutlinedRecording
from ivr.core.call.transcript import CALLER, ENGINE, Span
from ivr.core.media.frame import seconds
from ivr.core.vault.journal import Ending

SEALED = "recording.sealed"


def held(outlined: OutlinedRecording) -> Held:
    """What a recording holds of its call, for a comparison with what is known elsewhere."""
    record, steps, told = outlined.record(), outlined.steps(), outlined.outline
    began = record.answered_at or record.started_at
    moments = [began + seconds(told.samples), *(step.at for step in steps)]
    if told.moments is not None:
        moments.append(record.started_at + told.moments[1] - told.moments[0])
    return Held(outlined.ending is Ending.CLOSED, steps, record, max(moments))


def missing_steps(
    outlined: OutlinedRecording, entered: Collection[int], *, data_key: bytes, actor: str
) -> Iterator[AuditEntry]:
    """Entries of the call's steps that the log does not hold (`entered`: those it does), and of its cell's death."""
    steps, salt = outlined.steps(), step_salt(data_key)
    if outlined.crashed and steps:
        last = steps[-1]
        steps.append(CallStep(last.number + 1, last.at, "call.lost"))
    for step in steps:
        if step.number not in entered:
            yield step_entry(outlined.header.call_id, step.at, actor, step.action, step.public(salt))


def sealed_entry(
    outlined: OutlinedRecording, sha256: str, compared: Sequence[str], *, data_key: bytes, actor: str, now: float
) -> AuditEntry:
    """The entry of a recording in its long-term form: hashes only, nothing of what it holds.

    `sha256`: of the sealed file, hex; `compared`: names of what the recording was compared with.
    """
    statement = commitment(outlined.statement(), statement_salt(data_key))
    details: dict[str, object] = {"sha256": sha256, "statement": statement, "compared": list(compared)}
    return AuditEntry(now, actor, SEALED, outlined.header.recording_id, details=details)


def spoken(spans: Iterable[Span]) -> tuple[list[str], list[str], list[str]]:
    """What the caller said, as it was heard and as it was understood; what the engine said; and what agents and whom
    they spoke with said. For the index."""
    said, told, spoke = [], [], []
    for span in spans:
        if span.who == CALLER:
            said += [span.text, span.choice or ""]
        elif span.who == ENGINE:
            told.append(span.text)
        else:
            spoke.append(span.text)
    return said, told, spoke
