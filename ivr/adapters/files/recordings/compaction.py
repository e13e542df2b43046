"""From journal to long-term file, after the call.

Rules: a journal is removed only when its long-term file was read back from the disk and held all that the journal
holds. Memory does not grow with the call. A crash at any point loses nothing: the next run goes on where it stopped.
A journal that twice could not be sealed, or holds less than is known of its call, is set aside: it stays as it is, and
no other waits for it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.recordings.archives import ARCHIVE, KEY, file_sha256, open_archive, write_archive
from ivr.adapters.files.recordings.key_file import write_key_file
from ivr.adapters.files.recordings.store import ASIDE, RecordingFiles, is_running
from ivr.core.call.recording import OutlinedRecording
from ivr.core.vault.survey import plain_archive
from ivr.durable import sync_directory, translated, write_durably
from ivr.errors import IvrError, SealError, ShreddedError
from ivr.ports.keys import KeyStore

TRIES = 2
"""Failures after which a journal is set aside. A process that dies of it counts."""


class SetAside(SealError):
    """A journal that must not be sealed: it holds less than is known of its call."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """A recording that is now in its long-term form."""

    path: Path
    recording_id: str
    sha256: str
    """Of the sealed file, hex."""
    bytes_before: int
    bytes_after: int


Compare = Callable[[OutlinedRecording], Sequence[str]]
"""Names what a recording was compared with. Raises SetAside when that knows more than the recording holds."""
OnSealed = Callable[[Compacted, OutlinedRecording, Sequence[str]], None]


class Compactor:
    """Compacts journals below one directory."""

    def __init__(
        self,
        files: RecordingFiles,
        keys: KeyStore,
        on_sealed: OnSealed = lambda done, opened, compared: None,
        compare: Compare = lambda opened: (),
    ) -> None:
        """`on_sealed` is told of every long-term file before its journal goes; if it raises, the journal stays."""
        self._files = files
        self._on_sealed = on_sealed
        self._compare = compare
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
                if (reason := aside(path)) is not None:
                    on_damage(path, f"set aside, and not sealed: {reason}")
                    continue
                done = self.compact(path)
            except ShreddedError:
                continue  # retention takes away what is left of it
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
            tries = _tries(journal)
            if tries >= TRIES:
                raise _set_aside(journal, SetAside(f"it could not be sealed in {tries} tries"))
            # Not durable on purpose: it must outlast a process that dies of this journal, not a power loss.
            journal.with_suffix(ASIDE).write_text(json.dumps({"tries": tries + 1}))
            try:
                return self._compact(journal)
            except SetAside as error:
                raise _set_aside(journal, error) from error
            except ShreddedError:
                _forget_tries(journal, tries)
                raise
            except SealError as error:
                if tries + 1 >= TRIES:
                    raise _set_aside(journal, error) from error
                raise
            except (IvrError, OSError):  # the machine's fault, not the journal's
                _forget_tries(journal, tries)
                raise

    def _compact(self, journal: Path) -> Compacted:
        opened = self._files.outline(journal)
        compared = self._compare(opened)
        archive = journal.with_suffix(ARCHIVE)
        if not self._holds(archive, opened):
            write_key_file(archive.with_suffix(KEY), opened.header)
            plain = plain_archive(opened.index, self._files.journal(journal).frames)
            data_key = self._keys.open(opened.header.wrapped, opened.header.kek_id)
            write_archive(archive, opened.header, plain, data_key=data_key)
            if not self._holds(archive, opened):
                raise SealError(f"{archive.name} does not hold what {journal.name} holds; the journal is kept")
        done = Compacted(
            archive,
            opened.header.recording_id,
            file_sha256(archive),
            journal.stat().st_size,
            archive.stat().st_size,
        )
        self._on_sealed(done, opened, compared)
        journal.with_suffix(ASIDE).unlink(missing_ok=True)
        journal.unlink()
        sync_directory(journal.parent)
        return done

    def _holds(self, archive: Path, opened: OutlinedRecording) -> bool:
        """Whether the long-term file is there, opens, and holds all of the journal: its index has every hash."""
        if not archive.exists():
            return False
        try:
            with open_archive(archive, self._keys) as (_, reader):
                if reader.index != opened.index:
                    return False
                reader.verify()
                return True
        except SealError:
            return False


def aside(journal: Path) -> str | None:
    """Why a journal was set aside; None when it was not."""
    reason = _note(journal).get("aside")
    return str(reason) if reason is not None else None


def readmit(journal: Path) -> None:
    """Let the next run try it again, say after it was restored from a backup."""
    with translated(f"the note beside {journal.name} cannot be removed"):
        journal.with_suffix(ASIDE).unlink(missing_ok=True)


def _note(journal: Path) -> dict[str, object]:
    with suppress(OSError, ValueError):
        note = json.loads(journal.with_suffix(ASIDE).read_bytes())
        if isinstance(note, dict):
            return note
    return {}


def _tries(journal: Path) -> int:
    tries = _note(journal).get("tries")
    return tries if type(tries) is int else 0


def _forget_tries(journal: Path, tries: int) -> None:
    with suppress(OSError):
        if tries and journal.exists():
            journal.with_suffix(ASIDE).write_text(json.dumps({"tries": tries}))
        else:
            journal.with_suffix(ASIDE).unlink(missing_ok=True)


def _set_aside(journal: Path, error: SealError) -> SealError:
    write_durably(journal.with_suffix(ASIDE), json.dumps({"aside": str(error)}).encode())
    return SetAside(f"set aside, and not sealed: {error}")


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
