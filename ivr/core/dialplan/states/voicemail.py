"""A state that takes a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Leads, OwnName, StateName, Undeciding, Word
from ivr.core.dialplan.parts import Prompt, Route
from ivr.core.dialplan.states.role import Role


@dataclass(frozen=True, slots=True)
class VoicemailState:
    """Takes a message: a marked span of the call's recording.

    For the proof a message of 20 s and a quiet of 4 s stand for all: room for two utterances, and the quiet after them.
    """

    name: OwnName
    say: Prompt | None
    mailbox: Annotated[Word, Undeciding("_")]
    end: Annotated[Word, Undeciding("#")]
    """Keys that end the message."""
    silence: Annotated[float, Undeciding(4.0)]
    """Seconds of quiet that end it."""
    most: Annotated[float, Undeciding(20.0)]
    """Seconds."""
    go: Annotated[Route, Leads("left a message")]
    empty: Annotated[StateName, Leads("left no message")]
    """Nothing was said, or nothing may be recorded."""
    served: bool = False
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"voicemail {self.mailbox}"
