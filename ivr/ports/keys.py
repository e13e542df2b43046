"""Keys: issued, opened, destroyed, moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
