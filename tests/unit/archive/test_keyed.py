"""Whatever is sealed under a key of its own is known to those who wrap keys again and retire them."""

from __future__ import annotations

from dataclasses import fields

from ivr.adapters.sql.model import CallbackRow, CallRow, SealedRow, UserRow
from ivr.engine.archive.keyed import KINDS, Keyed

NAMED = {CallRow: "records", CallbackRow: "callbacks", UserRow: "console_users"}
"""Table -> where `engine/archive/keyed.py` has it. A key that is not there is neither wrapped anew nor counted."""


def test_each_sealed_table_is_named_where_keys_are_wrapped_anew() -> None:
    assert set(SealedRow.__subclasses__()) == set(NAMED)
    assert set(NAMED.values()) <= {one.name for one in fields(Keyed)}
    assert len(KINDS) == len(fields(Keyed))
