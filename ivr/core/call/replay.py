"""A real call's journal through the core again: the same facts at the same times must give the same orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ivr.core.call.call import Call
from ivr.core.call.journal import from_json
from ivr.core.call.record import CallRecord
from ivr.core.dialplan.model import Dialplan
from ivr.errors import SealError


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the core did something else than it did then."""

    step: int
    """Of the journal's facts, from 1."""
    fact: str
    """Class of the event, or Timer."""
    then: tuple[str, ...]
    """Orders in the journal."""
    now: tuple[str, ...]
    """Orders given this time."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay."""

    steps: int
    difference: Difference | None
    record: CallRecord
    """The record as the replayed core has it."""


def served_by(entries: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """(name@version, sha256) of the dialplan that a journal belongs to. Raises SealError."""
    for entry in entries:
        if "dialplan" in entry:
            return str(entry["dialplan"]), str(entry["sha256"])
    raise SealError("the journal names no dialplan: the call ended before it was served")


def replay(dialplan: Dialplan, entries: Iterable[Mapping[str, Any]]) -> Replay:
    """Run the facts of a journal through a fresh core, up to the first difference."""
    call = Call(dialplan)
    steps = 0
    difference = None
    for entry in entries:
        if "now" not in entry:
            continue
        steps += 1
        now = float(entry["now"])
        if entry.get("timer"):
            fact, orders = "Timer", call.handle_timer(now=now)
        else:
            event = from_json(entry["event"])
            fact, orders = type(event).__name__, call.receive(event, now=now)
        again, then = tuple(repr(order) for order in orders), tuple(entry["orders"])
        if again != then:
            difference = Difference(steps, fact, then, again)
            break
    return Replay(steps, difference, call.record)
