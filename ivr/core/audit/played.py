"""Whether warnings sounded as they were published: what the log says of every one that was played."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.step import AS_PUBLISHED

PLAYED = "disclosure.played"


@dataclass(slots=True)
class PlayedWarnings:
    """Counts over the log's entries of warnings."""

    as_published: int = 0
    own: int = 0
    """Published with no hash: they hold what is the caller's own."""
    untold: int = 0
    """Nothing of them was sent, or the entry is from before the log told."""
    other: list[tuple[int, str]] = field(default_factory=list)
    """Another sound than the published one: (index, call)."""

    def __str__(self) -> str:
        """For people."""
        parts = [f"{self.as_published} as they were published"]
        parts += [f"{self.own} with what is the caller's own (no hash of them is published)"] if self.own else []
        parts += [f"{self.untold} of which the log does not tell it"] if self.untold else []
        parts += [f"{len(self.other)} NOT AS THEY WERE PUBLISHED"] if self.other else []
        return ", ".join(parts)


def played_warnings(entries: Iterable[tuple[int, AuditEntry]]) -> PlayedWarnings:
    """Of the log's entries with their indexes; all but PLAYED are passed over."""
    counted = PlayedWarnings()
    for index, entry in entries:
        if entry.action != PLAYED:
            continue
        if AS_PUBLISHED not in entry.details:
            counted.untold += 1
        elif entry.details[AS_PUBLISHED] is None:
            counted.own += 1
        elif entry.details[AS_PUBLISHED] is True:
            counted.as_published += 1
        else:
            counted.other.append((index, entry.subject))
    return counted
