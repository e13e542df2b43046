"""Connections of browsers. Rule: nobody holds one without asking something, nor most of them.

uvicorn waits without end for a request's head, and for the next one's once its first octet came: some hundred octets
a minute would hold every connection that there is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 10.0
"""A request's head is whole after twice as long, or its connection ends."""
EACH_ADDRESS: Final = 100
"""Connections of one address at once: a browser opens six (a tab on HTTP/1.1), and an office may share an address."""


class Connection(H11Protocol):
    """One of them."""

    head_seconds: ClassVar[float] = HEAD_SECONDS
    each_address: ClassVar[int | None] = EACH_ADDRESS
    """None: all come from a proxy, which counts them itself."""
    _held: ClassVar[Counter[str]] = Counter()

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._address = ""
        self._seen: object = None
        self._look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, unless its address has its share."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._held[self._address] += 1
        if self.each_address is not None and self._held[self._address] > self.each_address:
            transport.abort()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._held[self._address] -= 1
        if not self._held[self._address]:
            del self._held[self._address]
        if self._look is not None:
            self._look.cancel()

    def _watch(self) -> None:
        self._look = self.loop.call_later(self.head_seconds, self._end_if_idle)

    def _end_if_idle(self) -> None:
        """End it if it waits for the same request as when this was last looked at."""
        request = self.cycle
        waits = request is None or request.response_complete
        before, self._seen = self._seen, (request,) if waits else None
        if waits and before == (request,):
            self.transport.close()
        else:
            self._watch()
