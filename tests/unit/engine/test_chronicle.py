"""What happens in queues is written once, however the hub ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from ivr.core.queueing.happening import Happening, What
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.chronicle import Chronicle, ChronicleConfig
from ivr.testing.fake_queue_lines import MemoryQueueLines


class Slow(MemoryQueueLines):
    """A database that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def append(self, lines: Sequence[Happening]) -> None:
        self._loop.call_soon_threadsafe(self.begun.set)
        time.sleep(0.3)
        super().append(lines)


async def test_a_hub_that_ends_while_lines_are_written_writes_none_twice_and_loses_none(tmp_path: Path) -> None:
    kept = Slow()
    alarms = Alarms(tmp_path / "alarms", wall=time.time, log=lambda event, data: None, count=lambda kind: None)
    book = Chronicle(
        ChronicleConfig(lambda queue: 20.0, {}, 1e9, lambda at: 0.0), kept, alarms,
        monotonic=time.monotonic, wall=time.time, watched=lambda one: None, count_agents=lambda now: None,
    )  # fmt: skip
    book.tell(Happening(What.CAME, time.monotonic(), queue="q", call_id="c1"))
    running = asyncio.create_task(book.run())
    async with asyncio.timeout(20):
        await kept.begun.wait()
    book.tell(Happening(What.CAME, time.monotonic(), queue="q", call_id="c2"))
    running.cancel()
    await asyncio.wait({running})
    await book.close()
    assert [one.call_id for one in kept.lines] == ["c1", "c2"]
    assert book.pending == 0
