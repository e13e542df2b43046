"""The keeper: brings recordings into their long-term form and applies retention, round after round.

Rule: it never stops for one bad file or one bad moment. What it cannot do it tells by an alarm, once for as long as it
lasts, and tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.core.alarms import AlarmKind
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import Roles
from ivr.core.vault.retention import RetentionPlan
from ivr.engine.archive.callbacks import CallbackKeeper
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.eraser import Eraser
from ivr.engine.archive.indexing import Indexing
from ivr.engine.archive.shipping import Shipping
from ivr.engine.archive.voices import VoiceKeeper
from ivr.errors import IvrError
from ivr.ports.audit import AuditLog
from ivr.ports.clock import Clock

SETTLE_SECONDS = 30.0
"""A journal rests so long after its last write: the hub may still read the record of a call that crashed."""
RETENTION_SECONDS = 6 * 3600.0
"""Between two runs of retention, which look at every recording: what has expired is gone within the day."""


class Keeper:
    """One round of housekeeping after another."""

    def __init__(
        self,
        compactor: Compactor,
        eraser: Eraser,
        plan: RetentionPlan,
        audit: AuditLog,
        callbacks: CallbackKeeper,
        voices: VoiceKeeper,
        indexing: Indexing,
        read_roles: Callable[[], Roles],
        shipping: Shipping | None = None,
        *,
        alarm: Callable[[AlarmKind, str], None],
        log: Callable[[str, Mapping[str, object]], None],
        clock: Clock,
        wall: Clock,
    ) -> None:
        """`clock` is monotonic. `shipping`: None where recordings stay here."""
        self._compactor = compactor
        self._eraser = eraser
        self._plan = plan
        self._audit = audit
        self._callbacks = callbacks
        self._voices = voices
        self._indexing = indexing
        self._read_roles = read_roles
        self._shipping = shipping
        self._alarm = alarm
        self._log = log
        self._clock = clock
        self._wall = wall
        self._retention_due = clock()
        self._told: dict[Callable[[], object], set[str]] = {}
        """Job -> what it told when it was last done."""
        self._before: set[str] = set()
        self._now: set[str] = set()
        """What the job that is being done told the last time, and what it has told by now."""
        self._round: set[str] = set()
        """What any job of this round has told."""

    def begin(self, rules: dict[str, object]) -> None:
        """Enter what is kept how long from now on (`rules`), and who may change that. Raises IvrError."""
        in_force = self._read_roles()
        officers: dict[str, object] = {"in_force": in_force.in_force, "officers": in_force.officers()}
        now = self._wall()
        self._audit.append(
            [
                AuditEntry(now, "keeper", "retention.applied", "retention", details=rules),
                AuditEntry(now, "keeper", "roles.applied", "roles", details=officers),
            ]
        )

    def round(self) -> None:
        """Compact what has ended; every six hours, erase what is due; index what is not; publish the audit log.

        Roles are read too, so that no command has much to read.
        """
        jobs: list[tuple[AlarmKind, Callable[[], object]]] = [(AlarmKind.KEEPER, self._seal)]
        if self._clock() >= self._retention_due:
            self._retention_due = self._clock() + RETENTION_SECONDS
            jobs += [
                (AlarmKind.RETENTION, job) for job in (self._clear, self._erase, self._erase_records, self._tell_time)
            ]
            jobs += [(AlarmKind.KEEPER, self._indexing.look), (AlarmKind.OBJECTS, self._look_afar)]
        jobs += [(AlarmKind.KEEPER, job) for job in (self._index, self._audit.publish, self._read_roles)]
        jobs += [(AlarmKind.OBJECTS, self._ship)]
        self._round = set()
        for kind, job in jobs:
            self._before, self._now = self._told.get(job, set()), set()
            self._told[job] = self._now
            try:
                job()
            except IvrError as error:
                self._tell(kind, f"recordings are not kept as they should be: {error}")

    def _seal(self) -> None:
        rested = self._wall() - SETTLE_SECONDS
        for done in self._compactor.run(self._damaged, written_before=rested):
            self._log("recording_sealed", {"recording": done.recording_id})

    def _index(self) -> None:
        for call_id in self._indexing.some(self._damaged):
            self._log("words_indexed", {"call_id": call_id})

    def _ship(self) -> None:
        if self._shipping is not None:
            for stored in self._shipping.some(self._damaged):
                self._log("recording_shipped", {"recording": stored.recording_id})

    def _look_afar(self) -> None:
        if self._shipping is not None and (gone := self._shipping.lost()):
            self._tell(
                AlarmKind.RECORDING_MISSING,
                f"{len(gone)} recordings that were sent to the object store are not there, such as that of call "
                f"{gone[-1]}: restore them from a backup, and find out who removed them",
            )

    def _clear(self) -> None:
        for call_id in self._eraser.reconcile():
            self._log("record_cleared", {"call_id": call_id})
        if gone := self._eraser.missing():
            self._tell(
                AlarmKind.RECORDING_MISSING,
                f"{len(gone)} recordings that the database knows are gone and were not shredded, such as that of call "
                f"{gone[-1]}: restore them from a backup, and find out who removed them",
            )

    def _erase(self) -> None:
        for judged in self._eraser.run(self._plan, self._damaged):
            self._log("recording_shredded", {"recording": judged.found.recording_id})

    def _erase_records(self) -> None:
        for call_id in self._eraser.run_records(self._plan, self._damaged_row):
            self._log("record_shredded", {"call_id": call_id})
        self._callbacks.round()  # they go by the same clock, which was checked
        self._voices.round()

    def _tell_time(self) -> None:
        """A running engine leaves a trace of time, so that a clock that jumps is told from a line that was quiet."""
        self._audit.append([AuditEntry(self._wall(), "keeper", "retention.ran", "retention")])

    def _damaged_row(self, call_id: str, reason: str) -> None:
        self._tell(AlarmKind.RECORD_DAMAGED, f"the record of call {call_id}: {reason}")

    def _damaged(self, where: str, reason: str) -> None:
        self._tell(AlarmKind.RECORDING_DAMAGED, f"the recording {where}: {reason}")

    def _tell(self, kind: AlarmKind, text: str) -> None:
        """Raise an alarm, unless the same was told when this was last tried, or in this round."""
        if text not in self._before | self._round:
            self._alarm(kind, text)
        self._now.add(text)
        self._round.add(text)
