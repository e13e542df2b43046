"""Call records in a database, sealed row by row.

The sealed record is the truth. The clear columns beside it are for searching; a row in which they differ from
what was sealed was altered, and raises.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Engine, delete, select

from ivr.adapters.sql.call_ranks import ranked, set_flags
from ivr.adapters.sql.call_search import add_terms, count_each, drop_terms, find, held, lacking, record_terms, take_turn
from ivr.adapters.sql.database import ROWS_AT_ONCE
from ivr.adapters.sql.model import CallRow
from ivr.adapters.sql.sealed_rows import SealedRows
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_text, record_to_json
from ivr.core.vault.search import CallQuery, RankedCalls, field_term, spoken_terms
from ivr.errors import BugError, OperatorError, SealError
from ivr.ports.keys import KeyStore

OnDamage = Callable[[str, str], None]
"""(call, what is wrong with its row)."""
CALLER = "caller"
"""Purpose of the fingerprints of callers' addresses."""


class SqlCallStore(SealedRows[CallRow]):
    """The calls table. Each method is one transaction; usable from several threads."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, CallRow, "call")

    def save(self, record: CallRecord) -> None:
        """Insert or replace the record of one call. Raises EnvironmentFault when the database does not take it."""
        with self._session() as session:
            take_turn(session)
            row = session.get(CallRow, record.call_id)
            if row is None:
                issued = self._keys.issue()
                key = issued.key
                row = CallRow(call_id=record.call_id, kek_id=issued.kek_id, wrapped=issued.wrapped)
                session.add(row)
            else:
                key = self._keys.open(row.wrapped, row.kek_id)
            for name, value in self._clear(record).items():
                setattr(row, name, value)
            plain = json.dumps(record_to_json(record), ensure_ascii=False).encode()
            self._seal(row, plain, key)
            if record.ended_at is not None:
                session.flush()
                add_terms(session, self._keys, record.call_id, record.started_at, record_terms(record))
            session.commit()

    def get(self, call_id: str) -> CallRecord:
        """One record. Raises OperatorError when there is none, SealError when it was altered."""
        with self._session() as session:
            row = session.get(CallRow, call_id)
            if row is None:
                raise OperatorError(f"there is no call {call_id}; 'ivr recordings list' shows them")
            return self._open(row)

    def recent(
        self, *, limit: int = 50, before: float | None = None, on_damage: OnDamage | None = None
    ) -> list[CallRecord]:
        """Newest first; `before` is a start time to page from.

        A row that does not open goes to `on_damage` and the others are read; without one it raises SealError.
        """
        query = select(CallRow).order_by(CallRow.started_at.desc(), CallRow.call_id.desc()).limit(limit)
        if before is not None:
            query = query.where(CallRow.started_at < before)
        with self._session() as session:
            return list(self._opened(session.scalars(query), on_damage))

    def search(
        self,
        query: CallQuery,
        *,
        limit: int = 50,
        before: tuple[float, str] | None = None,
        on_damage: OnDamage | None = None,
    ) -> list[CallRecord]:
        """Calls that have ended and fit, newest first; `before`: (start, id) of the last one of the page before.

        `on_damage`: as in `recent`.
        """
        with self._session() as session:
            found = [call for _, call in find(session, self._keys, query, limit=limit, before=before)]
            rows = {row.call_id: row for row in session.scalars(select(CallRow).where(CallRow.call_id.in_(found)))}
            return list(self._opened((rows[call_id] for call_id in found if call_id in rows), on_damage))

    def fitting(self, query: CallQuery, *, limit: int) -> list[tuple[float, str]]:
        """(Start, id) of calls that fit, newest first; by time alone, calls that go on fit too. Opens no record."""
        with self._session() as session:
            return find(session, self._keys, query, limit=limit, before=None)

    def flags_of(self, calls: Iterable[str], flags: Iterable[str]) -> dict[str, frozenset[str]]:
        """Which of these flags each of the calls that have ended has. Opens no record."""
        names = {field_term("flag", flag): flag for flag in flags}
        with self._session() as session:
            found = held(session, self._keys, calls, names)
        return {call: frozenset(names[term] for term in terms) for call, terms in found.items()}

    def ranked(self, since: float, until: float, points: Mapping[str, int], *, limit: int) -> Mapping[str, RankedCalls]:
        """By day (UTC), calls that have ended, by the points of their flags. Opens no record."""
        with self._session() as session:
            return ranked(session, self._keys, since, until, points, limit=limit)

    def of_calls(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, CallRecord]:
        """Records of these calls; those that are not here are left out. `on_damage`: as in `recent`."""
        asked, found = list(calls), dict[str, CallRecord]()
        with self._session() as session:
            for at in range(0, len(asked), ROWS_AT_ONCE):
                rows = session.scalars(select(CallRow).where(CallRow.call_id.in_(asked[at : at + ROWS_AT_ONCE])))
                found |= {record.call_id: record for record in self._opened(rows, on_damage)}
        return found

    def count_each(self, queries: Sequence[CallQuery]) -> list[int]:
        """How many ended calls fit each; every query names a day, and no time."""
        if any(not one.day or one.since is not None or one.until is not None for one in queries):
            raise BugError("calls are counted by day")
        with self._session() as session:
            return count_each(session, self._keys, queries)

    def of_caller(self, number: str, *, since: float, limit: int) -> list[str]:
        """Calls that have ended of whoever calls from this number, newest first. No record is opened for it."""
        with self._session() as session:
            fit = find(session, self._keys, CallQuery(caller=number, since=since), limit=limit, before=None)
            return [call for _, call in fit]

    def with_value(self, name: str, value: str, *, since: float, limit: int) -> list[str]:
        """Calls that have ended in which a lookup returned this, newest first. No record is opened for it."""
        with self._session() as session:
            query = CallQuery(looked_up=f"{name}={value}", since=since)
            return [call for _, call in find(session, self._keys, query, limit=limit, before=None)]

    def index_words(
        self, call_id: str, said: Iterable[str], told: Iterable[str] = (), spoke: Iterable[str] = ()
    ) -> None:
        """Make a call findable by what its caller, the engine and agents said: by all that is known of it.

        Does nothing for a call that is not here.
        """
        with self._session() as session:
            take_turn(session)
            row = session.get(CallRow, call_id)
            if row is not None:
                add_terms(session, self._keys, call_id, row.started_at, spoken_terms(said, told, spoke))
                session.commit()

    def index_flags(self, call_id: str, flags: Iterable[str], among: Iterable[str]) -> None:
        """Of `among`, a call has these flags and no others from now on. Does nothing for one that is not here."""
        with self._session() as session:
            take_turn(session)
            row = session.get(CallRow, call_id)
            if row is not None:
                set_flags(session, self._keys, call_id, row.started_at, flags, among)
                session.commit()

    def unindexed(self, calls: Iterable[str]) -> list[str]:
        """Those of the calls that `index_words` was not told of, or by an earlier version; all in one reading."""
        with self._session() as session:
            return lacking(session, self._keys, calls)

    def wrapped_key(self, call_id: str) -> bytes | None:
        """The wrapped key of a call's record; None when there is no record."""
        with self._session() as session:
            row = session.get(CallRow, call_id)
            return row.wrapped if row is not None else None

    def recorded(self) -> Iterator[str]:
        """Calls of which there must be a recording."""
        with self._session() as session:
            query = select(CallRow.call_id).where(CallRow.recording_id.is_not(None))
            yield from session.scalars(query).yield_per(ROWS_AT_ONCE)

    def forget(self, call_id: str) -> None:
        """Remove a call's record. (Shred its key before: a backup of the database still holds the row.)"""
        with self._session() as session:
            take_turn(session)
            drop_terms(session, call_id)
            session.execute(delete(CallRow).where(CallRow.call_id == call_id))
            session.commit()

    def unrecorded(self, *, before: float, on_damage: OnDamage | None = None) -> list[CallRecord]:
        """Records of calls without a recording that began before a time, oldest first. `on_damage`: as in `recent`."""
        query = select(CallRow).where(CallRow.recording_id.is_(None), CallRow.started_at < before)
        with self._session() as session:
            rows = session.scalars(query.order_by(CallRow.started_at, CallRow.call_id))
            return list(self._opened(rows, on_damage))

    def _opened(self, rows: Iterable[CallRow], on_damage: OnDamage | None) -> Iterator[CallRecord]:
        for row in rows:
            try:
                yield self._open(row)
            except SealError as error:
                if on_damage is None:
                    raise
                on_damage(row.call_id, str(error))

    def _open(self, row: CallRow) -> CallRecord:
        record = record_from_text(self._unseal(row))
        if any(getattr(row, name) != value for name, value in self._clear(record).items()):
            raise self._altered(row, "its columns differ from its seal")
        return record

    def _clear(self, record: CallRecord) -> dict[str, object]:
        """The columns that are not sealed."""
        return {
            "started_at": record.started_at,
            "ended_at": record.ended_at,
            "called": record.called,
            "dialplan": record.dialplan,
            "certificate": record.certificate,
            "language": record.language,
            "outcome": record.outcome,
            "identity": record.identity,
            "recording_id": record.recording_id,
            "caller_fingerprint": self._keys.fingerprint(CALLER, record.caller.encode()),
        }
