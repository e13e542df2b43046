"""The note beside a journal that is being brought into its long-term form, or cannot be."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from ivr.durable import translated, write_durably
from ivr.ports.recordings import Trouble

NOTE = ".ivrx"


def read_trouble(path: Path) -> Trouble:
    """What the note says; one that is missing or damaged tells of no trouble."""
    with suppress(OSError, ValueError):
        note = json.loads(path.read_bytes())
        if isinstance(note, dict):
            tries, aside = note.get("tries"), note.get("aside")
            return Trouble(tries if type(tries) is int else 0, None if aside is None else str(aside))
    return Trouble()


def write_trouble(path: Path, trouble: Trouble) -> None:
    """Put the note there, or remove it. Raises EnvironmentFault."""
    with translated(f"the note {path.name} cannot be written"):
        if trouble.aside is not None:
            write_durably(path, json.dumps({"aside": trouble.aside}).encode())
        elif trouble.tries:
            # Not durable on purpose: it must outlast a process that dies of this journal, not a power loss.
            path.write_text(json.dumps({"tries": trouble.tries}))
        else:
            path.unlink(missing_ok=True)
