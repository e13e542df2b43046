"""Pages that go on: one reading of the engine for all who watch the same, sent to each by server-sent events.

Rules: what is sent is what the page would show if it were loaded now, so without JavaScript the page is the same. Each
reading is an act of somebody who watches and may. Whoever loses their permission or session is sent nothing more within
a second. Nothing is written down.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter
from starlette.responses import Response, StreamingResponse

from ivr.apps.web.console import Console
from ivr.apps.web.errors import fault_of
from ivr.apps.web.look import live_parts
from ivr.apps.web.operation import API
from ivr.apps.web.visit import Visit
from ivr.errors import DeniedError, EnvironmentFault, IvrError

READ_SECONDS: Final = 0.4
"""Between two readings of the engine."""
BEAT_SECONDS: Final = 2.0
"""A stream that has no news says so as often: browsers notice one that is dead."""
LOOK_SECONDS: Final = 0.3
"""Between two looks whether anybody lost a permission."""
ASK_SECONDS: Final = 15.0
"""Everybody is asked for anew as often: sessions end by the clock, too."""
RETRY_MS: Final = 1000
"""After which a browser comes again whose stream ended."""
VIEWERS: Final = 600
"""Streams that one process has open, of the connections that it takes."""
LOG = logging.getLogger("ivr.console")
Read = Callable[[Visit], Any]


@dataclass(eq=False, slots=True)
class Viewer:
    """Somebody who watches."""

    visit: Visit
    over: bool = False
    """They may no longer, or everything was said."""
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Rendered:
    """A page's parts, for all who may the same and read the same language."""

    number: int = 0
    """Reading that they are of."""
    parts: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Id -> the reading by which it changed last, and its HTML."""
    messages: dict[int, bytes] = field(default_factory=dict)
    """Reading that a viewer has -> what they are sent."""

    def message(self, had: int, *, last: bool) -> bytes:
        """What changed since; to a program, all of it."""
        if "" in self.parts:
            return f"event: shown\ndata: {self.parts[''][1]}\n\n".encode()
        changed = {name: html for name, (number, html) in self.parts.items() if number > had}
        return _event("parts", {"now": time.time(), "last": last, "parts": changed})


class Feed:
    """One thing that people watch."""

    def __init__(self, template: str, read: Read, last: Callable[[Any], bool] = lambda shown: False) -> None:
        """`last`: whether nothing follows."""
        self.template, self.read, self.last = template, read, last
        self.viewers: list[Viewer] = []
        self.number = 0
        """Of the newest reading; 0: there is none yet."""
        self.shown: Any = None
        self.trouble = ""
        self.task: asyncio.Task[None] | None = None
        self._rendered: dict[Hashable, _Rendered] = {}
        self._rendering = asyncio.Lock()

    def begin(self, viewer: Viewer) -> None:
        """Somebody watches."""
        self.viewers.append(viewer)
        if self.task is None:
            self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Read for as long as somebody watches."""
        try:
            await self._read()
        finally:  # by a fault of ours: browsers come again
            for viewer in tuple(self.viewers):
                self.end(viewer)

    async def _read(self) -> None:
        while self.viewers:
            began, reader = time.monotonic(), self.viewers[0]
            try:
                found, trouble = await asyncio.to_thread(self.read, reader.visit), ""
            except DeniedError:
                self.end(reader)
                continue
            except IvrError as error:
                found, trouble = self.shown, fault_of(error).message
            if (found, trouble) != (self.shown, self.trouble) or not self.number:
                self.shown, self.trouble = found, trouble
                self.number += 1
                for viewer in self.viewers:
                    viewer.news.set()
            await asyncio.sleep(max(0.0, READ_SECONDS - (time.monotonic() - began)))

    def end(self, viewer: Viewer) -> None:
        """Send them nothing more."""
        viewer.over = True
        viewer.news.set()
        if viewer in self.viewers:
            self.viewers.remove(viewer)
        if not self.viewers and self.task is not None:
            self.task.cancel()

    async def message(self, visit: Visit, had: int) -> bytes:
        """What somebody is sent who has a certain reading. Each is made once, for all who get the same."""
        async with self._rendering:
            if self.trouble or self.shown is None:
                api = _group(visit) == API
                return _event("trouble", {"message": self.trouble if api else visit.language.told(self.trouble)})
            made = self._rendered.setdefault(_group(visit), _Rendered())
            if made.number != self.number:
                await asyncio.to_thread(self._render, made, visit, self.number, self.shown)
            if had not in made.messages:
                made.messages[had] = made.message(had, last=self.last(self.shown))
            return made.messages[had]

    def _render(self, made: _Rendered, visit: Visit, number: int, shown: Any) -> None:
        """On a thread: what the engine does meanwhile is another reading."""
        if _group(visit) == API:
            parts = {"": TypeAdapter(type(shown)).dump_json(shown).decode()}
        else:
            parts = live_parts(visit, self.template, shown=shown)
        made.parts = {
            name: made.parts[name] if name in made.parts and made.parts[name][1] == text else (number, text)
            for name, text in parts.items()
        }
        made.number, made.messages = number, {}


