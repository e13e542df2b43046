"""The disks that the engine writes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DiskState:
    """What one place of the engine's files has left."""

    place: str
    """What lies there: "recordings" or "data"."""
    where: str
    """The directory, as the settings name it."""
    free_bytes: int
    """For a user without privileges."""
    fault: str = ""
    """Why nothing can be written there, whatever is free; empty: it can."""


class Disks(Protocol):
    """Looks at them. May wait for a disk that hangs."""

    def look(self) -> Sequence[DiskState]:
        """How they are now. Never raises: a disk that does not answer has a fault."""
        ...
