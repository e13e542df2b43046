"""Which calls wait for a person: the riskiest tenth of each day, the riskiest first, and those that were drawn.

Rules: nobody is shown a call that they took themselves, nor what another reviewer said of a call that they may still
judge. The index finds and orders calls; only the records of those that are shown are opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from math import ceil
from typing import Final

from ivr.core.call.record import CallRecord
from ivr.core.reports.report import day_of
from ivr.core.review.blind import without_findings, without_rules
from ivr.core.review.review import Review, may_judge, seen_by
from ivr.core.review.risk import (
    SAMPLE,
    SECOND,
    WEIGHTS,
    Candidate,
    Why,
    drawn,
    heard_of_a_day,
    in_order,
    whys_found,
    whys_of,
)
from ivr.core.vault.retention import DAY_SECONDS
from ivr.core.vault.search import CallQuery
from ivr.engine.office.judges import is_blind
from ivr.engine.office.office import Asked, Desk, does

MOST_DRAWN_FROM: Final = 100_000
"""Calls of which the sample is drawn, the newest."""
MOST_DRAWN: Final = 200
MOST_OWN: Final = 50
"""Calls of a day that are looked at beyond those that are shown: this person may have taken some themselves."""
MARGIN: Final = 1.3
"""So many times as many calls are looked at as give them on average: chance hardly ever leaves fewer."""
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
    below: int
    """Calls with reasons that are not among the riskiest of their day: they wait for nobody."""
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
    since = (desk.wall() - rules.days * DAY_SECONDS) // DAY_SECONDS * DAY_SECONDS
    damaged = set[str]()

    def tell(what: str, why: str) -> None:
        damaged.add(what)

    with desk.entering("calls", by=["review"]):
        latest = ports.reviews.since(since, limit=MOST_JUDGED, on_damage=tell)
        risky = _riskiest(desk, since, asked.limit, Counter(day_of(one[0].started_at) for one in latest.values()))
        found = _with_reasons(desk, since, risky.began)
        judged = latest | ports.reviews.of_calls(found.keys() - latest.keys(), on_damage=tell)
        for call in judged.keys() - found.keys():
            found[call] = Candidate(call, judged[call][0].started_at, ())
        waits = (
            replace(one, whys=one.whys + again)
            for call, one in found.items()
            if (again := _again(desk, call, judged.get(call, ()))) is not None
        )
        ordered = in_order(one for one in waits if one.whys)
        shown, left = _shown(desk, ordered, judged, asked.limit, damaged)
    seen = [one for of_call in latest.values() for one in seen_by(of_call, person)]
    return ReviewQueue(
        shown,
        left + risky.more,
        risky.below,
        ports.reviews.appealed(on_damage=tell),
        sorted(seen, key=lambda one: -one.at)[:LATEST],
        len(damaged),
        bool(ports.scorecards.live()),
    )


@dataclass(frozen=True, slots=True)
class _Riskiest:
    """Of each day those that are heard for their risk."""

    began: dict[str, float]
    """Call -> its start."""
    more: int
    """That are heard and not in `began`: it has no more of a day than a page may show."""
    below: int


def _riskiest(desk: Desk, since: float, limit: int, judged: Mapping[str, int]) -> _Riskiest:
    """By the index alone. `judged`: day -> how many of its calls were, which may stand before those that are shown."""
    began, more, below = dict[str, float](), 0, 0
    looked_at = limit + max(judged.values(), default=0) + MOST_OWN
    for ranked in desk.ports.calls.ranked(since, desk.wall(), WEIGHTS, limit=looked_at).values():
        heard = heard_of_a_day(ranked.of_risk, desk.ports.review_rules.riskiest)
        below += sum(count for points, count in ranked.of_risk.items() if points > 0) - heard
        more += max(0, heard - len(ranked.calls))
        began |= {call: started_at for _, started_at, call in ranked.calls[:heard]}
    return _Riskiest(began, more, below)


def _with_reasons(desk: Desk, since: float, began: dict[str, float]) -> dict[str, Candidate]:
    """The riskiest calls, and those that were drawn, as the index has them. No record is opened for it."""
    calls, share, chosen = desk.ports.calls, desk.ports.review_rules.sample, dict[str, float]()
    if share:
        enough = min(MOST_DRAWN_FROM, ceil(MARGIN * MOST_DRAWN / share))
        sample = (one for one in calls.fitting(CallQuery(since=since), limit=enough) if drawn(one[1], share))
        chosen = {call: started_at for started_at, call in islice(sample, MOST_DRAWN)}
    flagged = calls.flags_of(began | chosen, WEIGHTS)
    return {
        call: Candidate(
            call,
            started_at,
            (
                *(Why(flag, WEIGHTS[flag]) for flag in flagged.get(call, ())),
                *((Why(SAMPLE),) if call in chosen else ()),
            ),
        )
        for call, started_at in (began | chosen).items()
    }


def _shown(
    desk: Desk, ordered: list[Candidate], judged: Mapping[str, tuple[Review, ...]], limit: int, damaged: set[str]
) -> tuple[list[Waits], int]:
    """The first of them that this person did not take themselves, opened, and how many come after those."""
    own, shown, at = _calls_of(desk, desk.actor.name), list[Waits](), 0
    while len(shown) < limit and at < len(ordered):
        some = [one.call_id for one in ordered[at : at + limit - len(shown)]]
        at += len(some)
        records = desk.ports.calls.of_calls(some, on_damage=lambda call, why: damaged.add(call))
        for record in (records[call] for call in some if call in records):
            if record.ended_at is not None and not own.intersection(record.agents):
                whys = whys_for(desk, record, judged.get(record.call_id, ()))
                told = record
                if is_blind(desk, record):
                    told, whys = without_findings(record), without_rules(whys)
                shown.append(Waits(told, whys, sum(why.points for why in whys)))
    return sorted(shown, key=lambda one: (-one.risk, one.record.started_at, one.record.call_id)), len(ordered) - at


def whys_for(desk: Desk, record: CallRecord, of_call: tuple[Review, ...]) -> tuple[Why, ...]:
    """Reasons for which a call waits for this person; none: it does not."""
    again = _again(desk, record.call_id, of_call)
    if again is None:
        return ()
    by_chance = (Why(SAMPLE),) if drawn(record.call_id, desk.ports.review_rules.sample) else ()
    call = record.call_id
    inspected = desk.ports.inspections.findings([call], on_damage=lambda damaged, why: None)
    by_rules = whys_found(inspected[call].found) if call in inspected else ()
    return (*whys_of(record), *by_rules, *by_chance, *again)


def _again(desk: Desk, call: str, of_call: tuple[Review, ...]) -> tuple[Why, ...] | None:
    """What is added as it was judged before; None: it waits no more, or not for this person."""
    if not of_call:
        return ()
    again = may_judge(of_call, desk.actor.name) and drawn(call, desk.ports.review_rules.second, SECOND)
    return (Why(SECOND),) if again else None


def _calls_of(desk: Desk, person: str) -> frozenset[str]:
    """The agents who a person is."""
    return frozenset(one.name for one in desk.ports.agents.read() if one.user == person)
