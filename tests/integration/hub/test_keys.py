"""What the hub does with keys: issued to cells, retired when nobody holds them."""

from __future__ import annotations

import asyncio

import pytest

from ivr.engine.bus.stock import KeysHeld, KeysIssued, KeysRotated, KeysVoided, KeysWanted, StocksVoided
from ivr.engine.hub import stocks
from tests.integration.hub.house import house


async def test_keys_are_issued_and_open_again() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.say(KeysWanted(3))
        issued = await cell.hears(KeysIssued)
        assert len({key for key, _, _ in issued.keys}) == 3


async def test_a_key_is_retired_only_when_every_cell_said_that_it_holds_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stocks, "ANSWER_SECONDS", 0.3)
    async with house() as home:
        one, person = await home.cell(0), await home.person()

        async def ask(*old: str) -> StocksVoided:
            person.say(KeysRotated(old))
            return await person.hears(StocksVoided)

        assert await ask("kek-1") == StocksVoided((), 2)  # one of two is there, and says nothing
        two = await home.cell(1)
        assert (await two.hears(KeysVoided)).kek_ids == ("kek-1",)  # also who comes later
        two.say(KeysHeld((), ()))  # to an earlier question
        one.say(KeysHeld(("kek-1",), ("kek-1",)))
        assert await ask("kek-1") == StocksVoided((), 2)
        asked = asyncio.create_task(ask("kek-1"))
        while not asked.done():
            one.say(KeysHeld(("kek-1",), ("kek-1",)))
            two.say(KeysHeld((), ("kek-1",)))
            await asyncio.sleep(0.05)
        assert await asked == StocksVoided(("kek-1",), 0)


async def test_without_a_key_store_there_is_an_alarm() -> None:
    async with house() as home:
        home.keys.closed = True
        cell = await home.cell()
        cell.say(KeysWanted(3))
        await home.until(lambda: "keys" in home.alarms(), "no alarm")
        home.keys.closed = False
        cell.say(KeysWanted(1))
        await cell.hears(KeysIssued)
