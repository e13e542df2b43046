"""What was read in calls after them in a database, sealed row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Select, and_, delete, or_, select
from sqlalchemy.exc import IntegrityError

from ivr.adapters.sql.database import ROWS_AT_ONCE
from ivr.adapters.sql.model import CallRow, InspectionRow
from ivr.adapters.sql.rows_of_calls import SealedRowsOfCalls
from ivr.core.call.transcription import Transcription
from ivr.core.codec import Codec, plain
from ivr.core.compliance.findings import CallFindings
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.keys import KeyStore
from ivr.ports.reviews import OnDamage

TRANSCRIPTION, FINDINGS = Codec(Transcription, exact=True), Codec(CallFindings, exact=True)
TRANSCRIPT, FOUND = "transcript", "findings"
"""Parts: the words `part` of a row."""


class SqlInspectionStore(SealedRowsOfCalls[InspectionRow]):
    """The inspections table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, InspectionRow, "inspection")

    def put_transcription(self, transcription: Transcription) -> None:
        """Keep it in the place of the one before. Raises OperatorError when there is no such call."""
        self._put(TRANSCRIPT, transcription)

    def transcription(self, call_id: str) -> Transcription | None:
        """The call's; None: it was not read. Raises SealError."""
        with self._session() as session:
            row = session.get(InspectionRow, _id(call_id, TRANSCRIPT))
            return None if row is None else self._open(row, TRANSCRIPTION)

    def put_findings(self, findings: CallFindings) -> None:
        """Keep them in the place of those before: the call is inspected. Raises OperatorError when there is no such."""
        self._put(FOUND, findings)

    def findings(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, CallFindings]:
        """By call; those that were not inspected are left out. Raises SealError without `on_damage`."""
        asked = list(calls)
        found: dict[str, CallFindings] = {}
        for at in range(0, len(asked), ROWS_AT_ONCE):
            wanted = [_id(call, FOUND) for call in asked[at : at + ROWS_AT_ONCE]]
            query = select(InspectionRow).where(InspectionRow.inspection_id.in_(wanted))
            found |= {one.call_id: one for one in self._opened(query, on_damage)}
        return found

    def findings_between(
        self, since: float, until: float, *, limit: int, on_damage: OnDamage | None = None
    ) -> list[CallFindings]:
        """Of the calls that began from `since` on and before `until`, newest first."""
        row = InspectionRow
        query = select(row).where(row.part == FOUND, row.started_at >= since, row.started_at < until)
        newest = query.order_by(row.started_at.desc(), row.call_id.desc()).limit(limit)
        return list(self._opened(newest, on_damage))

    def waiting(self, since: float, *, limit: int, after: tuple[float, str] = (0.0, "")) -> Sequence[tuple[float, str]]:
        """(End, call) of calls that ended from `since` on, have a recording and no findings; longest waiting first."""
        row, (ended, call) = InspectionRow, after
        found = select(row.call_id).where(row.call_id == CallRow.call_id, row.part == FOUND)
        behind = or_(CallRow.ended_at > ended, and_(CallRow.ended_at == ended, CallRow.call_id > call))
        query = select(CallRow.ended_at, CallRow.call_id).where(
            CallRow.ended_at >= since, behind, CallRow.recording_id.is_not(None), ~found.exists()
        )
        with self._session() as session:
            rows = session.execute(query.order_by(CallRow.ended_at, CallRow.call_id).limit(limit))
            return [(ended_at, call_id) for ended_at, call_id in rows if ended_at is not None]

    def _put(self, part: str, kept: Transcription | CallFindings) -> None:
        issued = self._keys.issue()
        row = InspectionRow(
            inspection_id=_id(kept.call_id, part), call_id=kept.call_id, part=part, started_at=kept.started_at,
            at=kept.at, kek_id=issued.kek_id, wrapped=issued.wrapped,
        )  # fmt: skip
        self._seal(row, json.dumps(plain(kept), ensure_ascii=False).encode(), issued.key)
        with self._session() as session:
            session.execute(delete(InspectionRow).where(InspectionRow.inspection_id == row.inspection_id))
            # Behind that write nobody erases the call until the commit: what comes too late must not outlive it.
            if session.scalar(select(CallRow.call_id).where(CallRow.call_id == kept.call_id).with_for_update()) is None:
                raise OperatorError(f"there is no call {kept.call_id} any more: nothing is kept of it")
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                raise EnvironmentFault("the call was inspected twice at this moment: try again") from None

    def _opened(self, query: Select[InspectionRow], on_damage: OnDamage | None) -> Iterator[CallFindings]:
        with self._session() as session:
            for row in session.scalars(query):
                try:
                    yield self._open(row, FINDINGS)
                except SealError as error:
                    if on_damage is None:
                        raise
                    on_damage(row.call_id, str(error))

    def _open(self, row: InspectionRow, codec: Codec[Any]) -> Any:
        try:
            kept = codec.read(json.loads(self._unseal(row)))
        except ValueError as error:
            raise self._altered(row, str(error)) from error
        if (kept.call_id, kept.started_at, kept.at) != (row.call_id, row.started_at, row.at):
            raise self._altered(row, "its columns differ from its seal")
        return kept


def _id(call_id: str, part: str) -> str:
    return f"{call_id}/{part}"
