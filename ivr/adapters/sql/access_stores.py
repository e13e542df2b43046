"""Sessions, machines' tokens, what is taken once, and failures of signing in, in a database: hashes of secrets only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Delete, Engine, Update, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session as Transaction

from ivr.adapters.sql.database import reason
from ivr.adapters.sql.marks import Marks
from ivr.adapters.sql.model import OnceRow, SessionRow, TokenRow, TriesRow
from ivr.core.access.machine import MachineToken
from ivr.core.access.session import Factor, Session
from ivr.core.access.waits import FORGET_SECONDS, KNOWN_SECONDS, Counted, Tries
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.keys import KeyStore

FORGOTTEN_AT_ONCE = 100
"""Rows of failures that are over, removed beside each that is kept: more than ever come in."""


class _Rows:
    """Each method is one transaction; usable from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        """On a database that `upgrade` has prepared."""
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        """The database's errors translated."""
        try:
            with Transaction(self._engine, expire_on_commit=False) as opened:
                yield opened
        except SQLAlchemyError as error:
            raise EnvironmentFault(f"the database does not answer: {reason(error)}") from error

    def _changed(self, statement: Update | Delete) -> int:
        """How many rows it met."""
        with self._transaction() as opened:
            done = opened.execute(statement)
            opened.commit()
            assert isinstance(done, CursorResult)
            return done.rowcount


