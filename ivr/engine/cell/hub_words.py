"""What the hub says about a call, as the facts that the call knows."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.core.events import Event
from ivr.core.orders.callback import CallbackFailed, CallbackKept
from ivr.core.orders.queue import PlaceTold, QueueFailed, QueueJoined
from ivr.core.orders.risk import CallsCounted
from ivr.engine.bus.callbacks import CallbackAnswered
from ivr.engine.bus.counts import CountTold
from ivr.engine.bus.live import RulesFound
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import NoAgent, Queued
from ivr.engine.bus.queue import PlaceTold as QueuePlace


def told_of(of: str, message: Message) -> Sequence[Event]:
    """Facts about the call `of`; none in what is said of another one, or to somebody else."""
    match message:
        case Queued(call_id=call_id, queue=queue, position=position) if call_id == of:
            return [QueueJoined(queue, position)]
        case QueuePlace(call_id=call_id, place=place, minutes=minutes) if call_id == of:
            return [PlaceTold(place, minutes)]
        case CallbackAnswered(call_id=call_id, callback_id=number, kept=kept) if call_id == of:
            return [CallbackKept(number) if kept else CallbackFailed(number)]
        case CountTold(call_id=call_id, count_id=number, counts=counts) if call_id == of:
            return [CallsCounted(number, counts)]
        case NoAgent(call_id=call_id, reason=reason, way=way) if call_id == of:
            return [QueueFailed(reason, way)]
        case RulesFound(call_id=call_id, found=found) if call_id == of:
            return found
    return []
