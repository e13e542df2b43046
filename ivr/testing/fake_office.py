"""What the office needs beside its stores, in memory. They pass the contract suites of the real ones."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.errors import OperatorError


class MemoryBookmark:
    """A bookmark that is gone with its process."""

    where = "the bookmark"

    def __init__(self) -> None:
        self._kept: bytes | None = None
        self._lock = threading.Lock()

    def read(self) -> bytes | None:
        """What was written last; None when nothing was."""
        return self._kept

    def write(self, data: bytes) -> None:
        """Keep it."""
        self._kept = data

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Among the threads of this process."""
        with self._lock:
            yield


class MemoryPeople:
    """Persons of a machine that has these users, or any."""

    def __init__(self, *users: str) -> None:
        """None given: whoever has a name is here."""
        self._users = users

    def named(self, typed: str) -> str:
        """os:alice, also for alice. Raises OperatorError."""
        name = typed.removeprefix("os:")
        if not re.fullmatch("[A-Za-z_]+", name):
            raise OperatorError("that is not a person's name")
        return f"os:{name}"

    def present(self, person: str) -> str:
        """Their name. Raises OperatorError when there is no such user."""
        if self._users and person.removeprefix("os:") not in self._users:
            raise OperatorError("there is no such user")
        return person
