"""Users of the console in a database. Their credentials are sealed, row by row."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Engine, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError

from ivr.adapters.sql.marks import Marks
from ivr.adapters.sql.model import UserRow
from ivr.adapters.sql.sealed_rows import SealedRows
from ivr.core.access.user import Credentials, Invitation, User
from ivr.errors import OperatorError
from ivr.ports.keys import KeyStore


class SqlUserStore(SealedRows[UserRow]):
    """The users table. Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine, keys, UserRow, "user")
        self._marks = Marks(keys, "user")

    def add(self, user: User) -> None:
        """A new one, without credentials."""
        issued = self._keys.issue()
        row = UserRow(
            name=user.name, handle=user.handle, made_at=user.made_at, first=user.first, **_changing(user),
            version=user.version, kek_id=issued.kek_id, wrapped=issued.wrapped,
        )  # fmt: skip
        self._seal(row, Credentials().encode(), issued.key)
        row.mark = self._marks.of(*_said(row))
        with self._session() as session:
            session.add(row)
            try:
                session.commit()
            except IntegrityError as error:
                raise OperatorError(f"there is a user {user.name} already") from error

    def find(self, name: str) -> User | None:
        """By name."""
        return self._one(UserRow.name == name)

    def by_handle(self, handle: bytes) -> User | None:
        """By what their devices know."""
        return self._one(UserRow.handle == handle)

    def invited(self, digest: str) -> User | None:
        """By an invitation's hash."""
        return self._one(UserRow.invitation == digest)

    def list(self) -> list[User]:
        """All, by name."""
        with self._session() as session:
            return [self._plain(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]

    def credentials(self, user: User) -> Credentials:
        """Unsealed. Raises SealError."""
        with self._session() as session:
            row = session.get(UserRow, user.name)
            return Credentials.decode(self._unseal(row)) if row is not None else Credentials()

    def change(self, user: User, credentials: Credentials | None = None) -> bool:
        """Keep both, unless somebody else changed them."""
        with self._session() as session:
            row = session.get(UserRow, user.name)
            if row is None or row.version != user.version:
                return False
            self._marks.check(row.mark, *_said(row))
            session.expunge(row)
            values = {**_changing(user), "version": user.version + 1}
            for name, value in values.items():
                setattr(row, name, value)
            if credentials is not None:
                self._seal(row, credentials.encode(), self._keys.open(row.wrapped, row.kek_id))
            mine = (UserRow.name == user.name, UserRow.version == user.version)
            new = {**values, "sealed": row.sealed, "mark": self._marks.of(*_said(row))}
            done = session.execute(update(UserRow).where(*mine).values(**new))
            session.commit()
            assert isinstance(done, CursorResult)
            return done.rowcount == 1

    def _one(self, where: ColumnElement[bool]) -> User | None:
        with self._session() as session:
            row = session.scalar(select(UserRow).where(where))
            return self._plain(row) if row is not None else None

    def _plain(self, row: UserRow) -> User:
        self._marks.check(row.mark, *_said(row))
        invited = row.invitation is not None and row.invited_until is not None
        return User(
            row.name,
            row.handle,
            row.made_at,
            row.first,
            row.disabled,
            Invitation(row.invitation or "", row.invited_until or 0.0) if invited else None,
            row.signed_in_at,
            row.version,
        )


def _changing(user: User) -> dict[str, object]:
    invitation = user.invitation
    return {
        "disabled": user.disabled,
        "invitation": invitation.digest if invitation else None,
        "invited_until": invitation.until if invitation else None,
        "signed_in_at": user.signed_in_at,
    }


def _said(row: UserRow) -> tuple[object, ...]:
    return (
        row.name, row.handle.hex(), row.made_at, row.first, row.disabled, row.invitation, row.invited_until,
        row.signed_in_at, row.version, row.sealed.hex(),
    )  # fmt: skip
