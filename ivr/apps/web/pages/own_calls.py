"""An agent's own calls when they are over: what came of each, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.desk import Mine
from ivr.apps.web.visit import Visit
from ivr.core.call.masked import masked_address
from ivr.core.call.note import NOTE_CHARACTERS
from ivr.engine.office import own_calls as office
from ivr.engine.office.own_calls import OwnEndedCall, WriteNote
from ivr.engine.office.own_desk import AtDesk


class Written(Mine):
    """What an agent writes of a call."""

    call: str = Field(min_length=1, max_length=128)
    disposition: str = Field(default="", max_length=64)
    notes: str = Field(default="", max_length=NOTE_CHARACTERS)
    at_desk: bool = False
    """Written on the desk itself."""


@dataclass(frozen=True, slots=True)
class OwnCallShown:
    """One's own call."""

    call: str
    started_at: float
    """Seconds since the epoch."""
    seconds: float
    caller: str
    queue: str
    dispositions: tuple[str, ...]
    required: bool
    written_at: float | None
    disposition: str
    notes: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnCallsPage:
    """One's own latest calls."""

    calls: tuple[OwnCallShown, ...]


@operation("GET", "/desk/calls", scope="desk.calls", page="own_calls.html")
def desk_calls(visit: Visit) -> OwnCallsPage:
    """One's own latest calls, with what one wrote of each."""
    return OwnCallsPage(tuple(map(_row, office.find(visit.office, AtDesk()))))


@operation("POST", "/desk/calls/note", scope="desk.note")
def desk_note(visit: Visit, asked: Written) -> Done:
    """Write of one's own call."""
    asked_for = WriteNote(asked.agent, call=asked.call, disposition=asked.disposition, text=asked.notes)
    office.note(visit.office, asked_for)
    return Done(visit.language.text("Kept with the call."), "/desk" if asked.at_desk else "/desk/calls")


def _row(one: OwnEndedCall) -> OwnCallShown:
    record, note = one.record, one.note
    return OwnCallShown(
        record.call_id,
        record.started_at,
        (record.ended_at or record.started_at) - record.started_at,
        masked_address(record.caller),
        one.queue,
        one.dispositions,
        one.required,
        note.at if note else None,
        note.disposition if note else "",
        note.text if note else "",
    )
