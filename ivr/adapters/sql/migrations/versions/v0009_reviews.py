"""Reviews of calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; two reviews of a call at most, one by each person."""
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.String(32), primary_key=True),
        sa.Column("call_id", sa.String(128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(128), nullable=False),
        sa.Column("agent", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("kek_id", sa.String(64), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(128), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("call_id", "number", name="ux_reviews_number"),
        sa.UniqueConstraint("call_id", "by", name="ux_reviews_by"),
    )
    op.create_index("ix_reviews_agent", "reviews", ["agent", "at"])
    op.create_index("ix_reviews_at", "reviews", ["at"])


def downgrade() -> None:
    """Drop it, and with it every review."""
    op.drop_table("reviews")
