"""What an agent, a supervisor or the engine chose for an agent, and what outlives the hub."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """Whether an agent takes calls."""

    agent: str
    logged_in: bool = True
    reason: str = ""
    """Of a pause; empty: not paused."""
    by: str = ""
    """Who said so."""
