"""A state that asks the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Derived, Leads, OwnName, Undeciding, Word
from ivr.core.dialplan.parts import Choice, Entry, Prompt, Retry, Route
from ivr.core.dialplan.states.role import Role
from ivr.core.orders.playing import BargeIn


@dataclass(frozen=True, slots=True)
class AskState:
    """Asks for a choice, for a value (digits, an amount, a date, a phrase), or whether the call may be recorded."""

    name: OwnName
    ask: Prompt
    barge_in: BargeIn
    type_ahead: bool
    choices: tuple[Choice, ...]
    entry: Entry | None
    go: Annotated[Route | None, Leads("gave the value", silent=False)]
    """After a value; choices have their own."""
    wait: float
    """Seconds of silence after the question that count as no answer."""
    silence: Annotated[Retry, Leads("stayed silent")]
    nomatch: Annotated[Retry, Leads("was not understood", silent=False)]
    help: Prompt | None
    commands: bool
    """Whether global commands are heard here."""
    consent: bool = False
    """Whether it asks for the caller's consent to being recorded: anything but a yes refuses it."""
    rates: Annotated[Word | None, Undeciding(None)] = None
    """Name under which the answer is kept with the call: how satisfied the caller is."""
    served: bool = False
    keeps_language: Annotated[bool, Derived()] = False
    """Protected: what was heard before counts in one language only, so the command to change it is not heard here."""
    role: ClassVar[Role] = Role.PLAIN

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        if self.consent:
            return "may the call be recorded?"
        return "ask" if self.entry is None else f"asks for {self.entry.into} ({self.entry.type})"
