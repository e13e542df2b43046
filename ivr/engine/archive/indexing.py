"""Calls whose recording is in its long-term form and whose words the database does not know: they are indexed anew.

So it is after an older database was restored, and after an upgrade that indexes more than before. Rule: calls come
first, so it is done a few at a time; one recording that does not open is told and keeps no other waiting.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from ivr.core.call.record import CallRecord
from ivr.core.call.transcript import CALLER, Span
from ivr.errors import IvrError

AT_ONCE = 25
"""Calls in one round: half a second of work."""


class ToldCall(Protocol):
    """What a recording says of its call."""

    def record(self) -> CallRecord:
        """The call's record."""
        ...

    def transcript(self) -> Sequence[Span]:
        """What was said."""
        ...


class Archives(Protocol):
    """Recordings in their long-term form."""

    def archives(self) -> list[Path]:
        """All of them; each file is named for its call."""
        ...

    def outline(self, path: Path) -> ToldCall:
        """One without its sound. Raises IvrError."""
        ...


class WordIndex(Protocol):
    """The database's index."""

    def unindexed(self, calls: Iterable[str]) -> list[str]:
        """Those of the calls that the index does not know whole."""
        ...

    def save(self, record: CallRecord) -> None:
        """Insert or replace the record of a call."""
        ...

    def index_words(self, call_id: str, said: Iterable[str], told: Iterable[str]) -> None:
        """Make a call findable by what the caller and what the engine said."""
        ...


def spoken(spans: Iterable[Span]) -> tuple[list[str], list[str]]:
    """What the caller said, as it was heard and as it was understood; and what the engine said."""
    said, told = [], []
    for span in spans:
        if span.who == CALLER:
            said += [span.text, span.choice or ""]
        else:
            told.append(span.text)
    return said, told


class Indexing:
    """Indexes what is not indexed, some calls a round."""

    def __init__(self, files: Archives, index: WordIndex) -> None:
        self._files = files
        self._index = index
        self._waiting: deque[Path] = deque()

    def look(self) -> None:
        """Find out which calls wait. Reads the names of all recordings."""
        paths = {path.stem: path for path in self._files.archives()}
        self._waiting = deque(paths[call_id] for call_id in self._index.unindexed(paths))

    def some(self, on_damage: Callable[[Path, str], None]) -> Iterator[str]:
        """Index the next few; yields their calls."""
        for _ in range(min(AT_ONCE, len(self._waiting))):
            path = self._waiting.popleft()
            try:
                told = self._files.outline(path)
                record = told.record()
                self._index.save(record)
                self._index.index_words(record.call_id, *spoken(told.transcript()))
            except IvrError as error:
                on_damage(path, str(error))
            else:
                yield record.call_id
