"""Other hosts that work for this engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Host:
    """One of them."""

    name: str
    fingerprint: str
    """SHA-256 of its certificate, hex."""
    not_after: datetime
    """When that expires."""


@dataclass(frozen=True, slots=True)
class AddedHost:
    """A host that was just added."""

    host: Host
    identity: bytes = field(repr=False)
    """PEM: its key, its certificate, and the authority's. Kept nowhere here."""


class HostRegister(Protocol):
    """Which hosts there are. Every method raises EnvironmentFault when that cannot be read or written."""

    def add(self, name: str, *, now: datetime) -> AddedHost:
        """A certificate for a new host; for one that there is, another, and the one before counts no more.

        Raises OperatorError when it is no name.
        """
        ...

    def all(self) -> Sequence[Host]:
        """By name."""
        ...

    def remove(self, name: str) -> None:
        """Its certificate counts no more. Raises OperatorError when there is none of that name."""
        ...
