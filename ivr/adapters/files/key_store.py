"""The default key store: one file sealed by a passphrase. Only the hub and the command line open it.

Rule: the file is replaced as a whole and its changes by another process (a rotation, a shredding) are seen before the
next key is issued or opened. Beside it lies a counter of erasure leaves that several processes share.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ivr.adapters.files.age_seal import decrypt_with, encrypt_to
from ivr.adapters.files.durable import write_durably
from ivr.core.vault.erasure import DEPTH, ErasureTree
from ivr.core.vault.keys import (
    KEY_BYTES,
    NONCE_BYTES,
    SALT_BYTES,
    KeyEncryptionKey,
    KeyRing,
    PassphraseCost,
    PassphraseKey,
    export_key_ring,
    import_key_ring,
    key_ring_kdf,
    leaf_of,
    open_key_ring,
    seal_key_ring,
)
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports import DataKey

LEAVES_RESERVED = 256
"""Erasure leaves a process takes at once; what it does not use is never used."""
LOST_COUNTER_SKIP = 1 << 32
"""Leaves left out when the counter's file is missing: more than were handed out since the ring was last saved."""


class FileKeyStore:
    """Key-encryption keys in a passphrase-protected file."""

    def __init__(self, path: Path, passphrase: bytes) -> None:
        """Open the store. Raises OperatorError when there is none, SealError when it does not open."""
        self._path = path
        data = self._read()
        salt, cost = key_ring_kdf(data)
        self._key = PassphraseKey.derive(passphrase, salt=salt, cost=cost)
        self._ring = open_key_ring(data, self._key)
        self._seen = self._signature()
        self._leaves: Iterator[int] = iter(())

    @classmethod
    def create(
        cls, path: Path, passphrase: bytes, *, cost: PassphraseCost | None = None, recovery: str = ""
    ) -> FileKeyStore:
        """A new store with its first key. Raises OperatorError when there is one already.

        `recovery`: a public key (age) to which the store is sealed as well, in the file beside it.
        """
        tree = ErasureTree.plant(os.urandom(KEY_BYTES))
        ring = KeyRing((_new_kek((), None),), os.urandom(KEY_BYTES), tree, recovery=recovery)
        return cls._place(path, ring, passphrase, cost)

    @classmethod
    def recover(
        cls, path: Path, sealed: bytes, identity_file: Path, passphrase: bytes, *, cost: PassphraseCost | None = None
    ) -> FileKeyStore:
        """A store made again from its recovery file, under a new passphrase. Leaves that were used are left out."""
        ring = import_key_ring(decrypt_with(identity_file, sealed))
        return cls._place(path, replace(ring, next_leaf=ring.next_leaf + LOST_COUNTER_SKIP), passphrase, cost)

    @classmethod
    def _place(cls, path: Path, ring: KeyRing, passphrase: bytes, cost: PassphraseCost | None) -> FileKeyStore:
        if path.exists():
            raise OperatorError(f"there is a key store at {path} already; it is never overwritten")
        key = PassphraseKey.derive(passphrase, salt=os.urandom(SALT_BYTES), cost=cost or PassphraseCost())
        _save(path, ring, key)
        write_durably(_counter_of(path), f"{ring.next_leaf}\n".encode())
        return cls(path, passphrase)

    @property
    def ring(self) -> KeyRing:
        """The opened ring, as it stands in the file now."""
        if self._signature() != self._seen:
            self._reload()
        return self._ring

    def issue(self) -> DataKey:
        """A fresh data key. Raises SealError or EnvironmentFault."""
        ring = self.ring
        key = os.urandom(KEY_BYTES)
        return DataKey(key, ring.wrap(key, leaf=self._next_leaf()), ring.active.kek_id)

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key. Raises SealError."""
        return self.ring.unwrap(wrapped, kek_id)

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal, for searches by equality."""
        return self.ring.fingerprint(purpose, data)

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Destroy the erasure leaves of these keys: nothing opens them any more."""
        leaves = [leaf_of(one) for one in wrapped]
        self._change(lambda ring: replace(ring, tree=ring.tree.destroy(leaves)))

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        return self.ring.tree.alive(leaf_of(wrapped))

    def rotate(self, *, now: float | None = None) -> str:
        """Begin to wrap with a new key; returns its id. What was wrapped before goes on opening."""
        self._change(lambda ring: ring.rotated(_new_kek(ring.keks, now)))
        return self._ring.active.kek_id

    def rewrap(self, wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
        """The same data key wrapped by the active key, and that key's id."""
        return self.ring.rewrap(wrapped, kek_id), self.ring.active.kek_id

    def set_recovery(self, public_key: str) -> None:
        """Seal the store to this public key too, from now on. An empty one ends it."""
        if public_key:
            encrypt_to([public_key], b"")  # a key that is none is refused before anything changes
        self._change(lambda ring: replace(ring, recovery=public_key))

    def retire(self, kek_id: str) -> None:
        """Forget a key. Whoever calls this has made sure that it wraps nothing any more."""
        self._change(lambda ring: ring.without(kek_id))

    def _change(self, change: Callable[[KeyRing], KeyRing]) -> None:
        """Read, change and replace the file, alone among processes."""
        with _locked(_counter_of(self._path)) as counter:
            self._reload()
            ring = replace(change(self._ring), next_leaf=_count(counter, self._ring))
            _save(self._path, ring, self._key)
            self._ring, self._seen = ring, self._signature()

    def _next_leaf(self) -> int:
        leaf = next(self._leaves, None)
        while leaf is None or not self._ring.tree.alive(leaf):
            with _locked(_counter_of(self._path)) as counter:
                first = _count(counter, self._ring)
                if first + LEAVES_RESERVED > 1 << DEPTH:
                    raise SealError("the key store has issued all keys that it can; make a new one")
                _set_count(counter, first + LEAVES_RESERVED)
            self._leaves = iter(range(first, first + LEAVES_RESERVED))
            leaf = next(self._leaves)
        return leaf

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except FileNotFoundError as error:
            raise OperatorError(f"no key store at {self._path}; make one with 'ivr keys init'") from error
        except OSError as error:
            raise EnvironmentFault(f"the key store {self._path} cannot be read: {error.strerror}") from error

    def _reload(self) -> None:
        self._seen = self._signature()
        self._ring = open_key_ring(self._read(), self._key)

    def _signature(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat()
        except OSError as error:
            raise SealError(f"the key store {self._path} is gone; restore it from its backup") from error
        return stat.st_ino, stat.st_size, stat.st_mtime_ns


def recovery_file(path: Path) -> Path:
    """The file beside a store that its recovery key opens."""
    return path.with_name(path.name + ".recovery.age")


def _save(path: Path, ring: KeyRing, key: PassphraseKey) -> None:
    """Write the recovery file first: a store that cannot be recovered is never in use."""
    if ring.recovery:
        write_durably(recovery_file(path), encrypt_to([ring.recovery], export_key_ring(ring)))
    else:
        recovery_file(path).unlink(missing_ok=True)
    write_durably(path, seal_key_ring(ring, key, nonce=os.urandom(NONCE_BYTES)))


def _new_kek(existing: tuple[KeyEncryptionKey, ...], now: float | None) -> KeyEncryptionKey:
    name = f"kek-{len(existing) + 1}-{os.urandom(3).hex()}"
    return KeyEncryptionKey(name, os.urandom(KEY_BYTES), round(time.time() if now is None else now, 3))


def _counter_of(path: Path) -> Path:
    return path.with_name(path.name + ".leaves")


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The counter's file, open and locked against other processes."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EnvironmentFault(f"the key store's counter {path} cannot be opened: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _count(descriptor: int, ring: KeyRing) -> int:
    """The next unused leaf. A counter that is lost or behind is set ahead of all that can have been used."""
    text = os.pread(descriptor, 32, 0).strip()
    if text.isdigit() and int(text) >= ring.next_leaf:
        return int(text)
    return ring.next_leaf + LOST_COUNTER_SKIP


def _set_count(descriptor: int, value: int) -> None:
    try:
        os.pwrite(descriptor, f"{value:020d}\n".encode(), 0)
        os.fsync(descriptor)
    except OSError as error:
        raise EnvironmentFault(f"the key store's counter cannot be written: {error.strerror}") from error
