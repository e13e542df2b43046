"""Texts that were published as they are (scorecards, rules), by the audit log: each entry holds the text, so nothing
else has to be kept of it.

A long log is read once, then followed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ivr.ports.audit import AuditLog


class Titled(Protocol):
    """What such a text says."""

    @property
    def name(self) -> str:
        """Of all its versions."""
        ...

    @property
    def sha256(self) -> str:
        """Of the text, hex."""
        ...

    @property
    def title(self) -> str:
        """name@version."""
        ...


T = TypeVar("T", bound=Titled)


@dataclass(frozen=True, slots=True)
class Published(Generic[T]):
    """What was published, and the entry that did it."""

    what: T
    entry: int
    at: float
    """Seconds since the epoch."""
    by: str
    approved_by: str


class TextBook(Generic[T]):
    """What one process knows of them. Used from several threads."""

    def __init__(self, log: AuditLog, action: str, read: Callable[[str, str], T]) -> None:
        """`action` of the entries; `read(text, its name)`."""
        self._log, self._action, self._load = log, action, read
        self._lock = threading.Lock()
        self._published: list[Published[T]] = []
        self._read_to = 0
        """Entries of the log below this were looked at."""

    def live(self) -> list[Published[T]]:
        """The latest version of each, by name. Raises IvrError."""
        latest = {one.what.name: one for one in self.all()}
        return [latest[name] for name in sorted(latest)]

    def by_sha256(self, sha256: str) -> T | None:
        """The one with this text; None: it was never published here. Raises IvrError."""
        return next((one.what for one in self.all() if one.what.sha256 == sha256), None)

    def all(self) -> Sequence[Published[T]]:
        """Every version, the oldest first. Raises IvrError."""
        with self._lock:
            self._log.publish()
            end = self._log.published
            for number, entry in self._log.entries(self._read_to, before=end, actions=(self._action,)):
                if entry.outcome == "done":
                    what = self._load(str(entry.details["text"]), entry.subject)
                    approver = str(entry.details.get("approved_by", ""))
                    self._published.append(Published(what, number, entry.at, entry.actor, approver))
            self._read_to = end
            return tuple(self._published)
