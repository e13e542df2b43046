"""A recording's frames on their way to the disk: sealed as they are handed in, taken by who writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ivr.core.vault.journal import JournalHeader
from ivr.core.vault.journal_frame import JournalFrame


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where C hands in blocks of the caller's sound both ways by itself: addresses."""

    function: int
    journal: int


class Journal(Protocol):
    """One recording's. One thread hands in and rouses, another one takes; what was sealed is taken in its order."""

    @property
    def preamble(self) -> bytes:
        """What stands before the first frame."""
        ...

    @property
    def keeping(self) -> Keeping | None:
        """How C hands in; None: it cannot."""
        ...

    @property
    def refuses(self) -> bool:
        """Whether a block that C handed in could not be sealed, or `refuse` was called."""
        ...

    def seal(self, frame: JournalFrame) -> None:
        """Seal the next frame. Raises SealError, BugError."""
        ...

    def rouse(self) -> None:
        """Let who takes go on at once."""
        ...

    def refuse(self) -> None:
        """Nothing more can be written: C is to hand in no more."""
        ...

    def take(self, seconds: float) -> bytes | memoryview:
        """What was sealed and not taken, as soon as it is roused, or after so long; it is good until the next call."""
        ...


class Journals(Protocol):
    """Makes them."""

    def __call__(self, header: JournalHeader, *, data_key: bytes, salt: bytes) -> Journal:
        """Data key and salt must be fresh. Raises SealError."""
        ...
