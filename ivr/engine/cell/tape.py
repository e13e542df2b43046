"""The recording as the conversation sees it: frames by channel, events with their orders, one failure.

Opening may fail (no key, no disk) and writing may fail at any time; both become one RecordingFailed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ivr.core.audit.step import CallStep
from ivr.core.call.flags import flags
from ivr.core.call.journal import masked, order_line, to_json, unspoken
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.media.stretch import Keep
from ivr.engine.cell.recorder import Recorder
from ivr.ports.journals import Journals
from ivr.ports.keys import DataKey


class Tape:
    """One call's recording."""

    def __init__(self, directory: Path, key: DataKey, journals: Journals, *, call_id: str, started_at: float) -> None:
        """Open it. Raises SealError or EnvironmentFault."""
        self._recorder = Recorder(
            directory, key, call_id=call_id, started_at=started_at, on_failure=lambda reason: None, journals=journals
        )
        self.audio = self._recorder.audio
        """Keeps 20 ms of every channel; see Recorder.audio."""
        self.recording_id = self._recorder.recording_id

    @property
    def room(self) -> int:
        """Frames that may be kept elsewhere before they are handed in."""
        return self._recorder.room

    def keep(self, sample: int) -> Keep | None:
        """How C hands in whole blocks by itself; None: it cannot."""
        return self._recorder.keep(sample)

    @property
    def failed(self) -> str | None:
        """Why nothing more is kept; None while all is well."""
        return self._recorder.failed

    def event(
        self, event: Event | None, orders: Sequence[Command], *, now: float, secret: bool, words: bool = True
    ) -> None:
        """A fact (None: a timer) with the orders that followed. Nothing secret is in it: not by the core's `repr`.

        `words`: whether what the caller said is kept as text.
        """
        entry: dict[str, object] = {"now": now, "orders": [order_line(order) for order in orders]}
        if event is None:
            entry["timer"] = True
        else:
            event = event if words else unspoken(event)
            entry["event"] = to_json(masked(event) if secret else event)
        self._recorder.event(entry)

    def begin(self, dialplan_id: str, dialplan_sha256: str) -> None:
        """Which dialplan the events belong to."""
        self._recorder.event({"dialplan": dialplan_id, "sha256": dialplan_sha256})

    def record(self, record: CallRecord) -> None:
        """The record as it stands, for a crash."""
        self._recorder.event({"record": record_to_json(record)})

    def span(self, span: Span) -> None:
        """Something was said."""
        self._recorder.event({"span": span.to_json()})

    def step(self, step: CallStep) -> None:
        """A step of the call, as the audit log has it, with what it was about."""
        self._recorder.event(step.to_json())

    def pause(self, reason: str, sample: int) -> None:
        """Keep no audio from here on."""
        self._recorder.pause(reason, sample)

    def resume(self, reason: str, sample: int) -> None:
        """Keep audio again, unless there is another reason not to."""
        self._recorder.resume(reason, sample)

    def close(
        self,
        record: CallRecord,
        samples: int,
        spans: Sequence[Span] = (),
        parties: Sequence[dict[str, object]] = (),
    ) -> None:
        """Seal the end, with what was said and what an inspector should see."""
        self.record(record)
        manifest: dict[str, object] = {
            "call_id": record.call_id,
            "outcome": record.outcome,
            "samples": samples,
            "flags": list(flags(record)),
            "loss_here": record.loss_here,
            "loss_there": record.loss_there,
            "transcript": [span.to_json() for span in spans],
        }
        if parties:
            manifest["parties"] = list(parties)
        if record.voicemails:
            manifest["voicemails"] = [dataclasses.asdict(message) for message in record.voicemails]
        self._recorder.close(manifest)
