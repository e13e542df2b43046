"""Asking for what is missing to a level of identity."""

from __future__ import annotations

from ivr.core.dialplan.runtime.memory import Given
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import StepUpState


class StepUpStep(PlainStep):
    """Decides at once."""

    __slots__ = ("_state",)
    _state: Given[StepUpState]

    def __init__(self, state: StepUpState) -> None:
        self._state = state

    def enter(self, s: Session) -> None:
        """Go on, ask for one factor, or give up."""
        state = self._state
        if s.known.identity.level.reaches(state.identify):
            s.way.take(state.ways, 0)
            return
        factor = s.known.next_factor(state.identify, state.proofs)
        if factor is not None:
            s.known.ask_for(factor)
        s.way.take(state.ways, state.way(factor))
