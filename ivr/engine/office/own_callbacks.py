"""Callback requests at an agent's desk: those of their own queues, and those that they took themselves.

Rule: only who took a request sees its number, and no agent takes one of a queue that they do not serve.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.queueing.callback import FREE, Callback, CallbackResult, CallbackState
from ivr.core.queueing.directory import AgentEntry
from ivr.engine.office.callbacks import ALL, Taken
from ivr.engine.office.office import Desk, does
from ivr.engine.office.own_desk import AtDesk, own_agent
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class TakeOwn(AtDesk):
    """Take a request: this one, or the next open one of one's own queues."""

    callback: str = ""


@dataclass(frozen=True, slots=True)
class FinishOwn(AtDesk):
    """Say what came of a request that one took."""

    callback: str = field(kw_only=True)
    result: CallbackResult = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class OwnCallbacks:
    """Whom an agent may call back."""

    taken: list[tuple[Callback, str]] = field(repr=False)
    """(Request, its number) of those that they took."""
    waiting: list[Callback]
    """Of their queues, who asked first first."""


@does("desk.callbacks")
def find(desk: Desk, asked: AtDesk) -> OwnCallbacks:
    """Requests of one's own queues, with the numbers of those that one took. Raises NotSetUpError, SealError."""
    own, store = own_agent(desk, asked), desk.ports.callbacks
    pending = store.find(limit=ALL)
    mine = [one for one in pending if one.state is CallbackState.TAKEN and one.by == desk.actor.name]
    return OwnCallbacks([(one, store.number(one.callback_id)) for one in mine], _waiting(own, pending))


@does("desk.take_callback")
def take(desk: Desk, asked: TakeOwn) -> Taken:
    """Take one and see its number. Raises OperatorError when it cannot be taken, DeniedError of another queue's."""
    own, store = own_agent(desk, asked), desk.ports.callbacks
    pending = store.find(limit=ALL)
    waiting = _waiting(own, pending)
    if not asked.callback and not waiting:
        raise OperatorError("no callback is open in your queues")
    name = asked.callback or waiting[0].callback_id
    wanted = next((one for one in pending if one.callback_id == name), None)
    if wanted is None:
        raise OperatorError("there is no such callback any more: load the list again")
    if not _serves(own, wanted):
        raise desk.denied("this callback is of a queue that you do not serve", callback=name)
    with desk.entering(name, agent=own.name):
        return Taken(name, store.take(name, by=desk.actor.name, at=desk.wall()))


@does("desk.finish_callback")
def finish(desk: Desk, asked: FinishOwn) -> None:
    """Close one that this agent took. Raises OperatorError."""
    own, store = own_agent(desk, asked), desk.ports.callbacks
    mine = (one.callback_id for one in store.find(limit=ALL) if one.by == desk.actor.name)
    if asked.callback not in mine:
        raise OperatorError("you took no such callback: take it first")
    with desk.entering(asked.callback, agent=own.name, result=str(asked.result)):
        by, at = desk.actor.name, desk.wall()
        store.close(asked.callback, CallbackState.DONE, by=by, at=at, result=str(asked.result))


def _serves(own: AgentEntry, one: Callback) -> bool:
    return not own.queues or one.queue in own.queues


def _waiting(own: AgentEntry, pending: list[Callback]) -> list[Callback]:
    return [one for one in pending if one.state in FREE and _serves(own, one)]
