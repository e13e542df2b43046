"""Voices that the line is to notice: put on a list for a while, with a reason; shown, taken off. It refuses nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ivr.core.audit.approval import WATCH_APPROVED, WATCHED
from ivr.core.identity.watchlist import MOST_DAYS, MOST_LISTED, Watched
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.two_persons import approved, approving
from ivr.errors import OperatorError

VOICE = "voice"
"""Names the recordings in entries of the log, by their hash: what was approved is what is put on the list."""
MOST_NAME = 60
"""Characters of an entry's name."""


@dataclass(frozen=True, slots=True)
class Watch(Asked):
    """Put a voice on the list, in place of one of its name."""

    name: str = field(default="", repr=False)
    """By which people know the entry: a case's number, no customer's name, since the log holds it."""
    recordings: Iterable[bytes] = field(default=(), repr=False)
    """Of its speech, 8 kHz PCM each; read when the act is allowed."""
    days: float = 90.0
    """After which it leaves the list."""


@dataclass(frozen=True, slots=True)
class ApproveWatch(Asked):
    """Let another officer put this very voice on the list once, within a day."""

    name: str = field(default="", repr=False)
    adder: str = ""
    """Who puts it there."""
    recordings: Iterable[bytes] = field(default=(), repr=False)
    """The same as theirs."""
    days: float = 90.0


@dataclass(frozen=True, slots=True)
class ShowWatchlist(Asked):
    """Which voices are on it."""


@dataclass(frozen=True, slots=True)
class Unwatch(Asked):
    """Take a voice off the list, for good."""

    name: str = field(default="", repr=False)


@does("watchlist.add")
def watch(desk: Desk, asked: Watch) -> Watched:
    """The entry. Raises OperatorError for what will not do; DeniedError where another officer must approve it and has
    not; ModelError, SealError."""
    name, store, now = _name(asked), desk.ports.voiceprints, desk.wall()
    with desk.entering(name, days=asked.days) as details:
        recordings = list(asked.recordings)
        same: dict[str, object] = {"days": asked.days, VOICE: digest(recordings)}
        details |= same | approved(
            desk,
            name,
            by_action=WATCH_APPROVED,
            how=f"ivr watchlist approve {name} FILE… --for {desk.actor.name}, with the same recordings and days",
            done=WATCHED,
            fits=lambda entry: all(entry.details.get(word) == value for word, value in same.items()),
        )
        if len(store.watched()) >= MOST_LISTED:
            raise OperatorError(f"The watchlist has {MOST_LISTED} voices: by more, chance is found. Take some off.")
        made = desk.ports.voiceprint_of(name, recordings, now, None)
        until = now + asked.days * DAY_SECONDS
        entry = Watched(name, made.model, made.templates, now, until, desk.actor.name, asked.reason)
        store.watch(entry)
        details.update(recordings=len(made.templates), model=made.model)
    return entry


@does("watchlist.approve")
def approve(desk: Desk, asked: ApproveWatch) -> str:
    """Approve what another officer is to put on the list; returns who may. Raises DeniedError, OperatorError."""
    name, adder = _name(asked), desk.ports.people.named(asked.adder)
    details = {"for": adder, "days": asked.days, VOICE: digest(asked.recordings)}
    with desk.entering(name, **details):
        approving(desk, adder, "a voice that they put on the list themselves")
    return adder


@does("watchlist.list")
def show(desk: Desk, asked: ShowWatchlist) -> Sequence[Watched]:
    """All of it, by name. Raises SealError."""
    with desk.entering("watchlist"):
        return desk.ports.voiceprints.watched()


@does("watchlist.remove")
def unwatch(desk: Desk, asked: Unwatch) -> None:
    """Erase it. Raises OperatorError when there is none."""
    with desk.entering(asked.name) as details:
        details["erased"] = desk.ports.voiceprints.unwatch(asked.name).key


def digest(recordings: Iterable[bytes]) -> str:
    """SHA-256 over the SHA-256 of each recording, in their order."""
    return hashlib.sha256(b"".join(hashlib.sha256(pcm).digest() for pcm in recordings)).hexdigest()


def _name(asked: Watch | ApproveWatch) -> str:
    name = asked.name.strip()
    if not 0 < len(name) <= MOST_NAME or not name.isprintable():
        raise OperatorError(f"Name the entry in one line (at most {MOST_NAME} characters), by a case say.")
    if not 0 < asked.days <= MOST_DAYS:
        raise OperatorError(f"An entry lasts from a day to {MOST_DAYS} days: say --days.")
    return name
