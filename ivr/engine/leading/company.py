"""A machine that leads looks whether another one stands by: what is taken for a line on two machines may be on one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from ivr.core.alarms import AlarmKind
from ivr.core.leading import Company
from ivr.errors import IvrError
from ivr.ports.clock import Clock
from ivr.ports.leading import Terms

LOOK_SECONDS = 1.0


async def keep_company(
    machine: str,
    *,
    terms: Terms,
    clock: Clock,
    log: Callable[[str, Mapping[str, object]], None],
    alarm: Callable[[AlarmKind, str], Awaitable[None]],
) -> None:
    """Until cancelled: raise an alarm when no other machine could take over, and log when one could again."""
    company = Company(machine, clock())
    while True:
        asked = clock()
        try:
            pulses = await asyncio.to_thread(terms.waiting)
        except IvrError:
            pulses = None  # a directory that cannot be read ends this machine soon, and that is told
        news = company.look(pulses, asked=asked, now=clock()) if pulses is not None else None
        if news is not None and news.alone:
            await alarm(AlarmKind.STANDBY, news.text)
        elif news is not None:
            log("standby", {"told": news.text})
        await asyncio.sleep(LOOK_SECONDS)
