"""The audit log in memory. It passes the contract suite of the real one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, node_hash, root
from ivr.core.audit.note import Checkpoint, Signer, verify_note
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.audit import Progress, silent


class MemoryAuditLog:
    """A log that is gone with its process."""

    full = False
    """While it is, nothing is taken in."""

    def __init__(self, signer: Signer | None = None) -> None:
        self._signer = signer or Signer("ivr-audit-memory", bytes(32))
        self._lock = threading.Lock()
        self._tree: list[bytes] = []
        self._read: list[AuditEntry] = []
        """What stands in the tree, read once."""
        self._pending: list[bytes] = []
        self._signed = ""

    @property
    def published(self) -> int:
        """Entries that can be read."""
        return len(self._tree)

    def append(self, entries: Sequence[AuditEntry]) -> range:
        """Add entries."""
        if self.full:
            raise EnvironmentFault("the audit log cannot be written: No space left on device")
        with self._lock:
            first = len(self._tree) + len(self._pending)
            self._pending += [entry.encode() for entry in entries]
        return range(first, first + len(entries))

    def publish(self) -> str:
        """Bring them into the tree."""
        with self._lock:
            if self._pending:
                self._tree += self._pending
                self._read += map(AuditEntry.decode, self._pending)
                self._pending = []
                size = len(self._tree)
                self._signed = self._signer.sign(str(Checkpoint(self._signer.name, size, root(size, self._node))))
        return self._signed

    def entries(
        self, first: int = 0, *, before: int | None = None, actions: Sequence[str] = (), naming: Sequence[str] = ()
    ) -> Iterator[tuple[int, AuditEntry]]:
        """Entries from one on."""
        for index in range(first, len(self._tree) if before is None else min(before, len(self._tree))):
            entry = self._read[index]
            if (not actions or entry.action in actions) and (
                not naming or any(map(set(naming).__contains__, _texts(entry)))
            ):
                yield index, entry

    def since(
        self, at: float, *, actions: Sequence[str] = (), naming: Sequence[str] = ()
    ) -> Iterator[tuple[int, AuditEntry]]:
        """Every entry from a time on."""
        return ((n, one) for n, one in self.entries(actions=actions, naming=naming) if one.at >= at)

    def bundle(self, number: int) -> list[bytes]:
        """A part of the tree."""
        if not 0 <= number * TILE_WIDTH < len(self._tree):
            raise SealError("entries of the audit log are missing")
        return self._tree[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]

    def raw_entry(self, index: int) -> bytes:
        """One entry."""
        if not 0 <= index < len(self._tree):
            raise OperatorError(f"there is no audit entry {index}: the log has {len(self._tree)}")
        return self._tree[index]

    def inclusion(self, index: int) -> tuple[list[bytes], str]:
        """Proof that an entry is here."""
        self.raw_entry(index)
        return inclusion_proof(index, len(self._tree), self._node), self._signed

    def consistency(self, old_size: int) -> tuple[list[bytes], str]:
        """Proof that nothing of an older tree was rewritten."""
        if not 0 < old_size <= len(self._tree):
            raise OperatorError(f"the log has {len(self._tree)} entries: it never continued one of {old_size}")
        return consistency_proof(old_size, len(self._tree), self._node), self._signed

    def verify(self, against: str | None = None, *, progress: Progress = silent) -> Checkpoint:
        """Nobody alters a list; an older checkpoint may still be of another log."""
        size = len(self._tree)
        progress(size, size)
        if against is not None:
            self.continues(against)
        return Checkpoint(self._signer.name, size, root(size, self._node))

    def continues(self, signed: str) -> Checkpoint:
        """Check an older checkpoint."""
        old = Checkpoint.parse(verify_note(signed, self._signer.verifier))
        if old.size > len(self._tree):
            raise SealError(f"the log has {len(self._tree)} entries and had {old.size}: it was rolled back")
        if root(old.size, self._node) != old.root:
            raise SealError("the audit log was rewritten: its first entries are not those of the older checkpoint")
        return old

    def close(self) -> None:
        """Publish."""
        self.publish()

    def _node(self, level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(self._tree[index])
        return node_hash(self._node(level - 1, 2 * index), self._node(level - 1, 2 * index + 1))


def _texts(data: object) -> Iterator[str]:
    """Every text in an entry that stands by itself, names of details too."""
    if isinstance(data, AuditEntry):
        data = [data.actor, data.action, data.subject, data.outcome, data.reason, data.details]
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from (name, *_texts(value))
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)
