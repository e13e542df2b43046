"""The cells' stocks of data keys when a key is rotated: voided at once, and asked for before the old one is retired.

Rule: a key may be retired only when every cell that should be there has said that it holds nothing of it, and every
other host that no journal there is wrapped by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from ivr.engine.bus.stock import KeysHeld, KeysVoided, StocksVoided
from ivr.ports.clock import Clock

LOOK_SECONDS = 0.1
ANSWER_SECONDS = 3.0
"""A cell looks at the hub ten times a second in a call, twice a second idle."""


class Stocks:
    """What the hub knows of the cells' stocks."""

    def __init__(
        self,
        *,
        cells: int,
        send: Callable[[int, KeysVoided], None],
        connected: Callable[[], Iterable[int]],
        journals: Callable[[float], tuple[frozenset[str], int]] = lambda since: (frozenset(), 0),
        monotonic: Clock = lambda: 0.0,
    ) -> None:
        """`cells`: how many there should be; `send` tells one of them; `connected`: their numbers.

        `journals(since)`: by which keys journals on other hosts are wrapped, and how many hosts did not say so since.
        """
        self._journals = journals
        self._monotonic = monotonic
        self._answered_at = 0.0
        """When a cell answered last."""
        self._cells = cells
        self._send = send
        self._connected = connected
        self._void: frozenset[str] = frozenset()
        self._held: dict[int, frozenset[str]] = {}
        """What each cell answered since it was asked last."""
        self._changed = asyncio.Event()

    def greet(self, cell: int) -> None:
        """A cell connected: its stock may be older than the last rotation."""
        self._held.pop(cell, None)
        if self._void:
            self._send(cell, KeysVoided(tuple(sorted(self._void))))

    def answered(self, cell: int, answer: KeysHeld) -> None:
        """A cell said what it holds; an answer to an earlier question says nothing of this one."""
        if self._void <= frozenset(answer.void):
            self._held[cell] = frozenset(answer.kek_ids)
            self._answered_at = self._monotonic()
            self._changed.set()

    async def void(self, old: Iterable[str]) -> StocksVoided:
        """Void stocks that depend on old keys, and tell what is left of them."""
        self._void |= frozenset(old)
        self._held.clear()
        self._answered_at = self._monotonic()
        for cell in list(self._connected()):
            self._send(cell, KeysVoided(tuple(sorted(self._void))))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while self._unheard():
                    self._changed.clear()
                    await self._changed.wait()
                # After the cells: what those began is among them.
                while self._journals(self._answered_at)[1]:  # noqa: ASYNC110 - they say it each second by themselves
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            pass
        journals, silent = self._journals(self._answered_at)
        held = frozenset[str]().union(journals, *self._held.values())
        return StocksVoided(tuple(sorted(held)), self._unheard() + silent)

    def _unheard(self) -> int:
        known = self._held.keys() & set(self._connected())
        return max(0, self._cells - len(known))
