"""A state that asks for what is missing to a level of identity, and for nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, ClassVar

from ivr.core.dialplan.expression import Expression, Name, parse_expression
from ivr.core.dialplan.meaning import Leads, OwnName, StateName, Word
from ivr.core.dialplan.parts import Branch, Route
from ivr.core.dialplan.states.role import Role
from ivr.core.identity.level import Level

_UNDECIDED = Name("lacking")
"""Which factor is asked for depends on what was proved and how often it was asked for: the proof takes every way."""


@dataclass(frozen=True, slots=True)
class StepUpState:
    """Goes on when the caller is known well enough; else to the state that asks for the next missing factor."""

    name: OwnName
    identify: Level
    proofs: Annotated[Mapping[Word, StateName], Leads("asks for {place}")]
    """Factor -> the state that proves it, and leads back here."""
    go: Annotated[StateName, Leads("known well enough")]
    otherwise: Annotated[StateName, Leads("cannot be known well enough")]
    """Nothing is left to be asked for."""
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"identity {self.identify} by policy"

    @property
    def ways(self) -> Route:
        """All of them: first `go`, then the factors in order, last `otherwise`."""
        asks = (Branch(_UNDECIDED, to) for to in self.proofs.values())
        return Route((Branch(_reached(self.identify), self.go), *asks, Branch(None, self.otherwise)))

    def way(self, factor: str | None) -> int:
        """Number of the way that asks for a factor; None: nothing is left to be asked for."""
        return len(self.proofs) + 1 if factor is None else 1 + list(self.proofs).index(factor)


@cache
def _reached(level: Level) -> Expression:
    return parse_expression(" or ".join(f"identity = '{each}'" for each in Level if each.reaches(level)))
