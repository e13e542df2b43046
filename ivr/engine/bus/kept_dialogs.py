"""The dialogs that cells hold, in a file of each: they can be ended when the hub died together with the cell.

Rule: a file is its process's. What it says counts once that process is dead, and then only until its dialogs are ended.
It holds what every SIP message of the call shows to the network (addresses, tags), and lies with the engine's sockets,
where only the engine may read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.engine.bus.calls import DialogsHeld


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process that is dead has left."""

    path: Path
    pid: int
    held: DialogsHeld


class KeptDialogs:
    """Files in one directory, made when it is needed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, held: DialogsHeld) -> None:
        """This process holds these now. Raises OSError."""
        path = self._directory / f"{os.getpid()}.json"
        if not held.dialogs:
            path.unlink(missing_ok=True)
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps({"since": _began(os.getpid()), "call_id": held.call_id, "dialogs": held.dialogs})
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(text)
        new.replace(path)

    def left(self) -> Iterator[Kept]:
        """What the dead have left. A file that cannot be read is taken away: nobody could be told anything by it."""
        for path in self._directory.glob("*.json"):
            try:
                told = json.loads(path.read_text())
                pid, since = int(path.stem), told["since"]
                held = DialogsHeld(told["call_id"], tuple(tuple(words) for words in told["dialogs"]))
            except (OSError, ValueError, KeyError, TypeError):
                path.unlink(missing_ok=True)
                continue
            if _began(pid) != since:
                yield Kept(path, pid, held)

    def forget(self, pid: int) -> None:
        """The dialogs of this process are ended."""
        with suppress(OSError):
            (self._directory / f"{pid}.json").unlink()


def _began(pid: int) -> int:
    """When a process began, in ticks since the machine did (proc(5)): ids are used again. -1: it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] == "Z" else int(fields[19])
