"""Agents' notes of calls in a database, sealed row by row."""

from __future__ import annotations

import json

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from ivr.adapters.sql.model import NoteRow
from ivr.adapters.sql.rows_of_calls import SealedRowsOfCalls
from ivr.core.call.note import CallNote
from ivr.core.codec import Codec, plain
from ivr.errors import EnvironmentFault
from ivr.ports.keys import KeyStore

NOTE = Codec(CallNote, exact=True)


class SqlNoteStore(SealedRowsOfCalls[NoteRow]):
    """The call_notes table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, NoteRow, "call-note")

    def put(self, note: CallNote) -> None:
        """Keep it in the place of what its agent wrote of its call before."""
        with self._session() as session:
            mine = select(NoteRow).where(NoteRow.call_id == note.call_id, NoteRow.agent == note.agent)
            if (before := session.scalar(mine)) is not None:
                session.delete(before)
                session.flush()
            issued = self._keys.issue()
            row = NoteRow(
                note_id=note.note_id, call_id=note.call_id, agent=note.agent, at=note.at, kek_id=issued.kek_id,
                wrapped=issued.wrapped,
            )  # fmt: skip
            self._seal(row, json.dumps(plain(note), ensure_ascii=False).encode(), issued.key)
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                raise EnvironmentFault("the note was written twice at this moment: try again") from None

    def of_call(self, call_id: str) -> list[CallNote]:
        """All of a call, the oldest first. Raises SealError."""
        query = select(NoteRow).where(NoteRow.call_id == call_id).order_by(NoteRow.at, NoteRow.note_id)
        with self._session() as session:
            return [self._open(row) for row in session.scalars(query)]

    def _open(self, row: NoteRow) -> CallNote:
        try:
            note = NOTE.read(json.loads(self._unseal(row)))
        except ValueError as error:
            raise self._altered(row, str(error)) from error
        if (note.note_id, note.call_id, note.agent, note.at) != (row.note_id, row.call_id, row.agent, row.at):
            raise self._altered(row, "its columns differ from its seal")
        return note
