"""The life of one call's recording: opened, told what happens, hushed after secrets, lost once or closed.

Without a key, or a disk, there is none; that is one RecordingFailed, and the core decides what becomes of the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ivr.core.call.agent_pause import AGENT
from ivr.core.call.call import Call
from ivr.core.call.record import CallRecord
from ivr.core.call.transcript import Transcript
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.media.frame import BLOCK_FRAMES
from ivr.core.media.stretch import Keep
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.recording import RecordingFailed, RecordingStarted, StartRecording
from ivr.engine.cell.hush import MOST_FRAMES, Hush
from ivr.engine.cell.tape import Tape
from ivr.errors import IvrError
from ivr.ports.journals import Journals
from ivr.ports.keys import DataKey


class CallRecording:
    """What is kept of one call."""

    def __init__(self, directory: Path, key: DataKey | None, call: Call, journals: Journals) -> None:
        """`key`: None: the hub has issued none."""
        self._directory, self._key, self._call, self._journals = directory, key, call, journals
        self.transcript = Transcript(call.dialplan.sounds)
        self._hush = Hush(most=0)
        self._lost = False
        self.tape: Tape | None = None
        """None: nothing is recorded, yet or at all."""

    @property
    def kek_id(self) -> str | None:
        """The key that the call's data key depends on; None without one."""
        return self._key.kek_id if self._key is not None else None

    def start(self, call_id: str, *, now: float) -> RecordingStarted | RecordingFailed:
        """Open it. Its first fact is the call's arrival."""
        if self._key is None:
            return RecordingFailed("the hub has issued no data key")
        record = self._call.record
        try:
            self.tape = Tape(self._directory, self._key, self._journals, call_id=call_id, started_at=record.started_at)
        except IvrError as error:
            return RecordingFailed(str(error))
        dialplan = self._call.dialplan
        self.tape.begin(dialplan.id, dialplan.sha256)
        arrival = CallArrived(
            call_id, record.caller, record.called, record.started_at, record.callback_id, record.network
        )
        self.tape.event(arrival, [StartRecording()], now=now, secret=False)
        return RecordingStarted(self.tape.recording_id)

    def tell(self, event: Event | None, orders: Sequence[Command], *, now: float, secret: bool, words: bool) -> None:
        """A fact (None: a timer), with the orders that followed, and what was said by it.

        `words`: whether the words themselves are what was listened for.
        """
        unrecorded = self._call.unrecorded
        if self.tape is not None:
            self.tape.event(event, orders, now=now, secret=secret, words=words or not unrecorded)
        for span in self.transcript.tell(event, orders, secret=secret, unrecorded=unrecorded):
            if self.tape is not None:
                self.tape.span(span)

    # --- sound ------------------------------------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """Frames that may be moved before they are handed in."""
        return BLOCK_FRAMES if self.tape is None else self.tape.room

    def keep(self, sample: int) -> Keep | None:
        """How C keeps whole blocks of the caller's sound by itself, from `sample` on; None: they are handed in."""
        return None if self.tape is None else self.tape.keep(sample)

    @property
    def hushed(self) -> bool:
        """Whether the caller's side may still hold a secret key's sound."""
        return not self._hush.over

    def covered(self, from_caller: bytes) -> bytes:
        """The caller's frame as it is kept."""
        return from_caller if self._hush.over else self._hush.cover(from_caller)

    def pause(self, reason: str, sample: int) -> None:
        """Keep no sound from here on."""
        if self.tape is not None:
            self.tape.pause(reason, sample)

    def resume(self, reason: str, sample: int, waiting: int) -> None:
        """Keep sound again; after a secret the caller's side only once the last key has ceased to sound.

        `waiting`: frames of theirs that came and are not heard yet: they were said before.
        """
        self._hush = Hush(0 if reason == AGENT else MOST_FRAMES, waiting=waiting)
        if self.tape is not None:
            self.tape.resume(reason, sample)

    # --- its end ----------------------------------------------------------------------------------------------------

    def record(self, record: CallRecord) -> None:
        """The call's record as it stands, in case the cell dies."""
        if self.tape is not None:
            self.tape.record(record)

    def lost(self) -> RecordingFailed | None:
        """That nothing more is kept: told once."""
        if self.tape is None or self._lost or self.tape.failed is None:
            return None
        self._lost = True
        return RecordingFailed(self.tape.failed)

    def close(self, samples: int, parties: Sequence[dict[str, object]]) -> RecordingFailed | None:
        """Seal it; that it could not be, unless that was told before."""
        if self.tape is not None:
            self.tape.close(self._call.record, samples, self.transcript.spans, parties)
        return self.lost()
