"""Who takes calls, and on which phone. Of passwords and PINs nothing is ever shown."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.engine.office import agents as office
from ivr.engine.office import line
from ivr.errors import EnvironmentFault, OperatorError, PeerError


class PutAgent(BaseModel):
    """An agent: either with a password, by which their phone registers, or with a fixed address."""

    name: str = Field(min_length=1, max_length=32)
    password: str = Field(default="", max_length=200, repr=False)
    uri: str = Field(default="", max_length=200)
    queues: str = Field(default="", max_length=1000)
    """Names, with commas or spaces between; none: all."""
    skills: str = Field(default="", max_length=1000)
    """loans=7 lang:zh=5."""
    tier: int = Field(default=1, ge=1, le=1000)
    weight: int = Field(default=1, ge=1, le=1000)
    extension: str = Field(default="", max_length=12)
    ring: float | None = None
    """Seconds; none: as the queue says."""
    user: str = Field(default="", max_length=72)
    """Who they are, as `user:alice`: whose desk it is."""


class OfAgent(BaseModel):
    """Which agent."""

    name: str = Field(min_length=1, max_length=32)


class Paused(OfAgent, Because):
    """Why they are paused."""


class SetPin(OfAgent):
    """Another PIN."""

    pin: str = Field(min_length=1, max_length=12, repr=False)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent."""

    name: str
    uri: str
    """Empty: their phone registers."""
    queues: tuple[str, ...]
    skills: tuple[tuple[str, int], ...]
    tier: int
    weight: int
    extension: str
    has_pin: bool
    user: str
    state: str
    """What they do now; empty: no engine runs, or the reader may not see it."""
    since: float | None
    """Seconds since the epoch."""
    pause: str
    """Its reason, where they are paused."""


@dataclass(frozen=True, slots=True)
class Agents:
    """All of them."""

    agents: tuple[AgentRow, ...]


@operation("GET", "/agents", scope="agents.list", page="agents.html")
def agents_list(visit: Visit) -> Agents:
    """Who takes calls, and what each does now."""
    states, now = _states(visit), time.time()
    rows = []
    for one in office.list_agents(visit.office, office.ListAgents()):
        state = states.get(one.name)
        rows.append(
            AgentRow(
                one.name, one.uri or "", one.queues, tuple(sorted(one.skills.items())), one.tier, one.weight,
                one.extension, bool(one.pin), one.user, state["state"] if state else "",
                now - state["seconds"] if state else None, state["reason"] if state else "",
            )
        )  # fmt: skip
    return Agents(tuple(rows))


@operation("POST", "/agents/login", scope="agents.login")
def agents_login(visit: Visit, asked: OfAgent) -> Done:
    """Log an agent in."""
    return _chosen(visit, office.login(visit.office, office.OfAgent(asked.name)), asked.name)


@operation("POST", "/agents/logout", scope="agents.logout")
def agents_logout(visit: Visit, asked: OfAgent) -> Done:
    """Log an agent out; a call they are in goes on."""
    return _chosen(visit, office.logout(visit.office, office.OfAgent(asked.name)), asked.name)


@operation("POST", "/agents/pause", scope="agents.pause")
def agents_pause(visit: Visit, asked: Paused) -> Done:
    """Pause an agent until somebody lets them go on; it ends no call."""
    return _chosen(visit, office.pause(visit.office, office.OfAgent(asked.name, reason=asked.reason)), asked.name)


@operation("POST", "/agents/resume", scope="agents.resume")
def agents_resume(visit: Visit, asked: OfAgent) -> Done:
    """End an agent's pause."""
    return _chosen(visit, office.resume(visit.office, office.OfAgent(asked.name)), asked.name)


@operation("POST", "/agents/put", scope="agents.put")
def agents_put(visit: Visit, asked: PutAgent) -> Done:
    """Add an agent, or change one. Of the password only a hash is kept."""
    wanted = office.PutAgent(
        asked.name.strip(), asked.password or None, asked.uri.strip() or None, _names(asked.queues),
        _levels(asked.skills), asked.tier, asked.weight, asked.extension.strip(), asked.ring, asked.user.strip(),
    )  # fmt: skip
    new = office.put(visit.office, wanted)
    told = visit.language.text("{name} is added.", name=asked.name) if new else ""
    return Done(told or visit.language.text("{name} is changed.", name=asked.name), "/agents")


@operation("POST", "/agents/pin", scope="agents.set_pin")
def agents_set_pin(visit: Visit, asked: SetPin) -> Done:
    """Give an agent another PIN. Only what checks it is kept."""
    office.set_pin(visit.office, office.SetPin(asked.name, asked.pin))
    return Done(visit.language.text("{name} has a new PIN.", name=asked.name), "/agents")


@operation("POST", "/agents/remove", scope="agents.remove")
def agents_remove(visit: Visit, asked: OfAgent) -> Done:
    """Remove an agent; a call they are in goes on."""
    office.remove(visit.office, office.OfAgent(asked.name))
    return Done(visit.language.text("{name} is removed.", name=asked.name), "/agents")


def _states(visit: Visit) -> dict[str, dict[str, Any]]:
    """Agent -> what they do now; nothing while no engine runs."""
    if "agents.state" not in visit.may:
        return {}
    with suppress(EnvironmentFault, PeerError):
        return {one["name"]: one for one in line.agents_now(visit.office, line.Now())["agents"]}
    return {}


def _chosen(visit: Visit, state: str, name: str) -> Done:
    told = visit.language.text(state.replace("_", " "))
    return Done(visit.language.text("{name} now: {state}.", name=name, state=told), "/agents")


def _names(typed: str) -> tuple[str, ...]:
    return tuple(typed.replace(",", " ").split())


def _levels(typed: str) -> dict[str, int]:
    levels = {}
    for one in _names(typed):
        skill, _, level = one.rpartition("=")
        if not skill or not level.isascii() or not level.isdigit() or len(level) > 1:
            raise OperatorError("a skill reads loans=7 or lang:zh=5: a level is 1 to 9")
        levels[skill] = int(level)
    return levels
