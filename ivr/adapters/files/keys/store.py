"""The default key store: one file sealed by a passphrase. Only the hub and the command line open it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ivr.adapters.files.keys.age_seal import decrypt_with, parse_recipient
from ivr.adapters.files.keys.leaves import LOST_COUNTER_SKIP
from ivr.adapters.files.keys.moved_store import refuse_to_overwrite
from ivr.adapters.files.keys.ring_file import RingFile, read_store
from ivr.core.vault.erasure import ErasureTree
from ivr.core.vault.estate import Estate
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
from ivr.errors import SealError
from ivr.ports.keys import DataKey


class FileKeyStore:
    """Key-encryption keys in a passphrase-protected file."""

    def __init__(self, path: Path, passphrase: bytes) -> None:
        """Open the store. Raises OperatorError when there is none, SealError when it does not open."""
        salt, cost = key_ring_kdf(read_store(path))
        self._file = _ring_file(path, PassphraseKey.derive(passphrase, salt=salt, cost=cost))
        self.keks()

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
    def inherit(
        cls, path: Path, passphrase: bytes, estate: Estate, *, cost: PassphraseCost | None = None
    ) -> FileKeyStore:
        """A store with a key of its own that takes the place of another kind of store."""
        ring = KeyRing((_new_kek((), None),), estate.index_key, estate.tree, estate.next_leaf, estate.recovery)
        return cls._place(path, ring, passphrase, cost)

    @classmethod
    def _place(cls, path: Path, ring: KeyRing, passphrase: bytes, cost: PassphraseCost | None) -> FileKeyStore:
        refuse_to_overwrite(path)
        key = PassphraseKey.derive(passphrase, salt=os.urandom(SALT_BYTES), cost=cost or PassphraseCost())
        _ring_file(path, key).place(ring)
        return cls(path, passphrase)

    def keks(self) -> Sequence[KeyEncryptionKey]:
        """The keys that wrap data keys, oldest first; the last one wraps, the others only open."""
        return self._file.ring.keks

    @property
    def recovery(self) -> str:
        """Public key that the store is sealed to as well; empty when there is none."""
        return self._file.ring.recovery

    def issue(self) -> DataKey:
        """A fresh data key. Raises SealError or EnvironmentFault."""
        leaf, ring = self._file.next_leaf(), self._file.ring
        key = os.urandom(KEY_BYTES)
        return DataKey(key, ring.wrap(key, leaf=leaf), ring.active.kek_id)

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key. Raises SealError."""
        return self._file.ring.unwrap(wrapped, kek_id)

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal, for searches by equality."""
        return self._file.ring.fingerprint(purpose, data)

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Destroy the erasure leaves of these keys: nothing opens them any more."""
        leaves = [leaf_of(one) for one in wrapped]
        self._file.change(lambda ring: replace(ring, tree=ring.tree.destroy(leaves)))

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        return self._file.ring.tree.alive(leaf_of(wrapped))

    def rotate(self, *, now: float | None = None) -> str:
        """Begin to wrap with a new key; returns its id. What was wrapped before goes on opening."""
        return self._file.change(lambda ring: ring.rotated(_new_kek(ring.keks, now))).active.kek_id

    def rewrap(self, wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
        """The same data key wrapped by the active key, and that key's id."""
        ring = self._file.ring
        return ring.rewrap(wrapped, kek_id), ring.active.kek_id

    def adopt(self, key: bytes, leaf: int) -> tuple[bytes, str]:
        """A data key of the store whose place this one takes, wrapped by the active key, and that key's id."""
        ring = self._file.ring
        return ring.wrap(key, leaf=leaf), ring.active.kek_id

    def estate(self) -> Estate:
        """What another kind of store needs to go on for this one. Raises SealError."""
        ring = self._file.settled()
        return Estate(ring.index_key, ring.tree, ring.next_leaf, ring.recovery)

    def take_over(self, estate: Estate) -> None:
        """Take in what became of the store whose place this one takes: what was shredded there is shredded here."""
        if estate.index_key != self._file.ring.index_key:
            raise SealError("this key store does not go on for that one")
        leaf, tree, recovery = estate.next_leaf, estate.tree, estate.recovery
        self._file.change(lambda ring: replace(ring, tree=tree, next_leaf=max(leaf, ring.next_leaf), recovery=recovery))

    def set_recovery(self, public_key: str) -> None:
        """Seal the store to this public key too, from now on. An empty one ends it."""
        if public_key:
            public_key = parse_recipient(public_key)  # a key that is none is refused before anything changes
        self._file.change(lambda ring: replace(ring, recovery=public_key))

    def retire(self, kek_id: str) -> None:
        """Forget a key. Whoever calls this has made sure that it wraps nothing any more."""
        self._file.change(lambda ring: ring.without(kek_id))


def _ring_file(path: Path, key: PassphraseKey) -> RingFile[KeyRing]:
    return RingFile(
        path,
        opened=lambda data: open_key_ring(data, key),
        sealed=lambda ring: seal_key_ring(ring, key, nonce=os.urandom(NONCE_BYTES)),
        exported=export_key_ring,
    )


def _new_kek(existing: tuple[KeyEncryptionKey, ...], now: float | None) -> KeyEncryptionKey:
    name = f"kek-{len(existing) + 1}-{os.urandom(3).hex()}"
    return KeyEncryptionKey(name, os.urandom(KEY_BYTES), round(time.time() if now is None else now, 3))
