"""Rotation: wrapping recordings' data keys with the newest key. Only key files are rewritten, never audio.

Journals keep their key until they are compacted; until then the key that wrapped them is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ivr.adapters.files.recordings.archives import ARCHIVE, KEY
from ivr.adapters.files.recordings.key_file import write_key_file
from ivr.adapters.files.recordings.store import FoundRecording, RecordingFiles
from ivr.core.vault.journal import JournalHeader
from ivr.errors import IvrError, ShreddedError

Rewrap = Callable[[bytes, str], tuple[bytes, str]]
"""(wrapped, kek id) -> the same key under the active one."""


def rewrap_recordings(
    files: RecordingFiles, rewrap: Rewrap, active: str, on_damage: Callable[[Path, str], None]
) -> Iterator[FoundRecording]:
    """Wrap again every recording's key that another key than `active` wraps; yields each that was done."""
    for found in files.scan(on_damage):
        header = found.header
        if header.kek_id == active or found.path.suffix != ARCHIVE:
            continue
        try:
            wrapped, kek_id = rewrap(header.wrapped, header.kek_id)
            if kek_id == header.kek_id:
                continue
            changed = JournalHeader(header.call_id, header.recording_id, header.started_at, kek_id, wrapped)
            write_key_file(found.path.with_suffix(KEY), changed)
        except ShreddedError:
            continue  # remains that retention has not taken away yet: no key is needed for them
        except IvrError as error:
            on_damage(found.path, str(error))
        else:
            yield found


def kek_ids_in_use(files: RecordingFiles) -> dict[str, int]:
    """Keys that wrap some recording's key, and how many."""
    counts: dict[str, int] = {}
    for found in files.scan():
        counts[found.header.kek_id] = counts.get(found.header.kek_id, 0) + 1
    return counts
