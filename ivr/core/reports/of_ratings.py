"""Report of what callers said when they were asked how satisfied they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import Rated
from ivr.core.reports.interval import mean, share
from ivr.core.reports.records import Records
from ivr.core.reports.report import Figure, Row, Table, count, month_of

COLUMNS = ("asked", "answered", "answered of asked", "mean", "satisfied", "promoters less detractors")
"""Who did not answer is counted, as they may be others than who did."""
NPS_MOST = 10
"""Scales from 0 to 10 have promoters (9, 10) and detractors (0 to 6): Reichheld, "The One Number You Need to Grow"
(Harvard Business Review, 2003)."""
Given = tuple[CallRecord, Rated]


def satisfaction(records: Records) -> tuple[Table, ...]:
    """By question and month, and by question and agent: whoever talked with the caller last."""
    months: dict[tuple[str, str], list[Given]] = defaultdict(list)
    agents: dict[tuple[str, str], list[Given]] = defaultdict(list)
    for call in records.calls:
        for one in call.ratings:
            months[one.question, month_of(call.started_at)].append((call, one))
            agents[one.question, call.agents[-1] if call.agents else ""].append((call, one))
    return (
        Table("satisfaction", "Satisfaction by month", ("Question", "Month"), COLUMNS, _rows(months)),
        Table("of_agents", "Satisfaction by agent", ("Question", "Agent"), COLUMNS, _rows(agents)),
    )


def _rows(given: dict[tuple[str, str], list[Given]]) -> tuple[Row, ...]:
    return tuple(Row(labels, _figures(many)) for labels, many in sorted(given.items()))


def _figures(given: Sequence[Given]) -> tuple[Figure, ...]:
    asked = [call.call_id for call, _ in given]
    answers = [(call.call_id, one, one.answer) for call, one in given if one.answer is not None]
    calls = [call for call, _, _ in answers]
    best = [call for call, one, answer in answers if answer >= one.most - 1]
    scores = [(call, _side(answer)) for call, one, answer in answers if (one.least, one.most) == (0, NPS_MOST)]
    return (
        count(asked),
        count(calls),
        share(calls, len(asked)),
        mean([float(answer) for _, _, answer in answers], calls),
        share(best, len(answers)),
        mean([100.0 * side for _, side in scores], [call for call, _ in scores]),
    )


def _side(answer: int) -> int:
    """1: a promoter, -1: a detractor."""
    return 1 if answer >= NPS_MOST - 1 else -1 if answer <= NPS_MOST - 4 else 0
