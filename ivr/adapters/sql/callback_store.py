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
from ivr.core.queueing.callback import FREE, IDLE, PENDING, Callback, CallbackRequest, CallbackState
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
        """Take a request that is open or unclear; returns its number. Raises OperatorError, SealError."""
        values = {"state": CallbackState.TAKEN, "by": by, "changed_at": at, "result": ""}
        with self._session() as session:
            row = self._change(session, callback_id, FREE, values, "it cannot be taken")
            number = self._number(row)
            session.commit()
            return number

    def close(self, callback_id: str, state: CallbackState, *, by: str, at: float, result: str = "") -> None:
        """Close a pending request. Only who took it may call it done. Raises OperatorError."""
        values = {"state": state, "by": by, "changed_at": at, "result": result}
        done = state is CallbackState.DONE
        with self._session() as session:
            allowed = (CallbackState.TAKEN, CallbackState.DIALLED) if done else PENDING
            self._change(session, callback_id, allowed, values, f"it cannot be {state}", by=by if done else None)
            session.commit()

    # --- the engine's dialling ----------------------------------------------------------------------------------------

    def due(self, *, at: float, limit: int) -> list[Callback]:
        """Open requests that may be dialled at a time, who came first first."""
        query = select(CallbackRow).where(CallbackRow.state == CallbackState.OPEN, CallbackRow.not_before <= at)
        with self._session() as session:
            found = session.scalars(query.order_by(CallbackRow.counts_from, CallbackRow.callback_id).limit(limit))
            return [_plain(row) for row in found]

    def number(self, callback_id: str) -> str:
        """The number of a request. Raises OperatorError, SealError."""
        with self._session() as session:
            return self._number(self._row(session, callback_id))

    def dial(self, callback_id: str, call_id: str, *, by: str, at: float) -> None:
        """An open request is about to be dialled by this call. Raises OperatorError."""
        values = {
            "state": CallbackState.DIALLED, "by": by, "changed_at": at, "dialled_as": call_id,
            "attempts": CallbackRow.attempts + 1,
        }  # fmt: skip
        with self._session() as session:
            self._change(session, callback_id, (CallbackState.OPEN,), values, "it cannot be dialled")
            session.commit()

    def put_off(self, callback_id: str, *, until: float, attempts: int, by: str, at: float) -> None:
        """Open again, to be dialled from a time on, after so many attempts. Raises OperatorError."""
        values = {
            "state": CallbackState.OPEN, "by": "", "changed_at": at, "not_before": until, "attempts": attempts,
            "result": "",
        }  # fmt: skip
        with self._session() as session:
            self._change(session, callback_id, IDLE, values, "it cannot be dialled", by=by)
            session.commit()

    def give_to_person(self, callback_id: str, *, why: str, at: float) -> None:
        """The engine has done with it, and nobody knows or may know more. Raises OperatorError."""
        values = {"state": CallbackState.UNCLEAR, "by": "", "changed_at": at, "result": why}
        with self._session() as session:
            self._change(session, callback_id, IDLE, values, "it cannot be left to a person")
            session.commit()

    def _change(
        self,
        session: Session,
        callback_id: str,
        states: Sequence[CallbackState],
        values: dict[str, object],
        refusal: str,
        *,
        by: str | None = None,
    ) -> CallbackRow:
        """Change a request in one of these states, held by `by` if somebody is named; whoever is later is refused."""
        query = update(CallbackRow).where(CallbackRow.callback_id == callback_id, CallbackRow.state.in_(states))
        if by is not None:
            query = query.where(CallbackRow.by.in_(("", by)))
        changed = session.execute(query.values(**values))
        row = self._row(session, callback_id)
        if not changed.rowcount:  # type: ignore[attr-defined]
            needs = " (first take it: ivr callbacks take)" if row.state in FREE and refusal.endswith("done") else ""
            raise OperatorError(f"{callback_id} is {_how(row)}: {refusal}{needs}")
        return row

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
            counts_from=request.at - request.waited,
            priority=request.priority,
            not_before=0.0,
            attempts=0,
            dialled_as="",
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
        CallbackState(row.state), row.by, row.changed_at, row.result, row.counts_from, row.priority, row.not_before,
        row.attempts, row.dialled_as,
    )  # fmt: skip


def _how(row: CallbackRow) -> str:
    return f"{row.state} by {row.by}" if row.by else row.state
