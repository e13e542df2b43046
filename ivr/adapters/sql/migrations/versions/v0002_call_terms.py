"""The index of terms that calls are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "call_terms",
        sa.Column("term", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.Float(), primary_key=True),
        sa.Column("call_id", sa.String(128), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_terms_call", "call_terms", ["call_id"])


def downgrade() -> None:
    """Drop it; calls are still listed by time."""
    op.drop_table("call_terms")
