"""The index of terms: which calls have which, as keyed hashes. See ivr/core/vault/search.py for what that hides."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, and_, delete, exists, func, insert, select
from sqlalchemy.orm import Session, aliased

from ivr.adapters.sql.model import CallRow, CallTermRow
from ivr.core.call.flags import flags
from ivr.core.call.record import CallRecord
from ivr.core.vault.search import CallQuery, caller_key, field_term
from ivr.ports import KeyStore

TERM = "term"
"""Purpose of the keyed hashes."""
COUNTED = 8_000
"""Of a term with more calls it does not matter how many, when the rarest is chosen. Counting so many takes 2 ms."""


def record_terms(record: CallRecord) -> frozenset[str]:
    """Terms that follow from a call's record."""
    pairs = [("outcome", record.outcome), ("language", record.language)]
    pairs += [("dialplan", record.dialplan.partition("@")[0]), ("caller", caller_key(record.caller))]
    pairs += [("agent", agent) for agent in record.agents]
    pairs += [("state", state) for state in record.states]
    pairs += [("flag", flag) for flag in flags(record)]
    pairs += [("disclosure", evidence.disclosure) for evidence in record.disclosures]
    pairs += [("mailbox", message.mailbox) for message in record.voicemails]
    return frozenset(field_term(name, value) for name, value in pairs if value)


def hashed(keys: KeyStore, term: str) -> int:
    """64 bits of a term's keyed hash, as a signed number (SQL's BIGINT)."""
    return int.from_bytes(keys.fingerprint(TERM, term.encode())[:8], "big", signed=True)


def add_terms(session: Session, keys: KeyStore, call_id: str, started_at: float, terms: Iterable[str]) -> None:
    """Add terms of a call that it does not have yet."""
    wanted = {hashed(keys, term) for term in terms}
    present = set(session.scalars(select(CallTermRow.term).where(CallTermRow.call_id == call_id)))
    rows = [{"term": term, "started_at": started_at, "call_id": call_id} for term in sorted(wanted - present)]
    if rows:
        session.execute(insert(CallTermRow), rows)


def drop_terms(session: Session, call_id: str) -> None:
    """Forget all terms of a call."""
    session.execute(delete(CallTermRow).where(CallTermRow.call_id == call_id))


def find(
    session: Session, keys: KeyStore, query: CallQuery, *, limit: int, before: tuple[float, str] | None
) -> list[str]:
    """Ids of the calls that fit, newest first; `before` is (start, id) of the last one of the page before."""
    terms = [hashed(keys, term) for term in query.terms()]
    if not terms:
        statement = _window(select(CallRow.call_id), CallRow, query, before)
        newest = statement.order_by(CallRow.started_at.desc(), CallRow.call_id.desc())
        return list(session.scalars(newest.limit(limit)))
    first, *others = sorted(terms, key=lambda term: _count(session, term, query, before))
    statement = _window(select(CallTermRow.call_id), CallTermRow, query, before).where(CallTermRow.term == first)
    for term in others:
        other = aliased(CallTermRow)
        same = and_(other.started_at == CallTermRow.started_at, other.call_id == CallTermRow.call_id)
        statement = statement.where(exists().where(other.term == term, same))
    newest = statement.order_by(CallTermRow.started_at.desc(), CallTermRow.call_id.desc())
    return list(session.scalars(newest.limit(limit)))


def _count(session: Session, term: int, query: CallQuery, before: tuple[float, str] | None) -> int:
    """How many calls of the query's time have a term, up to COUNTED."""
    all_of_it = _window(select(CallTermRow.call_id), CallTermRow, query, before).where(CallTermRow.term == term)
    some = all_of_it.limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _window(
    statement: Select[tuple[str]],
    table: type[CallRow] | type[CallTermRow],
    query: CallQuery,
    before: tuple[float, str] | None,
) -> Select[tuple[str]]:
    """Only calls of the query's time, and behind the page before."""
    if query.since is not None:
        statement = statement.where(table.started_at >= query.since)
    if query.until is not None:
        statement = statement.where(table.started_at < query.until)
    if before is not None:
        earlier = and_(table.started_at == before[0], table.call_id < before[1])
        statement = statement.where(table.started_at <= before[0], (table.started_at < before[0]) | earlier)
    return statement
