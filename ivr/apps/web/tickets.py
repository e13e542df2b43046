"""What one process remembers that somebody opened: a ticket, worth nothing to another person or in another session."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeVar

from ivr.apps.web.visit import Visit

OPENED: Final = 500
"""Openings of one kind that are remembered; of more, the oldest are to be opened again."""
Kept = TypeVar("Kept")


class Recent(OrderedDict[str, Kept]):
    """The newest of what one process remembers."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self._lock = threading.Lock()

    def __setitem__(self, key: str, value: Kept) -> None:
        """Remember one; of more than the most the oldest goes."""
        with self._lock:
            super().__setitem__(key, value)
            while len(self) > self._most:
                self.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Opened:
    person: str
    csrf: str
    """Of their session."""
    what: object


def give(visit: Visit, kind: str, what: object) -> str:
    """Remember what this visitor opened; returns the ticket."""
    ticket = secrets.token_urlsafe(18)
    _book(visit, kind)[ticket] = _Opened(visit.office.actor.name, visit.token, what)
    return ticket


def find(visit: Visit, kind: str, ticket: str) -> object | None:
    """What this visitor opened in this session by that ticket; None: nothing."""
    found = _book(visit, kind).get(ticket)
    if found is None or visit.visitor is None or (found.person, found.csrf) != (visit.office.actor.name, visit.token):
        return None
    return found.what


def _book(visit: Visit, kind: str) -> Recent[_Opened]:
    kept = visit.console.state.setdefault(f"opened {kind}", Recent[_Opened](OPENED))
    assert isinstance(kept, Recent)
    return kept
