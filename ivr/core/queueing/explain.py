"""Why a call waits or was offered whom: every agent, and what speaks for or against them now. Nothing is kept for
it."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.waiting import WaitingCall


@dataclass(frozen=True, slots=True)
class Considered:
    """One agent, and what was found."""

    agent: str
    verdict: str
    seconds: float
    """For how long they have done what they do."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One call that waits."""

    call_id: str
    queue: str
    place: int
    """1: next."""
    waited: float
    """Seconds."""
    asks_for: tuple[tuple[str, int], ...]
    """Skills with their lowest level, as of now."""
    only: str
    """The preferred agent whom it still waits for; empty: anyone."""
    agents: tuple[Considered, ...]
    """Those who serve its queue first."""


def explain(dispatcher: Dispatcher, call_id: str, *, now: float) -> Explanation | None:
    """Why this call waits; None when it does not."""
    call = dispatcher.waiting.get(call_id)
    if call is None:
        return None
    agents = sorted(
        dispatcher.agents.values(), key=lambda agent: (not agent.profile.serves(call.queue), agent.profile.name)
    )
    return Explanation(
        call_id,
        call.queue,
        dispatcher.place(call_id),
        now - call.since,
        tuple(sorted(call.need.skills)),
        call.need.only,
        tuple(Considered(agent.profile.name, _verdict(agent, call), now - agent.since) for agent in agents),
    )


def _verdict(agent: Agent, call: WaitingCall) -> str:
    if agent.engagement is not None and agent.engagement.call_id == call.call_id:
        return "their phone rings for this call"
    if not agent.profile.serves(call.queue):
        return f"does not serve {call.queue}"
    if call.need.only and call.need.only != agent.profile.name:
        return f"the call waits for {call.need.only} first"
    lacking = call.need.missing(agent.profile)
    if lacking:
        asked = ", ".join(f"{skill} {level}" for skill, level in lacking)
        return f"does not have {asked}"
    return _doing(agent)


def _doing(agent: Agent) -> str:
    match agent.state:
        case AgentState.LOGGED_OUT:
            return "is logged out"
        case AgentState.PAUSED if agent.pause is not None:
            return f"is paused: {agent.pause.reason} (by {agent.pause.by})"
        case AgentState.PAUSED:
            return "is paused"
        case AgentState.UNREACHABLE:
            return "their phone is not registered"
        case AgentState.AVAILABLE:
            return "is available"
        case AgentState.OFFERED:
            return "their phone rings for another call"
        case AgentState.TALKING:
            return "talks"
        case AgentState.HELD:
            return "has a caller on hold"
        case AgentState.WRAP_UP:
            return "writes up their last talk"
