"""What agents ask of each other in their calls, and who is on whose line.

Rules: an agent asks within their own call only, and the hub looks whether it is theirs. Whoever is rung is kept for
that call, so that nobody offers them another one. A supervisor on a line is an entry of the log, with how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivr.core.orders.desk import DeskAct
from ivr.core.queueing.agent import Agent
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.choice import ChoiceKind
from ivr.engine.bus.desk import (
    ColleagueOffered,
    ColleagueRefused,
    ColleagueWanted,
    DeskAnswered,
    DeskAsked,
    DeskOrdered,
    DeskTold,
    SupervisorAsked,
    SupervisorOffered,
)
from ivr.engine.bus.messages import Message
from ivr.engine.bus.staff import AgentTold
from ivr.engine.hub.switchboard import Switchboard

CHOICES: Mapping[DeskAct, ChoiceKind] = {
    DeskAct.AWAY: ChoiceKind.PAUSE,
    DeskAct.LOG_OUT: ChoiceKind.LOG_OUT,
    DeskAct.READY: ChoiceKind.RESUME,
}
"""What an agent chooses by their phone -> what `ivr agents` calls it."""
UNNAMED_REASON = "away"
_IN_CALL = frozenset({AgentState.TALKING, AgentState.HELD})


class Floor:
    """The agents in their calls."""

    def __init__(
        self,
        switchboard: Switchboard,
        *,
        tell: Callable[[str, Message], None],
        enter: Callable[..., None],
        choose: Callable[[AgentTold], object],
        reasons: Mapping[str, str],
    ) -> None:
        """`tell(call_id, message)` sends to the call's cell; `enter(action, subject, …)` makes an entry of the log;
        `choose` takes what is said of an agent; `reasons`: digits -> reason of a pause."""
        self._switchboard, self._tell, self._enter = switchboard, tell, enter
        self._choose, self._reasons = choose, reasons

    def hear(self, message: ColleagueWanted | DeskTold) -> None:
        """What a cell said."""
        match message:
            case ColleagueWanted(call_id=call_id, request=request, digits=digits):
                name = next((a.profile.name for a in self._agents() if digits and a.profile.extension == digits), "")
                offer = self._switchboard.keep(call_id, name) if name else None
                if offer is None:
                    self._tell(call_id, ColleagueRefused(call_id, request))
                else:
                    found = ColleagueOffered(call_id, request, offer.offer_id, offer.agent, offer.uri)
                    self._tell(call_id, found)
            case DeskTold(agent=name, choice=choice, reason=digits):
                agent = self._in_call(name)
                if agent is None or agent.engagement is None or agent.engagement.call_id != message.call_id:
                    return
                reason = self._reasons.get(digits, UNNAMED_REASON) if choice is DeskAct.AWAY else ""
                if choice in CHOICES:
                    self._choose(AgentTold(name, CHOICES[choice], reason, by=name, own=True))

    def asked(self, message: DeskAsked) -> DeskAnswered:
        """A console's order to an agent's call."""
        agent = self._in_call(message.agent)
        if agent is None or agent.engagement is None:
            return DeskAnswered("", f"{message.agent} is in no call")
        held = agent.engagement
        if message.call_id not in ("", held.call_id):
            return DeskAnswered("", f"{message.agent} is in another call by now")
        self._enter(f"desk.{message.act}", message.agent, by=message.by)
        self._tell(held.call_id, DeskOrdered(held.call_id, held.offer_id, message.act, message.argument))
        return DeskAnswered(held.call_id)

    def supervise(self, message: SupervisorAsked) -> DeskAnswered:
        """Let a supervisor be on an agent's line, or be there in another way."""
        agent, name = self._in_call(message.agent), message.supervisor
        if agent is None or agent.engagement is None:
            return DeskAnswered("", f"{message.agent} is in no call")
        call_id = agent.engagement.call_id
        there = self._switchboard.queues.agents.get(name)
        held = None if there is None else there.engagement
        if there is agent:
            return DeskAnswered("", "nobody supervises themselves")
        if held is not None and held.call_id == call_id and not held.queue:
            offer_id, uri = held.offer_id, ""
        else:
            offer = self._switchboard.keep(call_id, name, resting=True)
            if offer is None:
                return DeskAnswered("", f"{name} has no phone that can be rung now")
            offer_id, uri = offer.offer_id, offer.uri
        self._enter(f"supervisor.{message.mode}", message.agent, by=message.by, supervisor=name, call_id=call_id)
        self._tell(call_id, SupervisorOffered(call_id, offer_id, name, uri, message.mode))
        return DeskAnswered(call_id)

    def _agents(self) -> tuple[Agent, ...]:
        return tuple(self._switchboard.queues.agents.values())

    def _in_call(self, name: str) -> Agent | None:
        agent = self._switchboard.queues.agents.get(name)
        return agent if agent is not None and agent.state in _IN_CALL else None
