"""A state that rings someone else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Leads, OwnName, StateName, Undeciding, Word
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class TransferState:
    """Dials someone else and lets them talk."""

    name: OwnName
    say: Prompt | None
    destination: Annotated[Word, Undeciding("_")]
    """A name; the settings say which address that is."""
    timeout: float
    """Seconds of ringing."""
    failed: Annotated[StateName, Leads("nobody answered the transfer")]
    """Busy, refused, no answer, not reached."""
    after: Annotated[StateName | None, Leads("the target hung up", or_ends=True)]
    """When the target hangs up first; None ends the call."""
    served: bool = False
    role: ClassVar[Role] = Role.AGENT

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"transfer to {self.destination}"
