"""Recordings on disk, as journals and in their long-term form, in a directory a day (UTC).

Of a long-term recording that was shipped its key file stays here, with a note in the place of its sound (`afar`).
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ivr.adapters.files.recordings.afar import AFAR, Afar, read_note, write_note
from ivr.adapters.files.recordings.archives import (
    ARCHIVE,
    KEY,
    Sealed,
    archive_holds,
    commits_to,
    file_sha256,
    open_archive,
    sealed_file,
    write_archive,
)
from ivr.adapters.files.recordings.journals import (
    JOURNAL,
    JournalReader,
    is_written,
    open_journal,
    outline_journal,
    read_preamble,
)
from ivr.adapters.files.recordings.key_file import read_key_file, write_key_file
from ivr.adapters.files.recordings.trouble import NOTE, read_trouble, write_trouble
from ivr.core.call.recording import OpenedRecording, OutlinedRecording
from ivr.core.vault.archive import ArchiveIndex, ArchiveReader
from ivr.core.vault.journal import JournalHeader
from ivr.core.vault.journal_frame import JournalEntry
from ivr.core.vault.survey import outline, plain_archive
from ivr.durable import sync_directory, translated
from ivr.errors import EnvironmentFault, IvrError, OperatorError, SealError
from ivr.ports.keys import KeyStore
from ivr.ports.recordings import Form, StoredRecording, Trouble

SETTLED_NS = 2_000_000_000
"""A directory that changed so lately may change again within one tick of the file system's clock, unseen."""
_DAY = f"{'[0-9]' * 4}/{'[0-9]' * 2}/{'[0-9]' * 2}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
_SUFFIX = {Form.JOURNAL: JOURNAL, Form.ARCHIVE: ARCHIVE}

_Read = TypeVar("_Read")
_How = ParamSpec("_How")


def _in_its_form(
    read: Callable[Concatenate[RecordingFiles, StoredRecording, _How], _Read],
) -> Callable[Concatenate[RecordingFiles, StoredRecording, _How], _Read]:
    """Reads what was found as a journal by its long-term form, if another process sealed it meanwhile."""

    @wraps(read)
    def reading(self: RecordingFiles, stored: StoredRecording, /, *given: _How.args, **named: _How.kwargs) -> _Read:
        try:
            return read(self, stored, *given, **named)
        except EnvironmentFault:
            archive = self.archive_of(stored)
            if stored.form is Form.ARCHIVE or self.exists(stored) or not self.exists(archive):
                raise
            return read(self, archive, *given, **named)

    return reading


