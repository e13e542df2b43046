"""A journal's file: its header, its frames, whether its call still writes it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ivr.core.call.recording import OpenedRecording, OutlinedRecording
from ivr.core.vault.journal import Ending, JournalHeader, JournalOpener, parse_preamble
from ivr.core.vault.journal_frame import JournalFrame
from ivr.core.vault.survey import Survey
from ivr.core.vault.timeline import assemble
from ivr.durable import translated
from ivr.errors import SealError
from ivr.ports.keys import KeyStore

JOURNAL = ".ivrj"
"""Of a recording as it was written during the call."""
_PREAMBLE_MAX_BYTES = 1 << 16
_READ_BYTES = 1 << 20


class JournalReader:
    """One journal's frames, as often as they are wanted."""

    def __init__(self, path: Path, keys: KeyStore) -> None:
        """Raises SealError, EnvironmentFault."""
        self._path = path
        self.header, self._preamble = read_preamble(path)
        self._key = keys.open(self.header.wrapped, self.header.kek_id)
        self.ending = Ending.CRASHED
        """Known once all frames were read; of what was not read to its end, a crash."""

    def authenticate(self) -> None:
        """Make sure that the header is the one that was sealed. Raises SealError."""
        JournalOpener(self._preamble, data_key=self._key)

    def frames(self) -> Iterator[JournalFrame]:
        """From the beginning, one after another. Raises SealError at the first damage, behind what is sound."""
        opener = JournalOpener(self._preamble, data_key=self._key)
        yield from opener.feed()
        with translated(f"the recording {self._path.name} cannot be read"), self._path.open("rb") as file:
            file.seek(len(self._preamble))
            while data := file.read(_READ_BYTES):
                yield from opener.feed(data)
        self.ending = opener.finish()


def read_preamble(path: Path) -> tuple[JournalHeader, bytes]:
    """What a journal says of itself without a key, and its bytes before its first frame. Raises SealError."""
    with translated(f"the recording {path.name} cannot be read"), path.open("rb") as file:
        data = file.read(_PREAMBLE_MAX_BYTES)
    header, end = parse_preamble(data)
    return header, data[:end]


def is_written(path: Path) -> bool:
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


def open_journal(path: Path, keys: KeyStore, *, salvage: bool) -> OpenedRecording:
    """A whole journal. Raises SealError at any damage; `salvage` reads what stands before it."""
    frames: list[JournalFrame] = []
    damage: str | None = None
    running, journal = is_written(path), JournalReader(path, keys)
    try:
        for frame in journal.frames():
            frames.append(frame)
    except SealError as error:
        if not salvage:
            raise SealError(f"{path.name}: {error}") from error
        damage = str(error)
    return OpenedRecording(journal.header, assemble(frames), journal.ending, running, damage)


def outline_journal(path: Path, keys: KeyStore, *, salvage: bool) -> OutlinedRecording:
    """The same without its sound, read through once."""
    running, survey = is_written(path), Survey()
    journal = JournalReader(path, keys)
    try:
        for frame in journal.frames():
            survey.take(frame)
    except SealError as error:
        if not salvage:
            raise SealError(f"{path.name}: {error}") from error
    index, told = survey.finish(journal.header, journal.ending)
    return OutlinedRecording(journal.header, told, journal.ending, running, index)
