"""Dating a recording by what is authentic, also one that is damaged, and finding the key that must go with it.

Rules: what its own files say counts only if they authenticate. Else the database's sealed row says when the call was,
or the log's entry of its sealing. A key is destroyed only when it is proved to be this recording's, or nothing else's:
whoever can write files could else have another call's key destroyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.recordings.archives import ARCHIVE, commits_to
from ivr.adapters.files.recordings.store import FoundRecording, RecordingFiles, read_header
from ivr.core.vault.journal import JournalHeader
from ivr.core.vault.keys import leaf_of
from ivr.errors import EnvironmentFault, IvrError, SealError
from ivr.ports.calls import ErasableCallStore
from ivr.ports.keys import ErasingKeyStore


@dataclass(frozen=True, slots=True)
class Dated:
    """A recording's file, and when its call began."""

    path: Path
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
        """By its files if they are sound, else by its name."""
        return self.header.call_id if self.header is not None and self.damage is None else self.path.stem

    @property
    def recording_id(self) -> str:
        """The same."""
        if self.header is not None and self.damage is None:
            return self.header.recording_id
        return f"{''.join(self.path.parts[-4:-1])}-{self.path.stem}"

    @property
    def started_at(self) -> float:
        """When its call began."""
        return self.by_others if self.header is None or self.damage is not None else self.header.started_at


def dated(
    files: RecordingFiles, path: Path, store: ErasableCallStore, log: AuditLog, *, ordered: bool = False
) -> Dated:
    """A recording with its authentic date. Raises SealError when nothing authentic dates it.

    `ordered`: somebody who answers for it named this one, so its directory's day will do.
    """
    header: JournalHeader | None = None
    try:
        header = read_header(path)
        files.authenticate(FoundRecording(path, header))
        return Dated(path, header)
    except EnvironmentFault as error:
        if path.exists() and not isinstance(error.__cause__, FileNotFoundError):
            raise
        damage = str(error)
    except SealError as error:
        damage = str(error)
    found = Dated(path, header, damage)
    at = _started_by_others(found, store, log)
    if at is None and ordered:
        at = datetime.strptime("".join(path.parts[-4:-1]), "%Y%m%d").replace(tzinfo=UTC).timestamp()
    if at is None:
        raise SealError(f"{damage}; and neither database nor audit log says when its call was")
    return Dated(path, header, damage, at)


def _started_by_others(found: Dated, store: ErasableCallStore, log: AuditLog) -> float | None:
    try:
        return store.get(found.call_id).started_at
    except IvrError:
        sealed = (one.at for _, one in log.entries(actions=("recording.sealed",), naming=(found.recording_id,)))
        return next(sealed, None)


def key_to_destroy(
    found: Dated, files: RecordingFiles, keys: ErasingKeyStore, foreign: Callable[[], Iterable[tuple[str, bytes]]]
) -> bytes | None:
    """The wrapped key of a recording; None when nothing proves that it is this one's and nobody else's.

    `foreign`: every other thing with a wrapped key, such as a call's record: whose it is, and the key.
    """
    header = found.header
    if header is None:
        return None
    if found.damage is None or _proven(found.path, header, keys):
        return header.wrapped
    try:
        leaf = leaf_of(header.wrapped)
        others = [other.header.wrapped for other in files.scan() if other.path != found.path]
        others += [wrapped for owner, wrapped in foreign() if owner != found.call_id]
        return None if any(leaf_of(one) == leaf for one in others) else header.wrapped
    except SealError:
        return None


def _proven(path: Path, header: JournalHeader, keys: ErasingKeyStore) -> bool:
    """Whether the file's commitment says that this key sealed it."""
    try:
        return path.suffix == ARCHIVE and commits_to(path, header, keys.open(header.wrapped, header.kek_id))
    except IvrError:
        return False
