"""Which proof of its dialplan's rules a call was served under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Calls from before name none."""
    op.add_column("calls", sa.Column("certificate", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """The sealed records name it still."""
    with op.batch_alter_table("calls") as table:
        table.drop_column("certificate")
