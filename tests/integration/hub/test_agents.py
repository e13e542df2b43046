"""Agents: whose phone is there, who is offered what, what they chose, and why a call waits."""

from __future__ import annotations

import asyncio
import time

import pytest

from ivr.core.call.record_json import record_to_json
from ivr.core.queueing.choice import AgentChoice, ChoiceKind
from ivr.core.queueing.directory import AgentEntry
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.cells import CellState, CellStatus
from ivr.engine.bus.codec import encode
from ivr.engine.bus.queue import AgentWanted, Offered, OfferResult, OfferStatus, Queued
from ivr.engine.bus.staff import AgentsChanged, AgentTaken, AgentTold, WhyReport, WhyWanted
from ivr.testing.fake_stores import MemoryAgentChoices
from tests.integration.hub.house import ANN, RECORD, ask, house


async def test_a_call_waits_until_an_agents_phone_registers_and_is_then_offered_through_the_edge() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: "ann" in home.edge.known, "the edge is not told of the agent")
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        assert (await cell.hears(Queued)).position == 1
        home.edge.phones = frozenset({"ann"})
        offer = await cell.hears(Offered)
        assert (offer.agent, offer.uri) == ("ann", "sip:ann@edge")


async def test_a_refused_offer_goes_to_the_next_agent() -> None:
    bob = AgentEntry("bob", ha1="1" * 32)
    async with house(agents=(ANN, bob)) as home:
        home.edge.phones = frozenset({"ann", "bob"})
        await home.until(lambda: len(home.hub.centre.switchboard.queues.agents) == 2, "agents are unknown")
        await asyncio.sleep(0.1)
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(AgentWanted("c1", "desk"))
        first = await cell.hears(Offered)
        cell.say(OfferResult("c1", first.offer_id, OfferStatus.FAILED, 486))
        second = await cell.hears(Offered)
        assert {first.agent, second.agent} == {"ann", "bob"}


async def test_a_changed_directory_reaches_the_edge() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: "ann" in home.edge.known, "the agent is not put")
        home.directory.entries = (AgentEntry("ann", uri="sip:ann@10.0.0.9"), AgentEntry("bob", ha1="1" * 32))
        _, writer = await asyncio.open_unix_connection(home.path)
        writer.write(encode(AgentsChanged()))
        await home.until(lambda: home.edge.known.get("ann") == ("sip:ann@10.0.0.9", None), "ann is not changed")
        home.directory.entries = ()
        writer.write(encode(AgentsChanged()))
        await home.until(lambda: not home.edge.known, "the agents are not dropped")


async def test_an_edge_started_anew_is_told_of_the_agents_again() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: "ann" in home.edge.known, "the agent is not put")
        home.edge.down = True
        await home.until(lambda: not home.hub.centre.presence.edge_alive, "its absence is not noticed")
        assert (await home.get("/healthz"))[0] == 503
        home.edge.known, home.edge.down = {}, False
        await home.until(lambda: "ann" in home.edge.known, "the agent is not put again")


async def test_a_cell_that_the_edge_forgot_to_free_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.engine.hub.presence.LEAK_SECONDS", 0.5)
    monkeypatch.setattr("ivr.engine.hub.presence.POLL_SECONDS", 0.05)
    monkeypatch.setattr("ivr.engine.hub.presence.COMPARE_SECONDS", 0.05)
    async with house() as home:
        idle, busy = await home.cell(0), await home.cell(1)
        idle.say(CellState(0, CellStatus.IDLE))
        busy.say(CellState(1, CellStatus.BUSY, "c2"))
        home.edge.taken = {0: "old call", 1: "its call", 2: "down"}
        await home.until(lambda: 0 not in home.edge.taken, "the forgotten cell stays taken")
        await asyncio.sleep(1.0)
        assert home.edge.taken == {1: "its call", 2: "down"}


async def test_a_new_hub_learns_whom_a_running_call_holds() -> None:
    async with house(agents=(ANN,)) as home:
        home.edge.phones = frozenset({"ann"})
        await home.until(lambda: "ann" in home.hub.centre.switchboard.queues.agents, "the agent is unknown")
        cell = await home.cell(call_id="c1")
        cell.say(CallSaved(record_to_json(RECORD)), OfferResult("c1", "before-7", OfferStatus.ANSWERED, agent="ann"))
        other = await home.cell(1)
        other.say(CellState(1, CellStatus.BUSY, "c2"), AgentWanted("c2", "desk"))
        await other.hears(Queued)
        engagement = home.hub.centre.switchboard.queues.agents["ann"].engagement
        assert engagement is not None
        assert engagement.call_id == "c1"
        cell.say(OfferResult("c1", "before-7", OfferStatus.ENDED, agent="ann"))
        assert (await other.hears(Offered)).agent == "ann"


