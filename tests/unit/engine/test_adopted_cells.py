"""A cell that was left with a call by an engine that was killed is asked whether it lives, as others are."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping

import pytest

from ivr.engine.supervisor import pulse, rest
from ivr.engine.supervisor.cells import Cells


class Desk:
    """Takes note of nothing."""

    async def free(self, cell: int) -> None: ...

    async def down(self, cell: int) -> None: ...

    async def suspect(self, cell: int) -> None: ...

    async def begin(self) -> None: ...

    async def doubted(self) -> frozenset[int]:
        return frozenset()


@pytest.mark.parametrize("answers", [True, False])
async def test_one_that_hangs_is_killed_and_one_that_answers_is_not(
    monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    monkeypatch.setattr(pulse, "PING_SECONDS", 0.01)
    monkeypatch.setattr(pulse, "SETTLE_SECONDS", 0.01)
    monkeypatch.setattr(rest, "ASK_AFTER_SECONDS", 0.0)
    asked = asyncio.Queue[int]()

    async def ping(number: int) -> bool:
        asked.put_nowait(number)
        return answers

    async def alarm(kind: str, text: str) -> None: ...

    def log(event: str, data: Mapping[str, object]) -> None: ...

    process = await asyncio.to_thread(lambda: subprocess.Popen(["sleep", "60"]))
    watching = asyncio.create_task(
        Cells(2, ping=ping, desk=Desk(), log=log, alarm=alarm, left={1: process.pid}).pulse.watch()
    )
    try:
        for _ in range(4 if answers else 3):
            assert await asyncio.wait_for(asked.get(), 10) == 1
        if answers:
            assert process.poll() is None
        else:
            assert await asyncio.to_thread(process.wait, 10) < 0
    finally:
        watching.cancel()
        process.kill()
        process.wait()
