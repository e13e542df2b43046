"""Marks of a move of keys: the note that an unfinished move leaves, and the one in the place of a store that moved.

A move is finished by one step, which cannot be half done: the old store's file becomes a note of where its keys
went. Until then the old store is as it was; from then on only the new one is used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from ivr.core.vault.estate import Estate
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.keys import ManagedKeyStore

MOVED_FORMAT = "ivr-keystore-moved/1"
MOVE_FORMAT = "ivr-key-move/1"


@dataclass(frozen=True, slots=True)
class UnfinishedMove:
    """From where to where keys are being moved."""

    source: str
    """File of the old store."""
    heir: str
    """File of the new one."""
    store: str
    """Its kind: file or pkcs11."""


class MovingKeyFiles:
    """The two stores of a move: the old one's file, the new one's, and the note beside them."""

    def __init__(
        self,
        note: Path,
        move: UnfinishedMove,
        *,
        kind: str,
        old: Callable[[], ManagedKeyStore],
        heir: Callable[[], ManagedKeyStore],
        inherit: Callable[[Estate], ManagedKeyStore],
        make_secret: Callable[[], str],
        alone: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`note`: where the move is noted; `kind`: of the old store. The others open, make and guard the stores."""
        self._note = note
        self._move = move
        self._kind = kind
        self._heir = heir
        self._make_secret = make_secret
        self.old = old
        self.inherit = inherit
        self.alone = alone

    @property
    def kinds(self) -> tuple[str, str]:
        """From which kind of store to which."""
        return self._kind, self._move.store

    def begun(self) -> bool:
        """Whether the note is there. Raises OperatorError when it is another move's."""
        begun = read_move(self._note)
        if begun not in (None, self._move):
            raise OperatorError("another move of keys is unfinished: go on with that one first")
        return begun is not None

    def prepare(self) -> str:
        """Make the new store's secret. Raises OperatorError when there is a store in its place."""
        refuse_to_overwrite(Path(self._move.heir))
        return self._make_secret()

    def begin(self) -> None:
        """Write the note."""
        write_move(self._note, self._move)

    def heir(self) -> ManagedKeyStore | None:
        """The new store, read from its file; None when there is none yet."""
        path = Path(self._move.heir)
        return self._heir() if path.exists() and not moved_to(path) else None

    def finish(self) -> str:
        """Put a note in the old store's place; returns where its file was copied to."""
        copy = leave_note(Path(self._move.source), self._move.store)
        self._note.unlink()
        return str(copy)


def read_move(path: Path) -> UnfinishedMove | None:
    """The move that began and did not end; None when there is none. Raises SealError, EnvironmentFault."""
    try:
        data = json.loads(path.read_bytes())
        if data.pop("format") != MOVE_FORMAT:
            raise ValueError("format")
        move = UnfinishedMove(**data)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error.strerror}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SealError(f"{path}, the note of an unfinished move of keys, is damaged") from error
    return None if moved_to(Path(move.source)) else move


def write_move(path: Path, move: UnfinishedMove) -> None:
    """Note that a move begins, durably."""
    write_durably(path, json.dumps({"format": MOVE_FORMAT, **asdict(move)}, indent=1).encode() + b"\n")


def moved_to(path: Path) -> str:
    """Where the keys of this store's file went: file or pkcs11; empty when they are there, or nothing is."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return ""
    moved = isinstance(data, dict) and data.get("format") == MOVED_FORMAT
    return str(data.get("to")) if moved else ""


def refuse_moved(path: Path) -> None:
    """Raises OperatorError when the keys of this store's file went elsewhere."""
    if to := moved_to(path):
        raise OperatorError(f"the keys of {path} were moved: set `keys: {{store: {to}}}` in the settings")


def refuse_to_overwrite(path: Path) -> None:
    """Raises OperatorError when there is a store already. A note that its keys were moved away is none."""
    if path.exists() and not moved_to(path):
        raise OperatorError(f"there is a key store at {path} already; it is never overwritten")


def leave_note(path: Path, to: str) -> Path:
    """Put a note in the place of a store, whose file is copied before; returns the copy."""
    copy = path.with_name(f"{path.name}.moved-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}")
    write_durably(copy, path.read_bytes())
    note = {"format": MOVED_FORMAT, "to": to, "copy": copy.name}
    write_durably(path, json.dumps(note, indent=1).encode() + b"\n")
    return copy
