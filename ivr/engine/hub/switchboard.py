"""Between the bus and the pure queues: cells' messages become facts, orders become messages to cells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.core.queueing.facts import (
    AgentProfile,
    AgentsListed,
    CallLeft,
    CallWaited,
    Fact,
    OfferAgent,
    OfferAnswered,
    OfferEnded,
    OfferFailed,
    OfferFound,
    Order,
    PhonesSeen,
    TellNoAgent,
    TellPlace,
)
from ivr.core.queueing.queues import CallQueues, QueueRules
from ivr.engine.bus import AgentNotWanted, AgentWanted, Message, NoAgent, Offered, OfferResult, Queued
from ivr.ports import Clock


class Switchboard:
    """Drives the queues in an asyncio loop."""

    def __init__(
        self,
        *,
        run_id: str,
        rules: Callable[[str], QueueRules],
        monotonic: Clock,
        tell: Callable[[str, Message], None],
    ) -> None:
        """`tell(call_id, message)` sends to the cell that carries the call."""
        self.queues = CallQueues(run_id=run_id, rules=rules)
        self._monotonic = monotonic
        self._tell = tell
        self._timer: asyncio.TimerHandle | None = None

    def hear(self, message: AgentWanted | AgentNotWanted | OfferResult) -> None:
        """What a cell said."""
        match message:
            case AgentWanted():
                self._receive(CallWaited(message.call_id, message.queue, message.priority))
            case AgentNotWanted():
                self._receive(CallLeft(message.call_id))
            case OfferResult(result="ringing" | "answered", agent=agent) if agent and not self._knows(message):
                answered = message.result == "answered"
                self._receive(OfferFound(message.offer_id, message.call_id, agent, answered))
            case OfferResult(result="answered"):
                self._receive(OfferAnswered(message.offer_id))
            case OfferResult(result="failed"):
                self._receive(OfferFailed(message.offer_id))
            case OfferResult(result="ended"):
                self._receive(OfferEnded(message.offer_id))
            case _:
                pass

    def call_over(self, call_id: str) -> None:
        """The call ended or its cell died: whoever served it is free."""
        self._receive(CallLeft(call_id))

    def agents(self, profiles: tuple[AgentProfile, ...], reachable: frozenset[str]) -> None:
        """The directory and whose phone can be reached."""
        self._receive(AgentsListed(profiles))
        self._receive(PhonesSeen(reachable))

    def report(self) -> dict[str, object]:
        """Queues and agents as plain data; no caller's data."""
        now = self._monotonic()
        agents = [
            {"name": name, "state": str(agent.state), "seconds": round(now - agent.since, 1), "call_id": agent.call_id}
            for name, agent in sorted(self.queues.agents.items())
        ]
        waiting: dict[str, list[float]] = {}
        for call in self.queues.waiting.values():
            waiting.setdefault(call.queue, []).append(now - call.since)
        queues = [
            {"queue": queue, "waiting": len(ages), "longest_seconds": round(max(ages), 1)}
            for queue, ages in sorted(waiting.items())
        ]
        return {"agents": agents, "queues": queues}

    def close(self) -> None:
        """No more timers."""
        if self._timer is not None:
            self._timer.cancel()

    def _knows(self, message: OfferResult) -> bool:
        return any(agent.offer_id == message.offer_id for agent in self.queues.agents.values())

    def _receive(self, fact: Fact) -> None:
        self._carry_out(self.queues.receive(fact, now=self._monotonic()))

    def _tick(self) -> None:
        self._carry_out(self.queues.handle_timer(now=self._monotonic()))

    def _carry_out(self, orders: list[Order]) -> None:
        for order in orders:
            match order:
                case TellPlace():
                    self._tell(order.call_id, Queued(order.call_id, order.queue, order.position))
                case OfferAgent():
                    self._tell(order.call_id, Offered(order.call_id, order.offer_id, order.agent, order.uri))
                case TellNoAgent():
                    self._tell(order.call_id, NoAgent(order.call_id, order.reason))
        self.close()
        due = self.queues.deadline()
        if due is not None:
            delay = max(0.0, due - self._monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay, self._tick)
