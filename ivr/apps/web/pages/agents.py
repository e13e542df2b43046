"""Who takes calls, and on which phone. Of passwords and PINs nothing is ever shown."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.engine.office import agents as office
from ivr.errors import OperatorError


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


@dataclass(frozen=True, slots=True)
class Agents:
    """All of them."""

    agents: tuple[AgentRow, ...]


@operation("GET", "/agents", scope="agents.list", page="agents.html")
def agents_list(visit: Visit) -> Agents:
    """Who takes calls."""
    return Agents(
        tuple(
            AgentRow(
                one.name, one.uri or "", one.queues, tuple(sorted(one.skills.items())), one.tier, one.weight,
                one.extension, bool(one.pin), one.user,
            )
            for one in office.list_agents(visit.office, office.ListAgents())
        )
    )  # fmt: skip


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
