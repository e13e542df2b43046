"""A call's journal, run through the core again: the same facts must give the same orders.

Orders are compared as the journal keeps them: by what they show and by a digest of all of them but secrets.
A voice is judged as it was then: by what its fact says, and in journals from before facts said it, by the thresholds of
one of those times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ivr.core.call.call import Call
from ivr.core.call.journal import from_json, order_line
from ivr.core.call.record import CallRecord
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.core.identity.verifier import EARLIER, Thresholds
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.voice import VoiceScored
from ivr.errors import SealError


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the core decides otherwise than it did."""

    step: int
    """Number of the fact in the journal, from 1."""
    now: float
    fact: str
    """Class of the event, or Timer."""
    then: tuple[str, ...]
    """What was ordered in the call."""
    again: tuple[str, ...]
    """What is ordered now."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay came to."""

    steps: int
    """Facts gone through."""
    orders: int
    difference: Difference | None
    record: CallRecord
    """The record as the replayed core has it."""


def served_by(entries: Iterable[Mapping[str, object]]) -> tuple[str, str]:
    """name@version and SHA-256 of the dialplan that a journal was made with. Raises SealError."""
    for entry in entries:
        if "dialplan" in entry:
            return str(entry["dialplan"]), str(entry.get("sha256", ""))
    raise SealError("the journal does not say which dialplan served the call; it ended before it began")


def replay(dialplan: Dialplan, entries: Iterable[Mapping[str, object]]) -> Replay:
    """Run a journal through the core. Raises SealError when it is not one of ours."""
    kept = list(entries)
    found = _replayed(dialplan, kept, EARLIER[0])
    for then in EARLIER[1:] if found.difference is not None and any(map(_is_undated, kept)) else ():
        earlier = _replayed(dialplan, kept, then)
        if earlier.difference is None:
            return earlier
    return found


def _is_undated(entry: Mapping[str, object]) -> bool:
    """Whether a voice was scored that does not say what it was judged by."""
    event = entry.get("event")
    return isinstance(event, Mapping) and event.get("is") == VoiceScored.__name__ and "house" not in event


def _replayed(dialplan: Dialplan, entries: Iterable[Mapping[str, object]], then: Thresholds) -> Replay:
    call = Call(dialplan)
    steps = orders = 0
    difference = None
    arrived = False
    for entry in entries:
        if "orders" not in entry:
            continue
        steps += 1
        now, event, ordered = read_entry(entry, then)
        arrived = arrived or isinstance(event, CallArrived)
        commands = call.handle_timer(now=now) if event is None else call.receive(event, now=now)
        again = tuple(order_line(command) for command in commands)
        orders += len(again)
        if again != ordered:
            fact = "Timer" if event is None else type(event).__name__
            difference = Difference(steps, now, fact, ordered, again)
            break
    if not arrived:
        raise SealError("the journal does not begin with the call's arrival; it was written by another version")
    return Replay(steps, orders, difference, call.record)


def read_entry(
    entry: Mapping[str, object], judged_by: Thresholds = EARLIER[0]
) -> tuple[float, Event | None, tuple[str, ...]]:
    """Time, fact (None: a timer) and orders of a journal's entry. Raises SealError when it is not one of ours.

    `judged_by`: for a voice whose fact says no thresholds.
    """
    now, then, event = entry.get("now"), entry.get("orders"), entry.get("event")
    if not isinstance(now, int | float) or not isinstance(then, list):
        raise SealError("the journal holds an entry without time or orders; it was written by another version")
    if entry.get("timer") is True:
        return float(now), None, tuple(map(str, then))
    if not isinstance(event, Mapping):
        raise SealError("the journal holds an entry without its event; it was written by another version")
    fact = from_json(event)
    if isinstance(fact, VoiceScored) and _is_undated(entry):
        fact = replace(fact, house=judged_by)
    return float(now), fact, tuple(map(str, then))
