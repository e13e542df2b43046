"""Agents' notes of calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table; one note of an agent of a call."""
    op.create_table(
        "call_notes",
        sa.Column("note_id", sa.String(32), primary_key=True),
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kek_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("call_id", "agent", name="ux_call_notes_agent"),
    )


def downgrade() -> None:
    """Drop it, and with it every note."""
    op.drop_table("call_notes")
