"""Journals of calls on other hosts, on their way to where recordings are.

Rule: a journal is among the recordings whole, durably and checked, or not at all. What came so far lies in
`.incoming/HOST`, and is gone on with after a crash of either side.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ivr.adapters.files.recordings.archives import ARCHIVE, KEY, file_sha256
from ivr.adapters.files.recordings.journals import JOURNAL, JournalReader, read_preamble
from ivr.adapters.files.recordings.key_file import read_key_file
from ivr.core.vault.journal import JournalHeader
from ivr.durable import sync_directory, translated
from ivr.errors import SealError
from ivr.ports.hosting import Taken
from ivr.ports.keys import KeyStore

FOLDER = ".incoming"
_HOST = re.compile(r"[a-z][a-z0-9-]{0,30}")
_DAY = re.compile(r"20\d{6}")
_CALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,199}")


class IncomingJournals:
    """Below one directory of recordings."""

    def __init__(self, directory: Path, keys: KeyStore) -> None:
        self._directory, self._keys = directory, keys

    def take(self, host: str, name: tuple[str, str], offset: int, data: bytes, sha256: str) -> Taken:
        """A piece of a journal. Raises SealError, EnvironmentFault."""
        day, call_id = name
        if not (_HOST.fullmatch(host) and _DAY.fullmatch(day) and _CALL.fullmatch(call_id)):
            raise SealError("it is named as no recording is")
        part = self._directory / FOLDER / host / f"{day}-{call_id}"
        with translated("the recording of a call on another host cannot be written"):
            part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            have = part.stat().st_size if part.exists() else 0
            if offset != have:
                return Taken(have)
            with part.open("ab") as file:
                file.write(data)
                if sha256:
                    file.flush()
                    os.fsync(file.fileno())
        if not sha256:
            return Taken(have + len(data))
        try:
            if file_sha256(part) != sha256:
                return Taken(0)  # it did not come as it was sent: from its beginning, please
            self._keep(part, day, call_id, sha256)
        finally:
            with translated("the recording of a call on another host cannot be removed"):
                part.unlink(missing_ok=True)
        return Taken(have + len(data), whole=True)

    def _keep(self, part: Path, day: str, call_id: str, sha256: str) -> None:
        """Put what came whole among the recordings. Raises SealError."""
        header, _ = read_preamble(part)
        if header.recording_id != f"{day}-{call_id}":
            raise SealError("it holds another call than it is named by")
        JournalReader(part, self._keys).authenticate()
        stem = self._directory / day[:4] / day[4:6] / day[6:] / call_id
        with translated("the recording of a call on another host cannot be kept"):
            stem.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if Path(f"{stem}{ARCHIVE}").exists() or Path(f"{stem}{KEY}").exists():
                _must_be_same(read_key_file(Path(f"{stem}{KEY}")), header)
                return  # our word that it is here was lost, and it is in its long-term form by now
            journal = Path(f"{stem}{JOURNAL}")
            if journal.exists():
                if file_sha256(journal) != sha256:
                    raise SealError("there is another recording of that name")
                return
            os.link(part, journal)  # unlike a rename it never takes the place of another
            sync_directory(journal.parent)


def _must_be_same(kept: JournalHeader, came: JournalHeader) -> None:
    if (kept.call_id, kept.started_at) != (came.call_id, came.started_at):
        raise SealError("there is another recording of that name")
