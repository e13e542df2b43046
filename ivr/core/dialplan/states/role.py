"""What a state is among the others, at a glance: pictures colour it."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Of a kind of state."""

    PLAIN = "plain"
    WARNING = "warning"
    AGENT = "agent"
    """Lets the caller talk with a person."""
    END = "end"
