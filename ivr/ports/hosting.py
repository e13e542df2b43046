"""What the hub has for other hosts: files of what is served, and a place for journals of their calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class ServedFiles(Protocol):
    """What is served, and each file of it by the SHA-256 of what it holds (64 hex digits)."""

    def served(self) -> str:
        """Id of the publication that is served now; "": the engine is only just starting."""
        ...

    def publication(self, sha256: str) -> bytes | None:
        """The document; None: there is none of that name. Raises EnvironmentFault."""
        ...

    def prompt(self, sha256: str) -> bytes | None:
        """The audio; None: there is none of that name. Raises EnvironmentFault."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a piece of a journal."""

    have: int
    """Bytes of the journal that are there."""
    whole: bool = False
    """It is among the recordings, durably."""


class JournalInbox(Protocol):
    """Takes in journals that were written on other hosts."""

    def take(self, host: str, name: tuple[str, str], offset: int, data: bytes, sha256: str) -> Taken:
        """A piece of the journal of a `name` (day as YYYYMMDD, call's id), from `offset` bytes on.

        `sha256`: hex, of all of it, with the last piece; else "". Raises SealError: it is no journal of that name that
        our keys open, or another one is there; EnvironmentFault: not now.
        """
        ...
