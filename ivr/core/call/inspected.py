"""A sealed call as rules read it: words, times, and what official sources answered. Nothing of its sound.

An agent's talk is not transcribed. While one is connected, or a caller waits in a queue, nobody knows who was silent,
so no silence is told of then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ivr.core.call.recording import Told
from ivr.core.call.replay import read_entry
from ivr.core.call.transcript import CALLER, Span
from ivr.core.compliance.talk import Answered, BankSaid, CallerSaid, Talk
from ivr.core.dialplan.model import Dialplan
from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.core.orders.calls import CallAnswered
from ivr.core.orders.lookup import LookupDone

_ASKED = re.compile(r"StartLookup\(lookup_id=(\d+), source='([a-z0-9_]+)', query='([a-z0-9_]+)'")
"""How the journal keeps the order of a lookup (`ivr.core.call.journal.order_line`)."""
_BUSY_FROM = frozenset({"queue.joined", "agent.connected", "transfer.connected", "message.left"})
_FREE_FROM = frozenset({"queue.left", "agent.left", "transfer.ended", "call.ended", "call.lost"})
LEAST_SILENCE = SAMPLE_RATE
"""Shorter gaps between two prompts are none."""


def talk_of(told: Told, dialplan: Dialplan) -> Talk:
    """The call of a recording, served by this dialplan. Raises SealError when it is not one of ours."""
    record, spans = told.record(), told.transcript()
    length = told.contents.samples
    answered = record.answered_at if record.answered_at is not None else record.started_at
    steps = [(max(0, samples(step.at - answered)), step.action, step.details) for step in told.steps()]
    return Talk(
        bank=tuple(
            BankSaid(one.first_sample, one.last_sample, one.language, one.text) for one in spans if one.who != CALLER
        ),
        caller=tuple(map(_caller, (one for one in spans if one.who == CALLER))),
        samples=length,
        dialplan=dialplan.name,
        jurisdiction=dialplan.jurisdiction or "",
        language=record.language,
        states=tuple((at, str(details.get("state", ""))) for at, action, details in steps if action == "state.entered"),
        disclosures=tuple((one.last_sample, one.disclosure) for one in record.disclosures),
        silences=tuple(_silences(spans, _busy(steps, length), length)),
        answers=tuple(_answers(told.contents.entries)),
    )


def _caller(span: Span) -> CallerSaid:
    sure = 1.0 if span.confidence is None else span.confidence
    return CallerSaid(span.first_sample, span.last_sample, span.language, span.text, sure)


def _busy(steps: Iterable[tuple[int, str, Mapping[str, object]]], length: int) -> Iterator[tuple[int, int]]:
    """Stretches in which somebody may speak of whom no transcript tells."""
    since: int | None = None
    for at, action, _ in steps:
        if action in _BUSY_FROM and since is None:
            since = at
        elif action in _FREE_FROM and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, length


def _silences(spans: Iterable[Span], busy: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    taken = sorted([*((one.first_sample, one.last_sample) for one in spans), *busy, (length, length)])
    end = taken[0][0]
    for first, last in taken:
        if first - end >= LEAST_SILENCE:
            yield end, first
        end = max(end, last)


def _answers(entries: Iterable[Mapping[str, object]]) -> Iterator[Answered]:
    """What lookups answered, each from the sample on at which its answer came."""
    asked: dict[int, str] = {}
    zero: float | None = None
    for entry in entries:
        if "orders" not in entry:
            continue
        now, event, orders = read_entry(entry)
        if isinstance(event, CallAnswered) and zero is None:
            zero = now
        if isinstance(event, LookupDone) and (query := asked.get(event.lookup_id)) is not None:
            at = max(0, samples(now - zero)) if zero is not None else 0
            yield Answered(at, {f"{query}.{name}": value for name, value in event.values.items()})
        for order in orders:
            if found := _ASKED.match(order):
                asked[int(found[1])] = f"{found[2]}.{found[3]}"
