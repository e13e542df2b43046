"""What goes on between a caller and an agent: the one table of how that changes, and who hears whom in it.

Rule: nobody is heard where they should not be. A supervisor who listens is in nobody's ears, one who whispers in the
agent's alone; who is on hold hears music and nobody else, and is heard by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.core.orders.desk import DeskAct
from ivr.core.orders.supervisor import SupervisorMode
from ivr.core.orders.talk import CALLER, MACHINE, MUSIC, RINGING


class Scene(StrEnum):
    """What goes on."""

    APART = "apart"
    """Nobody talks with the caller."""
    BRIEFING = "briefing"
    """An agent took the call and is told what it is about; the caller waits on."""
    TALK = "talk"
    """The caller and one other."""
    HOLD = "hold"
    CONSULT = "consult"
    """The agent rings a colleague, or talks with them; the caller hears music."""
    ASIDE = "aside"
    """The agent talks with the caller again; the colleague hears music."""
    CONFERENCE = "conference"
    ASSIST = "assist"
    """The line speaks to the caller and asks them; the agent hears the line, and neither of the two the other."""
    PASSED = "passed"
    """The agent left, a colleague is rung for the caller, who hears music."""


SCENES: Final[Mapping[Scene, Mapping[DeskAct, Scene]]] = {
    Scene.TALK: {DeskAct.HOLD: Scene.HOLD, DeskAct.CONSULT: Scene.CONSULT, DeskAct.PASS_ON: Scene.PASSED,
                 DeskAct.HAND_OVER: Scene.APART, DeskAct.ASSIST: Scene.ASSIST,
                 DeskAct.CONFIRM: Scene.TALK},
    Scene.HOLD: {DeskAct.HOLD: Scene.TALK, DeskAct.BACK: Scene.TALK, DeskAct.CONSULT: Scene.CONSULT,
                 DeskAct.PASS_ON: Scene.PASSED, DeskAct.HAND_OVER: Scene.APART},
    Scene.CONSULT: {DeskAct.HOLD: Scene.ASIDE, DeskAct.BACK: Scene.TALK, DeskAct.CONFERENCE: Scene.CONFERENCE,
                    DeskAct.TRANSFER: Scene.TALK},
    Scene.ASIDE: {DeskAct.HOLD: Scene.CONSULT, DeskAct.BACK: Scene.TALK, DeskAct.CONFERENCE: Scene.CONFERENCE,
                  DeskAct.TRANSFER: Scene.TALK},
    Scene.CONFERENCE: {DeskAct.BACK: Scene.TALK, DeskAct.TRANSFER: Scene.TALK},
    Scene.ASSIST: {},
}  # fmt: skip
"""Scene -> what the agent asks for -> next scene. What is not here is refused."""
STEPS: Final[Mapping[Scene, str]] = {
    Scene.HOLD: "talk.held", Scene.CONSULT: "consult.resumed", Scene.CONFERENCE: "conference.began",
}  # fmt: skip
"""What the call's story tells of a scene that an agent asked for."""
WITH_COLLEAGUE: Final = frozenset({Scene.CONSULT, Scene.ASIDE, Scene.CONFERENCE})
"""Scenes with a third person."""
TALKING: Final = frozenset({Scene.TALK, Scene.HOLD, Scene.ASSIST, *WITH_COLLEAGUE})
"""Scenes in which somebody leads a talk with the caller."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is in the scene."""

    lead: str = ""
    """Who talks with the caller: an agent, or the target of a transfer."""
    colleague: str = ""
    answered: bool = False
    """Whether the colleague did."""
    muted: bool = False
    """The lead."""
    away: frozenset[str] = frozenset()
    """Whose phones hold us: they hear nothing and say nothing."""
    supervisor: str = ""
    mode: SupervisorMode = SupervisorMode.LISTEN


def ears(scene: Scene, cast: Cast) -> dict[str, tuple[str, ...]]:
    """Who hears whom: party -> those whom they hear, in the order of their names."""
    if scene is Scene.PASSED:
        return {CALLER: (MUSIC,)}
    if scene not in TALKING:
        return {}
    found = _together(_speaking(scene, cast), cast)
    if scene is Scene.ASSIST:
        # Not the caller: what they key in or say to the line may be secret, and is no agent's business.
        heard = () if cast.lead in cast.away else (MACHINE,)
        return found | {CALLER: (), cast.lead: (*found.get(cast.lead, ()), *heard)}
    if scene in (Scene.HOLD, Scene.CONSULT):
        found[CALLER] = (MUSIC,)
    if scene is Scene.ASIDE:
        found[cast.colleague] = (MUSIC,)
    if scene is Scene.CONSULT and not cast.answered:
        found[cast.lead] = (*found.get(cast.lead, ()), RINGING)
    if CALLER not in found or not found[CALLER]:  # whoever they talked with holds the line
        found[CALLER] = () if cast.muted and cast.lead not in cast.away else (MUSIC,)
    return found


def _speaking(scene: Scene, cast: Cast) -> frozenset[str]:
    """Who talks with each other, the lead among them."""
    people = {cast.lead}
    if scene in (Scene.TALK, Scene.ASIDE, Scene.CONFERENCE):
        people.add(CALLER)
    if scene is Scene.CONFERENCE or (scene is Scene.CONSULT and cast.answered):
        people.add(cast.colleague)
    there = frozenset(people) - cast.away
    return frozenset() if there == {CALLER} else there  # a caller alone waits with music, heard by nobody


def _together(people: frozenset[str], cast: Cast) -> dict[str, tuple[str, ...]]:
    loud = people - {cast.lead} if cast.muted else people
    found = {one: loud - {one} for one in people}
    if cast.supervisor and cast.supervisor not in cast.away:
        found[cast.supervisor] = people  # also the agent who is mute: it is they who are supervised
        heard_by = {
            SupervisorMode.LISTEN: frozenset[str](),
            SupervisorMode.WHISPER: people & {cast.lead},
            SupervisorMode.JOIN: people,
        }[cast.mode]
        for one in heard_by:
            found[one] = found[one] | {cast.supervisor}
    return {one: tuple(sorted(others)) for one, others in found.items()}


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation."""
    arrows = {f"    {scene} --> {target}: {act}" for scene, row in SCENES.items() for act, target in row.items()}
    return "\n".join(
        [
            "stateDiagram-v2",
            "    [*] --> apart",
            "    apart --> talk: answered",
            "    assist --> talk: rejoin",
            *sorted(arrows),
        ]
    )
