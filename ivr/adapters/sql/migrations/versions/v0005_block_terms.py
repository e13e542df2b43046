"""The index of terms by blocks of calls, instead of one row a call and term."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

from ivr.core.vault.slots import BLOCK_CALLS, pack, unpack

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables and bring the terms over, a block at a time."""
    indexed = op.create_table(
        "indexed_calls",
        sa.Column("ordinal", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("call_id", sa.String(128), nullable=False, unique=True),
    )
    blocks = op.create_table(
        "call_blocks",
        sa.Column("block", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("earliest", sa.Float(), nullable=False),
        sa.Column("latest", sa.Float(), nullable=False),
    )
    block_terms = op.create_table(
        "block_terms",
        sa.Column("block", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("term", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("slots", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    known = "SELECT started_at, call_id FROM calls WHERE call_id IN (SELECT call_id FROM call_terms) ORDER BY 1, 2"
    calls = connection.execute(sa.text(known)).all()
    terms_of = sa.text("SELECT term FROM call_terms WHERE call_id = :call_id")
    for first in range(0, len(calls), BLOCK_CALLS):
        some = calls[first : first + BLOCK_CALLS]
        rows = [{"ordinal": first + slot, "started_at": at, "call_id": name} for slot, (at, name) in enumerate(some)]
        connection.execute(sa.insert(indexed), rows)
        block = first // BLOCK_CALLS
        span = {"block": block, "earliest": some[0].started_at, "latest": some[-1].started_at}
        connection.execute(sa.insert(blocks), span)
        slots = defaultdict[int, list[int]](list)
        for slot, (_, name) in enumerate(some):
            for term in connection.scalars(terms_of, {"call_id": name}):
                slots[term].append(slot)
        found = [{"block": block, "term": term, "slots": pack(of_term)} for term, of_term in sorted(slots.items())]
        if found:
            connection.execute(sa.insert(block_terms), found)
    op.drop_table("call_terms")


def downgrade() -> None:
    """Back to one row a call and term."""
    call_terms = op.create_table(
        "call_terms",
        sa.Column("term", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.Float(), primary_key=True),
        sa.Column("call_id", sa.String(128), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_terms_call", "call_terms", ["call_id"])
    connection = op.get_bind()
    of_block = sa.text("SELECT ordinal, started_at, call_id FROM indexed_calls WHERE ordinal BETWEEN :first AND :last")
    in_block = sa.text("SELECT term, slots FROM block_terms WHERE block = :block")
    for block in connection.scalars(sa.text("SELECT block FROM call_blocks")).all():
        first = block * BLOCK_CALLS
        calls = {
            one.ordinal - first: one
            for one in connection.execute(of_block, {"first": first, "last": first + BLOCK_CALLS - 1})
        }
        rows = [
            {"term": term, "started_at": calls[slot].started_at, "call_id": calls[slot].call_id}
            for term, slots in connection.execute(in_block, {"block": block}).all()
            for slot in unpack(slots)
        ]
        connection.execute(sa.insert(call_terms), rows)
    for table in ("block_terms", "call_blocks", "indexed_calls"):
        op.drop_table(table)
