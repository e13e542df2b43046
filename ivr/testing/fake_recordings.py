"""Recordings in memory: sealed as on disk, in dictionaries. They pass the contract suite of the real ones."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.recording import OpenedRecording, OutlinedRecording
from ivr.core.vault.archive import ArchiveIndex, ArchiveReader, archive_context
from ivr.core.vault.cobblestone import SALT_BYTES as ARCHIVE_SALT_BYTES
from ivr.core.vault.cobblestone import CobblestoneReader, seal_chunks
from ivr.core.vault.journal import SALT_BYTES, Ending, JournalHeader, JournalOpener, JournalSealer, parse_preamble
from ivr.core.vault.journal_frame import Closed, JournalEntry, JournalFrame
from ivr.core.vault.survey import Survey, outline, plain_archive
from ivr.core.vault.timeline import assemble
from ivr.errors import EnvironmentFault, IvrError, OperatorError, SealError
from ivr.ports.keys import KeyStore
from ivr.ports.recordings import Form, StoredRecording, Trouble

Key = tuple[str, str]
"""Day and call."""


def sealed_journal(keys: KeyStore, call_id: str, started_at: float, frames: Iterable[JournalFrame]) -> bytes:
    """A journal as a cell writes it; without a closing frame its cell died."""
    key = keys.issue()
    day = datetime.fromtimestamp(started_at, UTC)
    header = JournalHeader(call_id, f"{day:%Y%m%d}-{call_id}", started_at, key.kek_id, key.wrapped)
    sealer = JournalSealer(header, data_key=key.key, salt=os.urandom(SALT_BYTES))
    return sealer.preamble + b"".join(map(sealer.seal, frames))


class MemoryRecordings:
    """Recordings that are gone with their process."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self.running: set[str] = set()
        """Calls that still write theirs."""
        self.busy = False
        """Somebody else seals."""
        self._data: dict[StoredRecording, bytes] = {}
        self._headers: dict[Key, JournalHeader] = {}
        """What stands beside an archive."""
        self._written: dict[Key, float] = {}
        self._troubles: dict[Key, Trouble] = {}

    def put(self, journal: bytes, *, day: str = "", call_id: str = "") -> StoredRecording:
        """Keep a journal, in its own place or in another."""
        header, _ = parse_preamble(journal)
        stored = self._place(day or header.recording_id[:8], call_id or header.call_id, Form.JOURNAL)
        self._data[stored] = journal
        self._written[stored.day, stored.call_id] = time.time()
        return stored

    def record(self, record: CallRecord, *, closed: bool = False) -> StoredRecording:
        """A call whose recording holds nothing but its record."""
        frames: list[JournalFrame] = [JournalEntry({"record": record_to_json(record)})]
        frames += [Closed({})] if closed else []
        return self.put(sealed_journal(self._keys, record.call_id, record.started_at, frames))

    def alter(self, stored: StoredRecording, data: bytes) -> None:
        """Put other bytes in its place."""
        self._data[stored] = data

    def bytes_of(self, stored: StoredRecording) -> bytes:
        """What is kept of it."""
        self._there(stored)
        return self._data[stored]

    # --- finding ----------------------------------------------------------------------------------------------------

    def stored(self) -> Sequence[StoredRecording]:
        """All, by day and call."""
        counts = {(one.day, one.call_id): one for one in sorted(self._data, key=lambda one: one.form is Form.JOURNAL)}
        return [counts[key] for key in sorted(counts)]

    def journals(self) -> Sequence[StoredRecording]:
        """Those that are journals."""
        return [one for one in self.stored() if one.form is Form.JOURNAL]

    def find(self, name: str) -> StoredRecording:
        """By either name."""
        for stored in self.stored():
            if name in (stored.call_id, stored.recording_id):
                return stored
        raise OperatorError(f"there is no recording {name}; 'ivr recordings list' shows what there is")

    def exists(self, stored: StoredRecording) -> bool:
        """Whether it is there."""
        return stored in self._data

    # --- reading ----------------------------------------------------------------------------------------------------

    def header(self, stored: StoredRecording) -> JournalHeader:
        """What it says of itself."""
        self._there(stored)
        if stored.form is Form.ARCHIVE:
            return self._headers[stored.day, stored.call_id]
        return parse_preamble(self._data[stored])[0]

    def authenticate(self, stored: StoredRecording) -> JournalHeader:
        """Its header, as it was sealed."""
        if stored.form is Form.ARCHIVE:
            return self._archive(stored)[0]
        header = self.header(stored)
        JournalOpener(self._data[stored], data_key=self._keys.open(header.wrapped, header.kek_id))
        return header

    def is_running(self, stored: StoredRecording) -> bool:
        """By the test's word."""
        self._there(stored)
        return stored.form is Form.JOURNAL and stored.call_id in self.running

    def open(self, name: str, *, salvage: bool = False) -> OpenedRecording:
        """All of it."""
        stored = self.find(name)
        if stored.form is Form.ARCHIVE:
            header, reader = self._archive(stored)
            opened = OpenedRecording(header, reader.timeline(), reader.index.ending, running=False)
        else:
            header, frames, ending, damage = self._read(stored, salvage=salvage)
            opened = OpenedRecording(header, assemble(frames), ending, self.is_running(stored), damage)
        if name not in (opened.header.call_id, opened.header.recording_id):
            raise SealError(f"the file of {name} holds another call: it was renamed or swapped")
        return opened

    def listen(
        self, name: str, channels: Sequence[str], first_sample: int = 0, count: int | None = None
    ) -> list[bytes]:
        """A part of it."""
        timeline = self.open(name).timeline
        return [timeline.pcm(channel, first_sample, count) for channel in channels]

    def outline(self, stored: StoredRecording, *, salvage: bool = False) -> OutlinedRecording:
        """All but its sound."""
        if stored.form is Form.ARCHIVE:
            header, reader = self._archive(stored)
            told = outline(reader.entries(), reader.index)
            return OutlinedRecording(header, told, reader.index.ending, False, reader.index)
        header, frames, ending, _ = self._read(stored, salvage=salvage)
        survey = Survey()
        for frame in frames:
            survey.take(frame)
        index, told = survey.finish(header, ending)
        return OutlinedRecording(header, told, ending, self.is_running(stored), index)

    def entries(self, stored: StoredRecording) -> Sequence[dict[str, object]]:
        """The journal's entries."""
        if stored.form is Form.ARCHIVE:
            return self._archive(stored)[1].entries()
        _, frames, _, _ = self._read(stored, salvage=True)
        return [dict(frame.data) for frame in frames if isinstance(frame, JournalEntry)]

    def sha256(self, stored: StoredRecording) -> str:
        """Hash of what is kept."""
        self._there(stored)
        return hashlib.sha256(self._data[stored]).hexdigest()

    def size(self, stored: StoredRecording) -> int:
        """Bytes that are kept."""
        self._there(stored)
        return len(self._data[stored])

    def written_at(self, journal: StoredRecording) -> float:
        """When it was put here."""
        self._there(journal)
        return self._written[journal.day, journal.call_id]

    def trouble(self, stored: StoredRecording) -> Trouble:
        """What was noted."""
        return self._troubles.get((stored.day, stored.call_id), Trouble())

    def proves_key(self, stored: StoredRecording, header: JournalHeader) -> bool:
        """Whether an archive's commitment says so."""
        try:
            self._there(stored)
            if stored.form is Form.JOURNAL:
                return False
            self._cobblestone(stored, header)
        except IvrError:
            return False
        return True

    # --- keeping ----------------------------------------------------------------------------------------------------

    @contextmanager
    def alone(self, journal: StoredRecording) -> Iterator[bool]:
        """One at a time."""
        if self.busy:
            yield False
            return
        self.busy = True
        try:
            yield True
        finally:
            self.busy = False

    def note(self, journal: StoredRecording, trouble: Trouble) -> None:
        """Note it."""
        kept = replace(trouble, tries=0) if trouble.aside is not None else trouble
        self._troubles[journal.day, journal.call_id] = kept

    def seal(self, journal: StoredRecording, outlined: OutlinedRecording) -> None:
        """Make the archive."""
        header, frames, _, _ = self._read(journal, salvage=False)
        data_key = self._keys.open(header.wrapped, header.kek_id)
        plain = plain_archive(outlined.index, lambda: frames)
        context, salt = archive_context(header.recording_id), os.urandom(ARCHIVE_SALT_BYTES)
        self._data[self.archive_of(journal)] = b"".join(seal_chunks(plain, key=data_key, salt=salt, context=context))
        self._headers[journal.day, journal.call_id] = header

    def archive_of(self, journal: StoredRecording) -> StoredRecording:
        """Where the journal's archive is, or will be."""
        return self._place(journal.day, journal.call_id, Form.ARCHIVE)

    def holds(self, archive: StoredRecording, index: ArchiveIndex) -> bool:
        """Whether the archive is that."""
        if archive not in self._data:
            return False
        try:
            _, reader = self._archive(archive)
            reader.verify()
        except SealError:
            return False
        return reader.index == index

    def remove_journal(self, journal: StoredRecording) -> None:
        """Remove it."""
        self._there(journal)
        del self._data[journal]
        self._troubles.pop((journal.day, journal.call_id), None)

    def wrap_again(self, archive: StoredRecording, header: JournalHeader) -> None:
        """Other key, same sound."""
        self._headers[archive.day, archive.call_id] = header

    def remove(self, stored: StoredRecording) -> None:
        """Remove both forms."""
        for form in Form:
            self._data.pop(self._place(stored.day, stored.call_id, form), None)
        self._troubles.pop((stored.day, stored.call_id), None)
        self._headers.pop((stored.day, stored.call_id), None)

    @staticmethod
    def _place(day: str, call_id: str, form: Form) -> StoredRecording:
        return StoredRecording(day, call_id, form, f"memory/{day}/{call_id}.{form}")

    def _there(self, stored: StoredRecording) -> None:
        if stored not in self._data:
            raise EnvironmentFault(f"the recording {stored.name} cannot be read: No such file or directory")

    def _read(
        self, stored: StoredRecording, *, salvage: bool
    ) -> tuple[JournalHeader, list[JournalFrame], Ending, str | None]:
        header = self.header(stored)
        frames: list[JournalFrame] = []
        data, (_, end) = self._data[stored], parse_preamble(self._data[stored])
        opener = JournalOpener(data[:end], data_key=self._keys.open(header.wrapped, header.kek_id))
        try:
            for frame in opener.feed(data[end:]):
                frames.append(frame)
        except SealError as error:
            if not salvage:
                raise SealError(f"{stored.name}: {error}") from error
            return header, frames, Ending.CRASHED, str(error)
        return header, frames, opener.finish(), None

    def _cobblestone(self, stored: StoredRecording, header: JournalHeader) -> CobblestoneReader:
        data = self._data[stored]
        key = self._keys.open(header.wrapped, header.kek_id)
        context = archive_context(header.recording_id)
        return CobblestoneReader(lambda offset, size: data[offset : offset + size], key=key, context=context)

    def _archive(self, stored: StoredRecording) -> tuple[JournalHeader, ArchiveReader]:
        header = self.header(stored)
        file = self._cobblestone(stored, header)
        reader = ArchiveReader(file)
        file.size(len(self._data[stored]))
        index = reader.index
        said = index.call_id, index.recording_id, index.started_at
        if said != (header.call_id, header.recording_id, header.started_at):
            raise SealError(f"the key file of {stored.name} was altered, or is of another call")
        return header, reader
