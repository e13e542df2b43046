"""Whatever is sealed under a key of its own is known to those who wrap keys again and retire them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from ivr.adapters.sql.model import (
    AccountRow,
    CallbackRow,
    CallRow,
    InspectionRow,
    NoteRow,
    ReviewRow,
    SealedRow,
    UserRow,
)
from ivr.engine.archive.keyed import KINDS, Keyed
from ivr.ports.keys import Rewrap
from ivr.testing.fake_recordings import MemoryRecordings
from ivr.testing.fake_stores import MemoryKeyStore

TABLES = {
    CallRow: "records", CallbackRow: "callbacks", ReviewRow: "reviews", NoteRow: "notes", InspectionRow: "inspections",
    UserRow: "users", AccountRow: "accounts",
}  # fmt: skip
"""Table -> its word in KINDS. A key that is not there is neither wrapped anew nor counted."""


@dataclass
class OneKey:
    """A store with one key."""

    wrapped: bytes

    def wrapped_keys(self) -> Iterator[tuple[str, bytes, str]]:
        yield "its name", self.wrapped, "kek-1"

    def rewrap(self, rewrap: Rewrap, active: str) -> int:
        self.wrapped, _ = rewrap(self.wrapped, "kek-1")
        return 1


def test_each_sealed_table_is_named_where_keys_are_wrapped_anew() -> None:
    assert set(SealedRow.__subclasses__()) == set(TABLES)
    assert set(TABLES.values()) <= set(KINDS)


def test_no_store_is_left_out_when_keys_are_counted_looked_through_or_wrapped_again() -> None:
    names = [one.name for one in fields(Keyed) if one.name != "recordings"]
    stores = {name: OneKey(name.encode()) for name in names}
    keyed = Keyed(MemoryRecordings(MemoryKeyStore()), **stores)
    assert ["recordings", *keyed.others] == list(KINDS)
    assert {one.wrapped for one in keyed.wrapped_keys(lambda name, reason: None)} == {name.encode() for name in names}
    assert {wrapped for _, wrapped in keyed.foreign()} == {name.encode() for name in names}
    assert keyed.rewrap_others(lambda wrapped, kek: (b"new", "kek-2"), "kek-2") == (len(names) - 1, 1)
    assert {store.wrapped for store in stores.values()} == {b"new"}
