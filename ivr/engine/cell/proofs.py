"""Lookups that would prove who the caller is: asked only when the hub has counted the attempt at that account."""

from __future__ import annotations

from ivr.core.commands import Command
from ivr.core.dialplan.own_sources import ACCOUNTS
from ivr.core.events import Event
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import FactorProved, IdentityReached
from ivr.core.orders.lookup import LookupDone, LookupFailed, StartLookup
from ivr.engine.bus.attempts import AttemptAnswered, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.engine.cell.config import Hub
from ivr.engine.cell.lookups import Lookups


class Proofs:
    """One call's lookups, of which some are proofs. Without a hub a proof's own time limit ends it: none is taken."""

    def __init__(self, lookups: Lookups, hub: Hub, call_id: str) -> None:
        self._lookups, self._hub, self._call_id = lookups, hub, call_id
        self._asked: dict[int, StartLookup] = {}

    def start(self, order: StartLookup) -> None:
        """Ask the source, or first the hub; for accounts that the engine keeps the hub counts when it is asked."""
        if not order.attempt or order.source == ACCOUNTS:
            self._lookups.start(order)
            return
        self._asked[order.lookup_id] = order
        self._hub.send(AttemptWanted(self._call_id, order.lookup_id, order.attempt, order.factor))

    def answered(self, answer: AttemptAnswered) -> list[Event]:
        """The hub's word. A locked account is answered as a wrong secret would be."""
        order = self._asked.get(answer.lookup_id)
        if order is None:
            return []
        if not answer.allowed:
            return [LookupDone(answer.lookup_id, {})]
        self._lookups.start(order)
        return []

    def told(self, event: Event | None, orders: list[Command]) -> None:
        """What the core made of an answer: a success is told to the hub."""
        if isinstance(event, LookupFailed):
            unanswered = self._asked.pop(event.lookup_id, None)
            if unanswered is not None:
                self._hub.send(AttemptUnanswered(self._call_id, unanswered.attempt, unanswered.factor))
        if not isinstance(event, LookupDone):
            return
        order = self._asked.pop(event.lookup_id, None)
        levels = [each.level for each in orders if isinstance(each, IdentityReached)]
        # A factor of a policy may be proved and come to no level by itself.
        proved = any(isinstance(each, FactorProved) for each in orders)
        if order is not None and (proved or (levels and levels[-1] is not Level.NONE)):
            self._hub.send(AttemptPassed(self._call_id, order.attempt, order.factor))
