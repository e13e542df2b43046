"""Callback requests. Only the one who takes a request sees its number."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.queueing.callback import FREE, Callback, CallbackResult, CallbackState
from ivr.engine.office.office import Asked, Desk, does, one_of
from ivr.errors import OperatorError

ALL = 1_000_000
"""More requests than there ever are."""


@dataclass(frozen=True, slots=True)
class FindCallbacks(Asked):
    """Requests."""

    queue: str = ""
    """Only of this one."""
    closed: bool = False
    """Closed ones too, until they vanish."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TakeCallback(Asked):
    """Take a request: this one, or the next open one of a queue."""

    callback: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class CloseCallback(Asked):
    """Say what came of a request that one took."""

    callback: str
    result: CallbackResult


@dataclass(frozen=True, slots=True)
class CancelCallback(Asked):
    """Close a request that nobody needs to call back any more, whoever took it."""

    callback: str


@dataclass(frozen=True, slots=True)
class RedialCallback(Asked):
    """Let the engine dial one that is unclear."""

    callback: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that is now yours."""

    callback: str
    number: str = field(repr=False)


@does("callbacks.list")
def find(desk: Desk, asked: FindCallbacks) -> list[Callback]:
    """Callback requests, the oldest first. No numbers."""
    return desk.ports.callbacks.find(queue=asked.queue, pending=not asked.closed, limit=asked.limit)


@does("callbacks.take")
def take(desk: Desk, asked: TakeCallback) -> Taken:
    """Take one and see its number. Raises OperatorError when none is open, or it cannot be taken."""
    store, callback = desk.ports.callbacks, asked.callback
    if not callback:
        waiting = (one for one in store.find(queue=asked.queue, limit=ALL) if one.state in FREE)
        first = next(waiting, None)
        if first is None:
            raise OperatorError(f"no callback is open in {asked.queue}")
        callback = first.callback_id
    with desk.entering(_known(desk, callback)):
        return Taken(callback, store.take(callback, by=desk.actor.name, at=desk.wall()))


@does("callbacks.done")
def done(desk: Desk, asked: CloseCallback) -> None:
    """Close one that this person took. Raises OperatorError."""
    with desk.entering(_known(desk, asked.callback), result=str(asked.result)):
        by, at = desk.actor.name, desk.wall()
        desk.ports.callbacks.close(asked.callback, CallbackState.DONE, by=by, at=at, result=str(asked.result))


@does("callbacks.redial")
def redial(desk: Desk, asked: RedialCallback) -> None:
    """Open again one that is unclear, as if it had never been dialled. Raises OperatorError."""
    store, name = desk.ports.callbacks, _known(desk, asked.callback)
    with desk.entering(name):
        if not any(one.callback_id == name and one.state is CallbackState.UNCLEAR for one in store.find(limit=ALL)):
            raise OperatorError(f"{name} is not unclear: there is nothing to decide")
        store.put_off(name, until=0.0, attempts=0, by=desk.actor.name, at=desk.wall())


@does("callbacks.cancel")
def cancel(desk: Desk, asked: CancelCallback) -> None:
    """Close one. Raises OperatorError."""
    with desk.entering(_known(desk, asked.callback)):
        by, at = desk.actor.name, desk.wall()
        desk.ports.callbacks.close(asked.callback, CallbackState.CANCELLED, by=by, at=at)


def _known(desk: Desk, typed: str) -> str:
    """As the log names it: a number typed in its place is not kept."""
    return one_of(typed, (one.callback_id for one in desk.ports.callbacks.find(pending=False, limit=ALL)))
