"""Who is to be called back, and somebody whom we call: their leg is dialled, then their call is one like any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.core.orders.callback import KeepCallback
from ivr.core.orders.calls import CallArrived
from ivr.engine.bus.callbacks import CallbackWanted, CalleeDue
from ivr.ports.telephony import LegIncoming, Telephony


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How they are dialled."""

    address: Callable[[str], str]
    """Number -> SIP URI."""
    sender: str
    """Our From: a SIP URI with the number that they see."""


@dataclass(frozen=True, slots=True)
class Callee:
    """Their leg, and what their call is."""

    leg: int
    caller: str = field(repr=False)
    """Their number."""
    called: str
    """The number of ours whose dialplan serves them."""
    call_id: str
    callback_id: str


def dial(due: CalleeDue, telephony: Telephony, how: Outgoing) -> Callee:
    """Let their phone ring. Raises IvrError."""
    leg = telephony.dial(how.address(due.number), sender=how.sender)
    return Callee(leg, due.number, due.called, due.call_id, due.callback_id)


Line = LegIncoming | Callee
"""Who called us, or whom we call."""


def arrival_of(line: Line, new_call_id: Callable[[], str], at: float) -> CallArrived:
    """The first fact of their call; `at` by the wall clock."""
    if isinstance(line, Callee):
        return CallArrived(line.call_id, line.caller, line.called, at, line.callback_id)
    caller = line.caller
    return CallArrived(new_call_id(), caller.address, line.called, at, network=caller.network)


def callback_wanted(call_id: str, order: KeepCallback, language: str) -> CallbackWanted:
    """What the hub is to keep."""
    return CallbackWanted(call_id, order.callback_id, order.queue, order.number, language, order.waited, order.priority)
