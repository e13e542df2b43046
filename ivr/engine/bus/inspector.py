"""What the inspector tells the hub: how far behind it is, and what it did. Nothing of a call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InspectorTold:
    """After each round. Needs no CellHello, and has no answer."""

    waiting: int
    """Calls that have ended and were not read."""
    behind_seconds: float
    """Since the one that waits longest has ended."""
    calls: int
    """Read since it told last, as is the rest."""
    talk_seconds: float
    """Sound that was recognized."""
    cpu_seconds: float
    """Of the inspector's process."""
    found: int
    """Findings."""
    failed: int
    """Rules that failed in a call, and lost what they would have found there."""
    lost: int
    """Utterances of which a recognizer made nothing, or rubbish."""
    unread: int
    """Calls that could not be read."""
