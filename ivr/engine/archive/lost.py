"""Records of calls that ended while nobody stored them, from their recordings."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.call.record import CallRecord
from ivr.engine.archive.faults import Faults, OnDamage
from ivr.errors import IvrError, OperatorError
from ivr.ports.calls import CallStore
from ivr.ports.recordings import Recordings


def lost_records(recordings: Recordings, calls: CallStore, on_damage: OnDamage) -> Iterator[CallRecord]:
    """Records of ended calls that the store lacks or believes to be running. May take minutes.

    Raises EnvironmentFault when all were tried and the machine failed at any, such as a database that was away.
    """
    faults = Faults(on_damage)
    for stored in recordings.stored():
        try:
            header = recordings.header(stored)
            if not recordings.is_running(stored) and not _has_ended(calls, header.call_id):
                yield recordings.outline(stored, salvage=True).record()
        except IvrError as error:
            faults.met(stored.where, error)
    faults.end()


def _has_ended(calls: CallStore, call_id: str) -> bool:
    try:
        return calls.get(call_id).ended_at is not None
    except OperatorError:
        return False
