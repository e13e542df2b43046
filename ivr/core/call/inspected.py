"""A sealed call as rules read it: words, times, and what official sources answered. Nothing of its sound.

An agent's talk is read after the call. Until it was, nobody knows who was silent while one was connected; and while a
caller waits in a queue nobody speaks. So no silence is told of then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from ivr.core.call.alerts import NOT_SPOKEN
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import Told
from ivr.core.call.replay import read_entry
from ivr.core.call.transcript import CALLER, Span
from ivr.core.call.transcription import AGENT, COLLEAGUE, Transcription, Utterance
from ivr.core.compliance.rule import Found, Severity
from ivr.core.compliance.talk import Answered, BankSaid, CallerSaid, Place, Said, Speaker, Talk
from ivr.core.dialplan.model import Dialplan
from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.core.orders.calls import CallAnswered
from ivr.core.orders.lookup import LookupDone

Kind = TypeVar("Kind", bound=Said)
Step = tuple[int, str, Mapping[str, object]]
"""Sample, action, details."""
_ASKED = re.compile(r"StartLookup\(lookup_id=(\d+), source='([a-z0-9_]+)', query='([a-z0-9_]+)'")
"""How the journal keeps the order of a lookup (`ivr.core.call.journal.order_line`)."""
_WAITS_FROM, _WAITS_TO = frozenset({"queue.joined"}), frozenset({"queue.left", "agent.connected"})
_TALKS_FROM = frozenset({"agent.connected", "transfer.connected", "message.left"})
_TALKS_TO = frozenset({"agent.left", "transfer.ended"})
_OVER = frozenset({"call.ended", "call.lost"})
_HELD = frozenset({"talk.held", "consult.rung", "consult.resumed", "talk.passed_on", "agent.held"})
"""From here on the caller hears music, or nobody."""
_BACK = _OVER | {
    "talk.resumed", "talk.rejoined", "talk.transferred", "talk.assisted", "talk.handed_over", "conference.began",
    "consult.ended", "agent.resumed", "agent.connected", "queue.joined",
}  # fmt: skip
LEAST_SILENCE = SAMPLE_RATE
"""Shorter gaps between two prompts are none."""


def talk_of(told: Told, dialplan: Dialplan, transcription: Transcription | None = None) -> Talk:
    """The call of a recording, served by this dialplan, with what was read in it after it. Raises SealError when it is
    not one of ours."""
    record, spans = told.record(), told.transcript()
    more = transcription.utterances if transcription is not None else ()
    talked = _TALKS_FROM if transcription is None else frozenset[str]()
    length = told.contents.samples
    answered = record.answered_at if record.answered_at is not None else record.started_at
    steps = [(max(0, samples(step.at - answered)), step.action, step.details) for step in told.steps()]
    holds = tuple(_holds(steps, length))
    return Talk(
        bank=_ordered((*map(_machine, (one for one in spans if one.who != CALLER)), *_agents(more))),
        caller=_ordered((*map(_caller, (one for one in spans if one.who == CALLER)), *_callers(more))),
        samples=length,
        dialplan=dialplan.name,
        jurisdiction=dialplan.jurisdiction or "",
        language=record.language,
        states=tuple((at, str(details.get("state", ""))) for at, action, details in steps if action == "state.entered"),
        disclosures=tuple(disclosed(record, dialplan)),
        silences=tuple(_silences((*spans, *more), (*_busy(steps, talked, length), *holds), length)),
        talks=tuple(_talks(steps, length)),
        holds=holds,
        answers=tuple(_answers(told.contents.entries)),
    )


def disclosed(record: CallRecord, dialplan: Dialplan) -> Iterator[tuple[int, str]]:
    """Each disclosure that was heard, by its last sample, and each fact of the line that it told."""
    for one in record.disclosures:
        yield one.last_sample, one.disclosure
        told = dialplan.disclosures.get(one.disclosure)
        for fact in told.tells if told is not None else ():
            yield one.last_sample, str(fact)


def withheld(record: CallRecord) -> tuple[Found, ...]:
    """Prompts that were not spoken for a figure in them, as findings of the highest class: nobody heard them, so no
    rule over what was said finds them."""
    return tuple(
        Found(
            rule=one.rule,
            severity=Severity.CRITICAL,
            source="checked before it was spoken",
            what=NOT_SPOKEN.format(what=one.what),
            words="",
            first_sample=samples(one.at),
            last_sample=samples(one.at),
            confidence=1.0,
            speaker=Speaker.MACHINE,
        )
        for one in record.withheld
    )


def _caller(span: Span) -> CallerSaid:
    sure = 1.0 if span.confidence is None else span.confidence
    return CallerSaid(span.first_sample, span.last_sample, span.language, span.text, sure)


def _machine(span: Span) -> BankSaid:
    return BankSaid(span.first_sample, span.last_sample, span.language, span.text)


def _agents(read: Iterable[Utterance]) -> Iterator[BankSaid]:
    """Whoever speaks for the bank: not one outside to whom the call was transferred."""
    for one in read:
        if one.who in (AGENT, COLLEAGUE):
            said = one.first_sample, one.last_sample, one.language, one.text, one.confidence
            yield BankSaid(*said, Speaker.AGENT, places=_places(one))


def _callers(read: Iterable[Utterance]) -> Iterator[CallerSaid]:
    for one in read:
        if one.who == CALLER:
            said = one.first_sample, one.last_sample, one.language, one.text, one.confidence
            yield CallerSaid(*said, places=_places(one))


def _places(one: Utterance) -> tuple[Place, ...]:
    """Where in the text each word stands, and when it was said."""
    found: list[Place] = []
    end = 0
    for word in one.words:
        at = one.text.find(word.text, end)
        if at >= 0:  # else it was written otherwise in the text: its share counts
            end = at + len(word.text)
            found.append(Place(at, end, word.first_sample, word.last_sample))
    return tuple(found)


def _ordered(said: Iterable[Kind]) -> tuple[Kind, ...]:
    return tuple(sorted(said, key=lambda one: (one.first_sample, one.last_sample)))


def _busy(steps: Iterable[Step], talks_from: frozenset[str], length: int) -> Iterator[tuple[int, int]]:
    """Stretches in which somebody may speak of whom no transcript tells, and those in which nobody is to."""
    begins, since, ends = talks_from | _WAITS_FROM, None, frozenset[str]()
    for at, action, _ in steps:
        if since is not None and action in ends:
            yield since, at
            since = None
        if since is None and action in begins:
            since, ends = at, _OVER | (_WAITS_TO if action in _WAITS_FROM else _TALKS_TO)
    if since is not None:
        yield since, length


def _talks(steps: Iterable[Step], length: int) -> Iterator[tuple[int, int]]:
    """Stretches in which an agent is connected with the caller."""
    there, since = set[str](), 0
    for at, action, details in steps:
        if action == "agent.connected":
            since = at if not there else since
            there.add(str(details.get("agent", "")))
        elif there and (action in _OVER or action == "agent.left"):
            there = there - {str(details.get("agent", ""))} if action == "agent.left" else set()
            if not there:
                yield since, at
    if there:
        yield since, length


def _holds(steps: Iterable[Step], length: int) -> Iterator[tuple[int, int]]:
    """Stretches in which the caller waits on hold. Who was passed on waits on when the agent has left."""
    since, passed = None, False
    for at, action, _ in steps:
        if action in _HELD:
            since, passed = at if since is None else since, action == "talk.passed_on"
        elif since is not None and (action in _BACK or (action == "agent.left" and not passed)):
            yield since, at
            since = None
    if since is not None:
        yield since, length


def _silences(
    said: Iterable[Span | Utterance], busy: Iterable[tuple[int, int]], length: int
) -> Iterator[tuple[int, int]]:
    taken = sorted([*((one.first_sample, one.last_sample) for one in said), *busy, (length, length)])
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
