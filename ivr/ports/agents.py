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


class AgentRegister(AgentDirectory, Protocol):
    """The directory, for whoever changes it. Several may at once."""

    def put(self, entry: AgentEntry) -> bool:
        """Add or replace one agent; returns whether they were new. A PIN stays until there is another.

        Raises OperatorError when another agent has the extension or is the user, EnvironmentFault.
        """
        ...

    def set_pin(self, name: str, pin: str) -> None:
        """Give an agent another PIN, as `pin_check` writes it. Raises OperatorError when there is none of that name."""
        ...

    def remove(self, name: str) -> None:
        """Remove one. Raises OperatorError when there is none of that name."""
        ...


class AgentChoices(Protocol):
    """What agents chose, kept over restarts."""

    def read(self) -> tuple[AgentChoice, ...]:
        """All of them. Raises IvrError."""
        ...

    def put(self, choice: AgentChoice) -> None:
        """Keep one, durably. Raises IvrError."""
        ...
