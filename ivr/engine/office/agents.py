"""Who takes calls, on which phone, and whether they do now. A running engine knows of a change within a second."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ivr.core.orders.supervisor import SupervisorMode
from ivr.core.queueing.choice import REASON_MAX, ChoiceKind
from ivr.core.queueing.directory import AgentEntry, password_hash, pin_check
from ivr.engine.bus.desk import DeskAnswered, SupervisorAsked
from ivr.engine.bus.staff import AgentsChanged, AgentTaken, AgentTold
from ivr.engine.office.office import Asked, Desk, Office, does, one_of
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.voiceprints import ErasedFile

PASSWORD_MIN = 8
"""Characters. A phone stores it, so there is no reason for a short one."""


@dataclass(frozen=True, slots=True)
class ListAgents(Asked):
    """Who there is."""


@dataclass(frozen=True, slots=True)
class PutAgent(Asked):
    """Add an agent, or change one: either with a password to register a phone, or with a fixed URI."""

    name: str
    password: str | None = field(default=None, repr=False)
    uri: str | None = None
    queues: tuple[str, ...] = ()
    """Those they serve; none: all."""
    skills: Mapping[str, int] = field(default_factory=dict)
    tier: int = 1
    weight: int = 1
    extension: str = ""
    ring_seconds: float | None = None
    """Of their phone; None: as the queue says."""
    user: str = ""
    """Who they are; empty: nobody has their desk."""


@dataclass(frozen=True, slots=True)
class SetPin(Asked):
    """Give an agent another PIN, to log in from a telephone."""

    name: str
    """As it was typed."""
    pin: str = field(repr=False)
    """4 to 12 digits."""


@dataclass(frozen=True, slots=True)
class OfAgent(Asked):
    """Something of one agent."""

    name: str
    """As it was typed."""


@dataclass(frozen=True, slots=True)
class Supervise(Asked):
    """Be rung, and hear an agent's call."""

    name: str
    phone: str
    """Whose phone is rung: the supervisor's name among the agents."""


@does("agents.list")
def list_agents(desk: Desk, asked: ListAgents) -> tuple[AgentEntry, ...]:
    """All agents, by name."""
    return desk.ports.agents.read()


@does("agents.put")
def put(desk: Desk, asked: PutAgent) -> bool:
    """Keep an agent; whether they were new. Of the password only a hash is kept. Raises OperatorError."""
    ha1, ports = None, desk.ports
    if asked.password is not None:
        if len(asked.password) < PASSWORD_MIN:
            raise OperatorError(f"the password is shorter than {PASSWORD_MIN} characters")
        ha1 = password_hash(asked.name, ports.realm, asked.password)
    entry = AgentEntry(
        asked.name, ha1, asked.uri, asked.queues, asked.skills, asked.tier, asked.weight, asked.extension,
        ring_seconds=asked.ring_seconds, user=asked.user,
    )  # fmt: skip
    linked = {"user": asked.user} if asked.user else {}
    with desk.entering(asked.name, queues=list(asked.queues), **linked):
        new = ports.agents.put(entry)
    _tell_hub(desk)
    return new


@does("agents.set_pin")
def set_pin(desk: Desk, asked: SetPin) -> None:
    """Only what checks the PIN is kept. Raises OperatorError."""
    agents, check = desk.ports.agents, pin_check(asked.pin, secrets.token_bytes(16))
    with desk.entering(one_of(asked.name, (entry.name for entry in agents.read()))):
        agents.set_pin(asked.name, check)
    _tell_hub(desk)


@does("agents.remove")
def remove(desk: Desk, asked: OfAgent) -> ErasedFile | None:
    """Remove an agent; a call they are in goes on. If they enrolled their voice, it is erased, and what is left of it
    as the proof is returned and entered. Raises OperatorError, SealError, EnvironmentFault."""
    agents, ports = desk.ports.agents, desk.ports
    name, erased = one_of(asked.name, (entry.name for entry in agents.read())), None
    with desk.entering(name) as details:
        # The voice first: of who is not removed after all none is kept either, and none outlives an agent. Without a
        # key store there is no voice.
        if name == asked.name and ports.begun and (erased := ports.voiceprints.remove_agent(name)):
            details["erased"] = erased.key
        agents.remove(asked.name)
    _tell_hub(desk)
    return erased


def _choosing(choice: ChoiceKind) -> Callable[[Office, OfAgent], str]:
    @does(f"agents.{choice}")
    def choose(desk: Desk, asked: OfAgent) -> str:
        """What an agent does from now on, which the hub enters; returns their state. Raises OperatorError when there
        is none of that name, EnvironmentFault when no engine runs, PeerError."""
        if len(desk.reason) > REASON_MAX:
            raise OperatorError(f"a reason is 1 to {REASON_MAX} characters in one line")
        told = AgentTold(asked.name, choice, desk.reason, desk.actor.name)
        state = desk.ports.hub.ask(told, AgentTaken).state
        if not state:
            raise OperatorError("there is no agent of that name; 'ivr agents list' shows who there is")
        return state

    return choose


login, logout, pause, resume = map(_choosing, ChoiceKind)
"""`pause` lasts until `resume`, over restarts too, and ends no call."""


def _supervising(mode: SupervisorMode) -> Callable[[Office, Supervise], str]:
    @does(f"agents.{mode}")
    def supervise(desk: Desk, asked: Supervise) -> str:
        """Ring a supervisor's phone into an agent's call, which the hub enters; returns the call. Raises as above."""
        answer = desk.ports.hub.ask(SupervisorAsked(asked.name, asked.phone, mode, desk.actor.name), DeskAnswered)
        if not answer.call_id:
            raise OperatorError(f"{answer.reason}; 'ivr agents state' shows what everybody does")
        return answer.call_id

    return supervise


listen, whisper, join = map(_supervising, SupervisorMode)
"""Nobody hears the supervisor; the agent alone does; everybody does."""


def _tell_hub(desk: Desk) -> None:
    """A hub that starts later reads the directory anyway."""
    with suppress(EnvironmentFault):
        desk.ports.hub.tell(AgentsChanged())
