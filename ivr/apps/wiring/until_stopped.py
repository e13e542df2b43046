"""The life of a child process that does one thing."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine


async def until_stopped(work: Coroutine[None, None, None]) -> None:
    """Do it until SIGTERM or Ctrl-C. Raises what it raises."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
