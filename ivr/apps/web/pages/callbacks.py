"""Requests to be called back, for who looks after all of them. A number is shown to who takes the request, once."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.queueing.callback import FREE, PENDING, Callback, CallbackResult, CallbackState
from ivr.engine.office import callbacks as office

SHOWN = 200
"""Of a longer list, who asked first."""


class Which(BaseModel):
    """Which requests are shown."""

    queue: str = Field(default="", max_length=64)
    closed: bool = False
    """Closed ones too, until they vanish."""


class Request(BaseModel):
    """One of them."""

    callback: str = Field(min_length=1, max_length=32)


class Came(Request):
    """What came of one."""

    result: CallbackResult


class Cancelled(Request, Because):
    """Why nobody need call back."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request."""

    callback: str
    queue: str
    language: str
    at: float
    """When it was left, seconds since the epoch."""
    state: str
    by: str
    """Who took or closed it."""
    note: str
    """What came of it; of an unclear one, why a person must look at it."""
    call: str
    """In which it was left."""
    may_take: bool
    is_mine: bool
    is_unclear: bool
    is_pending: bool


@dataclass(frozen=True, slots=True)
class Requests:
    """Those that were asked for, the oldest first."""

    requests: tuple[RequestRow, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakenRequest:
    """One that is now yours."""

    callback: str
    number: str = field(repr=False)
    results: tuple[str, ...]


@operation("GET", "/callbacks", scope="callbacks.list", page="callbacks.html")
def callbacks_list(visit: Visit, asked: Which) -> Requests:
    """Who asked to be called back. No numbers."""
    found = office.find(visit.office, office.FindCallbacks(asked.queue.strip(), asked.closed, SHOWN))
    person = visit.office.actor.name
    return Requests(tuple(_row(one, person) for one in found), tuple(map(str, CallbackResult)))


@operation("POST", "/callbacks/take", scope="callbacks.take", page="callback_taken.html")
def callbacks_take(visit: Visit, asked: Request) -> TakenRequest:
    """Take one: its number is shown, to oneself alone."""
    taken = office.take(visit.office, office.TakeCallback(asked.callback))
    return TakenRequest(taken.callback, taken.number, tuple(map(str, CallbackResult)))


@operation("POST", "/callbacks/done", scope="callbacks.done")
def callbacks_done(visit: Visit, asked: Came) -> Done:
    """Say what came of one that one took."""
    office.done(visit.office, office.CloseCallback(asked.callback, asked.result))
    return Done(visit.language.text("The callback is done."), "/callbacks")


@operation("POST", "/callbacks/redial", scope="callbacks.redial")
def callbacks_redial(visit: Visit, asked: Request) -> Done:
    """Let the engine dial one that is unclear."""
    office.redial(visit.office, office.RedialCallback(asked.callback))
    return Done(visit.language.text("It is dialled in its turn."), "/callbacks")


@operation("POST", "/callbacks/cancel", scope="callbacks.cancel")
def callbacks_cancel(visit: Visit, asked: Cancelled) -> Done:
    """Close one that nobody needs to call back any more."""
    office.cancel(visit.office, office.CancelCallback(asked.callback, reason=asked.reason))
    return Done(visit.language.text("The callback is cancelled."), "/callbacks")


def _row(one: Callback, person: str) -> RequestRow:
    return RequestRow(
        one.callback_id, one.queue, one.language, one.requested_at, str(one.state), one.by, one.result, one.call_id,
        may_take=one.state in FREE,
        is_mine=one.state is CallbackState.TAKEN and one.by == person,
        is_unclear=one.state is CallbackState.UNCLEAR,
        is_pending=one.state in PENDING,
    )  # fmt: skip
