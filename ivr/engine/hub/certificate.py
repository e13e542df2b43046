"""Watches the certificates of the line and of trunks: that one ends is told while there is time to renew it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.core.alarms import AlarmKind
from ivr.engine.hub.alarms import Alarms
from ivr.ports.clock import Clock

LOOK_SECONDS = 3600.0
DAY_SECONDS = 86400.0
TOLD_BEFORE_DAYS = 21
"""An authority's own renewal begins 30 days before: by now somebody must look why it did not come."""


class CertificateWatch:
    """An alarm a day, from three weeks before it expires."""

    def __init__(
        self,
        ends_at: Callable[[], float | None],
        alarms: Alarms,
        *,
        wall: Clock,
        of_trunks: Callable[[float], str] = lambda _: "",
    ) -> None:
        """`ends_at()`: seconds since 1970 when what is shown now expires; None: nothing is shown. May read a file.

        `of_trunks(seconds)`: what keeps trunks from being served in so many seconds; empty: nothing. May read files.
        """
        self._ends_at, self._alarms, self._wall, self._of_trunks = ends_at, alarms, wall, of_trunks
        self._told_at: float | None = None
        self._told_of_trunks_at: float | None = None

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self.take(await asyncio.to_thread(self._ends_at))
            self.take_trunks(await asyncio.to_thread(self._of_trunks, TOLD_BEFORE_DAYS * DAY_SECONDS))
            await asyncio.sleep(LOOK_SECONDS)

    def take_trunks(self, fault: str) -> None:
        """What one look at the files of trunks found."""
        now = self._wall()
        if not fault:
            self._told_of_trunks_at = None
        elif self._told_of_trunks_at is None or now - self._told_of_trunks_at >= DAY_SECONDS:
            self._told_of_trunks_at = now
            self._alarms.raise_alarm(AlarmKind.CERTIFICATE, f"a file by which trunks use TLS: {fault}")

    def take(self, ends_at: float | None) -> None:
        """What one look found."""
        now = self._wall()
        if ends_at is None or ends_at - now > TOLD_BEFORE_DAYS * DAY_SECONDS:
            self._told_at = None
        elif self._told_at is None or now - self._told_at >= DAY_SECONDS:
            self._told_at = now
            days = int((ends_at - now) // DAY_SECONDS)
            left = "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"
            when = f"expires in {left}" if now < ends_at else "has expired, and phones refuse it"
            self._alarms.raise_alarm(
                AlarmKind.CERTIFICATE, f"the line's certificate for TLS {when}: renew it, then: ivr edge reload"
            )
