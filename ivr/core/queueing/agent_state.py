"""What an agent does, and the one table of how that changes.

Rule: no state lasts because something was forgotten. An offer ends by its limit, a talk ends when its leg is gone,
a wrap-up ends by its clock, also where a disposition is waited for; and whoever is let go of rests in the state that
their login, pause and phone call for at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class AgentState(StrEnum):
    """What an agent does now."""

    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    """With a reason; by themselves, by a supervisor, or by the engine."""
    UNREACHABLE = "unreachable"
    """Logged in and not paused, but their phone is not registered."""
    AVAILABLE = "available"
    OFFERED = "offered"
    """Their phone rings, or is about to."""
    TALKING = "talking"
    HELD = "held"
    """They put the caller on hold."""
    WRAP_UP = "wrap_up"


class AgentInput(StrEnum):
    """What changes it."""

    PRESENCE = "presence"
    """Login, logout, pause, resume, or their phone came or went."""
    OFFER = "offer"
    ANSWER = "answer"
    OFFER_OVER = "offer_over"
    """Not answered, refused, withdrawn, or given up by its limit."""
    HOLD = "hold"
    RETRIEVE = "retrieve"
    TALK_OVER = "talk_over"
    """The talk ended and nothing is left to write up."""
    WRITE_UP = "write_up"
    """The talk ended, and time to write it up begins."""
    READY = "ready"
    """The wrap-up is over: by its clock, or because they said so."""


REST: Final = None
"""Target of a transition into whatever state they rest in: see `resting`."""

TRANSITIONS: Final[Mapping[AgentState, Mapping[AgentInput, AgentState | None]]] = {
    # Who takes no calls of queues may be rung as a supervisor.
    AgentState.LOGGED_OUT: {AgentInput.PRESENCE: REST, AgentInput.OFFER: AgentState.OFFERED},
    AgentState.PAUSED: {AgentInput.PRESENCE: REST, AgentInput.OFFER: AgentState.OFFERED},
    AgentState.UNREACHABLE: {AgentInput.PRESENCE: REST},
    AgentState.AVAILABLE: {AgentInput.PRESENCE: REST, AgentInput.OFFER: AgentState.OFFERED},
    # A pause or a logout while the phone rings or they talk takes effect afterwards.
    AgentState.OFFERED: {AgentInput.ANSWER: AgentState.TALKING, AgentInput.OFFER_OVER: REST},
    AgentState.TALKING: {
        AgentInput.HOLD: AgentState.HELD,
        AgentInput.TALK_OVER: REST,
        AgentInput.WRITE_UP: AgentState.WRAP_UP,
    },
    AgentState.HELD: {
        AgentInput.RETRIEVE: AgentState.TALKING,
        AgentInput.TALK_OVER: REST,
        AgentInput.WRITE_UP: AgentState.WRAP_UP,
    },
    AgentState.WRAP_UP: {AgentInput.READY: REST},
}
"""State -> what happens -> next state. What is not here changes nothing."""

RESTING: Final = frozenset({AgentState.LOGGED_OUT, AgentState.PAUSED, AgentState.UNREACHABLE, AgentState.AVAILABLE})
"""States without a call."""


def resting(*, logged_in: bool, paused: bool, reachable: bool) -> AgentState:
    """Where an agent without a call rests: the first of these that holds."""
    if not logged_in:
        return AgentState.LOGGED_OUT
    if paused:
        return AgentState.PAUSED
    return AgentState.AVAILABLE if reachable else AgentState.UNREACHABLE


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation. `rest` stands for the four states without a call."""
    names = {state: "rest" if state in RESTING else str(state) for state in AgentState}
    arrows = {
        f"    {names[state]} --> {'rest' if target is None else names[target]}: {given}"
        for state, row in TRANSITIONS.items()
        for given, target in row.items()
        if given is not AgentInput.PRESENCE
    }
    return "\n".join(["stateDiagram-v2", "    [*] --> rest", *sorted(arrows)])
