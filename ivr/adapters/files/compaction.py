"""From journal to long-term file, after the call.

Rule: a journal is removed only when its long-term file was read back from the disk and held all that the journal
holds. A crash at any point loses nothing: the next run goes on where it stopped. One bad file never blocks another.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.archives import ARCHIVE, KEY, file_sha256, open_archive, write_archive
from ivr.adapters.files.durable import sync_directory, translated
from ivr.adapters.files.key_file import write_key_file
from ivr.adapters.files.recordings import OpenedRecording, RecordingFiles, is_running
from ivr.errors import IvrError, SealError
from ivr.ports import KeyStore


@dataclass(frozen=True, slots=True)
class Compacted:
    """A recording that is now in its long-term form."""

    path: Path
    recording_id: str
    sha256: str
    """Of the sealed file, hex."""
    bytes_before: int
    bytes_after: int


class Compactor:
    """Compacts journals below one directory."""

    def __init__(
        self,
        files: RecordingFiles,
        keys: KeyStore,
        on_sealed: Callable[[Compacted, OpenedRecording], None] = lambda done, opened: None,
    ) -> None:
        """`on_sealed` is told of every long-term file before its journal goes; if it raises, the journal stays."""
        self._files = files
        self._on_sealed = on_sealed
        self._keys = keys

    def run(
        self, on_damage: Callable[[Path, str], None], *, written_before: float | None = None
    ) -> Iterator[Compacted]:
        """Compact every journal whose call has ended, oldest first. What fails goes to `on_damage` and stays.

        `written_before`: only journals whose last write is older than this wall-clock time.
        """
        for path in self._files.journals():
            try:
                if written_before is not None and _written_at(path) >= written_before:
                    continue
                done = self.compact(path)
            except IvrError as error:
                on_damage(path, str(error))
            else:
                if done is not None:
                    yield done

    def compact(self, journal: Path) -> Compacted | None:
        """Compact one journal; None while its call is running, or when another process does it or did it."""
        with translated(f"the journal {journal.name} cannot be compacted"), _only_one(journal.parent) as alone:
            if not alone or not journal.exists() or is_running(journal):
                return None
            opened = self._files.open_file(journal)
            archive = journal.with_suffix(ARCHIVE)
            if not self._holds(archive, opened):
                write_key_file(archive.with_suffix(KEY), opened.header)
                data_key = self._keys.open(opened.header.wrapped, opened.header.kek_id)
                write_archive(archive, opened.header, opened.timeline, opened.ending, data_key=data_key)
                if not self._holds(archive, opened):
                    raise SealError(f"{archive.name} does not hold what {journal.name} holds; the journal is kept")
            done = Compacted(
                archive,
                opened.header.recording_id,
                file_sha256(archive),
                journal.stat().st_size,
                archive.stat().st_size,
            )
            self._on_sealed(done, opened)
            journal.unlink()
            sync_directory(journal.parent)
            return done

    def _holds(self, archive: Path, opened: OpenedRecording) -> bool:
        """Whether the long-term file is there, opens, and holds all of the journal."""
        if not archive.exists():
            return False
        try:
            with open_archive(archive, self._keys) as (_, reader):
                return reader.index.ending is opened.ending and reader.timeline() == opened.timeline
        except SealError:
            return False


def _written_at(journal: Path) -> float:
    with translated(f"the journal {journal.name} cannot be read"):
        return journal.stat().st_mtime


@contextmanager
def _only_one(directory: Path) -> Iterator[bool]:
    """Whether this process is the only one that compacts in a day's directory."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)
