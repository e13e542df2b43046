"""The index of terms: which calls have which, as keyed hashes. See ivr/core/vault/search.py for what that hides.

Calls are counted as they end; 4,096 of them are a block, and for each block and term one row says which of its calls
have the term (ivr/core/vault/slots.py). A question reads the rows of its terms, newest block first. A call that is
stored late stands among newer ones: each block knows the times of its calls, and a page is done when no block that is
left can hold a newer call.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from itertools import islice
from math import inf

from sqlalchemy import ColumnElement, and_, bindparam, delete, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from ivr.adapters.sql.database import ROWS_AT_ONCE
from ivr.adapters.sql.model import BlockTermRow, CallBlockRow, CallRow, IndexedCallRow
from ivr.core.call.flags import flags
from ivr.core.call.record import CallRecord
from ivr.core.call.warned import figure, figures
from ivr.core.vault.retention import DAY_SECONDS
from ivr.core.vault.search import INDEXED, CallQuery, caller_keys, field_term, lookup_terms
from ivr.core.vault.slots import (
    BITMAP_BYTES,
    BLOCK_CALLS,
    common,
    has_slot,
    listed,
    number,
    place,
    unpack,
    with_slot,
    without_slot,
)
from ivr.ports.keys import KeyStore

TERM = "term"
"""Purpose of the keyed hashes."""
_INDEX_LOCK = 0x697673
"""Number of PostgreSQL's advisory lock ("ivs")."""
FIRST_BLOCKS = 2
"""How many blocks are read first: where a frequent term's first page is. Then four times as many, and so on."""
FEW_CALLS = 256
"""Up to so many calls are asked for one by one; of more in one block, the whole block is read."""


def record_terms(record: CallRecord) -> frozenset[str]:
    """Terms that follow from a call's record."""
    pairs = [("outcome", record.outcome), ("language", record.language)]
    pairs += [("dialplan", record.dialplan.partition("@")[0]), ("version", record.dialplan)]
    pairs += [("day", f"{datetime.fromtimestamp(record.started_at, UTC):%Y-%m-%d}")]
    pairs += [("warning", figure(warning, name)) for warning, name in figures(record)]
    pairs += [("caller", key) for key in caller_keys(record.caller)]
    pairs += [("agent", agent) for agent in record.agents]
    pairs += [("state", state) for state in record.states]
    pairs += [("flag", flag) for flag in flags(record)]
    pairs += [("disclosure", evidence.disclosure) for evidence in record.disclosures]
    pairs += [("mailbox", message.mailbox) for message in record.voicemails]
    found = frozenset(field_term(name, value) for name, value in pairs if value)
    return found.union(*(lookup_terms(name, value) for name, value in record.looked_up))


def hashed(keys: KeyStore, term: str) -> int:
    """64 bits of a term's keyed hash, as a signed number (SQL's BIGINT)."""
    return int.from_bytes(keys.fingerprint(TERM, term.encode())[:8], "big", signed=True)


# --- writing --------------------------------------------------------------------------------------------------------


def take_turn(session: Session) -> None:
    """Wait until no other writer of the index is at work, then keep it until the commit. Before all else."""
    statement = "BEGIN IMMEDIATE" if _is_sqlite(session) else f"SELECT pg_advisory_xact_lock({_INDEX_LOCK})"
    session.execute(text(statement))


def add_terms(session: Session, keys: KeyStore, call_id: str, started_at: float, terms: Iterable[str]) -> None:
    """Add terms of a call that it does not have yet. It is this writer's turn."""
    block, slot = place(_ordinal(session, call_id, started_at))
    wanted = {hashed(keys, term) for term in terms}
    of_block = select(BlockTermRow.term, BlockTermRow.slots).where(BlockTermRow.block == block)
    present = dict(session.execute(of_block.where(BlockTermRow.term.in_(wanted))).all())
    changed = {term: with_slot(slots, slot) for term, slots in sorted(present.items()) if not has_slot(slots, slot)}
    _change(session, block, changed)
    new = [{"block": block, "term": term, "slots": with_slot(b"", slot)} for term in sorted(wanted - present.keys())]
    if new:
        session.connection().execute(insert(BlockTermRow), new)


