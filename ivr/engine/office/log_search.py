"""Finding entries of the audit log, the newest first, without reading all of a long one for a page.

Rule: a search that finds little says how far back it looked, and goes on from there when it is asked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry
from ivr.ports.audit import AuditLog

LOOKED_AT = 20_000
"""Entries that one search looks at: a tenth of a second where hardly any fits."""
FIRST_STEP, LAST_STEP = 256, 8192
"""Entries that are read at a time, from the newest back: few first, where a page mostly ends; then twice as many."""
CLOCKS_DIFFER = 4 * 3600.0
"""Seconds by which entries may stand before or behind their time: clocks are set."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; every field that is given must fit."""

    subject: str = ""
    """A call, a recording, a key, a person: whole; or named so in the details."""
    actor: str = ""
    actions: Sequence[str] = ()
    """Any of these."""
    outcome: str = ""
    since: float | None = None
    """Seconds since the epoch, inclusive."""
    until: float | None = None
    """Exclusive."""

    def fits(self, entry: AuditEntry) -> bool:
        """Whether it is one of them."""
        return (
            (not self.subject or entry.subject == self.subject or self.subject in entry.details.values())
            and (not self.actor or entry.actor == self.actor)
            and (not self.actions or entry.action in self.actions)
            and (not self.outcome or entry.outcome == self.outcome)
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """One text that stands in each of them, to sift by; none, where there is no such."""
        return next(((one,) for one in (self.subject, self.actor, self.outcome) if one), ())


@dataclass(frozen=True, slots=True)
class Found:
    """A page of them."""

    entries: list[tuple[int, AuditEntry]] = field(repr=False)
    """With their numbers, the newest first."""
    looked_to: int
    """Entries below this one were not looked at; 0: all were."""


def search(
    log: AuditLog, wanted: Wanted, *, last: int, before: int | None = None, looked_at: int | None = LOOKED_AT
) -> Found:
    """The newest that fit, of those below number `before`. `looked_at` None: however long it takes."""
    log.publish()
    end = log.published if before is None else max(0, min(before, log.published))
    end = min(end, _behind(log, wanted.until))
    lowest, found = _from(log, wanted.since), list[tuple[int, AuditEntry]]()
    stop = lowest if looked_at is None else max(lowest, end - looked_at)
    step = FIRST_STEP
    while end > stop:
        first = max(stop, end - step)
        step = min(2 * step, LAST_STEP)
        read = log.entries(first, before=end, actions=wanted.actions, naming=wanted.names)
        found += sorted(
            ((number, one) for number, one in read if wanted.fits(one)), reverse=True, key=lambda one: one[0]
        )
        if len(found) >= last:
            found = found[:last]
            return Found(found, found[-1][0])
        end = first
    return Found(found, end if end > lowest else 0)


def _from(log: AuditLog, at: float | None) -> int:
    """Number of the first entry that may be of that time or later."""
    return 0 if at is None else next((number for number, _ in log.since(at)), log.published)


def _behind(log: AuditLog, at: float | None) -> int:
    """Number behind the last entry that may be of before that time."""
    if at is None:
        return log.published
    return next(
        (number for number, one in log.since(at + CLOCKS_DIFFER) if one.at >= at + CLOCKS_DIFFER), log.published
    )
