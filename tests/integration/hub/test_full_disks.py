"""A disk that fills up, refuses or hangs under a running hub: said before a call is refused, and over when it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from ivr.core.alarms import AlarmKind
from ivr.engine.hub.alarms import Alarms
from ivr.errors import EnvironmentFault
from ivr.ports.disks import DiskState
from ivr.testing.fake_stores import MemoryDisks
from tests.integration.hub.house import LEAST, RECORD, house
from tests.small_disk import SmallDisk


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.room.LOOK_SECONDS", 0.02)


@pytest.mark.parametrize("place", ["recordings", "data"])
@pytest.mark.parametrize("how", [{"free_bytes": LEAST - 1}, {"fault": "it is mounted read-only"}], ids=["full", "ro"])
async def test_a_hub_whose_disk_takes_nothing_is_not_well_until_it_does(place: str, how: dict[str, object]) -> None:
    async with house() as home:
        await home.cell()
        await home.until(lambda: home.hub.health()["ok"], "not well at first")
        for times in (1, 2):
            home.disks.set(place, **how)  # type: ignore[arg-type]
            await home.until(lambda: not home.hub.health()["ok"], "a disk that takes nothing is called well")
            assert (await home.get("/healthz"))[0] == 503
            assert f"/{place}" in (await home.get("/healthz"))[1], "which disk it is"
            assert home.alarms() == ["disk"] * times, "one alarm for each time that it fills up"
            home.disks.set(place)
            await home.until(lambda: home.hub.health()["ok"], "it has room again")
        assert f'ivr_disk_free_bytes{{place="{place}"}}' in (await home.get("/metrics"))[1]


async def test_a_disk_that_hangs_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.room.STALE_SECONDS", 0.2)
    hangs, goes_on = threading.Event(), threading.Event()

    class Hanging(MemoryDisks):
        def look(self) -> Sequence[DiskState]:
            if hangs.is_set():
                goes_on.wait(20)
            return super().look()

    async with house(disks=Hanging()) as home:
        await home.cell()
        await home.until(lambda: home.hub.health()["ok"], "not well at first")
        hangs.set()
        await home.until(lambda: not home.hub.health()["ok"] and home.alarms() == ["disk"], "nobody is told")
        hangs.clear()
        goes_on.set()
        await home.until(lambda: home.hub.health()["ok"], "it answers again")


async def test_a_hub_whose_log_takes_nothing_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.steps.RETRY_SECONDS", 0.02)
    async with house() as home:
        await home.cell()
        await home.until(lambda: home.hub.health()["ok"], "not well at first")
        real = home.log.append

        def refuse(entries: object) -> range:
            raise EnvironmentFault("Disk quota exceeded")

        monkeypatch.setattr(home.log, "append", refuse)
        home.hub.steps.enter("agent.pause", "ann")
        await home.until(lambda: not home.hub.health()["ok"], "a log that takes nothing is called well")
        monkeypatch.setattr(home.log, "append", real)
        await home.until(lambda: home.hub.health()["ok"], "it takes entries again")
        assert [entry.subject for entry in home.log.told() if entry.action == "agent.pause"] == ["ann"], "kept, once"


async def test_calls_that_no_database_took_in_at_the_start_are_taken_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.records.INGEST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr("tests.integration.hub.house.FullDatabase.full", True)
    async with house(lost=(RECORD,)) as home:
        await home.until(lambda: "ingest" in home.alarms(), "nobody is told")
        home.calls.full = False
        await home.until(lambda: [call.call_id for call in home.calls.recent()] == ["c1"], "it is never tried again")
        assert home.alarms().count("ingest") == 1


async def test_a_database_that_cannot_be_read_at_the_start_makes_no_recording_a_damaged_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ivr.engine.hub.records.INGEST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr("tests.integration.hub.house.FullDatabase.away", True)
    async with house(lost=(RECORD,)) as home:
        await home.until(lambda: "ingest" in home.alarms(), "nobody is told")
        home.calls.away = False
        await home.until(lambda: [call.call_id for call in home.calls.recent()] == ["c1"], "it is never tried again")
        assert home.alarms() == ["ingest"]


def test_alarms_of_a_full_disk_are_kept_for_the_next_hub_once_there_is_room(small_disk: SmallDisk) -> None:
    def alarms() -> Alarms:
        return Alarms(small_disk.path / "alarms.jsonl", wall=time.time, log=lambda *_: None, count=lambda _: None)

    def told() -> list[str]:
        return [alarm.call_id or "" for alarm in alarms().latest]

    first = alarms()
    small_disk.fill()
    for number in range(5):
        first.raise_alarm(AlarmKind.RECORDING, "x" * 1500, f"c{number}")
    assert len(told()) < 5
    small_disk.empty()
    first.write_owed()
    assert told() == [f"c{number}" for number in range(5)], "all, and what was half written is taken back"
    first.write_owed()
    assert len(told()) == 5, "each once"
