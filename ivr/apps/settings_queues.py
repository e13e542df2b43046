"""Settings of queues: how calls wait and which agent is asked. `ivr.core.queueing.rules` says what each means."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import Field

from ivr.apps.settings_sections import Section
from ivr.core.queueing.rules import (
    RING_MAX,
    RING_MIN,
    RING_SECONDS,
    Join,
    Overflow,
    QueueRules,
    Strategy,
    closed_circles,
    overflow_circles,
)

SkillName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}(:[A-Za-z0-9-]{1,16})?$")]
Level = Annotated[int, Field(ge=1, le=9)]


class RelaxationSettings(Section):
    """After so long a wait, a skill is asked for at a lower level."""

    after: float = Field(ge=0)
    """Seconds of waiting."""
    skill: SkillName
    """One that the queue asks for."""
    level: int = Field(default=0, ge=0, le=8)
    """0: the skill is not asked for any more."""


class OverflowSettings(Section):
    """After so long a wait, the call goes on: in another queue, with the time that it waited, or out of the queues."""

    after: float = Field(gt=0)
    """Seconds of waiting."""
    to: str = ""
    """Name of the other queue."""
    way: str = Field(default="", pattern=r"^([a-z][a-z0-9_]{0,63})?$")
    """Instead of `to`: a way that the dialplan's state names under `overflow:`, such as callback or voicemail."""


class QueueSettings(Section):
    """A queue of calls that wait for an agent."""

    strategy: Strategy = Strategy.LONGEST_IDLE
    """Which of several available agents is asked: longest_idle, round_robin, top_down, fewest_calls, least_talk,
    ring_all, ring_progressively, random, weighted_random."""
    ring_seconds: float = Field(default=RING_SECONDS, ge=RING_MIN, le=RING_MAX)
    """An agent's phone rings for so long, unless `ivr agents add --ring` says otherwise of them."""
    ring_more_seconds: float = Field(default=10.0, ge=1)
    """Of ring_progressively: after so long one more phone rings."""
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
    preferred_seconds: float = Field(default=20.0, ge=0, le=600)
    """How long a call waits for the agent whom its dialplan prefers, before others are asked."""
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    """Skill -> lowest level that its calls ask for."""
    by_language: bool = False
    """Whether a call asks for the skill `lang:CODE` of its language."""
    skill_seconds: float = Field(default=0.0, ge=0)
    """What a level of a skill that is asked for is worth in waiting time."""
    relax: tuple[RelaxationSettings, ...] = ()
    """What is asked for less after some time."""
    overflow: OverflowSettings | None = None
    sites: tuple[str, ...] = ()
    """Sites where its agents work, those asked first coming first. It is open while one of them is; none: always."""
    site_seconds: float = Field(default=0.0, ge=0)
    """For so long a call waits for agents of the first open site, those with the skill `site:NAME`."""
    closed_to: str = ""
    """The queue that takes its calls while it is closed."""
    target_seconds: float = Field(default=20.0, gt=0)
    """Within these a call should be answered: the service level's target."""
    script: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")], str] = Field(default_factory=dict)
    """Language -> what an agent may say to its callers, as their desk shows it."""
    dispositions: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = ()
    """What may come of its calls, as the agent says when they are over."""
    disposition_required: bool = False
    """Whether a note is taken only with one of them, and an agent gets no next call before they chose one."""
    disposition_seconds: float = Field(default=300.0, ge=0, le=86400)
    """Where one is required: the agent is held for so long after the talk at most; 0: not at all."""


class ReportSettings(Section):
    """What is kept of queues for reports: lines without anything of a caller's."""

    keep_days: float = Field(default=400.0, gt=0)
    """Days until they are removed."""


def ways_out(queues: Mapping[str, QueueSettings], name: str) -> frozenset[str]:
    """The ways by which calls that join this queue may be sent on, after those queues that take them from here."""
    ways, found, ahead = set[str](), set[str](), [name]
    while ahead:
        name = ahead.pop()
        queue = queues.get(name)
        if queue is None or name in found:
            continue
        found.add(name)
        ahead.append(queue.closed_to)
        if queue.overflow is not None:
            ahead.append(queue.overflow.to)
            ways |= {queue.overflow.way} - {""}
    return frozenset(ways)


Fault = tuple[tuple[str, ...], str]
"""Where it is written, below `queues`, and what to do."""


def queue_faults(
    queues: Mapping[str, QueueSettings], *, sites: Collection[str] = (), skills: Collection[str] = ()
) -> list[Fault]:
    """What is wrong with queues as a whole. `skills` are those that agents may have."""
    return [*_names(queues, sites, skills), *_circles(queues)]


def _names(queues: Mapping[str, QueueSettings], sites: Collection[str], skills: Collection[str]) -> Iterator[Fault]:
    for name, queue in queues.items():
        if queue.overflow is not None and bool(queue.overflow.to) == bool(queue.overflow.way):
            yield (name, "overflow"), "where do these calls go? Name either another queue (to:) or a way (way:)"
        elif queue.overflow is not None and queue.overflow.to and queue.overflow.to not in queues:
            yield (name, "overflow", "to"), _unknown("queue", queue.overflow.to, queues)
        if queue.closed_to and queue.closed_to not in queues:
            yield (name, "closed_to"), _unknown("queue", queue.closed_to, queues)
        for number, site in enumerate(queue.sites):
            if site not in sites:
                yield (name, "sites", str(number)), _unknown("site", site, sites)
        if queue.closed_to and not queue.sites:
            yield (name, "closed_to"), "this queue is never closed: name its sites"
        if queue.site_seconds and len(queue.sites) < 2:
            yield (name, "site_seconds"), "there is no other site to wait for: name two sites or more"
        for skill in queue.skills:
            if skill not in skills:
                yield (name, "skills", skill), _unknown("skill", skill, skills)
        for number, step in enumerate(queue.relax):
            if step.skill not in queue.skills and not (queue.by_language and step.skill.startswith("lang:")):
                yield (
                    (name, "relax", str(number), "skill"),
                    f"this queue does not ask for {step.skill!r}: add it to its skills",
                )


def _circles(queues: Mapping[str, QueueSettings]) -> Iterator[Fault]:
    rules = {
        name: QueueRules(
            overflow=None if queue.overflow is None else Overflow(queue.overflow.after, queue.overflow.to),
            closed_to=queue.closed_to,
        )
        for name, queue in queues.items()
    }
    for circle in overflow_circles(rules):
        path = " > ".join([*circle, circle[0]])
        yield (circle[0], "overflow"), f"calls would go round for ever: {path}. Let one of these not overflow"
    for circle in closed_circles(rules):
        path = " > ".join([*circle, circle[0]])
        yield (circle[0], "closed_to"), f"when all are closed, calls would go round for ever: {path}"


def _unknown(kind: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"{name!r} is no {kind} of these settings: did you mean {near[0]}?"
    named = f"name one of {', '.join(sorted(known))}, or add it" if known else "add it"
    return f"{name!r} is no {kind} of these settings: {named} to `{kind}s`"
