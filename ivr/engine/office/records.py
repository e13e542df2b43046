"""The database of the records, as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.engine.archive.key_move import Tell
from ivr.engine.office.office import Asked, Desk, does


@dataclass(frozen=True, slots=True)
class MoveRecords(Asked):
    """Into another database."""

    url: str
    """SQLAlchemy's, without a password."""
    password_file: Path | None
    tell: Tell
    """Hears how far it is."""


@does("records.move")
def move(desk: Desk, asked: MoveRecords) -> Mapping[str, int]:
    """How many rows each table has. Raises IvrError: then the records are where they were."""
    with desk.ports.alone(), desk.entering("records") as details:
        details["to"] = asked.url.partition(":")[0].partition("+")[0]
        counts = desk.ports.move_records(asked.url, asked.password_file, asked.tell)
        details["rows"] = sum(counts.values())
    return counts
