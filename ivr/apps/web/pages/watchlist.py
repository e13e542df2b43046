"""The watchlist of voices: who put which on it, for how long and why. Nothing of a voice is shown."""

from __future__ import annotations

from collections.abc import Iterator
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


class ApprovedEntry(NewEntry):
    """A voice that another officer may put on it."""

    adder: str = Field(min_length=1, max_length=80)


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
    wanted = office.Watch(name=asked.name, recordings=_heard(asked), days=asked.days, reason=asked.reason)
    office.watch(visit.office, wanted)
    return Done(visit.language.text("On the list."), "/watchlist")


@operation("POST", "/watchlist/approve", scope="watchlist.approve", takes=MOST_BYTES)
def watchlist_approve(visit: Visit, asked: ApprovedEntry) -> Done:
    """Let another officer put these very recordings on it, where two persons are needed."""
    wanted = office.ApproveWatch(
        name=asked.name, adder=asked.adder, recordings=_heard(asked), days=asked.days, reason=asked.reason
    )
    adder = office.approve(visit.office, wanted)
    return Done(
        visit.language.text("{who} may put that voice on the list once, within a day.", who=adder), "/watchlist"
    )


@operation("POST", "/watchlist/remove", scope="watchlist.remove")
def watchlist_remove(visit: Visit, asked: OfEntry) -> Done:
    """Take a voice off it: it is erased."""
    office.unwatch(visit.office, office.Unwatch(name=asked.name, reason=asked.reason))
    return Done(visit.language.text("Erased at once; the audit log holds the proof."), "/watchlist")


def _heard(asked: NewEntry) -> Iterator[bytes]:
    """PCM of the files. Raises OperatorError."""
    return (heard(text, number) for number, text in enumerate(filter(None, asked.recordings), start=1))
