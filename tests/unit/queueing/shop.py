"""A made-up contact centre for the tests: agents and calls by name, and what was offered to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.facts import AgentProfile, AgentsListed, CallWaited, Fact, OfferAgent, Order, PhonesSeen
from ivr.core.queueing.happening import Teller, unheard
from ivr.core.queueing.rules import QueueRules


class Shop:
    """A dispatcher, its clock, and the offers that it made."""

    def __init__(
        self,
        *agents: AgentProfile,
        rules: Mapping[str, QueueRules] | QueueRules | None = None,
        chance: Callable[[], float] = lambda: 0.5,
        tell: Teller = unheard,
    ) -> None:
        """`rules`: one for all queues, or by queue; `tell` is told what becomes of calls and agents."""
        of = rules if isinstance(rules, Mapping) else {}
        every = rules if isinstance(rules, QueueRules) else QueueRules()
        self.dispatcher = Dispatcher(run_id="t", rules=lambda queue: of.get(queue, every), chance=chance, tell=tell)
        self.now = 0.0
        self.offers: dict[str, OfferAgent] = {}
        """By offer."""
        self.tell(AgentsListed(agents))
        self.tell(PhonesSeen(frozenset(agent.name for agent in agents)))

    def tell(self, fact: Fact) -> list[Order]:
        """A fact, now."""
        return self._note(self.dispatcher.receive(fact, now=self.now))

    def call(self, name: str, queue: str = "sales", **wants: object) -> list[Order]:
        """A call comes; what follows."""
        return self.tell(CallWaited(name, queue, **wants))  # type: ignore[arg-type]

    def wait(self, seconds: float) -> list[Order]:
        """Time passes, timer by timer."""
        end, orders = self.now + seconds, []
        while (due := self.dispatcher.deadline()) is not None and due <= end:
            self.now = due
            orders += self._note(self.dispatcher.handle_timer(now=due))
        self.now = end
        return orders

    def state(self, agent: str) -> AgentState:
        """What an agent does now."""
        return self.dispatcher.agents[agent].state

    def offer_to(self, agent: str) -> str:
        """The offer that an agent has."""
        engagement = self.dispatcher.agents[agent].engagement
        assert engagement is not None, f"{agent} has no offer"
        return engagement.offer_id

    def call_of(self, agent: str) -> str | None:
        """The call that an agent is offered or talks on."""
        engagement = self.dispatcher.agents[agent].engagement
        return None if engagement is None else engagement.call_id

    def _note(self, orders: list[Order]) -> list[Order]:
        self.offers.update((order.offer_id, order) for order in orders if isinstance(order, OfferAgent))
        return orders


def agent(name: str, *queues: str, tier: int = 1, weight: int = 1, **skills: int) -> AgentProfile:
    """An agent; skills by name, with `lang_zh` for `lang:zh`."""
    named = {skill.replace("lang_", "lang:"): level for skill, level in skills.items()}
    return AgentProfile(name, f"sip:{name}@phones", queues, named, tier, weight)


def offered(orders: list[Order]) -> list[tuple[str, str]]:
    """Call and agent of each offer."""
    return [(order.call_id, order.agent) for order in orders if isinstance(order, OfferAgent)]