async def test_within_two_seconds_a_new_hub_has_the_order_the_talks_and_the_states_of_the_one_that_was_killed() -> None:
    choices = MemoryAgentChoices()
    choices.put(AgentChoice("bob", True, "lunch", "bob"))
    bob = AgentEntry("bob", ha1="1" * 32)
    async with house(agents=(ANN, bob), choices=choices) as home:
        began = time.monotonic()
        home.edge.phones = frozenset({"ann", "bob"})
        talking = await home.cell(0, call_id="c1")
        talking.say(CallSaved(record_to_json(RECORD)), OfferResult("c1", "before-7", OfferStatus.ANSWERED, agent="ann"))
        for number, waited in ((1, 20.0), (2, 300.0), (3, 100.0)):
            cell = await home.cell(number)
            cell.say(CellState(number, CellStatus.BUSY, f"w{number}"), AgentWanted(f"w{number}", "desk", waited=waited))
        queues = home.hub.centre.switchboard.queues

        def as_before() -> bool:
            order = [call.call_id for call in queues.in_line("desk")]
            states = {name: str(agent.state) for name, agent in queues.agents.items()}
            return order == ["w2", "w3", "w1"] and states == {"ann": "talking", "bob": "paused"}

        await home.until(as_before, "the order or the states are others")
        assert time.monotonic() - began < 2.0
        pause = queues.agents["bob"].pause
        assert pause is not None
        assert pause.reason == "lunch"


async def test_callers_who_came_within_a_moment_stand_in_their_order_again_whatever_comes_first() -> None:
    async with house(agents=(ANN,)) as home:
        began, told = time.time() - 60.0, {}
        for number in (3, 1, 2):
            cell = await home.cell(number)
            since, credit = began + number / 1000, 0.0015 if number == 3 else 0.0
            again = AgentWanted(f"w{number}", "desk", waited=60.0, since=since, credit=credit)
            cell.say(CellState(number, CellStatus.BUSY, f"w{number}"), again)
            told[number] = await cell.hears(Queued)
        order = [call.call_id for call in home.hub.centre.switchboard.queues.in_line("desk")]
        assert order == ["w1", "w3", "w2"], "w3 has credit for a line that dropped, and stood before w2"
        for number, queued in told.items():
            assert queued.since == pytest.approx(began + number / 1000, abs=1e-4)
            assert queued.credit == (0.0015 if number == 3 else 0.0)


async def test_a_pause_told_at_the_command_line_keeps_its_reason_over_a_restart_and_is_in_the_log() -> None:
    choices = MemoryAgentChoices()
    async with house(agents=(ANN,), choices=choices) as home:
        home.edge.phones = frozenset({"ann"})
        await home.until(lambda: "ann" in home.hub.centre.switchboard.queues.agents, "the agent is unknown")
        told = await ask(home, AgentTold("ann", ChoiceKind.PAUSE, "training", "sue"))
        assert told == AgentTaken("ann", "paused")
        assert await ask(home, AgentTold("nobody", ChoiceKind.PAUSE, "training", "sue")) == AgentTaken("nobody", "")
        await home.until(lambda: any(e.action == "agent.pause" for e in home.log.told()), "it is not in the log")
        entry = next(e for e in home.log.told() if e.action == "agent.pause")
        assert (entry.subject, entry.details) == ("ann", {"by": "sue", "reason": "training"})
    async with house(agents=(ANN,), choices=choices) as again:
        again.edge.phones = frozenset({"ann"})
        caller = await again.cell()
        caller.begin(RECORD)
        agents = again.hub.centre.switchboard.queues.agents
        await again.until(lambda: "ann" in agents and agents["ann"].reachable, "the agent is unknown")
        caller.say(AgentWanted("c1", "desk"))
        await caller.hears(Queued)
        report = again.hub.centre.switchboard.report()["agents"]
        assert isinstance(report, list)
        assert (report[0]["state"], report[0]["reason"], report[0]["by"]) == ("paused", "training", "sue")
        assert await ask(again, AgentTold("ann", ChoiceKind.RESUME, by="sue")) == AgentTaken("ann", "offered")
        assert (await caller.hears(Offered)).agent == "ann"


async def test_why_a_call_waits_is_told_agent_by_agent() -> None:
    async with house(agents=(ANN, AgentEntry("bob", ha1="0" * 32, queues=("loans",)))) as home:
        await home.until(lambda: len(home.hub.centre.switchboard.queues.agents) == 2, "agents are unknown")
        caller = await home.cell()
        caller.begin(RECORD)
        caller.say(AgentWanted("c1", "desk"))
        await caller.hears(Queued)
        answer = await ask(home, WhyWanted("c1"))
        assert isinstance(answer, WhyReport)
        agents = answer.report["agents"]
        assert isinstance(agents, list)
        assert [(one["agent"], one["verdict"]) for one in agents] == [
            ("ann", "their phone is not registered"),
            ("bob", "does not serve desk"),
        ]
        assert await ask(home, WhyWanted("another")) == WhyReport({})
