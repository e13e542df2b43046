"""All agents: who is available to which queue, and who is offered or talks on what.

Rule: an agent stands in the crews of their queues if and only if they are available and have no call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ivr.core.queueing.agent import Agent, Engagement
from ivr.core.queueing.agent_state import AgentInput, AgentState
from ivr.core.queueing.crew import Crew
from ivr.core.queueing.facts import AgentProfile, OfferFound
from ivr.core.queueing.happening import Happening, Teller, What
from ivr.core.queueing.rules import QueueRules
from ivr.core.queueing.waiting import Need


class Roster:
    """Agents by name."""

    def __init__(self, rules: Callable[[str], QueueRules], chance: Callable[[], float], tell: Teller) -> None:
        self._tell = tell
        self._rules = rules
        self._chance = chance
        self._crews: dict[str, Crew] = {}
        self._idle: dict[str, Agent] = {}
        self._by_offer: dict[str, Agent] = {}
        self._by_call: dict[str, set[str]] = {}
        self._gone: set[str] = set()
        """Agents who left the directory in a call: they stay until it ends."""
        self._unlisted: dict[str, OfferFound] = {}
        """Who has a call of an earlier hub's, as a cell said before the directory was read."""
        self.agents: dict[str, Agent] = {}

    def by_offer(self, offer_id: str) -> Agent | None:
        """Whom this offer holds."""
        return self._by_offer.get(offer_id)

    def of_call(self, call_id: str) -> list[Agent]:
        """Who is offered this call or talks on it."""
        return [self.agents[name] for name in sorted(self._by_call.get(call_id, ()))]

    def serving(self, queue: str) -> Iterator[Agent]:
        """Agents who serve the queue, whatever they do now."""
        return (agent for agent in self.agents.values() if agent.profile.serves(queue))

    def works(self, name: str) -> bool:
        """Whether there is somebody of this name who takes calls, now or after the one that they have."""
        agent = self.agents.get(name)
        return agent is not None and agent.logged_in and agent.pause is None and agent.reachable

    def choose(self, queue: str, need: Need) -> Agent | None:
        """Whom to ask; None when nobody is available who may take such a call."""
        return self._crew(queue).choose(need)

    def idle(self) -> list[Agent]:
        """Agents who are available."""
        return list(self._idle.values())

    # --- who there is -----------------------------------------------------------------------------------------------

    def know(self, profiles: Iterable[AgentProfile], *, now: float) -> list[Agent]:
        """The directory, whole. Returns agents who are new or were changed."""
        known = {profile.name: profile for profile in profiles}
        for name in [name for name in self.agents if name not in known]:
            if self.agents[name].engagement is None:
                self._drop(name, now)
            else:
                self._gone.add(name)
        changed = []
        for name, profile in known.items():
            self._gone.discard(name)
            agent = self.agents.get(name)
            if agent is None:
                agent = Agent(profile, since=now, idle_since=now, tell=self._tell, counted_from=now)
                self.agents[name] = agent
            elif agent.profile == profile:
                continue
            else:
                self.retire(agent)  # out of the crews of before
                agent.become(profile)
            self._tell(Happening(What.LISTED, now, agent=name, profile=profile))
            changed.append(agent)
        return changed

    def held_before_listed(self, found: OfferFound) -> None:
        """A cell holds somebody who is not listed, or not yet."""
        self._unlisted[found.agent] = found

    def not_held(self, which: Callable[[OfferFound], bool]) -> None:
        """What was said of them is over before they are listed."""
        self._unlisted = {name: found for name, found in self._unlisted.items() if not which(found)}

    def listed_at_last(self) -> list[OfferFound]:
        """What cells had said of those who are listed by now, once."""
        return [self._unlisted.pop(name) for name in tuple(self._unlisted) if name in self.agents]

    def see_phones(self, reachable: frozenset[str]) -> list[Agent]:
        """Whose phone can be reached now. Returns agents for whom that changed."""
        changed = [agent for name, agent in self.agents.items() if agent.reachable is not (name in reachable)]
        for agent in changed:
            agent.reachable = not agent.reachable
        return changed

    # --- who is available -------------------------------------------------------------------------------------------

    def rest(self, agent: Agent, *, now: float) -> bool:
        """Bring their state up to date after a change of presence; returns whether they are available."""
        agent.take(AgentInput.PRESENCE, now=now)
        if agent.state is not AgentState.AVAILABLE:
            self.retire(agent)
        return agent.state is AgentState.AVAILABLE

    def stand_by(self, agent: Agent) -> None:
        """They are available, and no call waits for them."""
        if agent.profile.name in self._idle:
            return
        self._idle[agent.profile.name] = agent
        for queue in agent.profile.queues or tuple(self._crews):
            self._crew(queue, without=agent).add(agent)

    def retire(self, agent: Agent) -> None:
        """They are not available any more, if they were."""
        if self._idle.pop(agent.profile.name, None) is not None:
            for queue in agent.profile.queues or self._crews:
                self._crew(queue).discard(agent.profile.name)

    # --- who has a call ---------------------------------------------------------------------------------------------

    def engage(self, agent: Agent, engagement: Engagement) -> None:
        """The agent is kept for a call."""
        self.retire(agent)
        self._by_offer[engagement.offer_id] = agent
        self._by_call.setdefault(engagement.call_id, set()).add(agent.profile.name)

    def release(self, agent: Agent, *, now: float) -> Engagement:
        """The agent has no call any more; returns the one they had."""
        engagement = agent.engagement
        assert engagement is not None
        del self._by_offer[engagement.offer_id]
        names = self._by_call[engagement.call_id]
        names.discard(agent.profile.name)
        if not names:
            del self._by_call[engagement.call_id]
        rules = self._rules(engagement.queue) if engagement.queue else QueueRules()
        agent.let_go(wrap_up=rules.wrap_up_seconds, disposition=rules.disposition_seconds, now=now)
        if agent.profile.name in self._gone:
            self._drop(agent.profile.name, now)
        return engagement

    def _drop(self, name: str, now: float) -> None:
        self.agents[name].count(now=now)
        self.retire(self.agents[name])
        self._gone.discard(name)
        del self.agents[name]

    def _crew(self, queue: str, *, without: Agent | None = None) -> Crew:
        crew = self._crews.get(queue)
        if crew is None:
            crew = self._crews[queue] = Crew(queue, self._rules(queue).strategy, self._chance)
            for agent in self._idle.values():
                if agent is not without and agent.profile.serves(queue):
                    crew.add(agent)
        return crew
