"""Keys: issued, opened, destroyed, moved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ivr.core.vault.estate import Estate


@dataclass(frozen=True, slots=True)
class DataKey:
    """A fresh key for one recording."""

    key: bytes = field(repr=False)
    """32 random bytes; in memory only."""
    wrapped: bytes = field(repr=False)
    """The same, wrapped (AES-KWP, RFC 5649) by the key-encryption key."""
    kek_id: str
    """Which key wrapped it."""


class KeyStore(Protocol):
    """Issues and opens data keys."""

    def issue(self) -> DataKey:
        """A fresh data key. Raises SealError."""
        ...

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key. Raises SealError."""
        ...

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash of something personal (a caller's number), so that equal ones can be found. 32 bytes."""
        ...


class ErasingKeyStore(KeyStore, Protocol):
    """A key store that can destroy single keys for good."""

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Make these data keys impossible to open, wherever copies of them lie. Durable when it returns."""
        ...

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        ...


Rewrap = Callable[[bytes, str], tuple[bytes, str]]
"""(wrapped, what wraps it) -> the same data key wrapped anew, and by what; or what was given, to leave it alone."""


class WrappedKeys(Protocol):
    """A store that keeps a wrapped data key beside each thing. Every method raises EnvironmentFault, SealError."""

    def wrapped_keys(self) -> Iterable[tuple[str, bytes, str]]:
        """Of everything: what names it, its wrapped key, and what wrapped it."""
        ...

    def rewrap(self, rewrap: Rewrap, active: str) -> int:
        """Wrap again every key that another one than `active` wraps; returns how many changed.

        What was done stays done when it is interrupted.
        """
        ...


class KekName(Protocol):
    """A key-encryption key, by name."""

    @property
    def kek_id(self) -> str:
        """Names it everywhere."""
        ...

    @property
    def created_at(self) -> float:
        """Seconds since the epoch."""
        ...


class ManagedKeyStore(ErasingKeyStore, Protocol):
    """A key store as its operator sees it (`ivr keys`). Every method raises SealError or EnvironmentFault."""

    def keks(self) -> Sequence[KekName]:
        """The keys that wrap data keys, oldest first; the last one wraps, the others only open."""
        ...

    @property
    def recovery(self) -> str:
        """Public key (age) to which everything is sealed as well; empty when there is none."""
        ...

    def rotate(self) -> str:
        """Begin to wrap with a new key; returns its id. What was wrapped before goes on opening."""
        ...

    def rewrap(self, wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
        """The same data key wrapped by the active key, and that key's id."""
        ...

    def retire(self, kek_id: str) -> None:
        """Forget a key that wraps nothing any more."""
        ...

    def estate(self) -> Estate:
        """What another kind of store needs to take this one's place."""
        ...

    def take_over(self, estate: Estate) -> None:
        """Take in what became of the store whose place this one takes. Raises SealError when that is another store."""
        ...

    def adopt(self, key: bytes, leaf: int) -> tuple[bytes, str]:
        """A data key of the store whose place this one takes, wrapped by the active key, and that key's id."""
        ...

    def set_recovery(self, public_key: str) -> None:
        """Seal to this public key too, from now on. Raises OperatorError when it is none."""
        ...


class KeyStores(Protocol):
    """Makes a key store where the settings say. Every method raises OperatorError, SealError, EnvironmentFault."""

    @property
    def wraps_outside(self) -> bool:
        """What wraps data keys is in a token, and lost with it."""
        ...

    def make_secret(self) -> None:
        """Make the secret that opens the store, where it needs one and there is none."""
        ...

    def create(self, recovery: str) -> ManagedKeyStore:
        """A new store with its first key, sealed to a public key (age) too unless that is empty."""
        ...

    def recover(self, sealed: bytes, identity: Path) -> ManagedKeyStore:
        """The store made again from its recovery file, with the file of the recovery key's secret."""
        ...


class MovingKeyStores(Protocol):
    """The two stores of a move of keys, and the marks by which it goes on after it was interrupted.

    Every method raises SealError, EnvironmentFault, OperatorError.
    """

    @property
    def kinds(self) -> tuple[str, str]:
        """From which kind of store to which."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """No engine, no cell and no other move works with either store. Raises OperatorError while one does."""
        ...

    def begun(self) -> bool:
        """Whether this move began and did not end. Raises OperatorError when another one did."""
        ...

    def prepare(self) -> str:
        """Make the new store's secret where it needs one; returns where it is, empty when none was made.

        Raises OperatorError when there is another store in its place.
        """
        ...

    def begin(self) -> None:
        """From now on, durably, nothing but this move opens either store."""
        ...

    def old(self) -> ManagedKeyStore:
        """The store whose keys are moved."""
        ...

    def heir(self) -> ManagedKeyStore | None:
        """The new store, read again from where it is kept; None when it was not made yet."""
        ...

    def inherit(self, estate: Estate) -> ManagedKeyStore:
        """Make the new store."""
        ...

    def finish(self) -> str:
        """From now on, durably, only the new store is used; returns where the old one is kept."""
        ...
