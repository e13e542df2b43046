"""The dialogs that cells hold, in a file of each: they can be ended when the hub died together with the cell.

Rule: a file is its cell's. What it says counts once that process is dead, and then only until its dialogs are ended.
Addresses of callers stand in it, so it is sealed; one data key serves a hub for as long as it lives.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.engine.bus.calls import DialogsHeld
from ivr.errors import IvrError
from ivr.ports.keys import DataKey, KeyStore

CONTEXT = b"ivr-dialogs/1"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process that is dead has left."""

    path: Path
    pid: int
    held: DialogsHeld


class KeptDialogs:
    """Files in one directory, made when it is needed."""

    def __init__(self, directory: Path, keys: KeyStore) -> None:
        self._directory, self._keys = directory, keys
        self._key: DataKey | None = None

    def keep(self, pid: int, held: DialogsHeld) -> None:
        """This process holds these now. Raises OSError, IvrError."""
        # By text: a Path keeps each part of its name among the interpreter's texts, and their table grows by it.
        path = f"{self._directory}/{pid}.json"
        if not held.dialogs:
            with suppress(FileNotFoundError):
                os.unlink(path)
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = key = self._key or self._keys.issue()
        plain = json.dumps({"since": _began(pid), "call_id": held.call_id, "dialogs": held.dialogs}).encode()
        sealed = seal(plain, key=key.key, context=CONTEXT, nonce=os.urandom(NONCE_BYTES))
        with open(f"{path}.new", "w", opener=_for_us) as new:
            json.dump({"kek": key.kek_id, "wrapped": key.wrapped.hex(), "sealed": sealed.hex()}, new)
        os.replace(f"{path}.new", path)

    def _read(self, path: Path) -> tuple[int, DialogsHeld]:
        """When its process began, and what that held."""
        written = json.loads(path.read_text())
        key = self._keys.open(bytes.fromhex(written["wrapped"]), written["kek"])
        told = json.loads(unseal(bytes.fromhex(written["sealed"]), key=key, context=CONTEXT))
        return told["since"], DialogsHeld(told["call_id"], tuple(tuple(words) for words in told["dialogs"]))

    def left(self) -> Iterator[Kept]:
        """What the dead have left. A file that cannot be read is taken away: nobody could be told anything by it."""
        for path in self._directory.glob("*.json"):
            try:
                pid = int(path.stem)
                since, held = self._read(path)
            except (OSError, ValueError, KeyError, TypeError, IvrError):
                with suppress(OSError):
                    path.unlink()
                continue
            if _began(pid) != since:
                yield Kept(path, pid, held)

    def forget(self, pid: int) -> None:
        """The dialogs of this process are ended."""
        with suppress(OSError):
            os.unlink(f"{self._directory}/{pid}.json")


def _for_us(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _began(pid: int) -> int:
    """When a process began, in ticks since the machine did (proc(5)): ids are used again. -1: it is dead."""
    try:
        with open(f"/proc/{pid}/stat") as told:
            fields = told.read().rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] == "Z" else int(fields[19])
