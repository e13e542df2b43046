"""The calls table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(128), primary_key=True),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("called", sa.String(128), nullable=False),
        sa.Column("dialplan", sa.String(128), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("recording_id", sa.String(160), nullable=True),
        sa.Column("caller_fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("kek_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_calls_started", "calls", ["started_at", "call_id"])
    op.create_index("ix_calls_caller", "calls", ["caller_fingerprint", "started_at"])


def downgrade() -> None:
    """Drop it, and with it every record."""
    op.drop_table("calls")
