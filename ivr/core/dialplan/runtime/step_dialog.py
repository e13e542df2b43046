"""Into a dialog and out of it: what it is given, what it hands back. Both happen at once and say nothing."""

from __future__ import annotations

from ivr.core.dialplan.expression import evaluate, names
from ivr.core.dialplan.runtime.memory import Given
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import EnterState, ReturnState


class EnterStep(PlainStep):
    """Makes a dialog's values fresh, whatever way led here, and begins it."""

    __slots__ = ("_state",)
    _state: Given[EnterState]

    def __init__(self, state: EnterState) -> None:
        self._state = state

    def enter(self, s: Session) -> None:
        """All of it happens here."""
        given = {name: evaluate(tree, s.known.value) for name, tree in self._state.given.items()}
        s.known.refresh(self._state.forgets)
        for name, value in given.items():
            if value is not None:
                s.known.assign(name, value, s.known.roots(names(self._state.given[name])))
        s.known.drop(self._state.drops)
        s.way.follow(self._state.go)


class ReturnStep(PlainStep):
    """Hands results back and leads on where the dialog was used."""

    __slots__ = ("_state",)
    _state: Given[ReturnState]

    def __init__(self, state: ReturnState) -> None:
        self._state = state

    def enter(self, s: Session) -> None:
        """All of it happens here."""
        for outer, inner in self._state.keep.items():
            s.known.hand_back(inner, outer)
        s.known.drop(self._state.drops)
        s.way.follow(self._state.go)
