"""Records of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ivr.core.call.record import CallRecord
from ivr.core.vault.search import CallQuery, RankedCalls


class CallStore(Protocol):
    """The database's side of calls."""

    def save(self, record: CallRecord) -> None:
        """Insert or replace the record of one call."""
        ...

    def get(self, call_id: str) -> CallRecord:
        """One record. Raises OperatorError when there is none."""
        ...

    def recent(self, *, limit: int = 50, before: float | None = None) -> Iterable[CallRecord]:
        """Newest first; `before` is a start time to page from."""
        ...

    def of_caller(self, number: str, *, since: float, limit: int) -> list[str]:
        """Calls that have ended of whoever calls from this number and that began at `since` or later, newest first.

        However it is written: with its country, with a prefix for that, or without. Raises EnvironmentFault.
        """
        ...

    def with_value(self, name: str, value: str, *, since: float, limit: int) -> list[str]:
        """Calls that have ended in which a lookup returned this, and that began at `since` or later, newest first.

        Of values that their dialplan marks searchable. Raises EnvironmentFault.
        """
        ...


class SearchableCallStore(CallStore, Protocol):
    """A call store that people look into. A record that does not open hides no other: it goes to `on_damage`, by its
    call and why."""

    def recent(
        self, *, limit: int = 50, before: float | None = None, on_damage: Callable[[str, str], None] | None = None
    ) -> list[CallRecord]:
        """Newest first; `before` is a start time to page from."""
        ...

    def search(
        self,
        query: CallQuery,
        *,
        limit: int = 50,
        before: tuple[float, str] | None = None,
        on_damage: Callable[[str, str], None] | None = None,
    ) -> list[CallRecord]:
        """Calls that have ended and fit, newest first; `before`: (start, id) of the last one of the page before."""
        ...

    def fitting(self, query: CallQuery, *, limit: int) -> list[tuple[float, str]]:
        """(Start, id) of calls that fit, newest first; by time alone, calls that go on fit too. Opens no record."""
        ...

    def flags_of(self, calls: Iterable[str], flags: Iterable[str]) -> dict[str, frozenset[str]]:
        """Which of these flags each of the calls that have ended has. Opens no record."""
        ...

    def ranked(self, since: float, until: float, points: Mapping[str, int], *, limit: int) -> Mapping[str, RankedCalls]:
        """Calls that have ended by the points of their flags, `limit` of each day. Opens no record.

        Day (UTC, 2026-01-31) -> its calls, for each whole day from that of `since` to that of `until` that has some.
        """
        ...

    def of_calls(
        self, calls: Iterable[str], *, on_damage: Callable[[str, str], None] | None = None
    ) -> dict[str, CallRecord]:
        """Records of these calls; those that are not here are left out."""
        ...

    def count_each(self, queries: Sequence[CallQuery]) -> list[int]:
        """How many ended calls fit each query. Every one names a day, and no time."""
        ...


class ErasableCallStore(CallStore, Protocol):
    """A call store whose records can be forgotten."""

    def wrapped_key(self, call_id: str) -> bytes | None:
        """The wrapped key of a call's record; None when there is no record or it is not sealed."""
        ...

    def forget(self, call_id: str) -> None:
        """Remove a call's record. Does nothing when there is none."""
        ...

    def unrecorded(self, *, before: float, on_damage: Callable[[str, str], None]) -> Iterable[CallRecord]:
        """Records of calls without a recording that began before a time, oldest first.

        One that does not open goes to `on_damage`, by its call and why.
        """
        ...

    def recorded(self) -> Iterable[str]:
        """Calls of which there must be a recording."""
        ...

    def wrapped_keys(self) -> Iterable[tuple[str, bytes, str]]:
        """Of every record: its call, its wrapped key, and what wrapped it."""
        ...


class IndexedCallStore(ErasableCallStore, Protocol):
    """A call store in which calls are found by words."""

    def unindexed(self, calls: Iterable[str]) -> list[str]:
        """Those of the calls that the index does not know whole."""
        ...

    def index_words(self, call_id: str, said: Iterable[str], told: Iterable[str], spoke: Iterable[str] = ()) -> None:
        """Make a call findable by what the caller, the engine and agents said. Does nothing for one that is not here.

        What was indexed before stays.
        """
        ...

    def index_flags(self, call_id: str, flags: Iterable[str], among: Iterable[str]) -> None:
        """Of `among`, a call has these flags and no others from now on. Does nothing for one that is not here."""
        ...
