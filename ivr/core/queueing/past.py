"""Why a call was offered to whom, worked out from what was kept: who was considered at each offer, who was not and
why. Nothing is kept for it beside the lines themselves, so it costs the calls nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.waiting import Need


@dataclass(frozen=True, slots=True)
class Weighed:
    """One agent at one offer."""

    agent: str
    verdict: str
    rung: bool
    """Whether it was their phone that was rung."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a call, and at an offer every agent."""

    line: Happening
    agents: tuple[Weighed, ...] = ()


def explain_past(
    lines: Iterable[Happening],
    states_at: Callable[[float], Iterable[Happening]],
    listed_at: Callable[[float], Iterable[Happening]],
) -> list[Moment]:
    """`lines` of one call in order; `states_at` and `listed_at` give the agents' lines of a moment."""
    return [
        Moment(one, tuple(_weighed(one, states_at(one.at), listed_at(one.at))) if one.what is What.RUNG else ())
        for one in lines
    ]


def _weighed(rung: Happening, states: Iterable[Happening], listed: Iterable[Happening]) -> list[Weighed]:
    state_of = {one.agent: one for one in states}
    profiles = [one.profile for one in listed if one.profile is not None]
    found = [_one(rung, profile, state_of.get(profile.name)) for profile in profiles]
    serves = {profile.name: profile.serves(rung.queue) for profile in profiles}
    return sorted(found, key=lambda one: (not one.rung, not serves[one.agent], one.agent))


def _one(rung: Happening, profile: AgentProfile, was: Happening | None) -> Weighed:
    need = rung.need or Need()
    if profile.name == rung.agent:
        return Weighed(profile.name, "was rung", rung=True)
    if not profile.serves(rung.queue):
        return Weighed(profile.name, f"did not serve {rung.queue}", rung=False)
    if need.only and need.only != profile.name:
        return Weighed(profile.name, f"the call waited for {need.only} first", rung=False)
    lacking = ", ".join(f"{skill} {level}" for skill, level in need.missing(profile))
    if lacking:
        return Weighed(profile.name, f"did not have {lacking}", rung=False)
    return Weighed(profile.name, _did(was), rung=False)


def _did(was: Happening | None) -> str:
    if was is None or was.state is None:
        return "is not known: what they did then is not over, or was not kept"
    match was.state:
        case AgentState.LOGGED_OUT:
            return "was logged out"
        case AgentState.PAUSED:
            return f"was paused: {was.reason}" if was.reason else "was paused"
        case AgentState.UNREACHABLE:
            return "their phone was not registered"
        case AgentState.AVAILABLE:
            return "was available, and came after the one who was rung by the queue's strategy"
        case AgentState.OFFERED:
            return "their phone rang for another call"
        case AgentState.TALKING:
            return "talked"
        case AgentState.HELD:
            return "had a caller on hold"
        case AgentState.WRAP_UP:
            return "wrote up their last talk"
