"""Dating a recording by what is authentic, also one that is damaged, and finding the key that must go with it.

Rules: what its own files say counts only if they authenticate. Else the database's sealed row says when the call was,
or the log's entry of its sealing. A key is destroyed only when it is proved to be this recording's, or nothing else's:
whoever can write files could else have another call's key destroyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ivr.core.call.sealing import SEALED
from ivr.core.vault.journal import JournalHeader
from ivr.core.vault.keys import leaf_of
from ivr.engine.archive.faults import is_damage
from ivr.errors import EnvironmentFault, IvrError, OperatorError, SealError
from ivr.ports.audit import AuditLog
from ivr.ports.calls import CallStore
from ivr.ports.recordings import RecordingArchive, StoredRecording


@dataclass(frozen=True, slots=True)
class Dated:
    """A recording, and when its call began."""

    stored: StoredRecording
    header: JournalHeader | None
    """What its files say of it; None when that cannot even be read."""
    damage: str | None = None
    """Why that is not authentic."""
    by_others: float = 0.0
    """Of a damaged one: its start by the database or the log, seconds since the epoch."""
    dead: bool = False
    """Its key was shredded: these are remains."""

    @property
    def call_id(self) -> str:
        """By its files if they are sound, else by its place."""
        return self.header.call_id if self.header is not None and self.damage is None else self.stored.call_id

    @property
    def recording_id(self) -> str:
        """Likewise of the recording."""
        sound = self.header is not None and self.damage is None
        return self.header.recording_id if self.header is not None and sound else self.stored.recording_id

    @property
    def started_at(self) -> float:
        """When its call began."""
        return self.by_others if self.header is None or self.damage is not None else self.header.started_at


class Dating:
    """Dates recordings, and finds their keys."""

    def __init__(
        self,
        recordings: RecordingArchive,
        calls: CallStore,
        log: AuditLog,
        foreign: Callable[[], Iterable[tuple[str, bytes]]],
    ) -> None:
        """`foreign`: everything else with a wrapped key, such as a call's record: whose it is, and the key."""
        self._recordings = recordings
        self._calls = calls
        self._log = log
        self._foreign = foreign

    def dated(self, stored: StoredRecording, *, ordered: bool = False) -> Dated:
        """A recording with its authentic date. Raises SealError when nothing authentic dates it.

        `ordered`: somebody who answers for it named this one, so the day that it lies under will do.
        """
        header: JournalHeader | None = None
        try:
            header = self._recordings.header(stored)
            if self._recordings.authenticate(stored) != header:
                raise SealError(f"{stored.where} changed while it was read")
            return Dated(stored, header)
        except EnvironmentFault as error:
            if self._recordings.exists(stored) and not is_damage(error):
                raise
            damage = str(error)
        except SealError as error:
            damage = str(error)
        found = Dated(stored, header, damage)
        at = self._started_by_others(found)
        if at is None and ordered:
            at = datetime.strptime(stored.day, "%Y%m%d").replace(tzinfo=UTC).timestamp()
        if at is None:
            raise SealError(f"{damage}; and neither database nor audit log says when its call was")
        return Dated(stored, header, damage, at)

    def key_to_destroy(self, found: Dated) -> bytes | None:
        """The wrapped key of a recording; None when nothing proves that it is this one's and nobody else's."""
        header = found.header
        if header is None:
            return None
        if found.damage is None or self._recordings.proves_key(found.stored, header):
            return header.wrapped
        try:
            leaf = leaf_of(header.wrapped)
            others = [wrapped for stored, wrapped in self._recorded() if stored != found.stored]
            others += [wrapped for owner, wrapped in self._foreign() if owner != found.call_id]
            return None if any(leaf_of(one) == leaf for one in others) else header.wrapped
        except SealError:
            return None

    def _recorded(self) -> Iterable[tuple[StoredRecording, bytes]]:
        for stored in self._recordings.stored():
            try:
                yield stored, self._recordings.header(stored).wrapped
            except IvrError:
                continue  # it says no key, so it cannot be the owner of this one

    def _started_by_others(self, found: Dated) -> float | None:
        try:
            return self._calls.get(found.call_id).started_at
        except (OperatorError, SealError):
            sealed = (one.at for _, one in self._log.entries(actions=(SEALED,), naming=(found.recording_id,)))
            return next(sealed, None)
