"""States that play what must be heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Derived, DisclosureName, Leads, OwnName, TargetName
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class DiscloseState:
    """Plays a disclosure in full and has it acknowledged, where it asks for that."""

    name: OwnName
    disclosure: DisclosureName
    go: Annotated[Route, Leads("acknowledged {disclosure}", silent=False)]
    type_ahead: bool = False
    """Of one that asks for nothing: what is pressed and said meanwhile is kept for the next question."""
    asks: Annotated[bool, Derived()] = True
    """Whether it is acknowledged."""
    served: bool = False
    keeps_language: Annotated[bool, Derived()] = False
    """As for a question."""
    role: ClassVar[Role] = Role.WARNING

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"warning: {self.disclosure}"


@dataclass(frozen=True, slots=True)
class DiscloseForState:
    """Plays every disclosure that a protected state or query demands now and that was not heard yet."""

    name: OwnName
    target: TargetName
    """What is protected: a state, or source.query."""
    go: Annotated[Route, Leads("heard what '{target}' demands")]
    """Silent, as there may be nothing to play."""
    served: bool = False
    keeps_language: Annotated[bool, Derived()] = False
    """As for a question."""
    role: ClassVar[Role] = Role.WARNING

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"warnings for {self.target}"
