"""A state that asks a data source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.expression import Expression
from ivr.core.dialplan.meaning import AssignedName, Counted, Leads, OwnName, StateName, ValueName, Word
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class LookupState:
    """Asks a data source; optionally, its answer proves who the caller is."""

    name: OwnName
    say: Prompt | None
    source: Word
    query: Word
    given: Mapping[Word, ValueName]
    """Parameter -> value's name."""
    keep: Mapping[AssignedName, Word]
    """Value's name -> field of the answer."""
    timeout: float
    """Seconds, for each try."""
    retries: Annotated[int, Counted(most=1)]
    go: Annotated[Route, Leads("the answer came")]
    failed: Annotated[StateName, Leads("the lookup failed")]
    identify: Word | None = None
    """Factor that is proved when `passed` holds; where there is no policy, the level."""
    passed: Expression | None = None
    attempts: Annotated[int, Counted(most=2)] = 1
    """How often in a call it may be tried, for an identify."""
    again: Annotated[StateName | None, Leads("not passed, may try again")] = None
    """State to go to when not passed and attempts are left."""
    otherwise: Annotated[StateName | None, Leads("not passed too often")] = None
    served: bool = False
    once: Word | None = None
    """Parameter by which the source knows a repeated order."""
    role: ClassVar[Role] = Role.PLAIN

    @property
    def action(self) -> str:
        """What it does, as a rule names it: source.query."""
        return f"{self.source}.{self.query}"

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        proof = f", identity {self.identify}" if self.identify is not None else ""
        return f"{self.action}{proof}"
