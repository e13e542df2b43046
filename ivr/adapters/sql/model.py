"""Tables. What belongs to a caller is sealed, or a fingerprint that only the key store can make.

The clear columns are what operators search by and what says nothing about who called: times, dialplan, outcome.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Root of all tables."""


class SealedRow(Table):
    """What is personal in a row, sealed under a key of its own."""

    __abstract__ = True

    kek_id: Mapped[str] = mapped_column(String(64))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary(128))
    """The row's data key."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON, sealed."""


class CallRow(SealedRow):
    """One call; its whole record is sealed."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_started", "started_at", "call_id"),
        Index("ix_calls_caller", "caller_fingerprint", "started_at"),
        Index("ix_calls_ended", "ended_at", "call_id"),
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


class IndexedCallRow(Table):
    """A call that the index of terms knows, by the order in which calls ended."""

    __tablename__ = "indexed_calls"

    ordinal: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    started_at: Mapped[float] = mapped_column(Float)
    call_id: Mapped[str] = mapped_column(String(128), unique=True)


class CallBlockRow(Table):
    """4,096 ordinals: when the first and the last of their calls began. (Wider, once such a call was forgotten.)"""

    __tablename__ = "call_blocks"

    block: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    earliest: Mapped[float] = mapped_column(Float)
    latest: Mapped[float] = mapped_column(Float)


class BlockTermRow(Table):
    """Which calls of a block have a term: a keyed hash of a word, an agent, a number."""

    __tablename__ = "block_terms"
    __table_args__ = ({"sqlite_with_rowid": False},)

    block: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    slots: Mapped[bytes] = mapped_column(LargeBinary)
    """See ivr/core/vault/slots.py."""


class CallbackRow(SealedRow):
    """A callback request; its number, queue and call are sealed."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_wished", "queue", "wished_at"),
        Index(
            "ux_callbacks_pending",
            "queue",
            "number_fingerprint",
            unique=True,
            sqlite_where=text("state IN ('open', 'taken', 'dialled', 'unclear')"),
            postgresql_where=text("state IN ('open', 'taken', 'dialled', 'unclear')"),
        ),
    )

    callback_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    queue: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str] = mapped_column(String(128))
    language: Mapped[str] = mapped_column(String(16))
    requested_at: Mapped[float] = mapped_column("wished_at", Float)
    renewed_at: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(128))
    """Staff."""
    changed_at: Mapped[float] = mapped_column(Float)
    result: Mapped[str] = mapped_column(String(128))
    counts_from: Mapped[float] = mapped_column(Float)
    """From when its caller counts as waiting."""
    priority: Mapped[int] = mapped_column(Integer)
    not_before: Mapped[float] = mapped_column(Float)
    """The engine does not dial before."""
    attempts: Mapped[int] = mapped_column(Integer)
    dialled_as: Mapped[str] = mapped_column(String(128))
    """The call by which the engine dialled last."""
    number_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Keyed hash of the number's digits: equal for equal numbers."""


class ReviewRow(SealedRow):
    """A person's judgement of a call; all of it is sealed."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("call_id", "number", name="ux_reviews_number"),
        UniqueConstraint("call_id", "by", name="ux_reviews_by"),
        Index("ix_reviews_agent", "agent", "at"),
        Index("ix_reviews_at", "at"),
    )

    review_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(128))
    number: Mapped[int] = mapped_column(Integer)
    """The call's first judgement, or its second."""
    by: Mapped[str] = mapped_column(String(128))
    """Staff, as the agent is."""
    agent: Mapped[str] = mapped_column(String(64))
    at: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16))
    """submitted, appealed, decided."""


class NoteRow(SealedRow):
    """What an agent wrote of a call."""

    __tablename__ = "call_notes"
    __table_args__ = (UniqueConstraint("call_id", "agent", name="ux_call_notes_agent"),)

    note_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(128))
    agent: Mapped[str] = mapped_column(String(64))
    at: Mapped[float] = mapped_column(Float)


class InspectionRow(SealedRow):
    """What was read in a call after it: what was said, or what rules found; all of it is sealed."""

    __tablename__ = "inspections"
    __table_args__ = (
        Index("ix_inspections_call", "call_id", "part"),
        Index("ix_inspections_started", "part", "started_at"),
    )

    inspection_id: Mapped[str] = mapped_column(String(144), primary_key=True)
    """Call and part."""
    call_id: Mapped[str] = mapped_column(String(128))
    part: Mapped[str] = mapped_column(String(16))
    """transcript, findings."""
    started_at: Mapped[float] = mapped_column(Float)
    """Of the call, seconds since the epoch, as `at` is."""
    at: Mapped[float] = mapped_column(Float)


class AccountRow(SealedRow):
    """What checks who calls for an account; all of it is sealed."""

    __tablename__ = "accounts"

    account: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Keyed hash of the account, hex."""


class QueueLineRow(Table):
    """What became of a call in a queue, or of an agent (ivr/core/queueing/happening.py). Nothing of a caller's."""

    __tablename__ = "queue_lines"
    __table_args__ = (Index("ix_queue_lines_began", "began"), Index("ix_queue_lines_call", "call_id"))

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    began: Mapped[float] = mapped_column(Float)
    at: Mapped[float] = mapped_column(Float)
    """Seconds since the epoch, as `began` is."""
    seconds: Mapped[float] = mapped_column(Float)
    what: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str] = mapped_column(String(128))
    agent: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(128))
    details: Mapped[str] = mapped_column(Text)
    """What the call asked for, or what the directory said of the agent, as JSON; or nothing."""


class MarkedRow(Table):
    """What opens something, so that whoever may write to the database alone makes none: a keyed hash stands by it."""

    __abstract__ = True

    mark: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of what the row says, by the key store."""


class UserRow(SealedRow, MarkedRow):
    """A user of the console; their credentials are sealed."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    handle: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    made_at: Mapped[float] = mapped_column(Float)
    first: Mapped[bool] = mapped_column(Boolean)
    disabled: Mapped[bool] = mapped_column(Boolean)
    invitation: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the link's secret, hex."""
    invited_until: Mapped[float | None] = mapped_column(Float)
    signed_in_at: Mapped[float | None] = mapped_column(Float)
    version: Mapped[int] = mapped_column(Integer)


class SessionRow(MarkedRow):
    """A session of the console."""

    __tablename__ = "sessions"

    session_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of its secret, hex, as in the tables below."""
    person: Mapped[str] = mapped_column(String(80), index=True)
    factors: Mapped[str] = mapped_column(String(80))
    begun_at: Mapped[float] = mapped_column(Float)
    seen_at: Mapped[float] = mapped_column(Float)
    address: Mapped[str] = mapped_column(String(64))


class TokenRow(MarkedRow):
    """A machine's token."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index(
            "ux_tokens_name",
            "name",
            unique=True,
            sqlite_where=text("NOT revoked"),
            postgresql_where=text("NOT revoked"),
        ),
    )

    token_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(32))
    person: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[str] = mapped_column(Text)
    made_at: Mapped[float] = mapped_column(Float)
    until: Mapped[float] = mapped_column(Float)
    used_at: Mapped[float | None] = mapped_column(Float)
    revoked: Mapped[bool] = mapped_column(Boolean)


class OnceRow(Table):
    """What may be taken once: a passkey's challenge, a provider's answer."""

    __tablename__ = "once"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[float] = mapped_column(Float, index=True)


class TriesRow(Table):
    """Failures of signing in."""

    __tablename__ = "tries"

    counted: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """Keyed hash of an account, an address, or both."""
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[float] = mapped_column(Float, index=True)
    known_at: Mapped[float] = mapped_column(Float)
