"""How alembic reaches the database: through the engine that `upgrade` hands over."""

from __future__ import annotations

from alembic import context

from ivr.adapters.sql.model import Table

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
