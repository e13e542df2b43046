"""Who comes in by the console: users, sessions, machines' tokens, what is taken once, failures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "users",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("handle", sa.LargeBinary(16), nullable=False, unique=True),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("invitation", sa.String(64), unique=True),
        sa.Column("invited_until", sa.Float()),
        sa.Column("signed_in_at", sa.Float()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
        sa.Column("kek_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("person", sa.String(80), nullable=False, index=True),
        sa.Column("factors", sa.String(80), nullable=False),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("person", sa.String(80), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("used_at", sa.Float()),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
    )
    op.create_index(
        "ux_tokens_name",
        "tokens",
        ["name"],
        unique=True,
        sqlite_where=sa.text("NOT revoked"),
        postgresql_where=sa.text("NOT revoked"),
    )
    op.create_table(
        "once",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("until", sa.Float(), nullable=False, index=True),
    )
    op.create_table(
        "tries",
        sa.Column("counted", sa.LargeBinary(32), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=False, index=True),
        sa.Column("known_at", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    """Remove them."""
    for table in ("tries", "once", "tokens", "sessions", "users"):
        op.drop_table(table)
