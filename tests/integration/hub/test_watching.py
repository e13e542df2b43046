"""What the hub shows of itself, and whom it cuts off."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from ivr.core.alarms import AlarmKind
from ivr.engine.bus.cells import Alarm, Counted
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.engine.bus.stock import KeysIssued, KeysWanted
from ivr.engine.hub.alarms import Alarms
from tests.integration.hub.house import ANN, CellByHand, house


@pytest.mark.parametrize(
    "line",
    [b"nonsense\n", b'{"is":"KeysWanted","count":1}\n', b'{"is":"KeysIssued","keys":[]}\n', b"x" * 5_000_000 + b"\n"],
)
async def test_whoever_speaks_nonsense_is_cut_off_and_the_others_are_served(line: bytes) -> None:
    async with house() as home:
        reader, writer = await asyncio.open_unix_connection(home.path)
        writer.write(line)
        assert await CellByHand(reader, writer).is_cut_off()
        cell = await home.cell()
        cell.say(KeysWanted(1))
        await cell.hears(KeysIssued)


async def test_a_cells_alarm_is_counted_kept_and_shown() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.say(Alarm(AlarmKind.RECORDING, "the recorder stopped", "c1"))
        await home.until(lambda: home.alarms() == ["recording"], "no alarm")
        kept = [json.loads(line) for line in (home.path.parent / "alarms.jsonl").read_text().splitlines()]
        assert [(one["kind"], one["call_id"]) for one in kept] == [("recording", "c1")]
        assert 'ivr_alarms_total{kind="recording"} 1.0' in (await home.get("/metrics"))[1]
        asking = CellByHand(*await asyncio.open_unix_connection(home.path))
        asking.say(StatusWanted())
        report = (await asking.hears(StatusReport)).report
        assert [alarm["kind"] for alarm in report["alarms"]] == ["recording"]  # type: ignore[attr-defined]
        with (home.path.parent / "alarms.jsonl").open("a") as file:
            file.write('{"torn')
        later = Alarms(home.path.parent / "alarms.jsonl", wall=time.time, log=lambda *_: None, count=lambda _: None)
        assert [alarm.kind for alarm in later.latest] == ["recording"], "the next hub shows them too"


async def test_metrics_and_health_and_nothing_else() -> None:
    async with house(agents=(ANN,)) as home:
        assert (await home.get("/healthz"))[0] == 503, "no cell, no service"
        cell = await home.cell()
        cell.say(Counted({"frames_lost": 2.0, "bad name!": 1.0, "ivr_frames_total": 1.0}))
        await home.until(lambda: home.hub.health()["ok"], "not well")
        assert (await home.get("/healthz"))[0] == 200
        text = (await home.get("/metrics"))[1]
        assert "ivr_cell_frames_lost_total 2.0" in text
        assert "ivr_cell_counters_refused_total 2.0" in text, "the hub says whose they are"
        assert 'ivr_cells{state="idle"} 1.0' in text
        assert "13912345678" not in text
        assert (await home.get("/secrets"))[0] == 404
        assert (await home.get("/metrics", "POST"))[0] == 405


async def test_a_hub_whose_watch_over_what_the_edge_denies_has_failed_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is started again: denials that nobody brings into the log are lost with the edge."""

    async def broken(denials: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ivr.engine.hub.denials.Denials.run", broken)
    with pytest.raises(ZeroDivisionError):
        async with house():
            pass


async def test_only_its_owner_may_speak_with_the_hub() -> None:
    async with house() as home:
        assert home.path.stat().st_mode & 0o077 == 0