def drop_terms(session: Session, call_id: str) -> None:
    """Forget all terms of a call: every row of its block is looked at, for nothing says which it has. In a turn."""
    ordinal = session.scalar(select(IndexedCallRow.ordinal).where(IndexedCallRow.call_id == call_id))
    if ordinal is None:
        return
    block, slot = place(ordinal)
    row, bytes_of_it = BlockTermRow, literal(listed(slot))
    at = func.instr(row.slots, bytes_of_it) if _is_sqlite(session) else func.position(bytes_of_it.op("IN")(row.slots))
    may_have = (func.length(row.slots) == BITMAP_BYTES) | (at > 0)
    rows = session.execute(select(row.term, row.slots).where(row.block == block, may_have))
    had = {term: without_slot(slots, slot) for term, slots in rows if has_slot(slots, slot)}
    _change(session, block, {term: left for term, left in had.items() if left})
    empty = [term for term, left in had.items() if not left]
    session.execute(delete(BlockTermRow).where(BlockTermRow.block == block, BlockTermRow.term.in_(empty)))
    session.execute(delete(IndexedCallRow).where(IndexedCallRow.ordinal == ordinal))
    neighbours = IndexedCallRow.ordinal.between(block * BLOCK_CALLS, (block + 1) * BLOCK_CALLS - 1)
    if session.scalar(select(func.count()).select_from(IndexedCallRow).where(neighbours)) == 0:
        session.execute(delete(CallBlockRow).where(CallBlockRow.block == block))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _change(session: Session, block: int, slots_of: Mapping[int, bytes]) -> None:
    """Replace what the block's rows of these terms say."""
    of_term = and_(BlockTermRow.block == bindparam("of_block"), BlockTermRow.term == bindparam("of_term"))
    rows = [{"of_block": block, "of_term": term, "slots": slots} for term, slots in slots_of.items()]
    if rows:
        session.connection().execute(update(BlockTermRow).where(of_term), rows)


def _ordinal(session: Session, call_id: str, started_at: float) -> int:
    """A call's place in the order of all: the next one if it has none. Its block knows its time."""
    connection, call, span = session.connection(), IndexedCallRow, CallBlockRow
    ordinal = connection.scalar(select(call.ordinal).where(call.call_id == call_id))
    if ordinal is None:
        last = connection.scalar(select(func.max(call.ordinal)))
        ordinal = 0 if last is None else last + 1
        connection.execute(insert(call).values(ordinal=ordinal, started_at=started_at, call_id=call_id))
    else:
        connection.execute(update(call).where(call.ordinal == ordinal).values(started_at=started_at))
    block, _ = place(ordinal)
    known = connection.execute(select(span.earliest, span.latest).where(span.block == block)).one_or_none()
    if known is None:
        connection.execute(insert(span).values(block=block, earliest=started_at, latest=started_at))
    else:
        wider = {"earliest": min(known.earliest, started_at), "latest": max(known.latest, started_at)}
        connection.execute(update(span).where(span.block == block).values(wider))
    return ordinal


def lacking(session: Session, keys: KeyStore, calls: Iterable[str]) -> list[str]:
    """Those of the calls that were not indexed whole in this version's way."""
    left = set(calls)
    marked = select(BlockTermRow.block, BlockTermRow.slots).where(BlockTermRow.term == hashed(keys, INDEXED))
    for block, slots in session.execute(marked).all():
        row, have = IndexedCallRow, set(unpack(slots))
        of_block = row.ordinal.between(block * BLOCK_CALLS, (block + 1) * BLOCK_CALLS - 1)
        numbered = session.execute(select(row.ordinal, row.call_id).where(of_block))
        left -= {call_id for ordinal, call_id in numbered if place(ordinal)[1] in have}
    return sorted(left)


