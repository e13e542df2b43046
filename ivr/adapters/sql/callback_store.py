"""Callback requests in a database. The number is sealed, row by row; a keyed hash of it finds its open request."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from ivr.adapters.sql.database import ROWS_AT_ONCE, reason
from ivr.adapters.sql.model import CallbackRow
from ivr.core.queueing.callback import PENDING, Callback, CallbackRequest, CallbackState
from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.keys import KeyStore

NUMBER = "callback"
"""Purpose of the fingerprints of numbers."""
RACES = 3
"""Tries of keeping one request, when the same number leaves several at once."""


class SqlCallbackStore:
    """The callbacks table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        self._engine = engine
        self._keys = keys

    def keep(self, request: CallbackRequest) -> Callback:
        """Keep a request, durably; one that is pending for the same number and queue is renewed instead."""
        digits = request.number.removeprefix("+").encode()
        mark = self._keys.fingerprint(NUMBER, digits)
        for _ in range(RACES):
            try:
                with self._session() as session:
                    row = session.scalar(
                        select(CallbackRow).where(
                            CallbackRow.queue == request.queue,
                            CallbackRow.number_fingerprint == mark,
                            CallbackRow.state.in_(PENDING),
                        )
                    )
                    if row is None:
                        row = self._sealed(request, mark)
                        session.add(row)
                    row.renewed_at = request.at
                    session.commit()
                    return _plain(row)
            except IntegrityError:
                continue  # another process kept it at the same moment: renew that one
        raise EnvironmentFault("the callback request could not be kept: too many at once for one number")

    def find(self, *, queue: str = "", pending: bool = True, limit: int = 100) -> list[Callback]:
        """Requests, the oldest first."""
        query = select(CallbackRow).order_by(CallbackRow.requested_at, CallbackRow.callback_id).limit(limit)
        if queue:
            query = query.where(CallbackRow.queue == queue)
        if pending:
            query = query.where(CallbackRow.state.in_(PENDING))
        with self._session() as session:
            return [_plain(row) for row in session.scalars(query)]

    def take(self, callback_id: str, *, by: str, at: float) -> str:
        """Take an open request; returns its number. Raises OperatorError, SealError."""
        with self._session() as session:
            changed = session.execute(
                update(CallbackRow)
                .where(CallbackRow.callback_id == callback_id, CallbackRow.state == CallbackState.OPEN)
                .values(state=CallbackState.TAKEN, by=by, changed_at=at)
            )
            row = self._row(session, callback_id)
            if not changed.rowcount:  # type: ignore[attr-defined]
                raise OperatorError(f"{callback_id} is {_how(row)}: it cannot be taken")
            number = self._number(row)
            session.commit()
            return number

    def close(self, callback_id: str, state: CallbackState, *, by: str, at: float, result: str = "") -> None:
        """Close a pending request. Only who took it may call it done. Raises OperatorError."""
        with self._session() as session:
            query = update(CallbackRow).where(CallbackRow.callback_id == callback_id)
            if state is CallbackState.DONE:
                query = query.where(CallbackRow.state == CallbackState.TAKEN, CallbackRow.by == by)
            else:
                query = query.where(CallbackRow.state.in_(PENDING))
            changed = session.execute(query.values(state=state, by=by, changed_at=at, result=result))
            if not changed.rowcount:  # type: ignore[attr-defined]
                row = self._row(session, callback_id)
                needs = " (first take it: ivr callbacks take)" if row.state == CallbackState.OPEN else ""
                raise OperatorError(f"{callback_id} is {_how(row)}: it cannot be {state}{needs}")
            session.commit()

    def expire(self, *, before: float, at: float) -> list[str]:
        """Close every request that was renewed last before a time; returns their ids."""
        with self._session() as session:
            old = select(CallbackRow).where(CallbackRow.state.in_(PENDING), CallbackRow.renewed_at < before)
            rows = list(session.scalars(old))
            for row in rows:
                row.state, row.changed_at = CallbackState.EXPIRED, at
            session.commit()
            return [row.callback_id for row in rows]

    def closed(self, *, before: float) -> dict[str, bytes]:
        """Requests closed before a time, and the wrapped key of each: to be shredded, then forgotten."""
        query = select(CallbackRow).where(CallbackRow.state.not_in(PENDING), CallbackRow.changed_at < before)
        with self._session() as session:
            return {row.callback_id: row.wrapped for row in session.scalars(query)}

    def forget(self, callback_ids: Sequence[str]) -> None:
        """Remove requests. (Shred their keys before: a backup of the database still holds the rows.)"""
        with self._session() as session:
            session.execute(delete(CallbackRow).where(CallbackRow.callback_id.in_(callback_ids)))
            session.commit()

    def rewrap(self, rewrap: Callable[[bytes, str], tuple[bytes, str]], active: str) -> int:
        """Wrap every row's key that another key than `active` wraps again; returns how many.

        In transactions of some rows each: what was done stays done when it is interrupted.
        """
        count, after = 0, ""
        while True:
            with self._session() as session:
                query = select(CallbackRow).where(CallbackRow.kek_id != active, CallbackRow.callback_id > after)
                rows = session.scalars(query.order_by(CallbackRow.callback_id).limit(ROWS_AT_ONCE)).all()
                for row in rows:
                    anew = rewrap(row.wrapped, row.kek_id)
                    count += anew != (row.wrapped, row.kek_id)
                    row.wrapped, row.kek_id = anew
                    after = row.callback_id
                session.commit()
            if len(rows) < ROWS_AT_ONCE:
                return count

    def wrapped_keys(self) -> Iterator[tuple[str, bytes, str]]:
        """Of every row: its id, its wrapped key, and what wrapped it."""
        with self._session() as session:
            query = select(CallbackRow.callback_id, CallbackRow.wrapped, CallbackRow.kek_id)
            for row in session.execute(query).yield_per(ROWS_AT_ONCE):
                yield row.callback_id, row.wrapped, row.kek_id

    def kek_ids(self) -> set[str]:
        """Keys that wrap some row's key."""
        with self._session() as session:
            return set(session.scalars(select(CallbackRow.kek_id).distinct()))

    def _sealed(self, request: CallbackRequest, mark: bytes) -> CallbackRow:
        issued = self._keys.issue()
        callback_id = secrets.token_hex(4)
        plain = json.dumps([request.number, request.queue, request.call_id]).encode()
        return CallbackRow(
            callback_id=callback_id,
            queue=request.queue,
            call_id=request.call_id,
            language=request.language,
            requested_at=request.at,
            renewed_at=request.at,
            state=CallbackState.OPEN,
            by="",
            changed_at=request.at,
            result="",
            number_fingerprint=mark,
            kek_id=issued.kek_id,
            wrapped=issued.wrapped,
            sealed=seal(plain, key=issued.key, context=_context(callback_id), nonce=os.urandom(NONCE_BYTES)),
        )

    def _number(self, row: CallbackRow) -> str:
        key = self._keys.open(row.wrapped, row.kek_id)
        try:
            number, queue, call_id = json.loads(unseal(row.sealed, key=key, context=_context(row.callback_id)))
        except (SealError, ValueError) as error:
            raise SealError(f"the database's row of callback {row.callback_id} was altered: {error}") from error
        if (queue, call_id) != (row.queue, row.call_id):
            raise SealError(f"the database's row of callback {row.callback_id} was altered: it differs from its seal")
        return str(number)

    @staticmethod
    def _row(session: Session, callback_id: str) -> CallbackRow:
        row = session.get(CallbackRow, callback_id)
        if row is None:
            raise OperatorError(f"there is no callback {callback_id}; 'ivr callbacks list' shows them")
        return row

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise EnvironmentFault(f"the database does not answer: {reason(error)}") from error


def _plain(row: CallbackRow) -> Callback:
    return Callback(
        row.callback_id, row.queue, row.call_id, row.language, row.requested_at, row.renewed_at,
        CallbackState(row.state), row.by, row.changed_at, row.result,
    )  # fmt: skip


def _how(row: CallbackRow) -> str:
    return f"{row.state} by {row.by}" if row.by else row.state


def _context(callback_id: str) -> bytes:
    return b"ivr-callback-row/1 " + callback_id.encode()
