"""Kept drafts on disk: `<directory>/<id>.json`, each replaced as a whole."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.core.dialplan.kept_draft import ID_DIGITS, KeptDraft
from ivr.durable import sync_directory, translated, write_durably
from ivr.errors import EnvironmentFault, OperatorError, SealError

_ID = re.compile(f"[0-9a-f]{{{ID_DIGITS}}}")


class KeptDraftFiles:
    """Those of one engine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def alone(self) -> Iterator[None]:
        """By a lock beside them."""
        with translated(f"{self._directory} cannot be written"):
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def all(self) -> Iterator[KeptDraft]:
        """Every one."""
        for path in sorted(self._directory.glob("*.json")):
            yield self.load(path.stem)

    def load(self, id: str) -> KeptDraft:
        """One of them."""
        path = self._path(id)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise OperatorError(f"there is no draft {path.stem}: it was dropped or published") from None
        except OSError as error:
            raise EnvironmentFault(f"the draft {path} cannot be read: {error.strerror}") from error
        draft = KeptDraft.decode(data)
        if draft.id != path.stem:
            raise SealError(f"{path} holds another draft than its name says: restore it from a backup")
        return draft

    def keep(self, draft: KeptDraft) -> None:
        """Replace it."""
        write_durably(self._path(draft.id), draft.encode())

    def drop(self, id: str) -> None:
        """Remove it."""
        with translated(f"{self._directory} cannot be written"):
            self._path(id).unlink(missing_ok=True)
            if self._directory.exists():
                sync_directory(self._directory)

    def _path(self, id: str) -> Path:
        if not _ID.fullmatch(id):
            raise OperatorError(f"a draft's id has {ID_DIGITS} digits: 'ivr drafts list' shows them")
        return self._directory / f"{id}.json"