def held(session: Session, keys: KeyStore, calls: Iterable[str], terms: Iterable[str]) -> dict[str, list[str]]:
    """Which of the terms each of the calls has; calls that are not in the index are left out."""
    named, asked, row = {hashed(keys, term): term for term in terms}, list(calls), IndexedCallRow
    places, found = defaultdict[int, dict[int, str]](dict), dict[str, list[str]]()
    for at in range(0, len(asked), ROWS_AT_ONCE):
        some = row.call_id.in_(asked[at : at + ROWS_AT_ONCE])
        for ordinal, call_id in session.execute(select(row.ordinal, row.call_id).where(some)):
            block, slot = place(ordinal)
            places[block][slot], found[call_id] = call_id, []
    statement = select(BlockTermRow.block, BlockTermRow.term, BlockTermRow.slots)
    for block, term, slots in session.execute(
        statement.where(BlockTermRow.block.in_(places), BlockTermRow.term.in_(named))
    ):
        for slot in places[block].keys() & unpack(slots):
            found[places[block][slot]].append(named[term])
    return found


# --- counting ---------------------------------------------------------------------------------------------------------


def count_each(session: Session, keys: KeyStore, queries: Sequence[CallQuery]) -> list[int]:
    """How many calls fit each of the queries, of which each names a day. One reading of the index."""
    hash_of = cache(partial(hashed, keys))
    asked = [sorted(map(hash_of, query.terms())) for query in queries]
    row, blocks = BlockTermRow, blocks_of_days(session, {query.day for query in queries})
    statement = select(row.block, row.term, row.slots)
    sets, holding = defaultdict[int, dict[int, int]](dict), defaultdict[int, list[int]](list)
    for block, term, slots in session.execute(
        statement.where(row.block.in_(blocks), row.term.in_({term for terms in asked for term in terms}))
    ):
        sets[block][term] = number(slots)
        holding[term].append(block)
    rarest = (min((holding[term] for term in terms), key=len) for terms in asked)  # of a day: some blocks of all
    return [sum(_in_common(sets[block], terms) for block in few) for terms, few in zip(asked, rarest, strict=True)]


def blocks_of_days(session: Session, days: Iterable[str]) -> list[int]:
    """Blocks that may hold calls of the days: by their times, for of all terms those of some blocks alone are read."""
    starts = sorted(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() for day in days)
    span = CallBlockRow
    known = session.execute(select(span.block, span.earliest, span.latest)).all()
    return [
        block for block, earliest, latest in known
        if (at := bisect_right(starts, latest)) and starts[at - 1] + DAY_SECONDS > earliest
    ]  # fmt: skip


def _in_common(of_block: Mapping[int, int], terms: Sequence[int]) -> int:
    """How many calls of a block have all terms."""
    left = (1 << BLOCK_CALLS) - 1
    for term in terms:
        left &= of_block.get(term, 0)
        if not left:
            return 0
    return left.bit_count()


# --- finding --------------------------------------------------------------------------------------------------------


def find(
    session: Session, keys: KeyStore, query: CallQuery, *, limit: int, before: tuple[float, str] | None
) -> list[tuple[float, str]]:
    """(Start, id) of the calls that fit, newest first; `before` is that of the last one of the page before."""
    terms = sorted(hashed(keys, term) for term in query.terms())
    if not terms:
        newest = select(CallRow.started_at, CallRow.call_id).where(*_window(CallRow, query, before))
        newest = newest.order_by(CallRow.started_at.desc(), CallRow.call_id.desc())
        return [(started_at, call_id) for started_at, call_id in session.execute(newest.limit(limit))]
    found: list[tuple[float, str]] = []
    for ordinals, latest_left in _candidates(session, terms, _blocks(session, query, before), enough=limit):
        more = _newest(session, ordinals, _window(IndexedCallRow, query, before), limit)
        found = sorted([*found, *more], reverse=True)[:limit]
        if len(found) == limit and found[-1][0] > latest_left:
            break
    return found


