"""Calling the line with a browser: no sign-in, no phone. There only where the settings say so (`browser_calls`).

Rule: the page is told what was said in its own call alone, by a token that nobody else has.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, Field

from ivr.apps.web.call_view import Line
from ivr.apps.web.call_view import line as spoken
from ivr.apps.web.operation import PUBLIC, operation
from ivr.apps.web.visit import Visit
from ivr.core.access.pace import Pace, Paced
from ivr.engine.office import browser_calls
from ivr.engine.office.browser_calls import OwnWords
from ivr.errors import EnvironmentFault

EACH: Final = Pace(burst=40, seconds=0.2)
"""For one address: a page asks twice a second."""
TOGETHER: Final = Pace(burst=400, seconds=0.02)


class OwnCall(BaseModel):
    """Whose call."""

    token: str = Field(min_length=64, max_length=64, repr=False)
    known: int = Field(default=0, ge=0, le=100_000)


@dataclass(frozen=True, slots=True)
class LineHere:
    """What can be called."""

    url: str
    """Of the edge's WebSocket; empty: nobody can call from here."""
    lines: tuple[str, ...]
    """Numbers, the default one first."""


@dataclass(frozen=True, slots=True)
class OwnCallWords:
    """What was said in one's own call since."""

    running: bool
    lines: tuple[Line, ...]
    hearing: str
    """What is believed of what the caller is saying."""
    saying: str
    withheld: str


@dataclass(slots=True)
class Desk:
    """What one process remembers of who asked."""

    paced: Paced = field(default_factory=lambda: Paced(EACH, TOGETHER))
    lock: threading.Lock = field(default_factory=threading.Lock)


@operation("GET", "/call", scope=PUBLIC, page="call_line.html", api=False)
def call_line(visit: Visit) -> LineHere:
    """Where the line is called by browser."""
    told = visit.console.browsers
    if told is None or not told.lines:
        visit.status = 404
        return LineHere("", ())
    return LineHere(told.url, told.lines)


@operation("POST", "/call/words", scope=PUBLIC)
def call_words(visit: Visit, asked: OwnCall) -> OwnCallWords:
    """What was said in one's own call."""
    told = visit.console.browsers
    if told is None or not told.lines:
        raise EnvironmentFault("nobody calls by browser here: browser_calls in the settings")
    desk: Desk = visit.console.state.setdefault("call", Desk())
    with desk.lock:
        desk.paced.ask(visit.address, now=time.monotonic())
    report = browser_calls.own_words(visit.public_office, OwnWords(asked.token, asked.known))
    return OwnCallWords(
        report.running, tuple(map(spoken, report.lines)), report.hearing, report.saying, report.withheld
    )
