"""Records of calls over the hub's socket, also of cells that died or only lost it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ivr.core.call.record_json import record_to_json
from ivr.core.orders.evidence import CallOutcome
from ivr.engine.bus.calls import CallSaved, CallStored
from ivr.engine.bus.queue import AgentWanted, Offered, OfferResult, OfferStatus
from tests.integration.hub.house import ANN, RECORD, ended_pid, house


async def test_a_final_record_is_acknowledged_when_it_is_stored() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.begin(RECORD)
        final = replace(RECORD, ended_at=1060.0, outcome=CallOutcome.COMPLETED)
        cell.say(CallSaved(record_to_json(final), final=True))
        assert (await cell.hears(CallStored)).call_id == "c1"
        assert home.calls.get("c1") == final
        assert 'ivr_calls_total{outcome="completed"} 1.0' in (await home.get("/metrics"))[1]


async def test_a_record_that_cannot_be_stored_now_is_stored_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.records.RETRY_SECONDS", 0.05)
    async with house() as home:
        home.calls.full = True
        cell = await home.cell()
        cell.say(CallSaved(record_to_json(replace(RECORD, ended_at=1060.0)), final=True))
        await home.until(lambda: "database" in home.alarms(), "no alarm")
        await asyncio.sleep(0.2)
        assert home.alarms() == ["database"], "one alarm, not one a try"
        home.calls.full = False
        assert (await cell.hears(CallStored)).call_id == "c1"
        assert home.calls.get("c1").ended_at == 1060.0


async def test_calls_that_ended_without_a_hub_are_taken_in_at_the_start() -> None:
    lost = replace(RECORD, call_id="old", ended_at=900.0, outcome=CallOutcome.CRASHED)
    async with house(lost=[lost]) as home:
        await home.until(lambda: "calls_taken_in" in home.events, "nothing is taken in")
        assert home.calls.get("old") == replace(lost, recording_id="19700101-old")


async def test_a_cell_that_dies_in_a_call_leaves_a_record_an_alarm_and_a_free_agent() -> None:
    async with house(agents=(ANN,)) as home:
        home.edge.phones = frozenset({"ann"})
        cell = await home.cell(pid=ended_pid())
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        offer = await cell.hears(Offered)
        cell.say(OfferResult("c1", offer.offer_id, OfferStatus.ANSWERED))
        await home.until(
            lambda: home.hub.centre.switchboard.queues.agents["ann"].state == "talking", "the answer is not noticed"
        )
        home.recordings.record(replace(RECORD, states=("menu", "agent")))
        cell.writer.close()
        await home.until(lambda: "cell_lost" in home.alarms(), "no alarm")
        assert home.hub.centre.switchboard.queues.agents["ann"].state == "available"
        await home.until(lambda: home.calls.get("c1").outcome == "crashed", "no record")
        assert home.calls.get("c1").states == ("menu", "agent"), "what the recording knew is kept"


async def test_a_cell_that_only_lost_its_connection_has_lost_nothing() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.begin(RECORD)
        await home.until(lambda: "c1" in home.hub.records.running, "the call is not noticed")
        cell.writer.close()
        again = await home.cell(call_id="c1")
        again.say(
            CallSaved(record_to_json(replace(RECORD, ended_at=1060.0, outcome=CallOutcome.COMPLETED)), final=True)
        )
        await again.hears(CallStored)
        await asyncio.sleep(0.1)
        assert home.alarms() == []
        assert home.calls.get("c1").outcome == "completed"
