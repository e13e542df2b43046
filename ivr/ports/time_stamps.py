"""Time-stamps of the audit log by an authority outside (RFC 3161)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stamp:
    """A checkpoint with its stamp."""

    size: int
    """Entries that the log had."""
    signed: str = field(repr=False)
    """The signed checkpoint."""
    stamp: bytes = field(repr=False)
    """What the authority answered."""


class StampAuthority(Protocol):
    """Authorities. `roots`: certificates of those that are trusted, PEM; raises OperatorError when they are none."""

    def request(self, address: str, message: bytes, roots: bytes) -> bytes:
        """Have a message's hash stamped. Raises PeerError, SealError when what comes does not verify, OperatorError."""
        ...

    def check(self, stamp: bytes, message: bytes, roots: bytes) -> float:
        """When a message existed, by the authority's word: seconds since the epoch. Raises SealError."""
        ...


class StampStore(Protocol):
    """Stamps that are kept. Every method raises EnvironmentFault."""

    def keep(self, stamp: Stamp) -> str:
        """Keep one, durably; returns where it is."""
        ...

    def kept(self) -> Iterator[Stamp]:
        """All, oldest first. Raises SealError when something else lies among them."""
        ...
