"""The audit log: entries appended by one process at a time, durable before they are acknowledged, in a Merkle tree.

What `append` acknowledged is found after any crash. Entries are first in a write-ahead file (one sync for all
that wait), and every `publish` brings them into the tree and signs its new root.
"""

from __future__ import annotations

import bisect
import fcntl
import hmac
import itertools
import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.audit.tree import CHECKPOINT, TreeFiles
from ivr.adapters.files.audit.wal import WriteAheadFile
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from ivr.core.audit.note import Checkpoint, Signer
from ivr.core.audit.tiles import TILE_WIDTH, subtree
from ivr.durable import translated
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.audit import Progress, silent
from ivr.ports.leading import Fence, unfenced

PUBLISH_AT = 1024
"""Entries that wait for the tree at most; then `append` publishes by itself."""
CLOCK_SET_BACK_SECONDS = 7200.0
"""An entry may carry a time that is earlier by this than that of one before it: clocks are set right, or badly."""


@dataclass(slots=True)
class _Waiting:
    """What one thread wants appended, and where it went."""

    entries: list[bytes]
    placed: range | None = None
    error: Exception | None = None


class AuditLog:
    """An append-only log in a directory. Usable from several threads and, one at a time, from several processes."""

    def __init__(self, directory: Path, signer: Signer, fence: Fence = unfenced) -> None:
        """Open or begin it. Raises SealError when it was altered, EnvironmentFault when it cannot be written.

        `fence` is asked under the lock before each writing: on two machines only the one that leads writes.
        """
        self._signer, self._fence = signer, fence
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EnvironmentFault(f"the audit log {directory} cannot be opened: {error.strerror}") from error
        self._checkpoint_path = directory / CHECKPOINT
        self._mutex = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._pending: list[bytes] = []
        self._publish_tries = 1
        self._seen: tuple[int, ...] = ()
        wal_key = hmac.digest(signer.seed, b"ivr-audit-wal/1", "sha256")
        self._wal = WriteAheadFile(directory / "pending", wal_key)
        with self._alone():
            self._tree = TreeFiles(directory, signer.verifier)
            self._seen = self._signature()
            self._take_pending()

    @property
    def size(self) -> int:
        """Entries acknowledged, by this process's knowledge."""
        return self._tree.size + len(self._pending)

    @property
    def published(self) -> int:
        """Entries in the tree, by this process's knowledge: those that `entries` tells."""
        return self._tree.size

    def append(self, entries: Sequence[AuditEntry]) -> range:
        """Add entries; returns their indexes. They are durable. Threads that wait share one sync."""
        waiting = _Waiting([entry.encode() for entry in entries])
        self._queue.append(waiting)
        with self._mutex:
            if waiting.placed is None and waiting.error is None:
                self._write_queue()
        if waiting.error is not None:
            raise waiting.error
        assert waiting.placed is not None
        if len(self._pending) >= PUBLISH_AT * self._publish_tries:
            self._publish_by_the_way()
        return waiting.placed

    def _publish_by_the_way(self) -> None:
        """Entries that are durable were appended, whatever happens to the tree. The next `publish` tells why
        it cannot be written; until then the write-ahead file holds them, and not each append tries again."""
        try:
            self.publish()
            self._publish_tries = 1
        except (EnvironmentFault, SealError):
            self._publish_tries += 1

    def publish(self) -> str:
        """Bring all entries into the tree; returns the signed checkpoint."""
        with self._mutex, self._alone():
            self._fence()
            self._refresh()
            self._publish()
            return self._tree.signed

    def raw_entry(self, index: int) -> bytes:
        """The bytes of an entry that the tree holds. Raises OperatorError when there is none."""
        return _entry(self._tree.as_of_now(), index)

    def entries(
        self, first: int = 0, *, before: int | None = None, actions: Sequence[str] = (), naming: Sequence[str] = ()
    ) -> Iterator[tuple[int, AuditEntry]]:
        """Entries of the tree with their indexes, from one to another. A long log is sifted before it is taken apart.

        `actions`: only these, when any are given; `naming`: only those in which one of these stands as a whole text.
        """
        begin = tuple(f'{{"action":{_quoted(action)},'.encode() for action in actions)  # as AuditEntry.encode does
        names = [_quoted(name).encode() for name in naming]
        sieves = [sieve for sieve in (begin, names) if sieve]
        tree = self._tree.as_of_now()
        end = tree.size if before is None else min(before, tree.size)
        for number in range(first // TILE_WIDTH, -(-end // TILE_WIDTH)):
            for at, raw in enumerate(tree.bundle(number, sieves=sieves), number * TILE_WIDTH):
                if not first <= at < end or (begin and not raw.startswith(begin)):
                    continue
                if not names or any(name in raw for name in names):
                    yield at, AuditEntry.decode(raw)

    def bundle(self, number: int) -> list[bytes]:
        """Encoded entries of one bundle of the tree."""
        return self._tree.as_of_now().bundle(number)

    def since(
        self, at: float, *, actions: Sequence[str] = (), naming: Sequence[str] = ()
    ) -> Iterator[tuple[int, AuditEntry]]:
        """Entries of the tree from a time on (seconds since the epoch), some older ones before them.

        `actions`, `naming`: as in `entries`.

        They stand in the order of their writing, so the beginning is found by bisection, and in a long log soon.
        """
        tree = self._tree.as_of_now()
        bundles = range(-(-tree.size // TILE_WIDTH))
        after = bisect.bisect_left(bundles, at - CLOCK_SET_BACK_SECONDS, key=lambda number: _begins(tree, number))
        return self.entries(max(0, after - 1) * TILE_WIDTH, actions=actions, naming=naming)

    def inclusion(self, index: int) -> tuple[list[bytes], str]:
        """Proof that an entry is in the tree, and the signed checkpoint that it leads to."""
        tree = self._tree.as_of_now()
        _entry(tree, index)
        return inclusion_proof(index, tree.size, tree.node), tree.signed

    def consistency(self, old_size: int) -> tuple[list[bytes], str]:
        """Proof that the tree continues the one of `old_size` entries, and the signed checkpoint."""
        tree = self._tree.as_of_now()
        if not 0 < old_size <= tree.size:
            raise OperatorError(f"the log has {tree.size} entries: it never continued one of {old_size}")
        return consistency_proof(old_size, tree.size, tree.node), tree.signed

    def verify(self, against: str | None = None, *, progress: Progress = silent) -> Checkpoint:
        """Compute everything again from the entries; compare with tiles, checkpoint and an older signed checkpoint.

        Raises SealError, which says what differs.
        """
        with self._mutex, self._alone():
            self._refresh()
            tree = self._tree.snapshot()
        return _verify(tree, tree.parse(against) if against is not None else None, progress)

    def continues(self, signed: str) -> Checkpoint:
        """Check an older signed checkpoint against the tiles alone, which `verify` has found to be sound before.

        Raises SealError when the log was rolled back or rewritten since.
        """
        tree = self._tree.as_of_now()
        old = tree.parse(signed)
        _continues(tree, old)
        return old

    def close(self) -> None:
        """Publish if that is possible (what was appended is durable either way), and let go of the files."""
        self._publish_by_the_way()
        self._wal.close()
        os.close(self._lock)

    # --- under the lock ---------------------------------------------------------------------------------------------

    def _write_queue(self) -> None:
        """Write what every waiting thread wants, with one sync."""
        batch = [self._queue.popleft() for _ in range(len(self._queue))]
        try:
            with self._alone():
                self._fence()
                self._refresh()
                index = self.size
                everything = [entry for waiting in batch for entry in waiting.entries]
                self._wal.append(index, everything)
                self._pending += everything
                for waiting in batch:
                    waiting.placed = range(index, index + len(waiting.entries))
                    index += len(waiting.entries)
        except (EnvironmentFault, SealError) as error:
            for waiting in batch:
                waiting.error = error
        except OSError as error:  # nobody who waits may be left without an answer
            fault = EnvironmentFault(f"the audit log cannot be written: {error.strerror}; see its disk")
            for waiting in batch:
                waiting.error = fault

    def _publish(self) -> None:
        self._tree.add(self._pending, self._signer)
        self._pending = []
        self._wal.clear()
        self._seen = self._signature()

    def _refresh(self) -> None:
        """See what other processes did."""
        if self._signature() != self._seen:
            self._tree.reload()
            self._wal.rewind()
            self._pending = []
            self._seen = self._signature()
        self._take_pending()

    def _take_pending(self) -> None:
        for index, entry in self._wal.read_new():
            if index == self.size:
                self._pending.append(entry)
            elif index > self.size:
                raise SealError("entries of the audit log are missing before its newest ones")

    def _signature(self) -> tuple[int, ...]:
        try:
            stat = self._checkpoint_path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise EnvironmentFault(f"the audit log cannot be read: {error.strerror}") from error
        return stat.st_ino, stat.st_size, stat.st_mtime_ns

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with translated("the audit log cannot be locked"):
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)


def _entry(tree: TreeFiles, index: int) -> bytes:
    if not 0 <= index < tree.size:
        raise OperatorError(f"there is no audit entry {index}: the log has {tree.size}")
    return tree.bundle(index // TILE_WIDTH)[index % TILE_WIDTH]


def _begins(tree: TreeFiles, bundle: int) -> float:
    return AuditEntry.decode(tree.bundle(bundle)[0]).at


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _verify(tree: TreeFiles, old: Checkpoint | None, progress: Progress) -> Checkpoint:
    level, height = _compared(tree, 0, _leaves(tree, progress)), 1
    while level:
        level, height = _compared(tree, height, level), height + 1
    # Every tile is now known to be what the entries make it, so the roots may be taken from the tiles.
    if root(tree.size, tree.node) != tree.checkpoint.root:
        raise SealError("the audit log was altered: its entries do not lead to the signed root")
    if old is not None:
        _continues(tree, old)
    return tree.checkpoint


def _continues(tree: TreeFiles, old: Checkpoint) -> None:
    if old.size > tree.size:
        raise SealError(f"the log has {tree.size} entries and had {old.size}: it was rolled back")
    if root(old.size, tree.node) != old.root:
        raise SealError("the audit log was rewritten: its first entries are not those of the older checkpoint")


def _leaves(tree: TreeFiles, progress: Progress) -> Iterator[bytes]:
    for number in range(-(-tree.size // TILE_WIDTH)):
        yield from map(leaf_hash, tree.bundle(number))
        progress(min((number + 1) * TILE_WIDTH, tree.size), tree.size)


def _compared(tree: TreeFiles, height: int, level: Iterable[bytes]) -> list[bytes]:
    """Compare the tiles of one height with what they must be; returns the roots of the full ones, the height above."""
    above: list[bytes] = []
    hashes, number = iter(level), 0
    while part := list(itertools.islice(hashes, TILE_WIDTH)):
        if tree.tile(height, number) != part:
            raise SealError(f"the audit log was altered: its entries are not those of tile {number} at {height}")
        if len(part) == TILE_WIDTH:
            above.append(subtree(part))
        number += 1
    return above
