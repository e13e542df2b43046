"""Callback requests that the engine dials: their place, when they may be dialled, how often they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BEFORE = "state IN ('open', 'taken')"
AFTER = "state IN ('open', 'taken', 'dialled', 'unclear')"


def upgrade() -> None:
    """Requests of before keep the place of the moment at which they were left."""
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no lengths
        op.alter_column("callbacks", "result", type_=sa.String(128), existing_nullable=False)
    op.add_column("callbacks", sa.Column("counts_from", sa.Float(), nullable=False, server_default="0"))
    op.add_column("callbacks", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("callbacks", sa.Column("not_before", sa.Float(), nullable=False, server_default="0"))
    op.add_column("callbacks", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("callbacks", sa.Column("dialled_as", sa.String(128), nullable=False, server_default=""))
    op.execute("UPDATE callbacks SET counts_from = wished_at")
    _pending(AFTER)


def downgrade() -> None:
    """What the engine was dialling is open again, for people."""
    op.execute("UPDATE callbacks SET state = 'open', by = '' WHERE state IN ('dialled', 'unclear')")
    for column in ("counts_from", "priority", "not_before", "attempts", "dialled_as"):
        op.drop_column("callbacks", column)
    _pending(BEFORE)


def _pending(states: str) -> None:
    op.drop_index("ux_callbacks_pending", "callbacks")
    op.create_index(
        "ux_callbacks_pending",
        "callbacks",
        ["queue", "number_fingerprint"],
        unique=True,
        sqlite_where=sa.text(states),
        postgresql_where=sa.text(states),
    )
