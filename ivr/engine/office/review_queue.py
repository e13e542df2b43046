"""Which calls wait for a person: those with reasons, the riskiest first, and those that were drawn.

Rules: nobody is shown a call that they took themselves, nor what another reviewer said of a call that they may still
judge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ivr.core.call.record import CallRecord
from ivr.core.review.review import Review, may_judge, seen_by
from ivr.core.review.risk import POINTS, SAMPLE, SECOND, Candidate, Why, drawn, in_order, whys_of
from ivr.core.vault.retention import DAY_SECONDS
from ivr.core.vault.search import CallQuery
from ivr.engine.office.office import Asked, Desk, does
from ivr.errors import IvrError

MOST_OF_A_FLAG: Final = 200
"""Calls with one flag that are looked at, the newest."""
MOST_DRAWN_FROM: Final = 100_000
"""Calls of which the sample is drawn, the newest."""
MOST_DRAWN: Final = 200
MOST_JUDGED: Final = 2000
"""Judged calls that are looked at, those judged last."""
LATEST: Final = 25
"""Reviews that are listed."""


@dataclass(frozen=True, slots=True)
class ReviewQueueAsked(Asked):
    """Which calls wait for a person."""

    limit: int = 50


@dataclass(frozen=True, slots=True)
class Waits:
    """A call that waits for a person."""

    record: CallRecord = field(repr=False)
    whys: tuple[Why, ...]
    risk: int


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """What there is to do, for this person."""

    waiting: list[Waits]
    """The riskiest first."""
    more: int
    """That wait behind those."""
    appeals: list[Review]
    """That wait for a decision, the oldest first."""
    latest: list[Review]
    """Reviews that this person may see, the newest first."""
    damaged: int
    """Records and reviews that do not open."""
    has_cards: bool


@does("reviews.queue")
def queue(desk: Desk, asked: ReviewQueueAsked) -> ReviewQueue:
    """Calls of the last days that wait for this person, appeals, and the latest reviews. Raises IvrError."""
    ports, person, rules = desk.ports, desk.actor.name, desk.ports.review_rules
    since, damaged = desk.wall() - rules.days * DAY_SECONDS, set[str]()

    def tell(what: str, why: str) -> None:
        damaged.add(what)

    with desk.entering("calls", by=["review"]):
        records = _looked_at(desk, since, damaged)
        latest = ports.reviews.since(since, limit=MOST_JUDGED, on_damage=tell)
        judged = latest | ports.reviews.of_calls(records.keys() - latest.keys(), on_damage=tell)
        for call in judged.keys() - records.keys():
            if may_judge(judged[call], person) and drawn(call, rules.second, SECOND):
                records |= _opened(desk, [call], damaged)
        own = _calls_of(desk, person)
        candidates = [
            Candidate(call, record.started_at, whys)
            for call, record in records.items()
            if (whys := whys_for(desk, record, judged.get(call, ()))) and not own.intersection(record.agents)
        ]
    ordered = in_order(candidates)
    seen = [one for of_call in latest.values() for one in seen_by(of_call, person)]
    return ReviewQueue(
        [Waits(records[one.call_id], one.whys, one.risk) for one in ordered[: asked.limit]],
        max(0, len(ordered) - asked.limit),
        ports.reviews.appealed(on_damage=tell),
        sorted(seen, key=lambda one: -one.at)[:LATEST],
        len(damaged),
        bool(ports.scorecards.live()),
    )


def _looked_at(desk: Desk, since: float, damaged: set[str]) -> dict[str, CallRecord]:
    """Records of calls with a reason, and of those that were drawn."""
    calls, rules, found = desk.ports.calls, desk.ports.review_rules, dict[str, CallRecord]()
    for flag in POINTS:
        fit = calls.search(
            CallQuery(flag=flag, since=since), limit=MOST_OF_A_FLAG, on_damage=lambda what, why: damaged.add(what)
        )
        found |= {one.call_id: one for one in fit}
    ended = calls.ended(since=since, limit=MOST_DRAWN_FROM)
    chosen = [call for call in ended if drawn(call, rules.sample)][:MOST_DRAWN]
    return found | _opened(desk, [call for call in chosen if call not in found], damaged)


def _opened(desk: Desk, calls: Iterable[str], damaged: set[str]) -> dict[str, CallRecord]:
    found = {}
    for call in calls:
        try:
            found[call] = desk.ports.calls.get(call)
        except IvrError:
            damaged.add(call)
    return found


def whys_for(desk: Desk, record: CallRecord, of_call: tuple[Review, ...]) -> tuple[Why, ...]:
    """Reasons for which a call waits for this person; none: it does not."""
    rules = desk.ports.review_rules
    if not may_judge(of_call, desk.actor.name):
        return ()
    again = (Why(SECOND),) if of_call and drawn(record.call_id, rules.second, SECOND) else ()
    if of_call and not again:
        return ()
    by_chance = (Why(SAMPLE),) if drawn(record.call_id, rules.sample) else ()
    return (*whys_of(record), *by_chance, *again)


def _calls_of(desk: Desk, person: str) -> frozenset[str]:
    """The agents who a person is."""
    return frozenset(one.name for one in desk.ports.agents.read() if one.user == person)
