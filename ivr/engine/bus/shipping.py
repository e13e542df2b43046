"""What the keeper tells the hub of recordings that wait for the object store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShippingTold:
    """After each round. Needs no CellHello, and has no answer."""

    waiting: int
    """Recordings that are sealed, and still here."""
    behind_seconds: float
    """Since the one that waits longest was sealed."""
