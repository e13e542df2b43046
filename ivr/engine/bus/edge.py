"""The edge between the hub, the cells and the supervisor."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DialWord:
    """What a cell says to the edge when it dials: by it the edge tells a cell from other processes here."""

    word: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EdgeEnds:
    """The supervisor is about to end the edge: take from it what dies with it. Answered by EdgeSettled."""


@dataclass(frozen=True, slots=True)
class EdgeSettled:
    """What the edge had to tell was taken."""
