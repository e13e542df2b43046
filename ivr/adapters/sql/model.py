"""Tables. Rule: what belongs to a caller is sealed, or a fingerprint that only the key store can make.

The clear columns are what operators search by and what says nothing about who called: times, dialplan, outcome.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, Index, LargeBinary, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Root of all tables."""


class CallRow(Table):
    """One call."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_started", "started_at", "call_id"),
        Index("ix_calls_caller", "caller_fingerprint", "started_at"),
    )

    call_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    started_at: Mapped[float] = mapped_column(Float)
    """Seconds since the epoch."""
    ended_at: Mapped[float | None] = mapped_column(Float)
    called: Mapped[str] = mapped_column(String(128))
    """The bank's own number."""
    dialplan: Mapped[str] = mapped_column(String(128))
    certificate: Mapped[str] = mapped_column(String(64), default="")
    """Id of the proof of the dialplan's rules."""
    language: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str] = mapped_column(String(32))
    identity: Mapped[str] = mapped_column(String(32))
    recording_id: Mapped[str | None] = mapped_column(String(160))
    caller_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Keyed hash of the caller's address: equal for equal callers."""
    kek_id: Mapped[str] = mapped_column(String(64))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(128))
    """The row's data key."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The whole record as JSON, sealed."""


class CallTermRow(Table):
    """That a call has a term: a keyed hash of a word, an agent, a number. Ordered for 'newest first' by term."""

    __tablename__ = "call_terms"
    __table_args__ = (Index("ix_call_terms_call", "call_id"), {"sqlite_with_rowid": False})

    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    started_at: Mapped[float] = mapped_column(Float, primary_key=True)
    call_id: Mapped[str] = mapped_column(String(128), primary_key=True)


class CallbackRow(Table):
    """A wish to be called back; its number is sealed."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_wished", "queue", "wished_at"),
        Index(
            "ux_callbacks_pending",
            "queue",
            "number_fingerprint",
            unique=True,
            sqlite_where=text("state IN ('open', 'taken')"),
            postgresql_where=text("state IN ('open', 'taken')"),
        ),
    )

    callback_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    queue: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str] = mapped_column(String(128))
    language: Mapped[str] = mapped_column(String(16))
    wished_at: Mapped[float] = mapped_column(Float)
    renewed_at: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(128))
    """Staff."""
    changed_at: Mapped[float] = mapped_column(Float)
    result: Mapped[str] = mapped_column(String(32))
    number_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Keyed hash of the number's digits: equal for equal numbers."""
    kek_id: Mapped[str] = mapped_column(String(64))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(128))
    """The row's data key."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Number, queue and call as JSON, sealed."""
