"""The audit log: entries that nobody takes back, in a Merkle tree whose root is signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Checkpoint

Progress = Callable[[int, int], None]
"""`progress(done, of)`, in entries."""


def silent(done: int, of: int) -> None:
    """Nobody watches."""


class AuditLog(Protocol):
    """The log, for whoever enters and reads. Every method raises SealError when it was altered, EnvironmentFault.

    Used from several threads and processes. What was appended is durable at once, and is read once it was published.
    """

    def append(self, entries: Sequence[AuditEntry]) -> range:
        """Add entries; returns their indexes. They are durable."""
        ...

    def publish(self) -> str:
        """Bring all that was appended into the tree; returns the signed checkpoint, empty of an empty log."""
        ...

    @property
    def published(self) -> int:
        """Entries in the tree, as of the last publication by this process: those that can be read."""
        ...

    def entries(
        self, first: int = 0, *, before: int | None = None, actions: Sequence[str] = (), naming: Sequence[str] = ()
    ) -> Iterator[tuple[int, AuditEntry]]:
        """Entries of the tree with their indexes, from one on; `before`: only up to that one, without it.

        `actions`: only these, when any are given; `naming`: only those in which one of these stands as a whole text.
        """
        ...

    def since(
        self, at: float, *, actions: Sequence[str] = (), naming: Sequence[str] = ()
    ) -> Iterator[tuple[int, AuditEntry]]:
        """The same, all from a time on (seconds since the epoch) and some older ones before them: found soon in a
        long log."""
        ...

    def bundle(self, number: int) -> list[bytes]:
        """Encoded entries of the tree from `number * TILE_WIDTH` on, TILE_WIDTH of them; fewer in the last bundle."""
        ...

    def raw_entry(self, index: int) -> bytes:
        """The encoded bytes of one entry. Raises OperatorError when the tree has none there."""
        ...

    def close(self) -> None:
        """Publish if that is possible, and let go of it."""
        ...


class ProvableLog(AuditLog, Protocol):
    """The log, for whoever proves or verifies it."""

    def inclusion(self, index: int) -> tuple[list[bytes], str]:
        """Proof that an entry is in the tree, and the signed checkpoint that it leads to. Raises OperatorError."""
        ...

    def consistency(self, old_size: int) -> tuple[list[bytes], str]:
        """Proof that the tree continues the one of `old_size` entries, and the checkpoint. Raises OperatorError."""
        ...

    def verify(self, against: str | None = None, *, progress: Progress = silent) -> Checkpoint:
        """Compute everything again from the entries and compare it with the signature, and with an older checkpoint.

        Raises SealError, which says what differs. It takes seconds of a long log, and keeps nobody from entering.
        """
        ...

    def continues(self, signed: str) -> Checkpoint:
        """Check an older signed checkpoint against the tree, which `verify` found sound before. Raises SealError."""
        ...
