"""A key store whose key-encryption keys are in a PKCS#11 token. Beside the token lies one file, sealed by it.

The file holds what the token cannot: the erasure tree and the key of the search index. Without the token neither
the file nor any recording opens; with the offline recovery key and the recovery file all of them do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ivr.adapters.files.keys.age_seal import decrypt_with, encrypt_to, parse_recipient
from ivr.adapters.files.keys.leaves import LOST_COUNTER_SKIP
from ivr.adapters.files.keys.moved_store import refuse_to_overwrite
from ivr.adapters.files.keys.ring_file import RingFile
from ivr.adapters.hsm.token import Token
from ivr.core.vault.erasure import ErasureTree
from ivr.core.vault.estate import Estate
from ivr.core.vault.keys import KEY_BYTES, NONCE_BYTES, leaf_of
from ivr.core.vault.token_ring import (
    StateKey,
    TokenKey,
    TokenRing,
    export_token_ring,
    import_token_ring,
    open_token_ring,
    seal_token_ring,
    state_key_of,
)
from ivr.errors import IvrError, SealError
from ivr.ports.keys import DataKey


class TokenKeyStore:
    """Key-encryption keys in a token. While the token is away nothing is issued and nothing opens."""

    def __init__(self, path: Path, token: Token) -> None:
        """Open the store. Raises OperatorError when there is none, SealError when it is not this token's."""
        self._token = token
        self._identity: Path | None = None
        self._file = _ring_file(path, token)
        self.keks()

    @classmethod
    def create(cls, path: Path, token: Token, *, recovery: str = "") -> TokenKeyStore:
        """A new store with its first key. Raises OperatorError when there is one already.

        `recovery`: a public key (age) to which the file and every data key are sealed as well.
        """
        ring = TokenRing((), os.urandom(KEY_BYTES), ErasureTree.plant(os.urandom(KEY_BYTES)), recovery=recovery)
        return cls._place(path, token, ring)

    @classmethod
    def recover(cls, path: Path, token: Token, sealed: bytes, identity_file: Path) -> TokenKeyStore:
        """A store made again from its recovery file, in another token.

        Until it is closed it opens with the recovery key what the lost token wrapped, so that it can be wrapped again.
        """
        ring = import_token_ring(decrypt_with(identity_file, sealed))
        store = cls._place(path, token, replace(ring, keks=(), next_leaf=ring.next_leaf + LOST_COUNTER_SKIP))
        store._identity = identity_file
        return store

    @classmethod
    def inherit(cls, path: Path, token: Token, estate: Estate) -> TokenKeyStore:
        """A store with a key of its own, made in the token, that takes the place of another kind of store."""
        ring = TokenRing((), estate.index_key, estate.tree, estate.next_leaf, estate.recovery)
        return cls._place(path, token, ring)

    @classmethod
    def _place(cls, path: Path, token: Token, ring: TokenRing) -> TokenKeyStore:
        refuse_to_overwrite(path)
        if ring.recovery:
            parse_recipient(ring.recovery)  # a key that is none is refused before anything is made
        kek = _new_kek(token, ())
        try:
            _ring_file(path, token).place(ring.rotated(kek))
        except IvrError:
            with suppress(IvrError):
                token.destroy_kek(kek.kek_id)
            raise
        return cls(path, token)

    def close(self) -> None:
        """Log out of the token."""
        self._token.close()

    def keks(self) -> Sequence[TokenKey]:
        """The keys that wrap data keys, oldest first; the last one wraps, the others only open."""
        return self._file.ring.keks

    @property
    def recovery(self) -> str:
        """Public key that the file and every data key are sealed to as well; empty when there is none."""
        return self._file.ring.recovery

    def issue(self) -> DataKey:
        """A fresh data key, made by the token. Raises SealError or EnvironmentFault."""
        leaf, ring = self._file.next_leaf(), self._file.ring
        kek_id = ring.active.kek_id
        key, by_token = self._token.issue(kek_id)
        return DataKey(key, ring.wrap(by_token, _escrow(ring, key), leaf=leaf), kek_id)

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key. Raises SealError or EnvironmentFault."""
        ring = self._file.ring
        by_token, escrow = ring.unwrap(wrapped)
        if self._identity is not None and escrow and all(kek.kek_id != kek_id for kek in ring.keks):
            return decrypt_with(self._identity, escrow)
        return self._token.unwrap(ring.named(kek_id).kek_id, by_token)

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal, for searches by equality."""
        return self._file.ring.fingerprint(purpose, data)

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Destroy the erasure leaves of these keys: nothing opens them any more, the recovery key neither."""
        leaves = [leaf_of(one) for one in wrapped]
        self._file.change(lambda ring: replace(ring, tree=ring.tree.destroy(leaves)))

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        return self._file.ring.tree.alive(leaf_of(wrapped))

    def rotate(self) -> str:
        """Begin to wrap with a new key; returns its id. What was wrapped before goes on opening."""
        return self._file.change(lambda ring: ring.rotated(_new_kek(self._token, ring.keks))).active.kek_id

    def rewrap(self, wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
        """The same data key wrapped by the active key (and sealed to the recovery key of today), and that key's id."""
        return self.adopt(self.open(wrapped, kek_id), leaf_of(wrapped))

    def adopt(self, key: bytes, leaf: int) -> tuple[bytes, str]:
        """A data key that is known outside, wrapped by the active key (and sealed to the recovery key), and its id."""
        ring = self._file.ring
        active = ring.active.kek_id
        return ring.wrap(self._token.wrap(active, key), _escrow(ring, key), leaf=leaf), active

    def estate(self) -> Estate:
        """What another kind of store needs to go on for this one. Raises SealError or EnvironmentFault."""
        ring = self._file.settled()
        return Estate(ring.index_key, ring.tree, ring.next_leaf, ring.recovery)

    def take_over(self, estate: Estate) -> None:
        """Take in what became of the store whose place this one takes: what was shredded there is shredded here."""
        if estate.index_key != self._file.ring.index_key:
            raise SealError("this key store does not go on for that one")
        leaf, tree, recovery = estate.next_leaf, estate.tree, estate.recovery
        self._file.change(lambda ring: replace(ring, tree=tree, next_leaf=max(leaf, ring.next_leaf), recovery=recovery))

    def set_recovery(self, public_key: str) -> None:
        """Seal to this public key too, from now on; what was issued before follows when it is wrapped again."""
        if public_key:
            public_key = parse_recipient(public_key)  # a key that is none is refused before anything changes
        self._file.change(lambda ring: replace(ring, recovery=public_key))

    def retire(self, kek_id: str) -> None:
        """Destroy a key in the token. Whoever calls this has made sure that it wraps nothing any more."""
        self._file.change(lambda ring: ring.without(kek_id))  # sealed by the active key from here on
        self._token.destroy_kek(kek_id)


def _ring_file(path: Path, token: Token) -> RingFile[TokenRing]:
    def opened(data: bytes) -> TokenRing:
        wrapped, kek_id = state_key_of(data)
        return open_token_ring(data, token.unwrap(kek_id, wrapped))

    def sealed(ring: TokenRing) -> bytes:
        kek_id = ring.active.kek_id
        key, wrapped = token.issue(kek_id)
        return seal_token_ring(ring, StateKey(key, wrapped, kek_id), nonce=os.urandom(NONCE_BYTES))

    return RingFile(path, opened=opened, sealed=sealed, exported=export_token_ring)


def _new_kek(token: Token, existing: tuple[TokenKey, ...]) -> TokenKey:
    kek = TokenKey(f"kek-{len(existing) + 1}-{os.urandom(3).hex()}", round(time.time(), 3))
    token.make_kek(kek.kek_id)
    return kek


def _escrow(ring: TokenRing, key: bytes) -> bytes:
    """The data key sealed to the recovery key: it is inside the leaf's wrapping, so shredding destroys it too."""
    return encrypt_to([ring.recovery], key) if ring.recovery else b""
