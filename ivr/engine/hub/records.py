"""Call records on their way into the database. None is lost: one that cannot be stored now is tried again.

All writing happens in one thread, in order. A cell forgets a final record only when told that it is stored, and what
is on disk but not in the database is taken in when the hub starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ivr.core.alarms import AlarmKind
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.engine.archive.lost import lost_records
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.errors import EnvironmentFault, IvrError, OperatorError

RETRY_SECONDS = 2.0
INGEST_RETRY_SECONDS = 10.0
"""It looks at every recording."""


class CallRecords:
    """The hub's side of the call store."""

    def __init__(
        self, ports: HubPorts, alarms: Alarms, *, count: Callable[[str], None], left: Callable[[CallRecord], None]
    ) -> None:
        """`count` is told the outcome of each call that ends, `left` its record when messages were left in it."""
        self._ports = ports
        self._alarms = alarms
        self._count, self._left = count, left
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._tasks: set[asyncio.Task[None]] = set()
        self._failing = False
        self.running: dict[str, CallRecord] = {}
        """Calls that have begun and not ended."""
        self.pending = 0
        """Records not stored yet."""

    def save(self, record: CallRecord, *, final: bool, stored: Callable[[], None]) -> None:
        """Store a record as soon as the database takes it, then call `stored`."""
        if final:
            if self.running.pop(record.call_id, None) is not None or record.outcome == "crashed":
                self._count(record.outcome)
            if record.voicemails:
                self._left(record)
        else:
            self.running[record.call_id] = record
        self.pending += 1
        self._start(self._store(record, final, stored))

    def crashed(self, call_id: str) -> None:
        """A call's cell died: keep what it had recorded."""
        known = self.running.get(call_id)
        self._start(self._recover(call_id, known))

    def arrived(self, call_id: str) -> None:
        """The journal of a call on another host is here: its record is what the journal says, if that is not known."""
        self._start(self._take_in(call_id))

    def take_in_lost(self) -> None:
        """Store the calls that ended while no hub was there."""
        self._start(self._ingest())

    async def close(self) -> None:
        """Wait for what is being stored; what fails now stays on disk, in the recordings."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=RETRY_SECONDS)
        for task in self._tasks:
            task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    # --- tasks ------------------------------------------------------------------------------------------------------

    def _start(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _store(self, record: CallRecord, final: bool, stored: Callable[[], None]) -> None:
        try:
            while not await self._try(record):
                await asyncio.sleep(RETRY_SECONDS)
                if not final and self.running.get(record.call_id) is not record:
                    return  # a later state of the same call is on its way
            stored()
        finally:
            self.pending -= 1

    async def _try(self, record: CallRecord) -> bool:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._ports.calls.save, record)
        except IvrError as error:
            if not self._failing:
                self._failing = True
                self._alarms.raise_alarm(AlarmKind.DATABASE, f"call records cannot be stored: {error}")
            return False
        if self._failing:
            self._failing = False
            self._ports.log("database_back", {})
        return True

    async def _recover(self, call_id: str, known: CallRecord | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            record = await loop.run_in_executor(None, self._recorded, call_id)
        except IvrError as error:
            self._ports.log("crashed_call_without_recording", {"call_id": call_id, "reason": str(error)})
            if known is None:
                return
            record = known
        record = replace(record, outcome=CallOutcome.CRASHED, ended_at=record.ended_at or self._ports.wall())
        self.save(record, final=True, stored=lambda: None)

    async def _take_in(self, call_id: str) -> None:
        def store() -> CallRecord | None:
            record = self._recorded(call_id)
            try:
                known = self._ports.calls.get(call_id)
            except OperatorError:
                known = None
            if known is not None and known.ended_at is not None and known.outcome != CallOutcome.CRASHED:
                return None
            self._ports.calls.save(record)
            return record

        while True:
            try:
                record = await asyncio.get_running_loop().run_in_executor(self._thread, store)
                break
            except EnvironmentFault as error:
                self._ports.log("call_not_taken_in", {"call_id": call_id, "reason": str(error), "level": "warning"})
                await asyncio.sleep(RETRY_SECONDS)
            except IvrError as error:
                text = f"the recording of a call on another host is damaged: {error}"
                self._alarms.raise_alarm(AlarmKind.RECORDING_DAMAGED, text, call_id)
                return
        if record is not None:
            self.running.pop(call_id, None)
            self._ports.log("calls_taken_in", {"count": 1})
            if record.voicemails:
                self._left(record)

    def _recorded(self, call_id: str) -> CallRecord:
        recordings = self._ports.recordings
        return recordings.outline(recordings.find(call_id), salvage=True).record()

    async def _ingest(self) -> None:
        loop = asyncio.get_running_loop()

        told: set[str] = set()

        def damaged(where: str, reason: str) -> None:
            text = f"the recording {where} is damaged: {reason}"
            if text in told:
                return
            told.add(text)
            loop.call_soon_threadsafe(self._alarms.raise_alarm, AlarmKind.RECORDING_DAMAGED, text)

        def take_in() -> int:
            count = 0
            for record in lost_records(self._ports.recordings, self._ports.calls, damaged):
                self._ports.calls.save(record)
                if record.voicemails:
                    loop.call_soon_threadsafe(self._left, record)
                count += 1
            return count

        failing = False
        while True:
            try:
                count = await loop.run_in_executor(None, take_in)
                break
            except IvrError as error:
                if not failing:
                    failing = True
                    text = f"recordings on disk could not be taken into the database; it is tried again: {error}"
                    self._alarms.raise_alarm(AlarmKind.INGEST, text)
                await asyncio.sleep(INGEST_RETRY_SECONDS)
        if count:
            self._ports.log("calls_taken_in", {"count": count})
