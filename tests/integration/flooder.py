"""A stranger's flood by Debian's sipp: INVITEs of calls that nobody makes, from one address."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

A_SECOND = 5_000
STRANGER = "127.0.0.3"
SHARE = 0.9
"""Of that, at the least: on two cores sipp waits now and then, and sends what it owes when it goes on."""
START_SECONDS = 1.0
"""Until sipp sends, and after it sent."""
SCENARIO = Path(__file__).parent / "sipp" / "flood.xml"


class Flood:
    """One that goes on."""

    def __init__(self, process: asyncio.subprocess.Process, count: int) -> None:
        self.process, self._count, self._began = process, count, time.monotonic()

    async def sent(self) -> int:
        """How many, once all are sent; fails where that took longer than it may."""
        said = (await self.process.communicate())[0].decode()
        assert self.process.returncode == 0, said
        took = time.monotonic() - self._began - START_SECONDS
        assert took <= self._count / A_SECOND / SHARE, f"{self._count} INVITEs took {took:.1f} s"
        return self._count


@asynccontextmanager
async def flooded(target: tuple[str, int], seconds: float) -> AsyncIterator[Flood]:
    """While the stranger sends."""
    program, count = shutil.which("sipp"), round(A_SECOND * seconds)
    assert program, "install sip-tester (apt-get install sip-tester)"
    words = ("-sf", SCENARIO, "-i", STRANGER, "-r", A_SECOND, "-m", count, "-l", A_SECOND, "-nostdin")
    process = await asyncio.create_subprocess_exec(
        program, f"{target[0]}:{target[1]}", *map(str, words), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield Flood(process, count)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