class Live:
    """What one process sends to all who watch."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._feeds: dict[str, Feed] = {}
        self._looking: asyncio.Task[None] | None = None

    def count(self) -> int:
        """Who watches."""
        return sum(len(feed.viewers) for feed in self._feeds.values())

    async def watch(self, name: str, made: Callable[[], Feed], visit: Visit) -> AsyncIterator[bytes]:
        """Everything that one viewer is sent. `name`: those of the same one share a reading."""
        feed = self._feeds.get(name)
        if feed is None or not feed.viewers:
            feed = self._feeds[name] = made()
        viewer, has, seen, until = Viewer(visit), 0, 0, time.monotonic() + self._console.stream_seconds
        feed.begin(viewer)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            while not viewer.over:
                if (number := feed.number) > seen:
                    troubled = bool(feed.trouble)
                    yield await feed.message(visit, has)
                    seen, has = number, has if troubled else number
                elif seen:
                    yield _event("beat", {"now": time.time()})
                if seen and (time.monotonic() >= until or (feed.shown is not None and feed.last(feed.shown))):
                    return
                await self._news(viewer, feed, seen)
        finally:
            feed.end(viewer)
            if not feed.viewers and self._feeds.get(name) is feed:
                del self._feeds[name]

    @staticmethod
    async def _news(viewer: Viewer, feed: Feed, seen: int) -> None:
        """Until there is something to send, or it is time to say that there is nothing."""
        viewer.news.clear()
        if feed.number == seen and not viewer.over:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await viewer.news.wait()

    async def _look(self) -> None:
        """Send nothing more to whoever may no longer. Where nobody can say who may, nobody is sent anything."""
        asked = 0.0
        try:
            while viewers := [(feed, one) for feed in self._feeds.values() for one in feed.viewers]:
                due = time.monotonic() - asked >= ASK_SECONDS
                touched = await asyncio.to_thread(self._console.losses.since)
                if due:
                    asked, touched = time.monotonic(), None
                for feed, viewer in viewers:
                    concerned = touched is None or viewer.visit.office.actor.name in touched
                    if concerned and not await asyncio.to_thread(self._may_as_before, viewer.visit):
                        feed.end(viewer)
                await asyncio.sleep(LOOK_SECONDS)
        except IvrError:
            LOG.exception("console_stream_unguarded")
        finally:
            for feed in tuple(self._feeds.values()):
                for viewer in tuple(feed.viewers):
                    feed.end(viewer)

    def _may_as_before(self, visit: Visit) -> bool:
        """Else their browser asks again, and is shown what they may now."""
        visitor = visit.again()
        return visitor is not None and self._console.office(visitor.actor).acts() == visit.may


def stream(visit: Visit, name: str, feed: Callable[[], Feed]) -> Response:
    """The answer that goes on. Raises EnvironmentFault when too many watch."""
    live = visit.console.state.setdefault("live", Live(visit.console))
    assert isinstance(live, Live)
    if live.count() >= VIEWERS:
        raise EnvironmentFault("too many people watch by this console now: close a page, and try again")
    return StreamingResponse(
        live.watch(name, feed, visit),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # a proxy that gathers what it passes on would make it late
    )


def _group(visit: Visit) -> Hashable:
    """Who gets the same."""
    return API if visit.path.startswith(API + "/") else (visit.language.code, visit.may)


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
