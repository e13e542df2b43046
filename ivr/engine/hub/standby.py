"""A hub that stands by until it leads, and ends when it no longer does.

The lock is the database's. A leader who cannot ask the database any more ends, since another one may lead by now; the
supervisor starts it again, and it stands by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from ivr.errors import EnvironmentFault
from ivr.ports.leadership import Leadership

TRY_SECONDS = 0.25
LOOK_SECONDS = 1.0


async def stand_by(
    leadership: Leadership, stop: asyncio.Event, log: Callable[[str, Mapping[str, object]], None]
) -> bool:
    """Wait until this process leads; False when it was told to stop before. A database that is away is waited for."""
    said = ""
    while not stop.is_set():
        try:
            if await asyncio.to_thread(leadership.take):
                return True
            told = "another hub leads"
        except EnvironmentFault as error:
            told = str(error)
        if told != said:
            said = told
            log("hub_stands_by", {"reason": told})
        try:
            await asyncio.wait_for(stop.wait(), TRY_SECONDS)
        except TimeoutError:
            continue
    return False


async def lead(leadership: Leadership) -> None:
    """Return never while this process leads. Raises EnvironmentFault when it leads no more."""
    while await asyncio.to_thread(leadership.held):  # noqa: ASYNC110 - the database tells nobody of itself
        await asyncio.sleep(LOOK_SECONDS)
    raise EnvironmentFault("the database's lock was lost: another hub may lead by now")
