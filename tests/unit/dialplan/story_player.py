"""Plays a counterexample's story on the real interpreter, whose guard must stop it."""

from __future__ import annotations

from ivr.core.commands import Command
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.proof.enacted import event_of
from ivr.core.dialplan.proof.stories import Counterexample
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.evidence import RaiseAlarm, StateEntered


class Stopped(Exception):
    """The guard denied a state or an action."""


class Impossible(Exception):
    """Something in the story cannot happen: values lead elsewhere."""


class Player:
    """Plays stories on the real interpreter."""

    def __init__(self, dialplan: Dialplan) -> None:
        self.dialplan = dialplan
        self.call = Interpreter(dialplan, arrival=CallArrived("c", "sip:+1000@example.org", "1", 0.0))
        self.now = 0.0
        self._watch(self.call.start(0.0))

    def play(self, story: Counterexample) -> None:
        """All of it. A story tells each limit of attempts as one or two, so a stay may be needed more than once."""
        for stay in story.stays:
            entered = self.entered
            if self.call.state != stay.state:
                continue  # left at once: a call that is not recorded leaves no message, and needs no acts for that
            for _ in range(4):
                for act in stay.acts:
                    self._act(act)
                if self.entered != entered:
                    break

    def _act(self, act: Act) -> None:
        if act.kind is ActKind.TIME:
            self.now = max(self.now, self.call.deadline() or self.now)
            self._watch(self.call.handle_timer(now=self.now))
            return
        event = event_of(act, self.call._s, self.dialplan.states[self.call.state])
        if event is None:
            raise Impossible(f"{act} cannot happen")
        self._watch(self.call.receive(event, now=self.now))

    def _watch(self, orders: list[Command]) -> None:
        self.entered = getattr(self, "entered", 0)
        for order in orders:
            if isinstance(order, RaiseAlarm) and order.kind == "obligation":
                raise Stopped(order.text)
            self.entered += isinstance(order, StateEntered)


def stopped(dialplan: Dialplan, story: Counterexample) -> bool:
    """Whether the guard stops the story."""
    try:
        Player(dialplan).play(story)
    except Stopped as alarm:
        return story.target in str(alarm)
    return False
