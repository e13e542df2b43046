"""A state that waits for an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from ivr.core.dialplan.meaning import Leads, OwnName, StateName, Undeciding, ValueName, Word
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.states.role import Role

PLACE, MINUTES = "place", "minutes"
"""What `announce` may say: where the call stands, and how many minutes it will wait yet."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """How a call of a certain risk waits, where that differs."""

    priority: int | None = None
    """None: as the others."""
    skills: Mapping[Word, int] = field(default_factory=dict)
    """Beside what the state asks for."""
    urgent: bool = False


AS_OTHERS = AtRisk()


@dataclass(frozen=True, slots=True)
class QueueState:
    """Waits for an agent, then lets them talk."""

    name: OwnName
    say: Prompt | None
    queue: Annotated[Word, Undeciding("_")]
    priority: Annotated[int, Undeciding(0)]
    max_wait: float
    """Seconds."""
    every: float | None
    """Seconds between announcements."""
    announce: Prompt | None
    otherwise: Annotated[StateName, Leads("no agent came")]
    """No agent came."""
    after: Annotated[StateName | None, Leads("the agent hung up", or_ends=True)]
    """When the agent hangs up first; None ends the call."""
    press: Word | None = None
    """The key by which a waiting caller leaves the queue."""
    leave: Annotated[StateName | None, Leads("pressed {press} while waiting", silent=False)] = None
    brief: Annotated[Prompt | None, Undeciding(None)] = None
    """Said to the agent alone before they and the caller are connected."""
    overflow: Annotated[Mapping[Word, StateName], Leads("the queue sent them on by {place}")] = field(
        default_factory=dict
    )
    """Way -> state: where the queue's settings may send a caller who waited too long, such as callback or voicemail."""
    hand_over: Annotated[Mapping[Word, StateName], Leads("the agent handed over to {place}", silent=False)] = field(
        default_factory=dict
    )
    """Keys -> state: where an agent may hand the caller over to."""
    assist: Annotated[Mapping[Word, StateName], Leads("the agent gave the floor to {place}", silent=False)] = field(
        default_factory=dict
    )
    """Keys -> state: where the line takes over while the agent stays; when this state is entered again, they talk."""
    keep_identity: bool = True
    """Whether a caller who was handed over is still known to be who they proved to be."""
    confirms: Word | None = None
    """Factor that the agent proves by saying that they know who calls; where there is no policy, the level."""
    customer: ValueName | None = None
    """Value that says who that is."""
    skills: Annotated[Mapping[Word, int], Undeciding({})] = field(default_factory=dict)
    """Skill -> lowest level, beside what the queue asks for."""
    prefer: Annotated[ValueName | None, Undeciding(None)] = None
    """Value with the name of the agent who is asked first: their own, as the bank's lookup says."""
    prefer_last: Annotated[bool, Undeciding(False)] = False
    """Whether the agent with whom they talked last is asked first."""
    urgent: Annotated[bool, Undeciding(False)] = False
    """Before all calls that are not: a stolen card."""
    at_risk: Annotated[Mapping[Word, AtRisk], Undeciding({})] = field(default_factory=dict)
    """Risk of the call -> how it waits then; `unknown` as `high`, unless it is said."""
    served: bool = False
    role: ClassVar[Role] = Role.AGENT

    def waits(self, risk: str) -> AtRisk:
        """How a call of this risk does."""
        return self.at_risk.get(risk) or self.at_risk.get("high" if risk == "unknown" else risk, AS_OTHERS)

    @property
    def label(self) -> str:
        """What it does, in a few words."""
        return f"queue {self.queue}"
