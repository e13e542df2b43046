"""The watchlist of voices: who put which on it, for how long and why. Nothing of a voice is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.voiceprints import MOST_BYTES, MOST_CHARACTERS, MOST_FILES, heard
from ivr.apps.web.visit import Visit
from ivr.core.identity.watchlist import MOST_DAYS
from ivr.engine.office import watchlist as office


class OfEntry(BaseModel):
    """Which one, and why."""

    name: str = Field(min_length=1, max_length=office.MOST_NAME, repr=False)
    reason: str = Field(min_length=1, max_length=500)


class NewEntry(OfEntry):
    """A voice to notice."""

    recordings: list[Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(
        min_length=1, max_length=MOST_FILES, repr=False
    )
    """WAV files in base64; at least three of five seconds."""
    days: float = Field(default=90.0, gt=0, le=MOST_DAYS)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One voice."""

    name: str
    added_at: float
    """Seconds since the epoch, as the next."""
    until: float
    by: str
    why: str
    model: str


@dataclass(frozen=True, slots=True)
class WatchlistPage:
    """All of them."""

    entries: tuple[EntryRow, ...]


@operation("GET", "/watchlist", scope="watchlist.list", page="watchlist.html")
def watchlist_list(visit: Visit) -> WatchlistPage:
    """Which voices are on it."""
    found = office.show(visit.office, office.ShowWatchlist())
    return WatchlistPage(tuple(EntryRow(o.name, o.added_at, o.until, o.by, o.why, o.model) for o in found))


@operation("POST", "/watchlist/add", scope="watchlist.add", takes=MOST_BYTES)
def watchlist_add(visit: Visit, asked: NewEntry) -> Done:
    """Put a voice on it, for a while."""
    recordings = (heard(text, number) for number, text in enumerate(filter(None, asked.recordings), start=1))
    wanted = office.Watch(name=asked.name, recordings=recordings, days=asked.days, reason=asked.reason)
    office.watch(visit.office, wanted)
    return Done(visit.language.text("On the list."), "/watchlist")


@operation("POST", "/watchlist/remove", scope="watchlist.remove")
def watchlist_remove(visit: Visit, asked: OfEntry) -> Done:
    """Take a voice off it: it is erased."""
    office.unwatch(visit.office, office.Unwatch(name=asked.name, reason=asked.reason))
    return Done(visit.language.text("Erased at once; the audit log holds the proof."), "/watchlist")
