"""Recordings on disk, as journals and in their long-term form: found, opened, listened to.

Rule: one damaged file never hides another. What cannot be opened is reported with its path, and the next one is read.
While both forms of one recording exist, the journal counts.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.recordings.archives import ARCHIVE, KEY, open_archive
from ivr.adapters.files.recordings.key_file import read_key_file
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import OpenedRecording, OutlinedRecording
from ivr.core.vault.journal import Ending, JournalHeader, JournalOpener, parse_preamble
from ivr.core.vault.journal_frame import JournalFrame
from ivr.core.vault.survey import Survey, outline
from ivr.core.vault.timeline import assemble
from ivr.durable import translated
from ivr.errors import IvrError, OperatorError, SealError
from ivr.ports.calls import CallStore
from ivr.ports.keys import KeyStore

JOURNAL = ".ivrj"
"""Of a recording as it was written during the call."""
ASIDE = ".ivrx"
"""Of the note beside a journal that is being brought into its long-term form, or cannot be."""
SETTLED_NS = 2_000_000_000
"""A directory that changed so lately may change again within one tick of the file system's clock, unseen."""
_PREAMBLE_MAX_BYTES = 1 << 16
_READ_BYTES = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")


@dataclass(frozen=True, slots=True)
class FoundRecording:
    """A recording's file whose header could be read. Nothing of it is authenticated yet."""

    path: Path
    header: JournalHeader


class RecordingFiles:
    """All recordings below one directory."""

    def __init__(self, directory: Path, keys: KeyStore) -> None:
        self._directory = directory
        self._keys = keys
        self._settled: dict[Path, tuple[int, list[Path]]] = {}
        """Of each day's directory that rests: its time of change, and the journals in it."""

    def scan(self, on_damage: Callable[[Path, str], None] | None = None) -> Iterator[FoundRecording]:
        """Every recording, by day. A file that is none, or never began, goes to `on_damage`."""
        journals = {path.with_suffix("") for path in self.journals()}
        archives = {path.with_suffix("") for path in self._glob("*" + ARCHIVE)}
        for stem in sorted(journals | archives):
            path = Path(f"{stem}{JOURNAL if stem in journals else ARCHIVE}")
            try:
                yield FoundRecording(path, _read_header(path)[0])
            except IvrError as error:
                if on_damage is not None:
                    on_damage(path, str(error))

    def names(self) -> set[str]:
        """Of every call that has a recording, in whichever form."""
        return {path.stem for kind in (JOURNAL, ARCHIVE) for path in self._glob("*" + kind)}

    def archives(self) -> list[Path]:
        """Recordings in their long-term form; each file is named for its call."""
        return self._glob("*" + ARCHIVE)

    def authenticate(self, found: FoundRecording) -> None:
        """Make sure that a file's readable header is the one that was sealed. Raises SealError.

        Before anything is decided by it: whoever can write the files could else date a recording back to have it
        erased, or put one recording's key file beside another.
        """
        if found.path.suffix == JOURNAL:
            header, preamble = _read_header(found.path)
            JournalOpener(preamble, data_key=self._keys.open(header.wrapped, header.kek_id))
        else:
            with open_archive(found.path, self._keys) as (header, _):
                pass
        if header != found.header:
            raise SealError(f"{found.path.name} changed while it was read")

    def journals(self) -> list[Path]:
        """Recordings that are not in their long-term form yet, oldest first.

        The keeper asks every few seconds: only days whose directory changed since are read again.
        """
        return sorted(path for day in self._glob("") for path in self._journals_of(day))

    def find(self, name: str) -> Path:
        """File of a recording, by recording id or call id. Raises OperatorError when there is none."""
        if not _NAME.fullmatch(name):
            raise OperatorError("a recording is named by its recording id or its call's id; see 'ivr recordings list'")
        day, _, call_id = name.partition("-")
        stems = [self._directory / day[:4] / day[4:6] / day[6:] / call_id] if len(day) == 8 else []
        for suffix in (JOURNAL, ARCHIVE):
            for path in [Path(f"{stem}{suffix}") for stem in stems] + self._glob(name + suffix):
                with translated(f"the recording {path.name} cannot be read"):
                    if path.is_file():
                        return path
        raise OperatorError(f"there is no recording {name}; 'ivr recordings list' shows what there is")

    def open(self, name: str, *, salvage: bool = False) -> OpenedRecording:
        """Open and check a whole recording. Raises SealError at any damage; `salvage` reads what stands before it."""
        opened = self.open_file(self.find(name), salvage=salvage)
        _check_name(name, opened.header)
        return opened

    def open_file(self, path: Path, *, salvage: bool = False) -> OpenedRecording:
        """The same, by its file."""
        if path.suffix == JOURNAL:
            return self._open_journal(path, salvage=salvage)
        with open_archive(path, self._keys) as (header, reader):
            return OpenedRecording(header, reader.timeline(), reader.index.ending, running=False)

    def outline(self, path: Path, *, salvage: bool = False) -> OutlinedRecording:
        """A recording without its sound, read through once. Raises SealError as `open` does."""
        if path.suffix != JOURNAL:
            with open_archive(path, self._keys) as (header, reader):
                told = outline(reader.entries(), reader.index)
                return OutlinedRecording(header, told, reader.index.ending, False, reader.index)
        running, survey = is_running(path), Survey()
        journal = self.journal(path)
        try:
            for frame in journal.frames():
                survey.take(frame)
        except SealError as error:
            if not salvage:
                raise SealError(f"{path.name}: {error}") from error
        index, told = survey.finish(journal.header, journal.ending)
        return OutlinedRecording(journal.header, told, journal.ending, running, index)

    def journal(self, path: Path) -> JournalReader:
        """A journal, to be read frame by frame. Raises SealError, EnvironmentFault."""
        return JournalReader(path, self._keys)

    def listen(
        self, name: str, channels: tuple[str, ...], first_sample: int = 0, count: int | None = None
    ) -> list[bytes]:
        """PCM of some channels from a sample on, all of one length, `count` samples at most.

        Of a long-term file only that part is read.
        """
        path = self.find(name)
        if path.suffix == ARCHIVE:
            with open_archive(path, self._keys) as (header, reader):
                _check_name(name, header)
                return [reader.pcm(channel, first_sample, count) for channel in channels]
        timeline = self.open(name).timeline
        return [timeline.pcm(channel, first_sample, count) for channel in channels]

    def lost_records(self, store: CallStore, on_damage: Callable[[Path, str], None]) -> Iterator[CallRecord]:
        """Records of ended calls that `store` lacks or believes to be running. For the hub, when it starts."""
        for found in self.scan(on_damage):
            try:
                if not is_running(found.path) and not _has_ended(store, found.header.call_id):
                    yield self.outline(found.path, salvage=True).record()
            except IvrError as error:
                on_damage(found.path, str(error))

    def _journals_of(self, day: Path) -> list[Path]:
        with translated("the recordings directory cannot be read"):
            changed = day.stat().st_mtime_ns
            settled = self._settled.get(day)
            if settled is not None and settled[0] == changed:
                return settled[1]
            if not day.is_dir():
                return []
            with os.scandir(day) as entries:
                journals = [day / entry.name for entry in entries if entry.name.endswith(JOURNAL)]
        if time.time_ns() - changed > SETTLED_NS:
            self._settled[day] = changed, journals
        return journals

    def _glob(self, pattern: str) -> list[Path]:
        with translated("the recordings directory cannot be read"):
            return list(self._directory.glob(f"[0-9]*/[0-9]*/[0-9]*/{pattern}".rstrip("/")))

    def _open_journal(self, path: Path, *, salvage: bool) -> OpenedRecording:
        frames: list[JournalFrame] = []
        damage: str | None = None
        running = is_running(path)
        journal = self.journal(path)
        try:
            for frame in journal.frames():
                frames.append(frame)
        except SealError as error:
            if not salvage:
                raise SealError(f"{path.name}: {error}") from error
            damage = str(error)
        return OpenedRecording(journal.header, assemble(frames), journal.ending, running, damage)


