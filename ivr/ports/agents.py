"""Who the agents are, and what they chose."""

from __future__ import annotations

from typing import Protocol

from ivr.core.queueing.choice import AgentChoice
from ivr.core.queueing.directory import AgentEntry


class AgentDirectory(Protocol):
    """Who the agents are."""

    def read(self) -> tuple[AgentEntry, ...]:
        """All of them. Raises IvrError."""
        ...


class AgentChoices(Protocol):
    """What agents chose, kept over restarts."""

    def read(self) -> tuple[AgentChoice, ...]:
        """All of them. Raises IvrError."""
        ...

    def put(self, choice: AgentChoice) -> None:
        """Keep one, durably. Raises IvrError."""
        ...
