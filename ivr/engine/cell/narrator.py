"""Numbers a call's steps, seals each in its recording and sends the hub what the audit log may hold of it.

Nothing waits here: the hub says when a step is durable, and until then the link keeps it. What never reaches the hub is
in the recording, from which the keeper enters it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivr.core.audit.step import CallStep, step_salt
from ivr.core.call.story import Story
from ivr.core.commands import Command
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.engine.bus.calls import StepTold
from ivr.engine.cell.config import Hub
from ivr.engine.cell.tape import Tape
from ivr.ports.clock import Clock
from ivr.ports.keys import DataKey


class Narrator:
    """One call's."""

    def __init__(self, hub: Hub, call_id: str, dialplan: Dialplan, key: DataKey | None, wall: Clock) -> None:
        self._hub, self._call_id, self._wall = hub, call_id, wall
        self._story = Story(dialplan)
        self._salt = step_salt(key.key) if key is not None else None
        self._began = wall()
        self._count = 0
        self._untaped: list[CallStep] = []
        """Steps from before the recording was open."""

    def tell(self, event: Event | None, orders: Sequence[Command], tape: Tape | None) -> None:
        """A fact (None: a timer) and the orders that followed."""
        for action, details in self._story.tell(event, orders):
            self._count += 1
            step = CallStep(self._count, round(self._wall(), 3), action, details)
            self._untaped.append(step)
            self._hub.send(StepTold(self._call_id, self._began, step.number, step.at, action, step.public(self._salt)))
        if tape is not None and self._untaped:
            for step in self._untaped:
                tape.step(step)
            self._untaped.clear()
