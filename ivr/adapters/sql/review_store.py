"""Reviews of calls in a database, sealed row by row. The sealed one is the truth; clear columns are for finding it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Engine, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ivr.adapters.sql.database import ROWS_AT_ONCE
from ivr.adapters.sql.model import ReviewRow
from ivr.adapters.sql.rows_of_calls import SealedRowsOfCalls
from ivr.core.codec import Codec, plain
from ivr.core.review.review import Decided, Review, Said, may_judge, refused
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import KeyStore
from ivr.ports.reviews import OnDamage

REVIEW = Codec(Review, exact=True)


class SqlReviewStore(SealedRowsOfCalls[ReviewRow]):
    """The reviews table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, ReviewRow, "review")

    def add(self, review: Review) -> None:
        """Keep a judgement. Raises OperatorError when its call takes none of this person any more."""
        with self._session() as session:
            others = [self._open(row) for row in session.scalars(self._of_calls([review.call_id]).with_for_update())]
            if not may_judge(others, review.by):
                raise OperatorError(refused(others, review.by))
            issued = self._keys.issue()
            row = ReviewRow(
                review_id=review.review_id,
                number=len(others) + 1,
                kek_id=issued.kek_id,
                wrapped=issued.wrapped,
                **_clear(review),
            )
            self._seal(row, _text(review), issued.key)
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                raise OperatorError("another review of this call was handed in at this moment: try again") from None

    def get(self, review_id: str) -> Review:
        """One. Raises OperatorError, SealError."""
        with self._session() as session:
            return self._open(self._row(session, review_id))

    def of_calls(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, tuple[Review, ...]]:
        """Reviews by their call, the first one first; calls without one are left out. Raises SealError."""
        asked = list(calls)
        found: dict[str, tuple[Review, ...]] = {}
        for at in range(0, len(asked), ROWS_AT_ONCE):
            found |= self._grouped(self._of_calls(asked[at : at + ROWS_AT_ONCE]), on_damage)
        return found

    def of_agent(self, agent: str, *, limit: int, on_damage: OnDamage | None = None) -> list[Review]:
        """What was said of an agent, the newest first."""
        query = select(ReviewRow).where(ReviewRow.agent == agent).order_by(ReviewRow.at.desc(), ReviewRow.review_id)
        with self._session() as session:
            return list(self._opened(session.scalars(query.limit(limit)), on_damage))

    def since(self, at: float, *, limit: int, on_damage: OnDamage | None = None) -> dict[str, tuple[Review, ...]]:
        """Reviews by their call, of the calls that were judged last since a time, the newest call first."""
        query = select(ReviewRow.call_id).where(ReviewRow.at >= at).order_by(ReviewRow.at.desc(), ReviewRow.review_id)
        with self._session() as session:
            calls = list(dict.fromkeys(session.scalars(query.limit(2 * limit))))[:limit]
        found = self.of_calls(calls, on_damage=on_damage)
        return {call: found[call] for call in calls if call in found}

    def appealed(self, *, on_damage: OnDamage | None = None) -> list[Review]:
        """Reviews that were appealed against, and of which nobody decided, the oldest first."""
        query = select(ReviewRow).where(ReviewRow.state == "appealed").order_by(ReviewRow.at, ReviewRow.review_id)
        with self._session() as session:
            return list(self._opened(session.scalars(query), on_damage))

    def appeal(self, review_id: str, said: Said) -> None:
        """Its agent appeals. Raises OperatorError where that was done."""
        self._change(review_id, "submitted", "it was appealed against before", appeal=said)

    def decide(self, review_id: str, decided: Decided) -> None:
        """Somebody decided. Raises OperatorError where no appeal waits."""
        self._change(review_id, "appealed", "no appeal against it waits for anybody", decided=decided)

    def _change(self, review_id: str, state: str, refusal: str, **changes: Said | Decided) -> None:
        with self._session() as session:
            row = session.get(ReviewRow, review_id, with_for_update=True)
            if row is None or row.state != state:
                self._row(session, review_id)
                raise OperatorError(f"this review is {row.state if row else 'gone'}: {refusal}")
            changed = replace(self._open(row), **changes)  # type: ignore[arg-type]
            for name, value in _clear(changed).items():
                setattr(row, name, value)
            self._seal(row, _text(changed), self._keys.open(row.wrapped, row.kek_id))
            session.commit()

    def _grouped(self, query: Select[ReviewRow], on_damage: OnDamage | None) -> dict[str, tuple[Review, ...]]:
        found: dict[str, tuple[Review, ...]] = {}
        with self._session() as session:
            for review in self._opened(session.scalars(query), on_damage):
                found[review.call_id] = (*found.get(review.call_id, ()), review)
        return found

    def _opened(self, rows: Iterable[ReviewRow], on_damage: OnDamage | None) -> Iterator[Review]:
        for row in rows:
            try:
                yield self._open(row)
            except SealError as error:
                if on_damage is None:
                    raise
                on_damage(row.call_id, str(error))

    @staticmethod
    def _of_calls(calls: Sequence[str]) -> Select[ReviewRow]:
        return select(ReviewRow).where(ReviewRow.call_id.in_(calls)).order_by(ReviewRow.call_id, ReviewRow.number)

    def _open(self, row: ReviewRow) -> Review:
        try:
            review = REVIEW.read(json.loads(self._unseal(row)))
        except ValueError as error:
            raise self._altered(row, str(error)) from error
        if review.review_id != row.review_id or any(getattr(row, name) != one for name, one in _clear(review).items()):
            raise self._altered(row, "its columns differ from its seal")
        return review

    @staticmethod
    def _row(session: Session, review_id: str) -> ReviewRow:
        row = session.get(ReviewRow, review_id)
        if row is None:
            raise OperatorError("there is no such review; 'ivr review queue' shows the latest")
        return row


def _text(review: Review) -> bytes:
    return json.dumps(plain(review), ensure_ascii=False).encode()


def _clear(review: Review) -> dict[str, object]:
    """The columns that are not sealed."""
    return {"call_id": review.call_id, "by": review.by, "agent": review.agent, "at": review.at, "state": review.state}
