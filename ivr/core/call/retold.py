"""A real call's journal on another dialplan, beside the one that served it: would its caller have gone elsewhere, or
heard another warning?

Rule: what is told ends where the two part. What a caller would have said to a question that they were never asked
nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from ivr.core.call.call import Call
from ivr.core.call.journal import order_line
from ivr.core.call.replay import read_entry
from ivr.core.commands import Command
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.core.orders.calls import CallArrived, HangUp
from ivr.core.orders.evidence import OutcomeReached, StateEntered
from ivr.core.orders.listening import Grammar, Listen, TranscriptReady
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import Clip, PlayPrompt
from ivr.core.orders.queue import Enqueue
from ivr.core.orders.transfer import DialTarget
from ivr.core.speech.words import normalized
from ivr.errors import SealError

MOST = 20
"""Differences that are told of one call."""
NOTHING = "nothing"
LATE_SECONDS = 0.2
"""A cell looks at the clock every 20 ms, a busy one later: a timer that is later than this did not run in the call."""


class Change(IntEnum):
    """What another dialplan would have meant for a caller; the graver, the higher."""

    NONE = 0
    WORDS = 1
    """Other words, or other words are understood: the way was the same."""
    ORDERS = 2
    """Something else is ordered, such as another lookup: what would have come of it nobody knows."""
    ELSEWHERE = 3
    """Another state, queue, destination or end."""
    WARNING = 4
    """Another warning, or none."""


@dataclass(frozen=True, slots=True)
class Parting:
    """One difference."""

    change: Change
    at: float
    """Seconds since the call arrived."""
    state: str
    """Where the caller was; empty: before the first."""
    then: str
    """A state, or the dialplan's own words: never what a caller said, nor a value of theirs."""
    now: str


@dataclass(frozen=True, slots=True)
class Retold:
    """What a call would have been, as far as that is known."""

    partings: tuple[Parting, ...]
    whole: bool
    """It was gone through to its end."""
    faithful: bool
    """The core decides today on the old dialplan as it did in the call. If not, nothing is told."""

    @property
    def change(self) -> Change:
        """The gravest."""
        return max((one.change for one in self.partings), default=Change.NONE)


@dataclass(slots=True)
class _Side:
    """The call on one of the two dialplans."""

    call: Call
    grammars: dict[int, Grammar] = field(default_factory=dict)
    """Of what was listened for, by its number."""

    def take(self, event: Event | None, now: float) -> list[Command]:
        orders = self.call.handle_timer(now=now) if event is None else self.call.receive(event, now=now)
        self.grammars |= {order.listen_id: order.grammar for order in orders if isinstance(order, Listen)}
        return orders


def retold(old: Dialplan, new: Dialplan, entries: Iterable[Mapping[str, object]]) -> Retold:
    """Run a journal through both. `old` served the call. Raises SealError when the journal is not one of ours."""
    then, now = _Side(Call(old)), _Side(Call(new))
    partings: list[Parting] = []
    state, began = "", None
    for entry in entries:
        if "orders" not in entry:
            continue
        at, event, journaled = read_entry(entry)
        if began is None:
            if not isinstance(event, CallArrived):
                raise SealError("the journal does not begin with the call's arrival; it was written by another version")
            began = at
        if (sooner := now.call.deadline()) is not None and sooner < at - LATE_SECONDS:
            first = now.take(None, sooner)
            partings += [Parting(c, sooner - began, state, was, becomes) for c, was, becomes in _differences([], first)]
            if _part([], first):
                return Retold(tuple(partings[:MOST]), whole=False, faithful=True)
        before = then.take(event, at)
        if tuple(map(order_line, before)) != journaled:
            return Retold((), whole=False, faithful=False)
        after = now.take(_as_heard(event, then, now), at)
        for change, was, becomes in _differences(before, after):
            partings.append(Parting(change, at - began, state, was, becomes))
        if len(partings) >= MOST or _part(before, after):
            return Retold(tuple(partings[:MOST]), whole=False, faithful=True)
        state = next((order.name for order in reversed(before) if isinstance(order, StateEntered)), state)
    if began is None:
        raise SealError("the journal holds nothing of a call; it ended before it began")
    return Retold(tuple(partings), whole=True, faithful=True)


