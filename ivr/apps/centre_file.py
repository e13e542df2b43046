"""A made-up contact centre in a YAML file: its queues, agents and expected calls, for `ivr queue simulate` and
`plan`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from ivr.apps.settings_file import read_checked
from ivr.apps.settings_queues import Level, QueueSettings, SkillName, queue_faults
from ivr.apps.settings_sections import Section
from ivr.apps.settings_words import LocatedFaults
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.simulation import HALF_HOUR, CentreDay, Demand, Shift


def _clock(value: str) -> str:
    hour, colon, minute = value.partition(":")
    if not (colon and hour.isdigit() and minute.isdigit() and int(hour) <= 24 and int(minute) in (0, 30)):
        raise ValueError(f"{value!r} is not a half hour of the day such as 08:00 or 17:30")
    return value


Clock = Annotated[str, AfterValidator(_clock)]


def seconds_of(clock: str) -> float:
    """Seconds of the day of HH:MM."""
    hour, _, minute = clock.partition(":")
    return int(hour) * 3600.0 + int(minute) * 60.0


class TeamSettings(Section):
    """Agents who are alike."""

    name: str
    count: int = Field(default=1, ge=1, le=5000)
    queues: tuple[str, ...] = ()
    """None named: all."""
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    tier: int = Field(default=1, ge=1)
    weight: int = Field(default=1, ge=1)
    begins: Clock = "00:00"
    ends: Clock = "24:00"


class CallsSettings(Section):
    """Calls of one kind."""

    queue: str
    per_half_hour: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1, max_length=48)
    """Mean number of calls in each half hour from `begins` on."""
    talk: float = Field(gt=0)
    """Mean, seconds."""
    patience: float | None = Field(default=None, gt=0)
    """Mean, seconds; left out: they wait for ever."""
    priority: int = 0
    language: str = ""
    skills: dict[SkillName, Level] = Field(default_factory=dict)


class CentreSettings(Section):
    """The file."""

    begins: Clock = "08:00"
    """When the first half hour begins."""
    target: float = Field(default=20.0, gt=0)
    """Seconds within which a call should be answered."""
    share: float = Field(default=0.8, gt=0, lt=1)
    """Of calls that should be: 0.8 and 20 are the usual 80/20."""
    ring_seconds: float = Field(default=4.0, ge=0)
    """From offer to answer."""
    queues: dict[str, QueueSettings] = Field(default_factory=dict)
    teams: tuple[TeamSettings, ...] = ()
    calls: tuple[CallsSettings, ...] = Field(min_length=1)
    """Those of `--calls FILE` count instead, where it is given."""

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        skills = {skill for team in self.teams for skill in team.skills}
        if not self.teams:  # only what is needed is asked: `ivr queue plan`
            skills = {skill for queue in self.queues.values() for skill in queue.skills}
        sites = {site for queue in self.queues.values() for site in queue.sites}
        faults = queue_faults(self.queues, sites=sites, skills=skills)
        if faults:
            raise LocatedFaults([(("queues", *place), text) for place, text in faults])
        return self

    def day(self) -> CentreDay:
        """As the simulation takes it."""
        from ivr.apps.wiring.hub import rules_of

        shifts = tuple(
            Shift(
                AgentProfile(
                    f"{team.name}{number + 1}", "sip:made-up@invalid", team.queues, team.skills, team.tier, team.weight
                ),
                seconds_of(team.begins),
                seconds_of(team.ends),
            )
            for team in self.teams
            for number in range(team.count)
        )
        demands = tuple(
            Demand(
                calls.queue,
                calls.per_half_hour,
                calls.talk,
                math.inf if calls.patience is None else calls.patience,
                calls.priority,
                calls.language,
                calls.skills,
            )
            for calls in self.calls
        )
        names = {*self.queues, *(calls.queue for calls in self.calls)}
        return CentreDay(
            seconds_of(self.begins),
            {name: rules_of(self.queues.get(name, QueueSettings())) for name in names},
            shifts,
            demands,
            self.ring_seconds,
            self.target,
        )


class CallsFile(Section):
    """What `ivr queue demand` writes."""

    begins: Clock = "00:00"
    calls: tuple[CallsSettings, ...] = Field(min_length=1)


def read_centre(path: Path, calls: Path | None = None) -> CentreSettings:
    """The file, checked, or with the calls of another one. Raises SettingsError with every fault, located."""
    centre = read_checked(path, CentreSettings)
    if calls is None:
        return centre
    other = read_checked(calls, CallsFile)
    return centre.model_copy(update={"begins": other.begins, "calls": other.calls})


def half_hour_names(begins: str, count: int) -> list[str]:
    """HH:MM of so many half hours."""
    first = seconds_of(begins)
    return [
        f"{int(at // 3600) % 24:02}:{int(at % 3600 // 60):02}" for at in (first + n * HALF_HOUR for n in range(count))
    ]
