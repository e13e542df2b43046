"""What a recording tells of its call: the record, the transcript, the steps, and what a receipt may say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ivr.core.audit.step import CallStep
from ivr.core.call.crashed import told_by
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_json
from ivr.core.call.statement import statement
from ivr.core.call.transcript import Span
from ivr.core.media.frame import seconds
from ivr.core.orders.evidence import CallOutcome
from ivr.core.vault.archive import ArchiveIndex
from ivr.core.vault.journal import Ending, JournalHeader
from ivr.core.vault.survey import Outline
from ivr.core.vault.timeline import Timeline
from ivr.errors import SealError


class Told:
    """What a recording tells of its call, apart from its sound."""

    __slots__ = ()

    header: JournalHeader
    ending: Ending
    running: bool

    @property
    def contents(self) -> Timeline | Outline:
        """Its length, pauses, entries and closing frame."""
        raise NotImplementedError

    @property
    def crashed(self) -> bool:
        """Whether the call's cell died before it could close the recording."""
        return self.ending is Ending.CRASHED and not self.running

    def record(self) -> CallRecord:
        """The call's last record in the recording; for one that died before any, what the header tells."""
        record = CallRecord(self.header.call_id, self.header.started_at, None, None, caller="")
        contents = self.contents
        kept = [entry["record"] for entry in contents.entries if "record" in entry]
        if contents.manifest and "record" in contents.manifest:
            kept.append(contents.manifest["record"])
        if kept:
            if not isinstance(kept[-1], dict):
                raise SealError("the recording's record of its call is not one of ours")
            record = record_from_json(kept[-1])
        if self.crashed:
            record = told_by(record, self.steps())
        if self.crashed and record.ended_at is None:
            ended_at = (record.answered_at or record.started_at) + seconds(contents.samples)
            record = replace(record, ended_at=ended_at, outcome=CallOutcome.CRASHED)
        return replace(record, recording_id=self.header.recording_id)

    def transcript(self) -> list[Span]:
        """What was said, in the order of its samples. Raises SealError."""
        spans = [Span.from_json(entry["span"]) for entry in self.contents.entries if "span" in entry]
        return sorted(spans, key=lambda span: (span.first_sample, span.last_sample))

    def steps(self) -> list[CallStep]:
        """The call's steps, in order. Raises SealError."""
        return [CallStep.from_json(entry) for entry in self.contents.entries if "step" in entry]

    def statement(self) -> dict[str, object]:
        """What a receipt may say of the call."""
        return statement(self.record(), samples=self.contents.samples, pauses=self.contents.pauses)


@dataclass(frozen=True, slots=True)
class OpenedRecording(Told):
    """A recording, opened and checked to its end."""

    header: JournalHeader
    timeline: Timeline = field(repr=False)
    ending: Ending
    running: bool
    """Its call is still writing it."""
    damage: str | None = None
    """What is wrong behind the part that was read; only in what `salvage` read."""

    @property
    def contents(self) -> Timeline:
        """All of it."""
        return self.timeline


@dataclass(frozen=True, slots=True)
class OutlinedRecording(Told):
    """The same without its sound: made in little memory, however long the call was."""

    header: JournalHeader
    outline: Outline = field(repr=False)
    ending: Ending
    running: bool
    index: ArchiveIndex = field(repr=False)
    """Of its long-term file."""

    @property
    def contents(self) -> Outline:
        """What was kept of it."""
        return self.outline