class JournalReader:
    """One journal's frames, as often as they are wanted."""

    def __init__(self, path: Path, keys: KeyStore) -> None:
        self._path = path
        self.header, self._preamble = _read_header(path)
        self._key = keys.open(self.header.wrapped, self.header.kek_id)
        self.ending = Ending.CRASHED
        """Known once all frames were read; of what was not read to its end, a crash."""

    def frames(self) -> Iterator[JournalFrame]:
        """From the beginning, one after another. Raises SealError at the first damage, behind what is sound."""
        opener = JournalOpener(self._preamble, data_key=self._key)
        yield from _frames(self._path, len(self._preamble), opener)
        self.ending = opener.finish()


def _check_name(name: str, header: JournalHeader) -> None:
    """A file that was renamed to stand for another call is an error, not that call."""
    if name not in (header.call_id, header.recording_id):
        raise SealError(f"the file of {name} holds another call: it was renamed or swapped")


def is_running(path: Path) -> bool:
    """Whether a recorder holds the file: its call is running."""
    with translated(f"the recording {path.name} cannot be read"):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False


def read_header(path: Path) -> JournalHeader:
    """What a recording's file says of itself, not authenticated. Raises SealError, EnvironmentFault."""
    return _read_header(path)[0]


def _frames(path: Path, start: int, opener: JournalOpener) -> Iterator[JournalFrame]:
    yield from opener.feed()
    with translated(f"the recording {path.name} cannot be read"), path.open("rb") as file:
        file.seek(start)
        while data := file.read(_READ_BYTES):
            yield from opener.feed(data)


def _read_header(path: Path) -> tuple[JournalHeader, bytes]:
    """What a recording says of itself without a key, and a journal's bytes before its first frame."""
    if path.suffix == ARCHIVE:
        return read_key_file(path.with_suffix(KEY)), b""
    with translated(f"the recording {path.name} cannot be read"), path.open("rb") as file:
        data = file.read(_PREAMBLE_MAX_BYTES)
    header, end = parse_preamble(data)
    return header, data[:end]


def _has_ended(store: CallStore, call_id: str) -> bool:
    try:
        return store.get(call_id).ended_at is not None
    except OperatorError:
        return False
