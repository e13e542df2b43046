"""Where one call is in its dialplan, where it goes next, and which questions lead back."""

from __future__ import annotations

from typing import Self

from ivr.core.dialplan.model import Dialplan, way_in
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.runtime.knowledge import Knowledge

BACK_LIMIT = 20
"""Questions remembered for the command `back`."""


class Way:
    """Of one call."""

    __slots__ = ("_dialplan", "_known", "_route", "pending", "state", "trail")

    def __init__(self, dialplan: Dialplan, known: Knowledge) -> None:
        self._dialplan, self._known = dialplan, known
        self.state = ""
        self.pending: str | None = None
        """State to enter next."""
        self._route: Route | None = None
        """By whose conditions it was chosen; None: by none."""
        self.trail: tuple[str, ...] = ()
        """Questions asked before. Protected ones are not among them: their own way is the only one in."""

    def twin(self, known: Knowledge) -> Self:
        """A copy that goes its own way."""
        found = object.__new__(type(self))
        found._dialplan, found._known, found._route = self._dialplan, known, self._route
        found.state, found.pending, found.trail = self.state, self.pending, self.trail
        return found

    def go(self, state: str) -> None:
        """Enter a state next."""
        self.pending, self._route = state, None

    def follow(self, route: Route) -> None:
        """Enter the first state of a route whose condition holds."""
        for branch in route.branches:
            if branch.condition is None or self._known.judge(branch.condition):
                self.pending, self._route = branch.to, route
                return

    def settle(self) -> None:
        """The state is entered now: its route's conditions are judged by what is known of the risk by now."""
        if self._route is not None:
            self.follow(self._route)

    def take(self, route: Route, number: int) -> None:
        """Enter the state of a branch that was chosen otherwise than by its condition."""
        self.go(route.branches[number].to)

    def asked(self, name: str) -> None:
        """A question is asked: `back` may lead to it."""
        if self.trail[-1:] != (name,) and name not in self._dialplan.protect:
            self.trail = (*self.trail, name)[-BACK_LIMIT:]

    def bar(self) -> None:
        """`back` goes no further than the last question from here on."""
        self.trail = self.trail[-1:]

    def go_back(self, name: str) -> bool:
        """Enter the question before the one named; False when there is none.

        A dialog that was left is entered at its start: what it was given may have changed meanwhile.
        """
        trail = self.trail[:-1] if self.trail and self.trail[-1] == name else self.trail
        while trail and (to := way_in(trail[-1], name)) in self._dialplan.protect:
            trail = trail[:-1]
        if not trail:
            return False
        while trail and trail[-1].startswith(f"{to}/"):
            trail = trail[:-1]
        self.trail = trail
        self.go(to)
        return True
