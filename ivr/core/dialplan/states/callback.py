"""A state that leaves a callback request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Leads, OwnName, StateName, Undeciding, ValueName, Word
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class CallbackState:
    """Leaves a callback request."""

    name: OwnName
    say: Prompt | None
    queue: Annotated[Word, Undeciding("_")]
    number: ValueName | None
    """Value that holds the number to call; None: the caller's own."""
    go: Annotated[Route, Leads("left a callback request")]
    failed: Annotated[StateName, Leads("the request could not be kept")]
    """No number, or the request could not be kept."""
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"call back from {self.queue}"
