"""What someone must look at now, and who does."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.engine.bus.alarms import AlarmAcknowledged, AlarmRaised, AlarmSettled, AlarmsReport, AlarmsWanted
from ivr.engine.office.office import Asked, Desk, does
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class ListAlarms(Asked):
    """Those that are kept."""


@dataclass(frozen=True, slots=True)
class Acknowledge(Asked):
    """Say that one looks after alarms, and what was found."""

    alarms: tuple[str, ...]
    """Their ids, as they were typed."""


@does("alarms.list")
def list_alarms(desk: Desk, asked: ListAlarms) -> tuple[AlarmRaised, ...]:
    """The newest first. Raises EnvironmentFault when no engine runs, PeerError."""
    return _all(desk)


@does("alarms.acknowledge")
def acknowledge(desk: Desk, asked: Acknowledge) -> int:
    """How many were; one that somebody else acknowledged meanwhile is as good. Raises OperatorError: there is none of
    that name; EnvironmentFault, PeerError."""
    known = {one.id: one for one in _all(desk)}
    unknown = [id for id in asked.alarms if id not in known]
    if unknown or not asked.alarms:
        raise OperatorError("there is no such alarm; 'ivr alarms list' shows those that are kept")
    open_ones = [known[id] for id in dict.fromkeys(asked.alarms) if not known[id].by]
    if not open_ones:
        raise OperatorError(f"{known[asked.alarms[0]].by} acknowledged it already")
    for alarm in open_ones:
        with desk.entering(alarm.id, kind=alarm.kind, **({"call": alarm.call_id} if alarm.call_id else {})):
            told = AlarmAcknowledged(alarm.id, desk.actor.name, desk.reason)
            settled = desk.ports.hub.ask(told, AlarmSettled)
            if settled.trouble:
                raise OperatorError(settled.trouble)
    return len(open_ones)


def _all(desk: Desk) -> tuple[AlarmRaised, ...]:
    return desk.ports.hub.ask(AlarmsWanted(), AlarmsReport).alarms
