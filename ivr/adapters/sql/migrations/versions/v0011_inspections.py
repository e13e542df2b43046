"""What was read in calls after them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table: of a call one transcription, and one set of findings. Calls are found by their end."""
    op.create_table(
        "inspections",
        sa.Column("inspection_id", sa.String(144), primary_key=True),
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kek_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_index("ix_inspections_call", "inspections", ["call_id", "part"])
    op.create_index("ix_inspections_started", "inspections", ["part", "started_at"])
    op.create_index("ix_calls_ended", "calls", ["ended_at", "call_id"])


def downgrade() -> None:
    """Drop it, and with it all that was read."""
    op.drop_index("ix_calls_ended", "calls")
    op.drop_table("inspections")
