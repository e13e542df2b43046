"""Settings of queues: how calls wait and which agent is asked. `ivr.core.queueing.rules` says what each means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from ivr.apps.settings_sections import Section
from ivr.core.queueing.rules import Join, Overflow, QueueRules, Strategy, overflow_circles

SkillName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}(:[A-Za-z0-9-]{1,16})?$")]
Level = Annotated[int, Field(ge=1, le=9)]


class RelaxationSettings(Section):
    """After so long a wait, a skill is asked for at a lower level."""

    after: float = Field(ge=0)
    """Seconds of waiting."""
    skill: SkillName
    level: int = Field(default=0, ge=0, le=8)
    """0: the skill is not asked for any more."""


class OverflowSettings(Section):
    """After so long a wait, the call goes on in another queue, with the time that it waited."""

    after: float = Field(gt=0)
    """Seconds of waiting."""
    to: str


class QueueSettings(Section):
    """A queue of calls that wait for an agent."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    """Which of several available agents is asked: longest_idle, round_robin, top_down, fewest_calls, least_talk,
    random, weighted_random."""
    set_aside_seconds: float = Field(default=30.0, ge=0)
    """An agent whose phone failed or was not answered is passed over for so long."""
    pause_after: int = Field(default=3, ge=0)
    """After so many offers in a row that an agent did not answer, the engine pauses them; 0: never."""
    wrap_up_seconds: float = Field(default=0.0, ge=0)
    """Pause after a talk that came through this queue."""
    max_waiting: int = Field(default=100, ge=1)
    """Calls beyond this are told that no agent will come."""
    join: Join = Join.SERVED
    """When a call may join: always; served (some agent serves the queue); logged_in; working (logged in, not
    paused)."""
    priority_seconds: float = Field(default=60.0, ge=0)
    """What a point of priority is worth in waiting time."""
    urgent: bool = False
    """Its calls go before those of all queues that are not."""
    head_start: float = Field(default=0.0, ge=0)
    """Seconds that its calls are taken to have waited before they came."""
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    """Skill -> lowest level that its calls ask for."""
    by_language: bool = False
    """Whether a call asks for the skill `lang:CODE` of its language."""
    skill_seconds: float = Field(default=0.0, ge=0)
    """What a level of a skill that is asked for is worth in waiting time."""
    relax: tuple[RelaxationSettings, ...] = ()
    """What is asked for less after some time."""
    overflow: OverflowSettings | None = None
    target_seconds: float = Field(default=20.0, gt=0)
    """Within these a call should be answered: the service level's target."""


class ReportSettings(Section):
    """What is kept of queues for reports: lines without anything of a caller's."""

    keep_days: float = Field(default=400.0, gt=0)


def queue_faults(queues: Mapping[str, QueueSettings]) -> list[tuple[tuple[str, ...], str]]:
    """What is wrong with queues as a whole: where, and what to do."""
    faults: list[tuple[tuple[str, ...], str]] = []
    for name, queue in queues.items():
        if queue.overflow is not None and queue.overflow.to not in queues:
            known = ", ".join(sorted(queues))
            faults.append(
                ((name, "overflow", "to"), f"{queue.overflow.to!r} is no queue of these settings. Name one of: {known}")
            )
        asked = {*queue.skills, *(["lang"] if queue.by_language else [])}
        for number, step in enumerate(queue.relax):
            if step.skill not in asked and not step.skill.startswith("lang:"):
                faults.append(
                    (
                        (name, "relax", str(number), "skill"),
                        f"this queue does not ask for {step.skill!r}: add it to skills",
                    )
                )
    rules = {
        name: QueueRules(overflow=None if queue.overflow is None else Overflow(queue.overflow.after, queue.overflow.to))
        for name, queue in queues.items()
    }
    for circle in overflow_circles(rules):
        path = " > ".join([*circle, circle[0]])
        faults.append(
            ((circle[0], "overflow"), f"calls would go round for ever: {path}. Let one of these not overflow")
        )
    return faults
