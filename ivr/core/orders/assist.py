"""The line takes over in an agent's talk, to play a warning say, and gives the caller back to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssistBegun:
    """The line takes over at a place that the queue's state names; the agent stays and hears what it says."""

    place: str


@dataclass(frozen=True, slots=True)
class Rejoin:
    """The caller and the agent who stayed talk on. Not answered."""

    missing: tuple[str, ...] = ()
    """Disclosures that the places of the queue's state play and that were not heard yet."""
