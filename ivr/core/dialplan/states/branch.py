"""A state that decides, saying nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.expression import Expression
from ivr.core.dialplan.meaning import AssignedName, Leads, OwnName, Word
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class BranchState:
    """Decides by what is known, saying nothing; may set values first."""

    name: OwnName
    sets: Mapping[AssignedName, Expression]
    language: Word | None
    go: Annotated[Route, Leads("decided")]
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return "branch"
