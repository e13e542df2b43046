"""A state that ends the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ivr.core.dialplan.meaning import OwnName
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.states.role import Role
from ivr.core.orders.calls import HangUpCause


@dataclass(frozen=True, slots=True)
class EndState:
    """Says good-bye and hangs up."""

    name: OwnName
    say: Prompt | None
    cause: HangUpCause
    served: bool = False
    role: ClassVar[Role] = Role.END

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return "end"
