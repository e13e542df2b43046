"""Callback requests in a database. The number is sealed, row by row; a keyed hash of it finds its open request."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ivr.adapters.sql.model import CallbackRow
from ivr.adapters.sql.sealed_rows import SealedRows
from ivr.core.queueing.callback import PENDING, Callback, CallbackRequest, CallbackState
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.keys import KeyStore

NUMBER = "callback"
"""Purpose of the fingerprints of numbers."""
RACES = 3
"""Tries of keeping one request, when the same number leaves several at once."""


class SqlCallbackStore(SealedRows[CallbackRow]):
    """The callbacks table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, CallbackRow, "callback")

    def keep(self, request: CallbackRequest) -> Callback:
        """Keep a request, durably; one that is pending for the same number and queue is renewed instead."""
        digits = request.number.removeprefix("+").encode()
        mark = self._keys.fingerprint(NUMBER, digits)
        for _ in range(RACES):
            with self._session() as session:
                row = session.scalar(
                    select(CallbackRow).where(
                        CallbackRow.queue == request.queue,
                        CallbackRow.number_fingerprint == mark,
                        CallbackRow.state.in_(PENDING),
                    )
                )
                if row is None:
                    row = self._made(request, mark)
                    session.add(row)
                row.renewed_at = request.at
                try:
                    session.commit()
                except IntegrityError:
                    continue  # another process kept it at the same moment: renew that one
                return _plain(row)
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

    def _made(self, request: CallbackRequest, mark: bytes) -> CallbackRow:
        issued = self._keys.issue()
        plain = json.dumps([request.number, request.queue, request.call_id]).encode()
        row = CallbackRow(
            callback_id=secrets.token_hex(4),
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
        )
        self._seal(row, plain, issued.key)
        return row

    def _number(self, row: CallbackRow) -> str:
        number, queue, call_id = json.loads(self._unseal(row))
        if (queue, call_id) != (row.queue, row.call_id):
            raise self._altered(row, "it differs from its seal")
        return str(number)

    @staticmethod
    def _row(session: Session, callback_id: str) -> CallbackRow:
        row = session.get(CallbackRow, callback_id)
        if row is None:
            raise OperatorError(f"there is no callback {callback_id}; 'ivr callbacks list' shows them")
        return row


def _plain(row: CallbackRow) -> Callback:
    return Callback(
        row.callback_id, row.queue, row.call_id, row.language, row.requested_at, row.renewed_at,
        CallbackState(row.state), row.by, row.changed_at, row.result,
    )  # fmt: skip


def _how(row: CallbackRow) -> str:
    return f"{row.state} by {row.by}" if row.by else row.state
