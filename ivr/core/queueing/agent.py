"""One agent's availability. An agent is offered one call at a time, and never stays reserved by accident."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ivr.core.queueing.facts import AgentProfile

RESERVED_MAX_SECONDS = 120.0
"""An offer without any answer for so long is given up: ringing takes 20 s by default, 60 s at most."""


class AgentState(StrEnum):
    """What an agent does now."""

    UNREACHABLE = "unreachable"
    FREE = "free"
    RESERVED = "reserved"
    TALKING = "talking"
    WRAPPING_UP = "wrapping_up"
    SET_ASIDE = "set_aside"


@dataclass(slots=True)
class Agent:
    """An agent, what they do, and since when."""

    profile: AgentProfile
    since: float
    """Time of the last change of activity: who has been free longest is offered first."""
    reachable: bool = False
    offer_id: str | None = None
    """The offer they are reserved for or talk on."""
    call_id: str | None = None
    queue: str = ""
    """The queue that call came through."""
    answered: bool = False
    back_at: float | None = None
    """End of a wrap-up or of being set aside."""
    failed: bool = False
    """Whether `back_at` ends a setting aside, not a wrap-up."""

    @property
    def state(self) -> AgentState:
        """What they do now."""
        if self.offer_id is not None:
            return AgentState.TALKING if self.answered else AgentState.RESERVED
        if self.back_at is not None:
            return AgentState.SET_ASIDE if self.failed else AgentState.WRAPPING_UP
        return AgentState.FREE if self.reachable else AgentState.UNREACHABLE

    def reserve(self, offer_id: str, call_id: str, queue: str, *, now: float) -> None:
        """Hold them for one call."""
        assert self.state is AgentState.FREE
        self.offer_id, self.call_id, self.queue, self.answered, self.since = offer_id, call_id, queue, False, now

    def answer(self, *, now: float) -> None:
        """They took the call."""
        self.answered, self.since = True, now

    def release(self, *, now: float, pause: float = 0.0, failed: bool = False) -> None:
        """Let them go, after a pause if there is one."""
        if self.answered or failed or pause:
            self.since = now
        self.offer_id = self.call_id = None
        self.answered, self.failed = False, failed
        self.back_at = now + pause if pause > 0 else None

    def deadline(self) -> float | None:
        """When something about them changes by itself."""
        if self.state is AgentState.RESERVED:
            return self.since + RESERVED_MAX_SECONDS
        return self.back_at
