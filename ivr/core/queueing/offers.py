"""Offers: an agent is kept for one call and rung, and given up when nothing comes of it."""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.queueing.agent import Agent, Engagement
from ivr.core.queueing.agent_state import RESTING, AgentState
from ivr.core.queueing.facts import OfferAgent, OfferFound, Order, PhoneWanted
from ivr.core.queueing.roster import Roster
from ivr.core.queueing.rules import QueueRules
from ivr.core.queueing.timers import Timer, Timers

OFFER_LIMIT_SECONDS = 120.0
"""An offer without any answer for so long is given up: ringing takes 20 s by default, 60 s at most."""


class Offers:
    """Those of one run of the hub: `run_id` makes their ids unique over restarts."""

    def __init__(self, run_id: str, rules: Callable[[str], QueueRules], roster: Roster, timers: Timers) -> None:
        self._run_id, self._rules, self._roster, self._timers = run_id, rules, roster, timers
        self._made = 0

    def make(self, agent: Agent, call_id: str, queue: str, *, now: float) -> OfferAgent:
        """Keep them for one call. Without a queue, a colleague or a supervisor is wanted."""
        self._made += 1
        offer_id, of = f"{self._run_id}-{self._made}", agent.profile
        engagement = Engagement(offer_id, call_id, queue)
        self._roster.engage(agent, engagement)
        agent.offered(engagement, self._made, now=now)
        self._limit(offer_id, now)
        return OfferAgent(call_id, offer_id, of.name, of.uri, of.ring_seconds or self._rules(queue).ring_seconds)

    def keep(self, wanted: PhoneWanted, *, now: float) -> list[Order]:
        """Ring somebody for a call that does not wait for them; nothing is ordered when they are not free."""
        agent = self._roster.agents.get(wanted.agent)
        if agent is None or agent.engagement is not None or not agent.reachable:
            return []
        free = RESTING - {AgentState.UNREACHABLE} if wanted.resting else {AgentState.AVAILABLE}
        return [self.make(agent, wanted.call_id, "", now=now)] if agent.state in free else []

    def found(self, agent: Agent, offer: OfferFound, queue: str, *, now: float) -> None:
        """One that an earlier hub made, and that still holds its agent."""
        engagement = Engagement(offer.offer_id, offer.call_id, queue)
        self._roster.engage(agent, engagement)
        agent.found(engagement, answered=offer.answered, now=now)
        if not offer.answered:
            self._limit(offer.offer_id, now)

    def _limit(self, offer_id: str, now: float) -> None:
        self._timers.set(now + OFFER_LIMIT_SECONDS, Timer.OFFER_LIMIT, offer_id)