def _as_heard(event: Event | None, then: _Side, now: _Side) -> Event | None:
    """What was said, chosen anew where the other dialplan understands other words."""
    if not isinstance(event, TranscriptReady):
        return event
    old, new = then.grammars.get(event.listen_id), now.grammars.get(event.listen_id)
    if old is not None and new is not None and old.like != new.like:
        event = replace(event, alike={})  # with the other sentences nobody compared it: their words decide
    if old is None or new is None or old.choices == new.choices:
        return event
    said = normalized(event.text, new.language)
    fits = [name for name in new.choices if _fits(said, new, name)]
    kept = event.choice if event.choice in new.choices and not _fits(said, old, event.choice) else None
    return replace(event, choice=fits[0] if fits else kept)


def _fits(said: str, grammar: Grammar, choice: str) -> bool:
    """Whether these are a choice's own words."""
    return bool(said) and said in {normalized(one, grammar.language) for one in grammar.choices.get(choice, ())}


def _differences(before: Sequence[Command], after: Sequence[Command]) -> Iterator[tuple[Change, str, str]]:
    warned, warns = _warnings(before), _warnings(after)
    for name in dict.fromkeys((*warned, *warns)):
        if warned.get(name) != warns.get(name):
            yield Change.WARNING, _told(name, warned), _told(name, warns)
    was, becomes = list(filter(None, map(_way, before))), list(filter(None, map(_way, after)))
    if was != becomes:
        yield Change.ELSEWHERE, " > ".join(was) or NOTHING, " > ".join(becomes) or NOTHING
        return
    if (kinds := _kinds(before)) != (other := _kinds(after)):
        yield Change.ORDERS, ", ".join(kinds) or NOTHING, ", ".join(other) or NOTHING
        return
    for one, other_one in zip(before, after, strict=True):
        if one != other_one:
            yield from _inside(one, other_one)


def _inside(one: Command, other: Command) -> Iterator[tuple[Change, str, str]]:
    match one, other:
        case PlayPrompt(), PlayPrompt() if one.disclosure is None and one.clips != other.clips:
            yield Change.WORDS, _words(one.clips), _words(other.clips)
        case Listen(), Listen() if one.grammar != other.grammar:
            yield Change.WORDS, _understood(one.grammar), _understood(other.grammar)
        case StartLookup(), StartLookup():
            yield Change.ORDERS, f"{one.source}.{one.query}", f"{other.source}.{other.query}"


def _part(before: Sequence[Command], after: Sequence[Command]) -> bool:
    """Whether what happened next to the one cannot be told of the other."""
    if _kinds(before) != _kinds(after) or list(map(_way, before)) != list(map(_way, after)):
        return True
    lookups = [(one, other) for one, other in zip(before, after, strict=True) if isinstance(one, StartLookup)]
    return list(_warnings(before)) != list(_warnings(after)) or any(one != other for one, other in lookups)


def _way(order: Command) -> str:
    """Where an order leads the caller; empty: nowhere."""
    match order:
        case StateEntered(name=name):
            return name
        case Enqueue(queue=queue):
            return f"queue {queue}"
        case DialTarget(destination=destination):
            return f"transfer to {destination}"
        case OutcomeReached(outcome=outcome):
            return f"outcome {outcome}"
        case HangUp(cause=cause):
            return f"hung up ({cause})"
    return ""


def _kinds(orders: Sequence[Command]) -> list[str]:
    return [type(order).__name__ for order in orders]


def _warnings(orders: Sequence[Command]) -> dict[str, tuple[Clip, ...]]:
    return {order.disclosure: order.clips for order in orders if isinstance(order, PlayPrompt) and order.disclosure}


def _told(name: str, warnings: Mapping[str, tuple[Clip, ...]]) -> str:
    return f"{name}: {_words(warnings[name])}" if name in warnings else f"no {name}"


def _words(clips: Sequence[Clip]) -> str:
    """What they say; where a caller's value is in it, only that."""
    return " ".join("(with a value)" if clip.dynamic else clip.shown for clip in clips)


def _understood(grammar: Grammar) -> str:
    return "; ".join(f"{name}: {', '.join(phrases)}" for name, phrases in grammar.choices.items()) or "any words"