class SqlSessionStore(_Rows):
    """The sessions table."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine)
        self._marks = Marks(keys, "session")

    def begin(self, session: Session) -> None:
        """Keep a new one."""
        row = SessionRow(
            session_id=session.session_id, digest=session.digest, person=session.person,
            factors=",".join(sorted(session.factors)), begun_at=session.begun_at, seen_at=session.seen_at,
            address=session.address,
        )  # fmt: skip
        row.mark = self._marks.of(*_said_of_session(row))
        with self._transaction() as opened:
            opened.add(row)
            opened.commit()

    def find(self, digest: str) -> Session | None:
        """By the hash of its secret."""
        with self._transaction() as opened:
            row = opened.scalar(select(SessionRow).where(SessionRow.digest == digest))
            return self._read(row) if row is not None else None

    def seen(self, digest: str, *, at: float) -> None:
        """It was used."""
        self._changed(update(SessionRow).where(SessionRow.digest == digest).values(seen_at=at))

    def end(self, session_id: str) -> bool:
        """Of many who end it one hears so."""
        return self._changed(delete(SessionRow).where(SessionRow.session_id == session_id)) == 1

    def end_of(self, person: str) -> int:
        """All of a person."""
        return self._changed(delete(SessionRow).where(SessionRow.person == person))

    def list(self) -> list[Session]:
        """The newest first."""
        newest = SessionRow.begun_at.desc()
        with self._transaction() as opened:
            return [
                self._read(row) for row in opened.scalars(select(SessionRow).order_by(newest, SessionRow.session_id))
            ]

    def forget(self, *, begun_before: float, seen_before: float) -> None:
        """Those whose time is over."""
        over = or_(SessionRow.begun_at < begun_before, SessionRow.seen_at < seen_before)
        self._changed(delete(SessionRow).where(over))

    def _read(self, row: SessionRow) -> Session:
        self._marks.check(row.mark, *_said_of_session(row))
        factors = frozenset(Factor(one) for one in row.factors.split(","))
        return Session(row.session_id, row.digest, row.person, factors, row.begun_at, row.seen_at, row.address)


class SqlTokenStore(_Rows):
    """The tokens table."""

    def __init__(self, engine: Engine, keys: KeyStore) -> None:
        """On a database that `upgrade` has prepared."""
        super().__init__(engine)
        self._marks = Marks(keys, "token")

    def make(self, token: MachineToken) -> None:
        """Keep a new one."""
        row = TokenRow(
            token_id=token.token_id, digest=token.digest, name=token.name, person=token.person,
            scopes=",".join(sorted(token.scopes)), made_at=token.made_at, until=token.until, used_at=token.used_at,
            revoked=token.revoked,
        )  # fmt: skip
        row.mark = self._marks.of(*_said_of_token(row))
        with self._transaction() as opened:
            opened.add(row)
            try:
                opened.commit()
            except IntegrityError as error:
                raise OperatorError(f"there is a token {token.name} already: revoke it first") from error

    def find(self, digest: str) -> MachineToken | None:
        """By the hash of its secret."""
        with self._transaction() as opened:
            row = opened.scalar(select(TokenRow).where(TokenRow.digest == digest))
            return self._read(row) if row is not None else None

    def list(self) -> list[MachineToken]:
        """By name and age."""
        with self._transaction() as opened:
            return [
                self._read(row) for row in opened.scalars(select(TokenRow).order_by(TokenRow.name, TokenRow.made_at))
            ]

    def used(self, token_id: str, *, at: float) -> None:
        """It was used."""
        self._changed(update(TokenRow).where(TokenRow.token_id == token_id).values(used_at=at))

    def revoke(self, token_id: str) -> bool:
        """It opens nothing from now on."""
        alive = (TokenRow.token_id == token_id, TokenRow.revoked.is_(False))
        return self._changed(update(TokenRow).where(*alive).values(revoked=True)) == 1

    def _read(self, row: TokenRow) -> MachineToken:
        self._marks.check(row.mark, *_said_of_token(row))
        return MachineToken(
            row.token_id, row.digest, row.name, row.person, frozenset(row.scopes.split(",")), row.made_at, row.until,
            row.used_at, row.revoked,
        )  # fmt: skip


class SqlOnceStore(_Rows):
    """The table of what is taken once."""

    def keep(self, digest: str, *, until: float) -> None:
        """May be taken once."""
        with self._transaction() as opened:
            opened.execute(insert(OnceRow).values(digest=digest, until=until))
            opened.commit()

    def take(self, digest: str, *, now: float) -> bool:
        """One deletes it, and with it what nobody took."""
        taken = self._changed(delete(OnceRow).where(OnceRow.digest == digest, OnceRow.until > now)) == 1
        self._changed(delete(OnceRow).where(OnceRow.until <= now))
        return taken


class SqlTryStore(_Rows):
    """The tries table."""

    def change(
        self,
        keys: Mapping[Counted, bytes],
        change: Callable[[dict[Counted, Tries]], dict[Counted, Tries]],
        *,
        now: float,
    ) -> None:
        """Rows are made first and locked in one order: two at once wait for each other, and never for ever."""
        made: Any = postgres_insert if self._engine.dialect.name == "postgresql" else sqlite_insert
        order = sorted(keys.values())
        with self._transaction() as opened:
            new = [{"counted": key, "failures": 0, "last_at": 0.0, "known_at": 0.0} for key in order]
            opened.execute(made(TriesRow).values(new).on_conflict_do_nothing())
            query = select(TriesRow).where(TriesRow.counted.in_(order)).order_by(TriesRow.counted).with_for_update()
            rows = {row.counted: row for row in opened.scalars(query)}
            read = {kind: _tries(rows[key]) for kind, key in keys.items()}
            for kind, tries in change(read).items():
                row = rows[keys[kind]]
                row.failures, row.last_at, row.known_at = tries.failures, tries.last_at, tries.known_at
            opened.flush()
            over = (TriesRow.last_at < now - FORGET_SECONDS, TriesRow.known_at < now - KNOWN_SECONDS)
            old = select(TriesRow.counted).where(*over).limit(FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)
            opened.execute(delete(TriesRow).where(TriesRow.counted.in_(old)))
            opened.commit()


def _said_of_session(row: SessionRow) -> tuple[object, ...]:
    return row.session_id, row.digest, row.person, row.factors, row.begun_at, row.address


def _said_of_token(row: TokenRow) -> tuple[object, ...]:
    return row.token_id, row.digest, row.name, row.person, row.scopes, row.made_at, row.until


def _tries(row: TriesRow) -> Tries:
    return Tries(row.failures, row.last_at, row.known_at)
