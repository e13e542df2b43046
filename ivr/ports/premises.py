"""How this machine fares and its queues are set, as plain data for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disk:
    """Where something is kept."""

    what: str
    """data, recordings, voiceprints."""
    free: int
    """Bytes, as the next; of the disk that it is on."""
    of: int


@dataclass(frozen=True, slots=True)
class QueueSet:
    """A queue as the settings have it."""

    name: str
    set: Mapping[str, str]
    """Setting -> value, those alone that are not as they are by default."""
    hours: Mapping[str, str]
    """Site -> when its agents work; none: always open."""
