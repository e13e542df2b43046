"""Where it is kept how far the audit log was read for roles."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Bookmark(Protocol):
    """A few bytes that are replaced as a whole. Every method raises EnvironmentFault."""

    @property
    def where(self) -> str:
        """Where people find it."""
        ...

    def read(self) -> bytes | None:
        """What was written last; None when nothing was."""
        ...

    def write(self, data: bytes) -> None:
        """Keep it, durably."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else is alone meanwhile."""
        ...
