"""Queues of a hub: what happens in them is kept; places, and closed sites."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ivr.core.call.record_json import record_to_json
from ivr.core.orders.evidence import CallOutcome, MessageLeft
from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.rules import QueueRules
from ivr.engine.bus.calls import CallSaved, CallStored
from ivr.engine.bus.cells import CellState, CellStatus
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, Offered, OfferResult, OfferStatus, Queued
from ivr.engine.bus.staff import MessageHeard
from ivr.engine.hub import chronicle
from ivr.errors import EnvironmentFault
from ivr.testing.fake_queue_lines import MemoryQueueLines
from tests.integration.hub.house import ANN, RECORD, FullDatabase, house

BEN = AgentEntry("ben", ha1="0" * 32)


async def test_what_happens_in_a_queue_is_kept_counted_and_told_again_by_the_next_hub() -> None:
    kept = MemoryQueueLines()
    async with house(agents=(ANN,), lines=kept) as home:
        home.edge.phones = frozenset({"ann"})
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        offer = await cell.hears(Offered)
        cell.say(OfferResult("c1", offer.offer_id, OfferStatus.ANSWERED))
        other = await home.cell(1)
        other.say(CellState(1, CellStatus.BUSY, "c2"), AgentWanted("c2", "desk"), AgentNotWanted("c2", gave_up=True))
        await home.until(lambda: What.GAVE_UP in {one.what for one in kept.lines}, "the lines are not written")
        page = (await home.get("/metrics"))[1]
        assert 'ivr_queue_answer_seconds_count{queue="desk"} 1.0' in page
        assert 'ivr_queue_abandon_seconds_count{queue="desk"} 1.0' in page
        assert 'ivr_queue_offered_total{queue="desk"} 2.0' in page
    told = [one for one in kept.lines if one.what is not What.WAS]
    assert [(one.what, one.call_id) for one in told if one.call_id == "c1"] == [
        (What.CAME, "c1"), (What.RUNG, "c1"), (What.TAKEN, "c1"),
    ]  # fmt: skip
    assert "talking" in {one.state for one in kept.lines if one.agent == "ann"}, "told when the hub ended"
    async with house(agents=(ANN,), lines=kept) as home:
        await home.until(lambda: "desk" in home.hub.centre.chronicle.today().queues, "today's figures are gone")
        desk = home.hub.centre.chronicle.today().queues["desk"]
        assert (desk.offered, desk.answered, desk.abandoned) == (2, 1, 1)


async def test_lines_that_the_database_does_not_take_now_are_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronicle, "RETRY_SECONDS", 0.05)

    class Full(MemoryQueueLines):
        full = True

        def append(self, lines: Sequence[Happening]) -> None:
            if self.full:
                raise EnvironmentFault("the database does not answer")
            super().append(lines)

    kept = Full()
    async with house(agents=(ANN,), lines=kept) as home:
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        await home.until(lambda: "queue_lines" in home.alarms(), "no alarm")
        kept.full = False
        await home.until(lambda: What.CAME in {one.what for one in kept.lines}, "the lines are lost")
        assert [one.what for one in kept.lines].count(What.CAME) == 1


async def test_messages_that_nobody_listened_to_are_told_until_somebody_did_also_by_the_next_hub() -> None:
    kept = MemoryQueueLines()
    spans = (MessageLeft("complaints", 0, 40_000), MessageLeft("praise", 60_000, 80_000))
    ended = replace(RECORD, ended_at=1060.0, voicemails=spans, outcome=CallOutcome.COMPLETED)
    async with house(lines=kept) as home:
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(CallSaved(record_to_json(ended), final=True), CallSaved(record_to_json(ended), final=True))
        await cell.hears(CallStored)
        await home.until(lambda: len(kept.unheard()) == 2, "the messages are not kept")
    async with house(lines=kept) as home:
        await home.until(lambda: len(home.hub.centre.mailboxes()) == 2, "the next hub does not know of them")
        assert 'ivr_messages_unheard{mailbox="complaints"} 1.0' in (await home.get("/metrics"))[1]
        person = await home.person()
        person.say(MessageHeard("c1", "complaints"), MessageHeard("c7"))
        await home.until(lambda: [one["mailbox"] for one in home.hub.centre.mailboxes()] == ["praise"], "still told")
        person.say(MessageHeard("c1"))
        await home.until(lambda: not home.hub.centre.mailboxes(), "who hears the whole call hears its messages")
    assert kept.unheard() == []


async def test_the_agent_of_the_last_talk_is_asked_first_also_by_a_hub_that_was_started_since() -> None:
    kept, calls, began = MemoryQueueLines(), FullDatabase(), time.time() - 60.0
    caller = "sip:+85291234567@trunk"
    record = replace(RECORD, caller=caller, started_at=began)
    async with house(agents=(ANN, BEN), lines=kept, calls=calls) as home:
        home.edge.phones = frozenset({"ben"})
        cell = await home.cell()
        cell.begin(record)
        cell.say(AgentWanted("c1", "desk"))
        offer = await cell.hears(Offered)
        cell.say(OfferResult("c1", offer.offer_id, OfferStatus.ANSWERED, agent="ben"))
        cell.say(OfferResult("c1", offer.offer_id, OfferStatus.ENDED, agent="ben"))
        ended = replace(record, ended_at=began + 30.0, agents=("ben",), outcome=CallOutcome.COMPLETED)
        cell.say(CallSaved(record_to_json(ended), final=True))
        await cell.hears(CallStored)
    async with house(agents=(ANN, BEN), lines=kept, calls=calls) as home:
        home.edge.phones = frozenset({"ann", "ben"})
        board = home.hub.centre.switchboard
        await home.until(lambda: len([one for one in board.queues.agents.values() if one.reachable]) == 2, "no agents")
        cell = await home.cell()
        again = replace(record, call_id="c2", caller="sip:0085291234567@other-trunk", started_at=time.time())
        cell.begin(again)
        await home.until(lambda: board.last_agent("c2") == "ben", "the talk is forgotten")
        cell.say(AgentWanted("c2", "desk", prefer_last=True))
        assert (await cell.hears(Offered)).agent == "ben", "ann has been idle for as long, and comes first by her name"


async def test_a_caller_whose_line_dropped_gets_the_place_back_when_they_dial_in_again() -> None:
    async with house(agents=(ANN,)) as home:  # her phone is not registered: everybody waits
        first, other, again = [await home.cell(number) for number in (0, 1, 2)]
        caller = "sip:+85291234567@example.com"
        first.begin(replace(RECORD, caller=caller))
        first.say(AgentWanted("c1", "desk"))
        assert (await first.hears(Queued)).position == 1
        await asyncio.sleep(0.3)
        other.say(CellState(1, CellStatus.BUSY, "c2"), AgentWanted("c2", "desk"))
        assert (await other.hears(Queued)).position == 2
        first.say(AgentNotWanted("c1", gave_up=True))
        back = replace(RECORD, call_id="c3", caller=caller)
        again.say(CellState(2, CellStatus.BUSY, "c3"), CallSaved(record_to_json(back)), AgentWanted("c3", "desk"))
        assert (await again.hears(Queued)).position == 1
        stranger = replace(RECORD, call_id="c4", caller="sip:anonymous@anonymous.invalid")
        first.say(CellState(0, CellStatus.BUSY, "c4"), CallSaved(record_to_json(stranger)), AgentWanted("c4", "desk"))
        assert (await first.hears(Queued)).position == 3


async def test_a_queue_whose_sites_are_closed_says_so_at_once() -> None:
    open_now = {"hk"}
    rules = QueueRules(sites=("hk",))
    async with house(agents=(ANN,), rules=lambda queue: rules, open_sites=lambda at: frozenset(open_now)) as home:
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        assert (await cell.hears(Queued)).position == 1
        open_now.clear()
        cell.say(AgentNotWanted("c1"), AgentWanted("c1", "desk"))
        assert (await cell.hears(NoAgent)).reason == "the queue is closed at this hour"
