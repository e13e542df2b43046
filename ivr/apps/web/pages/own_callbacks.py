"""Whom an agent calls back: the requests of their queues, and those that they took, with their numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.desk import Mine
from ivr.apps.web.visit import Visit
from ivr.core.queueing.callback import Callback, CallbackResult
from ivr.engine.office import own_callbacks as office
from ivr.engine.office.own_callbacks import FinishOwn, TakeOwn
from ivr.engine.office.own_desk import AtDesk


class Which(Mine):
    """Which request; empty: the next one."""

    callback: str = Field(default="", max_length=32)


class Came(Mine):
    """What came of which request."""

    callback: str = Field(min_length=1, max_length=32)
    result: CallbackResult


@dataclass(frozen=True, slots=True)
class CallbackWaits:
    """A request."""

    callback: str
    queue: str
    language: str
    at: float
    """When it was left, seconds since the epoch."""
    note: str
    """Why a person must look at it."""
    number: str = field(default="", repr=False)
    """Of one's own alone."""


@dataclass(frozen=True, slots=True)
class CallbacksPage:
    """Whom one may call back."""

    taken: tuple[CallbackWaits, ...]
    waiting: tuple[CallbackWaits, ...]
    results: tuple[str, ...]


@operation("GET", "/desk/callbacks", scope="desk.callbacks", page="own_callbacks.html")
def desk_callbacks(visit: Visit) -> CallbacksPage:
    """Requests of one's own queues, with the numbers of those that one took."""
    found = office.find(visit.office, AtDesk())
    return CallbacksPage(
        tuple(_row(one, number) for one, number in found.taken),
        tuple(_row(one) for one in found.waiting),
        tuple(map(str, CallbackResult)),
    )


@operation("POST", "/desk/callbacks/take", scope="desk.take_callback")
def desk_take_callback(visit: Visit, asked: Which) -> Done:
    """Take one: its number is shown to oneself alone."""
    office.take(visit.office, TakeOwn(asked.agent, asked.callback))
    return Done(visit.language.text("It is yours: call now, and say what came of it."), "/desk/callbacks")


@operation("POST", "/desk/callbacks/finish", scope="desk.finish_callback")
def desk_finish_callback(visit: Visit, asked: Came) -> Done:
    """Say what came of one that one took."""
    office.finish(visit.office, FinishOwn(asked.agent, callback=asked.callback, result=asked.result))
    return Done(visit.language.text("The callback is done."), "/desk/callbacks")


def _row(one: Callback, number: str = "") -> CallbackWaits:
    return CallbackWaits(one.callback_id, one.queue, one.language, one.requested_at, one.result, number)
