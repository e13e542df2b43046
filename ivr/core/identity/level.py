"""How surely the caller is known."""

from __future__ import annotations

from ivr.core.typed import Written


class Level(Written):
    """Of identity, the lowest first."""

    NONE = "none"
    BASIC = "basic"
    STRONG = "strong"
    HIGH = "high"

    def reaches(self, needed: Level) -> bool:
        """Whether this level is at least `needed`."""
        order = list(Level)
        return order.index(self) >= order.index(needed)
