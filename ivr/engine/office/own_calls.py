"""An agent's own calls when they are over: what came of each, and a few words that are sealed and go with the call.

Rule: an agent writes of the calls alone in which they talked, and sees no other agent's.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from ivr.core.call.note import NOTE_CHARACTERS, CallNote
from ivr.core.call.record import CallRecord
from ivr.core.queueing.happening import MESSAGES, What
from ivr.core.vault.search import CallQuery
from ivr.engine.bus.staff import DispositionTold
from ivr.engine.office.office import Desk, does
from ivr.engine.office.own_desk import AtDesk, own_agent
from ivr.errors import EnvironmentFault, OperatorError

LATEST: Final = 10
"""Calls that are shown."""


@dataclass(frozen=True, slots=True)
class WriteNote(AtDesk):
    """Write of one's own call, in the place of what one wrote before."""

    call: str = field(kw_only=True)
    disposition: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class OwnEndedCall:
    """One's own call."""

    record: CallRecord = field(repr=False)
    queue: str
    note: CallNote | None
    dispositions: tuple[str, ...]
    """That the settings name for its queue."""
    required: bool
    """One of them must be chosen."""
    talked: frozenset[str]
    """Agents who took it, also while it goes on with somebody else."""


@does("desk.calls")
def find(desk: Desk, asked: AtDesk) -> list[OwnEndedCall]:
    """One's own latest calls, the newest first, with what one wrote of each. Raises NotSetUpError, SealError."""
    own = own_agent(desk, asked)
    found = desk.ports.calls.search(CallQuery(agent=own.name), limit=LATEST, on_damage=lambda what, why: None)
    return [_ended(desk, record, own.name) for record in found]


@does("desk.note")
def note(desk: Desk, asked: WriteNote) -> None:
    """Keep it. Raises OperatorError, DeniedError of a call in which one did not talk."""
    own, call = own_agent(desk, asked), desk.call_named(asked.call)
    ended = _ended(desk, desk.ports.calls.get(call), own.name)
    if own.name not in ended.talked:
        raise desk.denied("this call is not yours: each agent writes of the calls that they took", call=call)
    if asked.disposition and asked.disposition not in ended.dispositions:
        raise OperatorError(f"choose one of: {', '.join(ended.dispositions) or 'none is set for this queue'}")
    if ended.required and not asked.disposition:
        raise OperatorError(f"say what came of it: {', '.join(ended.dispositions)}")
    text = asked.text.replace("\r\n", "\n").strip()
    if len(text) > NOTE_CHARACTERS or not text.replace("\n", "").replace("\t", "").isprintable():
        raise OperatorError(f"notes are plain text of at most {NOTE_CHARACTERS} characters")
    with desk.entering(call, agent=own.name):
        desk.ports.notes.put(CallNote(secrets.token_hex(8), call, own.name, desk.wall(), asked.disposition, text))
    if asked.disposition:
        with suppress(EnvironmentFault):  # no engine runs, so nobody is held
            desk.ports.hub.tell(DispositionTold(own.name, call))


def _ended(desk: Desk, record: CallRecord, agent: str) -> OwnEndedCall:
    lines = desk.ports.lines.of_call(record.call_id)
    queue = next((one.queue for one in reversed(lines) if one.queue and one.what not in MESSAGES), "")
    mine = next((one for one in desk.ports.notes.of_call(record.call_id) if one.agent == agent), None)
    dispositions, required = desk.ports.guide.dispositions_of(queue)
    talked = frozenset((*record.agents, *(one.agent for one in lines if one.what is What.TAKEN)))
    return OwnEndedCall(record, queue, mine, dispositions, required, talked)
