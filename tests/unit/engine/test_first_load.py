"""An engine starts with what its nursery loaded; where that cannot be served the start ends, and says why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ivr.core.alarms import AlarmKind
from ivr.engine.supervisor.cells import Cells
from ivr.engine.supervisor.nursery import Loaded
from ivr.engine.supervisor.supervisor import Crew, Orders, Supervisor
from ivr.errors import EnvironmentFault
from tests.unit.engine.test_adopted_cells import Desk

Reply = Callable[[Mapping[str, object]], Coroutine[None, None, None]]


@asynccontextmanager
async def nursery(path: Path) -> AsyncIterator[tuple[Cells, Reply]]:
    """Cells that have none yet, and what a nursery, which has read its order to load, answers."""

    async def ping(number: int) -> bool:
        return False

    async def alarm(kind: AlarmKind, text: str) -> None:
        assert kind is AlarmKind.PUBLICATION

    cells = Cells(0, ping=ping, desk=Desk(), log=lambda event, fields: None, alarm=alarm)
    await cells.publish("first")
    await cells.serve(path)
    reader, writer = await asyncio.open_unix_connection(path)
    assert json.loads(await reader.readline()) == {"load": "first"}

    async def reply(report: Mapping[str, object]) -> None:
        writer.write(json.dumps(report).encode() + b"\n")
        await writer.drain()

    try:
        yield cells, reply
    finally:
        writer.close()
        cells.close()


async def test_a_start_waits_for_what_is_loaded_and_is_told_what_is_not_served(tmp_path: Path) -> None:
    async with nursery(tmp_path / "nursery") as (cells, reply):
        await reply({"loaded": "first", "serves": 1, "unserved": ["fund@1: a prompt is damaged"]})
        async with asyncio.timeout(10):
            assert await cells.first_load() == Loaded(1, ("fund@1: a prompt is damaged",))


async def test_a_start_with_what_the_settings_lack_ends_with_the_reason(tmp_path: Path) -> None:
    async with nursery(tmp_path / "nursery") as (cells, reply):
        await reply({"unfit": "first", "reason": "state 'on' transfers to 'desk'"})
        async with asyncio.timeout(10):
            with pytest.raises(EnvironmentFault, match="transfers to 'desk'"):
                await cells.first_load()


def test_a_start_in_which_nothing_can_be_served_ends_and_one_that_serves_some_tells_the_rest() -> None:
    said: list[str] = []
    starting = Supervisor(cast(Crew, None), cast(Orders, SimpleNamespace(say=said.append)))
    starting._tell_unserved(Loaded(1, ("fund@1: a prompt is damaged",)))
    assert said == [
        "NOT SERVED, its callers are refused: fund@1: a prompt is damaged. "
        "Restore the prompts from a backup, or: ivr publish"
    ]
    with pytest.raises(EnvironmentFault, match="no dialplan can be served"):
        starting._tell_unserved(Loaded(0, ("fund@1: a prompt is damaged",)))
