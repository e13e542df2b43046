"""What two machines of one line share, so that one of them leads (`ivr.core.leading`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Protocol

from ivr.core.leading import Beat, Pulse, Seen, Term

Fence = Callable[[], None]
"""Raises EnvironmentFault where who writes belongs to a term that is over."""


def unfenced() -> None:
    """Of a line on one machine."""


class Terms(Protocol):
    """The directory that both reach. What one wrote the other reads, and nothing of it is kept in memory."""

    def seen(self) -> Seen:
        """What stands there. Raises EnvironmentFault."""
        ...

    def beat_of(self, machine: str) -> Beat | None:
        """The last one of a machine, of whatever term; None: it never led. Raises EnvironmentFault."""
        ...

    def tell(self, machine: str, beat: Beat) -> None:
        """Write a machine's beat. Raises EnvironmentFault."""
        ...

    def wait(self, machine: str, pulse: Pulse) -> None:
        """Write that a machine stands by. Raises EnvironmentFault."""
        ...

    def waiting(self) -> Mapping[str, Pulse]:
        """The last sign of each machine that ever stood by. Raises EnvironmentFault."""
        ...

    def take(self, term: Term, before: Seen) -> bool:
        """Begin a term, durably, if what stands there is as `before`; False when it is not, or somebody writes into
        the audit log just now. Raises EnvironmentFault."""
        ...


class Witness(Protocol):
    """The database, asked by each machine: who reaches it is not cut off."""

    def reached(self) -> bool:
        """Whether it answers, within two seconds. Never raises."""
        ...

    def machines(self) -> Set[str]:
        """Which have an engine that is connected to it. Raises EnvironmentFault."""
        ...

    def end_older(self, term: Term) -> None:
        """End what processes of other terms do in it, and wait for that. Raises EnvironmentFault."""
        ...