class RecordingFiles:
    """All recordings below one directory."""

    def __init__(self, directory: Path, keys: KeyStore, afar: Afar | None = None) -> None:
        """`afar`: where the sound of long-term recordings is kept that is not here; None: nowhere."""
        self._directory = directory
        self._keys = keys
        self._afar = afar
        self._settled: dict[Path, tuple[int, list[Path]]] = {}
        """Of each day's directory that rests: its time of change, and the journals and long-term files in it."""

    # --- finding ----------------------------------------------------------------------------------------------------

    def stored(self) -> Sequence[StoredRecording]:
        """All there are, by day and call; of one in both forms, the journal."""
        paths: dict[Path, Path] = {}
        # In the order in which a recording goes from one form into the next, so that none is missed on its way.
        for look in (lambda: self._here(JOURNAL), lambda: self._glob("*" + ARCHIVE), lambda: self._glob("*" + AFAR)):
            for path in look():
                paths.setdefault(path.with_suffix(""), path)
        return [_stored(paths[stem]) for stem in sorted(paths)]

    def journals(self) -> Sequence[StoredRecording]:
        """Journals, oldest first. Only days whose directory changed since are read again."""
        return [_stored(path) for path in sorted(self._here(JOURNAL))]

    def find(self, name: str) -> StoredRecording:
        """A recording by its own id or its call's. Raises OperatorError when there is none."""
        if not _NAME.fullmatch(name):
            raise OperatorError("a recording is named by its recording id or its call's id; see 'ivr recordings list'")
        day, _, call_id = name.partition("-")
        stems = [self._day(day) / call_id] if len(day) == 8 else []
        for suffix in (JOURNAL, ARCHIVE, AFAR):
            for path in [Path(f"{stem}{suffix}") for stem in stems] + self._glob(name + suffix):
                with translated(f"the recording {path.name} cannot be read"):
                    if path.is_file():
                        return _stored(path)
        raise OperatorError(f"there is no recording {name}; 'ivr recordings list' shows what there is")

    def exists(self, stored: StoredRecording) -> bool:
        """Whether its file is there."""
        with translated(f"the recording {stored.where} cannot be read"):
            path = self._path(stored)
            return path.exists() or (stored.form is Form.ARCHIVE and path.with_suffix(AFAR).exists())

    # --- reading ----------------------------------------------------------------------------------------------------

    @_in_its_form
    def header(self, stored: StoredRecording) -> JournalHeader:
        """What its files say of it, not authenticated. Raises SealError, EnvironmentFault."""
        path = self._path(stored)
        return read_preamble(path)[0] if stored.form is Form.JOURNAL else read_key_file(path.with_suffix(KEY))

    @_in_its_form
    def authenticate(self, stored: StoredRecording) -> JournalHeader:
        """Its header, as it was sealed. Raises SealError."""
        if stored.form is Form.ARCHIVE:
            with self._opened(stored) as (header, _):
                return header
        journal = JournalReader(self._path(stored), self._keys)
        journal.authenticate()
        return journal.header

    @_in_its_form
    def is_running(self, stored: StoredRecording) -> bool:
        """Whether a recorder holds the file."""
        try:
            return is_written(self._path(stored))
        except EnvironmentFault:
            if not self._is_afar(stored):
                raise
            return False

    def open(self, name: str, *, salvage: bool = False) -> OpenedRecording:
        """Open and check a whole recording. Raises SealError at any damage; `salvage` reads what stands before it."""
        opened = self._open(self.find(name), salvage=salvage)
        _check_name(name, opened.header)
        return opened

    def listen(
        self, name: str, channels: Sequence[str], first_sample: int = 0, count: int | None = None
    ) -> list[bytes]:
        """PCM of some channels from a sample on. Of a long-term file only that part is read."""
        return self._listen(self.find(name), name, channels, first_sample, count)

    @_in_its_form
    def _listen(
        self, stored: StoredRecording, name: str, channels: Sequence[str], first_sample: int, count: int | None
    ) -> list[bytes]:
        if stored.form is Form.ARCHIVE:
            with self._opened(stored) as (header, reader):
                _check_name(name, header)
                return [reader.pcm(channel, first_sample, count) for channel in channels]
        journal = open_journal(self._path(stored), self._keys, salvage=False)
        _check_name(name, journal.header)
        return [journal.timeline.pcm(channel, first_sample, count) for channel in channels]

    @_in_its_form
    def outline(self, stored: StoredRecording, *, salvage: bool = False) -> OutlinedRecording:
        """A recording without its sound, read through once. Raises SealError as `open` does."""
        path = self._path(stored)
        if stored.form is Form.ARCHIVE:
            with self._opened(stored) as (header, reader):
                told = outline(reader.entries(), reader.index)
                return OutlinedRecording(header, told, reader.index.ending, False, reader.index)
        return outline_journal(path, self._keys, salvage=salvage)

    @_in_its_form
    def entries(self, stored: StoredRecording) -> Sequence[dict[str, object]]:
        """The journal's entries. Raises SealError."""
        if stored.form is Form.ARCHIVE:
            with self._opened(stored) as (_, reader):
                return reader.entries()
        found: list[dict[str, object]] = []
        with suppress(SealError):
            frames = JournalReader(self._path(stored), self._keys).frames()
            found.extend(dict(frame.data) for frame in frames if isinstance(frame, JournalEntry))
        return found

    @_in_its_form
    def sha256(self, stored: StoredRecording) -> str:
        """Hash of the file, hex; of one that was shipped, of what the object store gives."""
        path = self._path(stored)
        try:
            return file_sha256(path)
        except EnvironmentFault:
            if not self._is_afar(stored):
                raise
            return self._far().sha256(stored, read_note(path.with_suffix(AFAR)))

    @_in_its_form
    def size(self, stored: StoredRecording) -> int:
        """Bytes of the file."""
        path = self._path(stored)
        with translated(f"the recording {stored.where} cannot be read"):
            with suppress(FileNotFoundError):
                return path.stat().st_size
            return read_note(path.with_suffix(AFAR)).size if self._is_afar(stored) else path.stat().st_size

    def written_at(self, journal: StoredRecording) -> float:
        """When the file was changed last."""
        with translated(f"the journal {journal.where} cannot be read"):
            return self._path(journal).stat().st_mtime

    def trouble(self, stored: StoredRecording) -> Trouble:
        """What the note beside it says."""
        return read_trouble(self._path(stored).with_suffix(NOTE))

    def proves_key(self, stored: StoredRecording, header: JournalHeader) -> bool:
        """Whether the long-term file's commitment says so; a journal proves nothing."""
        try:
            key = self._keys.open(header.wrapped, header.kek_id)
            if stored.form is Form.JOURNAL:
                return False
            with self._sealed(stored) as sealed:
                return commits_to(sealed, header, key)
        except IvrError:
            return False

    # --- keeping ----------------------------------------------------------------------------------------------------

    @contextmanager
    def alone(self, journal: StoredRecording) -> Iterator[bool]:
        """Hold the day's directory; False while another process does."""
        with translated(f"the journal {journal.where} cannot be compacted"):
            descriptor = os.open(self._day(journal.day), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            with translated(f"the journal {journal.where} cannot be compacted"):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    got = True
                except BlockingIOError:
                    got = False
            yield got
        finally:
            with translated(f"the journal {journal.where} cannot be compacted"):
                os.close(descriptor)

    def note(self, journal: StoredRecording, trouble: Trouble) -> None:
        """Write the note beside it, or remove it."""
        write_trouble(self._path(journal).with_suffix(NOTE), trouble)

    def seal(self, journal: StoredRecording, outlined: OutlinedRecording) -> None:
        """Write the key file, then the long-term file. The journal is read once for each part of it."""
        path = self._path(journal)
        archive, reader = path.with_suffix(ARCHIVE), JournalReader(path, self._keys)
        write_key_file(archive.with_suffix(KEY), outlined.header)
        data_key = self._keys.open(outlined.header.wrapped, outlined.header.kek_id)
        write_archive(archive, outlined.header, plain_archive(outlined.index, reader.frames), data_key=data_key)

    def archive_of(self, journal: StoredRecording) -> StoredRecording:
        """The long-term form of a journal, whether it is there or not."""
        return _stored(self._path(journal).with_suffix(ARCHIVE))

    def holds(self, archive: StoredRecording, index: ArchiveIndex) -> bool:
        """Whether the long-term file is there, opens, and holds all that the index says, by its hashes."""
        if not self.exists(archive):
            return False
        with self._sealed(archive) as sealed:
            return archive_holds(self._path(archive), sealed, index, self._keys)

    def remove_journal(self, journal: StoredRecording) -> None:
        """Remove the note, then the journal."""
        path = self._path(journal)
        with translated(f"the journal {journal.where} cannot be removed"):
            path.with_suffix(NOTE).unlink(missing_ok=True)
            path.unlink()
            sync_directory(path.parent)

    def wrap_again(self, archive: StoredRecording, header: JournalHeader) -> None:
        """Replace the key file."""
        write_key_file(self._path(archive).with_suffix(KEY), header)

    def remove(self, stored: StoredRecording) -> None:
        """Every file of it; the long-term file last but its key file, so that a rest is found again."""
        stem = self._path(stored).with_suffix("")
        if self._afar is not None:  # also of one that has no note: it may have been sent just before a crash
            self._afar.remove(stored)
        with translated(f"the recording {stored.where} cannot be removed"):
            if self._afar is None and stem.with_suffix(AFAR).exists():
                self._far()
            for suffix in (JOURNAL, NOTE, ARCHIVE + ".part", ARCHIVE, AFAR, KEY):
                Path(f"{stem}{suffix}").unlink(missing_ok=True)
            sync_directory(stem.parent)

    # --- what is afar -----------------------------------------------------------------------------------------------

    def unshipped(self) -> Sequence[StoredRecording]:
        """Long-term recordings whose sound is here, oldest first. Costs as little as `journals`."""
        return [_stored(path) for path in sorted(self._here(ARCHIVE))]

    def ship(self, stored: StoredRecording) -> None:
        """Send the long-term file, and put a note in its place once it was read back."""
        path = self._path(stored)
        write_note(path.with_suffix(AFAR), self._far().send(stored, path))
        with translated(f"the recording {path.name} cannot be removed here"):
            path.unlink()
            sync_directory(path.parent)

    def lost_afar(self) -> Sequence[StoredRecording]:
        """Recordings that were shipped, and whose object is not there."""
        noted = self._glob("*" + AFAR)
        with translated("the recordings directory cannot be read"):
            shipped = [_stored(path) for path in noted if not path.with_suffix(ARCHIVE).exists()]
        there = self._far().names() if shipped else frozenset()
        return [one for one in shipped if self._far().name(one) not in there]

    def _is_afar(self, stored: StoredRecording) -> bool:
        path = self._path(stored)
        with translated(f"the recording {path.name} cannot be looked for"):
            return stored.form is Form.ARCHIVE and not path.exists() and path.with_suffix(AFAR).exists()

    def _far(self) -> Afar:
        if self._afar is None:
            raise EnvironmentFault("its sound is in an object store, and the settings name none: write `objects` again")
        return self._afar

    @contextmanager
    def _sealed(self, stored: StoredRecording) -> Iterator[Sealed]:
        """The bytes of a long-term recording."""
        path = self._path(stored)
        with ExitStack() as held:
            try:
                sealed = held.enter_context(sealed_file(path))
            except EnvironmentFault:  # it is not here, perhaps since a moment ago
                if not self._is_afar(stored):
                    raise
                sealed = self._far().sealed(stored, read_note(path.with_suffix(AFAR)))
            yield sealed

    @contextmanager
    def _opened(self, stored: StoredRecording) -> Iterator[tuple[JournalHeader, ArchiveReader]]:
        with self._sealed(stored) as sealed:
            yield open_archive(self._path(stored), sealed, self._keys)

    # --- files ------------------------------------------------------------------------------------------------------

    def _day(self, day: str) -> Path:
        return self._directory / day[:4] / day[4:6] / day[6:]

    def _path(self, stored: StoredRecording) -> Path:
        return self._day(stored.day) / f"{stored.call_id}{_SUFFIX[stored.form]}"

    def _glob(self, pattern: str) -> list[Path]:
        with translated("the recordings directory cannot be read"):
            return list(self._directory.glob(f"{_DAY}/{pattern}".rstrip("/")))

    def _here(self, suffix: str) -> Iterator[Path]:
        return (path for day in self._glob("") for path in self._files_of(day) if path.suffix == suffix)

    def _files_of(self, day: Path) -> list[Path]:
        with translated("the recordings directory cannot be read"):
            changed = day.stat().st_mtime_ns
            settled = self._settled.get(day)
            if settled is not None and settled[0] == changed:
                return settled[1]
            if not day.is_dir():
                return []
            with os.scandir(day) as entries:
                # Archives that stay here are those of years.
                wanted = (JOURNAL,) if self._afar is None else (JOURNAL, ARCHIVE)
                files = [day / entry.name for entry in entries if entry.name.endswith(wanted)]
        if time.time_ns() - changed > SETTLED_NS:
            self._settled[day] = changed, files
        return files

    @_in_its_form
    def _open(self, stored: StoredRecording, *, salvage: bool) -> OpenedRecording:
        if stored.form is Form.JOURNAL:
            return open_journal(self._path(stored), self._keys, salvage=salvage)
        with self._opened(stored) as (header, reader):
            return OpenedRecording(header, reader.timeline(), reader.index.ending, running=False)


def _stored(path: Path) -> StoredRecording:
    form = Form.JOURNAL if path.suffix == JOURNAL else Form.ARCHIVE
    return StoredRecording("".join(path.parts[-4:-1]), path.stem, form, str(path))


def _check_name(name: str, header: JournalHeader) -> None:
    """A file that was renamed to stand for another call is an error, not that call."""
    if name not in (header.call_id, header.recording_id):
        raise SealError(f"the file of {name} holds another call: it was renamed or swapped")
