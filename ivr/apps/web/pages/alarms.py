"""Alarms: what someone must look at now, and who does."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.engine.bus.alarms import AlarmRaised
from ivr.engine.office import alarms


class ToAcknowledge(BaseModel):
    """Which, and what was found."""

    alarms: list[str] = Field(default=[], max_length=500)
    """Their ids."""
    reason: str = Field(min_length=1, max_length=500)


@dataclass(frozen=True, slots=True)
class Alarms:
    """All that are kept, the newest first."""

    open: tuple[AlarmRaised, ...]
    settled: tuple[AlarmRaised, ...]


@operation("GET", "/alarms", scope="alarms.list", page="alarms.html")
def alarms_list(visit: Visit) -> Alarms:
    """What waits for somebody, and what does not any more."""
    found = alarms.list_alarms(visit.office, alarms.ListAlarms())
    return Alarms(tuple(one for one in found if not one.by), tuple(one for one in found if one.by))


@operation("POST", "/alarms/acknowledge", scope="alarms.acknowledge")
def alarms_acknowledge(visit: Visit, asked: ToAcknowledge) -> Done:
    """Say that one looks after alarms."""
    count = alarms.acknowledge(visit.office, alarms.Acknowledge(tuple(asked.alarms), reason=asked.reason))
    return Done(visit.language.text("Acknowledged: {count}.", count=count), "/alarms")
