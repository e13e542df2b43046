"""That the line's certificate ends is told once a day from three weeks before, and no more once it is renewed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.certificate import DAY_SECONDS, CertificateWatch

NOW = 1_800_000_000.0


class World:
    """A wall clock, and the alarms that were raised."""

    def __init__(self, directory: Path) -> None:
        self.now = NOW
        self.alarms = Alarms(directory / "alarms", wall=lambda: self.now, log=lambda *_: None, count=lambda _: None)
        self.watch = CertificateWatch(lambda: None, self.alarms, wall=lambda: self.now)

    def told(self) -> list[str]:
        return [str(alarm["text"]) for alarm in self.alarms.recent()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_nothing_is_said_of_one_that_lasts_or_of_none(world: World) -> None:
    world.watch.take(None)
    world.watch.take(NOW + 22 * DAY_SECONDS)
    assert world.told() == []


def test_each_day_has_one_alarm_with_the_days_that_are_left(world: World) -> None:
    ends_at = NOW + 2.5 * DAY_SECONDS
    for hour in range(4 * 24):
        world.now = NOW + hour * 3600.0
        world.watch.take(ends_at)
    said = " ".join(world.told())
    assert len(world.told()) == 4
    assert [words in said for words in ("in 2 days", "in 1 day:", "in less than a day", "has expired")] == [True] * 4


def test_of_a_trunks_files_there_is_one_alarm_a_day_until_nothing_is_wrong(world: World) -> None:
    for hour in range(2 * 24):
        world.now = NOW + hour * 3600.0
        world.watch.take_trunks("trunks.exchange.tls.revoked: too old")
    assert world.told() == ["a file by which trunks use TLS: trunks.exchange.tls.revoked: too old"] * 2
    world.watch.take_trunks("")
    assert len(world.told()) == 2
    world.watch.take_trunks("again")
    assert len(world.told()) == 3


async def test_the_files_of_trunks_are_looked_at_for_three_weeks_ahead(world: World) -> None:
    asked: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def of_trunks(seconds: float) -> str:
        loop.call_soon_threadsafe(asked.put_nowait, seconds)
        return ""

    watch = CertificateWatch(lambda: None, world.alarms, wall=lambda: world.now, of_trunks=of_trunks)
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(30):
        assert await asked.get() == 21 * DAY_SECONDS
    running.cancel()


def test_a_renewed_one_is_watched_anew(world: World) -> None:
    world.watch.take(NOW + DAY_SECONDS)
    world.watch.take(NOW + 90 * DAY_SECONDS)
    world.now = NOW + 80 * DAY_SECONDS
    world.watch.take(NOW + 90 * DAY_SECONDS)
    assert len(world.told()) == 2
