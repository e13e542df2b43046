"""The place of one cell, and what the edge is told of cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ivr.engine.supervisor.backoff import BackOff


class CellDesk(Protocol):
    """What the edge is told of cells, and tells. Never raises: an edge that is away is told everything when it is
    back."""

    async def begin(self) -> None:
        """The edge was started: it knows nothing, also not whom to tell of doubts."""
        ...

    async def free(self, cell: int) -> None:
        """May be offered a call."""
        ...

    async def down(self, cell: int) -> None:
        """Must not."""
        ...

    async def suspect(self, cell: int) -> None:
        """Must not, until it answers."""
        ...

    async def doubted(self) -> frozenset[int]:
        """Wait until the edge tells of a doubt; returns the cells that said nothing to a call."""
        ...


@dataclass(slots=True)
class Cell:
    """One cell's place."""

    number: int
    pid: int | None = None
    forked_at: float = 0.0
    ready: bool = False
    offered: bool = False
    """Whether the edge knows that it is there."""
    publication: str = ""
    """What it was forked with."""
    misses: int = 0
    backoff: BackOff = field(default_factory=BackOff)
