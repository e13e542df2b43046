"""A state that enrols the caller's voice, as they agreed to in this call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Counted, Leads, OwnName, StateName, ValueName
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class EnrolState:
    """Takes several recordings of the caller, who agreed to it, and keeps their voice."""

    name: OwnName
    customer: ValueName
    """Value that holds the customer's reference."""
    ask: Prompt
    """Said before the first recording."""
    more: Prompt | None
    """Said before each other one; None: as before the first."""
    retry: Prompt | None
    """Said when too little speech was heard; None: what was said before."""
    recordings: Annotated[int, Counted(most=2)]
    min_speech: float
    """Seconds of net speech in each."""
    max_wait: float
    """Seconds after which a recording ends, whatever there is."""
    attempts: Annotated[int, Counted(most=2)]
    """Recordings with too little speech after which it is given up."""
    keeps_audio: bool
    """Whether the consent covers keeping the recordings, so that another model can learn the voice from them."""
    go: Annotated[Route, Leads("voice enrolled", silent=False)]
    otherwise: Annotated[StateName, Leads("voice not enrolled")]
    """The recordings will not do, the customer is enrolled already, or it cannot be done now."""
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return "enrols the voice"
