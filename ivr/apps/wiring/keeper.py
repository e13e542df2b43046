"""The keeper: a process beside the engine that brings recordings into their long-term form and applies retention.

Rule: it never stops for one bad file or one bad moment. What it cannot do it tells, once, by an alarm, and tries again.
It runs at low priority: calls come first.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.audit.roles import RolesFile
from ivr.adapters.files.recordings.compaction import Compactor
from ivr.adapters.files.recordings.eraser import Eraser
from ivr.apps.settings import Settings
from ivr.apps.wiring.callbacks import CallbackKeeper, callback_keeper
from ivr.apps.wiring.retention import eraser, retention_plan, retention_rules
from ivr.apps.wiring.vault import (
    audit_log,
    call_store,
    compactor,
    open_key_store,
    recording_files,
    roles_file,
)
from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import RetentionPlan
from ivr.engine.archive.indexing import Indexing
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.errors import IvrError
from ivr.ports.clock import Clock

COMPACT_SECONDS = 5.0
"""Between two looks for calls that have ended."""
SETTLE_SECONDS = 30.0
"""A journal rests so long after its last write: the hub may still read the record of a call that crashed."""
RETENTION_SECONDS = 6 * 3600.0
"""Between two runs of retention, which look at every recording: what has expired is gone within the day."""
LOW_PRIORITY = 10
"""nice(1)."""

log = logging.getLogger("ivr.keeper")


class Keeper:
    """One round of housekeeping after another."""

    def __init__(
        self,
        compactor: Compactor,
        eraser: Eraser,
        plan: RetentionPlan,
        audit: AuditLog,
        callbacks: CallbackKeeper,
        roles: RolesFile,
        *,
        alarm: Callable[[AlarmKind, str], None],
        indexing: Indexing | None = None,
        clock: Clock = time.monotonic,
        wall: Clock = time.time,
    ) -> None:
        self._compactor = compactor
        self._eraser = eraser
        self._plan = plan
        self._audit = audit
        self._callbacks = callbacks
        self._roles = roles
        self._alarm = alarm
        self._indexing = indexing
        self._clock = clock
        self._wall = wall
        self._retention_due = clock()
        self._told: set[str] = set()

    def round(self) -> None:
        """Compact what has ended; every six hours, erase what is due; index what is not; publish the audit log."""
        jobs: list[tuple[AlarmKind, Callable[[], object]]] = [(AlarmKind.KEEPER, self._seal)]
        if self._clock() >= self._retention_due:
            self._retention_due = self._clock() + RETENTION_SECONDS
            jobs += [
                (AlarmKind.RETENTION, job) for job in (self._clear, self._erase, self._erase_records, self._tell_time)
            ]
            jobs += [(AlarmKind.KEEPER, self._indexing.look)] if self._indexing is not None else []
        jobs += [(AlarmKind.KEEPER, self._index)]
        jobs += [
            (AlarmKind.KEEPER, self._audit.publish),
            (AlarmKind.KEEPER, self._roles.read),
        ]  # so that no command has much to read
        for kind, job in jobs:
            try:
                job()
            except IvrError as error:
                self._tell(kind, f"recordings are not kept as they should be: {error}")

    def _seal(self) -> None:
        rested = self._wall() - SETTLE_SECONDS
        for done in self._compactor.run(self._damaged, written_before=rested):
            log.info("recording_sealed", extra={"data": {"recording": done.recording_id}})

    def _index(self) -> None:
        for call_id in self._indexing.some(self._damaged) if self._indexing is not None else ():
            log.info("words_indexed", extra={"data": {"call_id": call_id}})

    def _clear(self) -> None:
        for call_id in self._eraser.reconcile():
            log.info("record_cleared", extra={"data": {"call_id": call_id}})
        if gone := self._eraser.missing():
            self._tell(
                AlarmKind.RECORDING_MISSING,
                f"{len(gone)} recordings that the database knows are gone and were not shredded, such as that of call "
                f"{gone[-1]}: restore them from a backup, and find out who removed them",
            )

    def _erase(self) -> None:
        for judged in self._eraser.run(self._plan, self._damaged):
            log.info("recording_shredded", extra={"data": {"recording": judged.found.recording_id}})

    def _erase_records(self) -> None:
        for call_id in self._eraser.run_records(self._plan, self._damaged_row):
            log.info("record_shredded", extra={"data": {"call_id": call_id}})
        self._callbacks.round()  # they go by the same clock, which was checked

    def _tell_time(self) -> None:
        """A running engine leaves a trace of time, so that a clock that jumps is told from a line that was quiet."""
        self._audit.append([AuditEntry(self._wall(), "keeper", "retention.ran", "retention")])

    def _damaged_row(self, call_id: str, reason: str) -> None:
        self._tell(AlarmKind.RECORD_DAMAGED, f"the record of call {call_id}: {reason}")

    def _damaged(self, path: Path, reason: str) -> None:
        self._tell(AlarmKind.RECORDING_DAMAGED, f"the recording {path.name}: {reason}")

    def _tell(self, kind: AlarmKind, text: str) -> None:
        """Raise an alarm, once for each thing."""
        if text not in self._told:
            self._told.add(text)
            log.error(kind, extra={"data": {"reason": text}})
            self._alarm(kind, text)


def build(settings: Settings, alarm: Callable[[AlarmKind, str], None] = lambda kind, text: None) -> Keeper:
    """The keeper with all it touches. Raises IvrError when key store, database or audit log do not open."""
    keys = open_key_store(settings)
    audit = audit_log(settings, keys)
    rules = retention_rules(settings)
    roles = roles_file(settings, keys, audit)
    in_force = roles.read()
    officers: dict[str, object] = {"in_force": in_force.in_force, "officers": in_force.officers()}
    now = time.time()
    audit.append(
        [
            AuditEntry(now, "keeper", "retention.applied", "retention", details=rules),
            AuditEntry(now, "keeper", "roles.applied", "roles", details=officers),
        ]
    )
    return Keeper(
        compactor(settings, keys, audit, actor="keeper"),
        eraser(settings, keys, audit, actor="keeper"),
        retention_plan(settings),
        audit,
        callback_keeper(settings, keys, audit),
        roles,
        alarm=alarm,
        indexing=Indexing(recording_files(settings, keys), call_store(settings, keys)),
    )


def run(settings: Settings) -> None:
    """Work until SIGTERM."""
    os.nice(LOW_PRIORITY)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stop.set())
    post = AlarmPost(settings.hub_socket, _hub_away)
    keeper = build(settings, post.send)
    while True:
        keeper.round()
        post.deliver()
        if stop.wait(COMPACT_SECONDS):
            return


def _hub_away(kind: AlarmKind) -> None:
    log.warning("hub_unreachable", extra={"data": {"alarm": kind}})