def _blocks(session: Session, query: CallQuery, before: tuple[float, str] | None) -> list[tuple[int, float]]:
    """Blocks that may hold calls of the query's time, and the start of the latest call in each; latest first."""
    statement = select(CallBlockRow.block, CallBlockRow.latest)
    if query.since is not None:
        statement = statement.where(CallBlockRow.latest >= query.since)
    if query.until is not None:
        statement = statement.where(CallBlockRow.earliest < query.until)
    if before is not None:
        statement = statement.where(CallBlockRow.earliest <= before[0])
    rows = session.execute(statement.order_by(CallBlockRow.latest.desc(), CallBlockRow.block.desc()))
    return [(block, latest) for block, latest in rows]


def _candidates(
    session: Session, terms: Sequence[int], blocks: Sequence[tuple[int, float]], *, enough: int
) -> Iterator[tuple[list[int], float]]:
    """Numbers of calls that have all terms, and the latest start of any call that is still to come.

    Those of one block if they are many, else of as many blocks as make a page.
    """
    pending: list[int] = []
    for at, slots in enumerate(_common_slots(session, terms, [block for block, _ in blocks])):
        block, latest = blocks[at]
        ordinals = [block * BLOCK_CALLS + slot for slot in slots]
        if len(ordinals) > FEW_CALLS:
            yield pending, latest
            pending = []
        pending += ordinals
        if len(pending) >= enough:
            yield pending, blocks[at + 1][1] if at + 1 < len(blocks) else -inf
            pending = []
    yield pending, -inf


def _common_slots(session: Session, terms: Sequence[int], blocks: Sequence[int]) -> Iterator[list[int]]:
    """For each block in turn: slots of the calls that have all terms."""
    at, step = 0, FIRST_BLOCKS
    while some := blocks[at : at + step]:
        statement = select(BlockTermRow.block, BlockTermRow.slots)
        sets = defaultdict[int, list[bytes]](list)
        for block, slots in session.execute(
            statement.where(BlockTermRow.block.in_(some), BlockTermRow.term.in_(terms))
        ):
            sets[block].append(slots)
        for block in some:
            yield common(sets[block]) if len(sets[block]) == len(terms) else []
        at, step = at + step, step * 4


def _newest(
    session: Session, ordinals: list[int], window: Sequence[ColumnElement[bool]], limit: int
) -> list[tuple[float, str]]:
    """(start, id) of the newest of the ordinals that are in the window; up to `limit` of them where they are many."""
    if not ordinals:
        return []
    row = IndexedCallRow
    statement = select(row.ordinal, row.started_at, row.call_id).where(*window)
    if len(ordinals) <= FEW_CALLS or place(ordinals[0])[0] != place(ordinals[-1])[0]:
        rows = session.execute(statement.where(row.ordinal.in_(ordinals)))
        return [(started_at, call_id) for _, started_at, call_id in rows]
    wanted = set(ordinals)
    of_block = statement.where(row.ordinal.between(ordinals[0], ordinals[-1]))
    newest = of_block.order_by(row.started_at.desc(), row.call_id.desc()).execution_options(yield_per=FEW_CALLS)
    with session.execute(newest) as block:  # mostly few of its rows are taken
        fit = ((started_at, call_id) for ordinal, started_at, call_id in block if ordinal in wanted)
        return list(islice(fit, limit))


def _window(
    table: type[CallRow] | type[IndexedCallRow], query: CallQuery, before: tuple[float, str] | None
) -> list[ColumnElement[bool]]:
    """Only calls of the query's time, and behind the page before."""
    window: list[ColumnElement[bool]] = []
    if query.since is not None:
        window.append(table.started_at >= query.since)
    if query.until is not None:
        window.append(table.started_at < query.until)
    if before is not None:
        earlier = and_(table.started_at == before[0], table.call_id < before[1])
        window += [table.started_at <= before[0], (table.started_at < before[0]) | earlier]
    return window
