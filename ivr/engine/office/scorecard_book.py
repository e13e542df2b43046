"""Scorecards that were published, by the audit log: each entry holds the text, so nothing else has to be kept of it.

A long log is read once, then followed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.core.audit.approval import CARD_PUBLISHED
from ivr.core.review.scorecard import Scorecard
from ivr.core.review.scorecard_file import load_scorecard
from ivr.ports.audit import AuditLog


@dataclass(frozen=True, slots=True)
class PublishedCard:
    """A scorecard, and the entry that published it."""

    card: Scorecard
    entry: int
    at: float
    """Seconds since the epoch."""
    by: str
    approved_by: str


class ScorecardBook:
    """What one process knows of them. Used from several threads."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._published: list[PublishedCard] = []
        self._read_to = 0
        """Entries of the log below this were looked at."""

    def live(self) -> list[PublishedCard]:
        """The latest version of each, by name. Raises IvrError."""
        latest = {one.card.name: one for one in self.all()}
        return [latest[name] for name in sorted(latest)]

    def by_sha256(self, sha256: str) -> Scorecard | None:
        """The one with this text; None: it was never published here. Raises IvrError."""
        return next((one.card for one in self.all() if one.card.sha256 == sha256), None)

    def all(self) -> Sequence[PublishedCard]:
        """Every version, the oldest first. Raises IvrError."""
        with self._lock:
            self._log.publish()
            end = self._log.published
            for number, entry in self._log.entries(self._read_to, before=end, actions=(CARD_PUBLISHED,)):
                if entry.outcome == "done":
                    card = load_scorecard(str(entry.details["text"]), source=entry.subject)
                    approver = str(entry.details.get("approved_by", ""))
                    self._published.append(PublishedCard(card, number, entry.at, entry.actor, approver))
            self._read_to = end
            return tuple(self._published)
