"""States that a dialog begins and ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.expression import Expression
from ivr.core.dialplan.meaning import AssignedName, Derived, Leads, OwnName, StateName, Undeciding, ValueName, Word
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class EnterState:
    """Begins a dialog where it is used: its values are forgotten, its parameters given."""

    name: OwnName
    dialog: Word
    given: Mapping[AssignedName, Expression]
    """Parameter's value -> what it is given."""
    forgets: Annotated[tuple[AssignedName, ...], Derived()]
    """All values of the dialog here."""
    drops: Annotated[tuple[ValueName, ...], Derived()]
    """Secrets that are handed in, and so are no longer the giver's."""
    go: Annotated[Route, Leads("began {dialog}")]
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"dialog {self.dialog}"


@dataclass(frozen=True, slots=True)
class ReturnState:
    """Ends a dialog with an outcome."""

    name: OwnName
    outcome: Word
    site: Annotated[StateName, Derived(), Undeciding("_")]
    """The state that used the dialog; it says where the outcome leads."""
    keep: Mapping[AssignedName, ValueName]
    """Value's name -> value of the dialog."""
    drops: Annotated[tuple[ValueName, ...], Derived()]
    """The dialog's secrets."""
    go: Annotated[Route, Leads("returned {outcome}")]
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"returns {self.outcome}"
