"""A bookmark in the audit log: one small file, and a lock beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.durable import locked, write_durably
from ivr.errors import EnvironmentFault


class BookmarkFile:
    """`Bookmark`, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def where(self) -> str:
        """The file."""
        return str(self._path)

    def read(self) -> bytes | None:
        """What was written last; None when nothing was."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise EnvironmentFault(f"{self._path} cannot be read: {error.strerror}") from error

    def write(self, data: bytes) -> None:
        """Keep it, durably."""
        write_durably(self._path, data)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """By a lock beside it."""
        lock = self._path.with_suffix(".lock")
        with locked(lock, f"the lock of the roles, {lock}, cannot be taken"):
            yield
