"""A state that says something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Leads, OwnName
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.states.role import Role
from ivr.core.orders.playing import BargeIn


@dataclass(frozen=True, slots=True)
class SayState:
    """Says something and goes on."""

    name: OwnName
    say: Prompt
    barge_in: BargeIn
    type_ahead: bool
    go: Annotated[Route, Leads("said")]
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return "say"
