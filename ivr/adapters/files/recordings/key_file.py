"""The key file beside a long-term recording: which call it is, and its data key, wrapped.

It is replaced as a whole when keys are rotated, so that no audio is ever rewritten. It needs no seal of its own:
a recording opens only with the right key under its own recording id.
"""

from __future__ import annotations

import json
from pathlib import Path

from ivr.core.typed import number, parsed, text
from ivr.core.vault.journal import JournalHeader
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, SealError

FORMAT = "ivr-key/1"


def read_key_file(path: Path) -> JournalHeader:
    """What it says. Raises SealError when it is not one of ours, EnvironmentFault when it cannot be read."""
    try:
        data = parsed(path.read_bytes())
        if data["format"] != FORMAT:
            raise ValueError("format")
        return JournalHeader(
            call_id=text(data["call_id"]),
            recording_id=text(data["recording_id"]),
            started_at=number(data["started_at"]),
            kek_id=text(data["kek_id"]),
            wrapped=bytes.fromhex(text(data["wrapped"])),
        )
    except OSError as error:
        raise EnvironmentFault(f"the key file {path.name} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise SealError(f"the key file {path.name} is damaged; restore it from a backup") from error


def write_key_file(path: Path, header: JournalHeader) -> None:
    """Put it there, durably."""
    data = {
        "format": FORMAT,
        "call_id": header.call_id,
        "recording_id": header.recording_id,
        "started_at": header.started_at,
        "kek_id": header.kek_id,
        "wrapped": header.wrapped.hex(),
    }
    write_durably(path, json.dumps(data, indent=1).encode() + b"\n")
