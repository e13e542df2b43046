"""Who is at work: agents log in and out, pause and resume, and the engine pauses those who do not answer."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.queueing.agent import Agent, Pause
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.facts import (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    DispositionGiven,
    OfferFailure,
    TellAgentState,
)
from ivr.core.queueing.rules import QueueRules
from ivr.core.queueing.timers import Timer, Timers

ENGINE = "engine"
"""Who pauses an agent when no person does."""
NO_ANSWER = "no answer"


class Staff:
    """Agents' choices. Whoever calls settles what follows from a change: who is offered what."""

    def __init__(self, agents: Mapping[str, Agent], timers: Timers) -> None:
        """`agents` is the roster's own mapping, by name."""
        self._agents = agents
        self._timers = timers

    def choose(
        self, choice: AgentLoggedIn | AgentLoggedOut | AgentPaused | AgentResumed, *, now: float
    ) -> Agent | None:
        """Do what was chosen; returns the agent whom it changed."""
        agent = self._agents.get(choice.agent)
        if agent is None:
            return None
        match choice:
            case AgentLoggedIn() | AgentLoggedOut():
                logged_in = isinstance(choice, AgentLoggedIn)
                if agent.logged_in is logged_in:
                    return None
                agent.logged_in, agent.pause, agent.missed = logged_in, None, 0
            case AgentPaused(reason=reason, by=by, until=until):
                if not agent.logged_in:
                    return None
                agent.rest_for(Pause(reason, by, until), now=now)
                if until is not None:
                    self._timers.set(until, Timer.PAUSE_OVER, choice.agent)
            case AgentResumed(released=released):
                if agent.pause is None and agent.state is not AgentState.WRAP_UP:
                    return None
                agent.pause, agent.missed = None, 0
                if released:
                    agent.owes = ""
        return agent

    def writes_up(self, agent: Agent, *, now: float) -> None:
        """Their talk is over: set when they are ready, and when what came of it is waited for no longer."""
        self._timers.set(agent.wrap_up_until, Timer.READY, agent.profile.name)
        if agent.owing(now):
            self._timers.set(agent.owes_until, Timer.READY, agent.profile.name)

    def said(self, fact: DispositionGiven, *, now: float) -> list[Agent]:
        """What came of a call is known; returns its agent if they have written up and were held for that alone."""
        agent = self._agents.get(fact.agent)
        if agent is None:
            return []
        owed, agent.said = agent.owes == fact.call_id, fact.call_id
        if not owed:
            return []
        agent.owes = ""
        return [agent] if agent.state is AgentState.WRAP_UP and agent.wrap_up_until <= now else []

    def missed(self, agent: Agent, failure: OfferFailure, rules: QueueRules, *, now: float) -> bool:
        """They did not take a call: pass them over for a while, or until they resume if that was one too many.
        Returns whether it is until they resume."""
        agent.missed += failure is OfferFailure.NO_ANSWER
        if agent.pause is not None:
            return False
        if 0 < rules.pause_after <= agent.missed:
            agent.missed, agent.pause = 0, Pause(NO_ANSWER, ENGINE)
            return True
        if rules.set_aside_seconds > 0:
            agent.pause = Pause(str(failure).replace("_", " "), ENGINE, now + rules.set_aside_seconds)
            self._timers.set(now + rules.set_aside_seconds, Timer.PAUSE_OVER, agent.profile.name)
        return False


def kept_choice(agent: Agent) -> TellAgentState:
    """What of their choices outlives the hub: a pause that ends by itself does not."""
    pause = agent.pause if agent.pause is not None and agent.pause.until is None else None
    return TellAgentState(
        agent.profile.name,
        agent.logged_in,
        "" if pause is None else pause.reason,
        "" if pause is None else pause.by,
    )
