"""Callback requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table; one pending request for a number in a queue."""
    op.create_table(
        "callbacks",
        sa.Column("callback_id", sa.String(32), primary_key=True),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("wished_at", sa.Float(), nullable=False),
        sa.Column("renewed_at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("result", sa.String(32), nullable=False),
        sa.Column("number_fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("kek_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_callbacks_wished", "callbacks", ["queue", "wished_at"])
    pending = sa.text("state IN ('open', 'taken')")
    op.create_index(
        "ux_callbacks_pending",
        "callbacks",
        ["queue", "number_fingerprint"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )


def downgrade() -> None:
    """Drop it, and with it every request."""
    op.drop_table("callbacks")
