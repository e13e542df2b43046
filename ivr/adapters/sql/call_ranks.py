"""Calls of a day by the flags that they have, the weightiest first. From the index of terms alone: no record is opened.

What is read are the sets of calls of some blocks of 4,096, one a flag (ivr/adapters/sql/call_search.py). So a day of
any size is ranked whole, and none of its calls is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ivr.adapters.sql.call_search import add_terms, blocks_of_days, hashed
from ivr.adapters.sql.database import ROWS_AT_ONCE
from ivr.adapters.sql.model import BlockTermRow, CallBlockRow, IndexedCallRow
from ivr.core.vault.retention import DAY_SECONDS
from ivr.core.vault.search import RankedCalls, field_term
from ivr.core.vault.slots import BLOCK_CALLS, bits, place, without_slot
from ivr.ports.keys import KeyStore


def ranked(
    session: Session, keys: KeyStore, since: float, until: float, points: Mapping[str, int], *, limit: int
) -> dict[str, RankedCalls]:
    """By day (UTC), for each that has calls from `since` to `until`; of equals, who ended first comes first."""
    weights = {hashed(keys, field_term("flag", flag)): number for flag, number in points.items()}
    days, row = _days(session, keys, since, until), BlockTermRow
    blocks = blocks_of_days(session, days.values())
    sets = defaultdict[int, dict[int, bytes]](dict)
    statement = select(row.block, row.term, row.slots).where(row.block.in_(blocks))
    for block, term, slots in session.execute(statement.where(row.term.in_([*days, *weights]))):
        sets[block][term] = slots
    risky, of_risk = defaultdict[str, list[tuple[int, int]]](list), defaultdict[str, Counter[int]](Counter)
    for block, held in sorted(sets.items()):
        risk = np.zeros(BLOCK_CALLS, np.int32)
        for term in held.keys() & weights.keys():
            risk += weights[term] * bits(held[term])
        for term in held.keys() & days.keys():
            there = np.flatnonzero(bits(held[term]))
            values, counts = np.unique(risk[there], return_counts=True)
            of_risk[days[term]].update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
            slots_of = there[risk[there] > 0]
            risky[days[term]] += [(-int(risk[slot]), block * BLOCK_CALLS + int(slot)) for slot in slots_of]
    first = {day: sorted(risky[day])[:limit] for day in of_risk}
    known = _calls(session, [ordinal for some in first.values() for _, ordinal in some])
    return {
        day: RankedCalls(tuple((-risk, *known[at]) for risk, at in some if at in known), dict(of_risk[day]))
        for day, some in first.items()
    }


def set_flags(
    session: Session, keys: KeyStore, call_id: str, started_at: float, flags: Iterable[str], among: Iterable[str]
) -> None:
    """Of `among`, a call has these flags and no others from here on. It is this writer's turn."""
    there = frozenset(flags)
    add_terms(session, keys, call_id, started_at, (field_term("flag", flag) for flag in there))
    ordinal = session.scalar(select(IndexedCallRow.ordinal).where(IndexedCallRow.call_id == call_id))
    assert ordinal is not None  # who has terms has a place
    block, slot = place(ordinal)
    gone = [hashed(keys, field_term("flag", flag)) for flag in among if flag not in there]
    of_block = select(BlockTermRow).where(BlockTermRow.block == block, BlockTermRow.term.in_(gone))
    for row in session.scalars(of_block).all():
        row.slots = without_slot(row.slots, slot)
        if not row.slots:
            session.delete(row)


def _calls(session: Session, ordinals: Sequence[int]) -> dict[int, tuple[float, str]]:
    found, row = dict[int, tuple[float, str]](), IndexedCallRow
    for at in range(0, len(ordinals), ROWS_AT_ONCE):
        some = row.ordinal.in_(ordinals[at : at + ROWS_AT_ONCE])
        for ordinal, started_at, call_id in session.execute(
            select(row.ordinal, row.started_at, row.call_id).where(some)
        ):
            found[ordinal] = started_at, call_id
    return found


def _days(session: Session, keys: KeyStore, since: float, until: float) -> dict[int, str]:
    """Hash of a day's term -> the day, for each in which calls may have begun."""
    span = CallBlockRow
    first, last = session.scalar(select(func.min(span.earliest))), session.scalar(select(func.max(span.latest)))
    if first is None or last is None:
        return {}
    begin, end = max(since, first) // DAY_SECONDS, min(until, last) // DAY_SECONDS
    days = (f"{datetime.fromtimestamp(at * DAY_SECONDS, UTC):%Y-%m-%d}" for at in range(int(begin), int(end) + 1))
    return {hashed(keys, field_term("day", day)): day for day in days}
