"""Alarms on their way to the hub. Rule: one that finds no hub waits for the next; none is lost."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ivr.core.alarms import AlarmKind
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.client import HubClient
from ivr.errors import EnvironmentFault

KEPT = 100
"""Alarms that wait at most: more than `ivr status` shows. The oldest goes first, and is in the log."""
RETRY_SECONDS = 1.0
CONNECT_SECONDS = 1.0


class AlarmPost:
    """Brings alarms to the hub, in order. May be used from several threads."""

    def __init__(self, hub: Path, on_wait: Callable[[AlarmKind], None] = lambda kind: None) -> None:
        """`hub`: its socket. `on_wait(kind)` is told of an alarm that cannot be brought at once."""
        self._hub = HubClient(hub, "", patience=CONNECT_SECONDS)
        self._on_wait = on_wait
        self._waiting: deque[Alarm] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def send(self, kind: AlarmKind, text: str) -> None:
        """Bring it now, or keep it for `deliver`. Never raises."""
        with self._lock:
            self._waiting.append(Alarm(kind, text))
        if not self.deliver():
            self._on_wait(kind)

    def deliver(self) -> bool:
        """Bring what waits; returns whether nothing is left. Never raises."""
        with self._lock, suppress(EnvironmentFault):
            while self._waiting:
                self._hub.tell(self._waiting[0])
                self._waiting.popleft()
        return not self._waiting

    async def alarm(self, kind: AlarmKind, text: str) -> None:
        """`send`, beside an event loop."""
        await asyncio.to_thread(self.send, kind, text)

    async def keep_trying(self) -> None:
        """Deliver what waits, again and again, until cancelled."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if self._waiting:
                await asyncio.to_thread(self.deliver)
