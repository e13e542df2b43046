"""What a call asks of the hub for an agent: whose extension and PIN it is, and what they choose; for nobody else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.core.queueing.choice import AgentChoice
from ivr.core.queueing.directory import AgentEntry, pin_check
from ivr.engine.bus.client import HubClient
from ivr.engine.cell.agent_codes import AgentCodes
from ivr.errors import IvrError, OperatorError, PeerError
from ivr.testing.fake_stores import MemoryAgentChoices
from tests.integration.hub.house import house

PIN = "48305917"
BOB = AgentEntry("bob", uri="sip:bob@127.0.0.1", extension="205", pin=pin_check(PIN, bytes(16)))
ANN = AgentEntry("ann", uri="sip:ann@127.0.0.1", extension="206", pin=pin_check("1122", bytes(16)))


async def ask(codes: AgentCodes, query: str, **params: object) -> dict[str, object]:
    """As a lookup of a call asks, on its thread."""
    return await asyncio.to_thread(codes.query, query, dict(params), timeout=5.0)


async def test_only_who_proved_to_be_an_agent_changes_one_and_only_themselves() -> None:
    choices = MemoryAgentChoices()
    async with house(agents=(ANN, BOB), choices=choices) as home:
        await home.until(lambda: home.hub.centre.switchboard.queues.agents, "the agents are not listed")
        call = AgentCodes(HubClient(home.path, "here"))
        with pytest.raises(PeerError, match="nobody has proved"):
            await ask(call, "log_out")
        assert await ask(call, "identify", extension="205", pin="0000") == {"found": False}
        with pytest.raises(PeerError, match="nobody has proved"):
            await ask(call, "pause", reason="lunch")
        assert await ask(call, "identify", extension="205", pin=PIN) == {"found": True}
        assert await ask(call, "pause", reason=" lunch ") == {"state": "paused"}
        assert choices.read() == (AgentChoice("bob", True, "lunch", "bob"),)
        assert await ask(call, "log_out") == {"state": "logged_out"}
        assert await ask(call, "log_in") == {"state": "available"}
        assert await ask(call, "resume") == {"state": "available"}
        with pytest.raises(OperatorError, match="in one line"):
            await ask(call, "pause", reason="tea\n{}")
        assert await ask(call, "identify", extension="206", pin=PIN) == {"found": False}
        with pytest.raises(PeerError, match="nobody has proved"):
            await ask(call, "log_out")
        other = AgentCodes(HubClient(home.path, "here"))
        with pytest.raises(PeerError, match="nobody has proved"):
            await ask(other, "log_out")
        kept = ("agent.identified", "agent.pause", "agent.logout", "agent.login", "agent.resume")
        await home.until(lambda: home.log.told()[-1].action == "agent.resume", "the log does not hold it")
        told = [(one.action, one.subject) for one in home.log.told() if one.action in kept]
        assert told == [(action, "bob") for action in kept]
        assert PIN not in repr(home.log.told())


async def test_an_agent_who_was_removed_meanwhile_is_not_changed() -> None:
    async with house(agents=(BOB,)) as home:
        await home.until(lambda: home.hub.centre.switchboard.queues.agents, "the agents are not listed")
        call = AgentCodes(HubClient(home.path, "here"))
        await ask(call, "identify", extension="205", pin=PIN)
        home.directory.entries = ()
        await home.until(lambda: not home.hub.centre.switchboard.queues.agents, "the agent is still listed")
        with pytest.raises(PeerError, match="no such agent any more"):
            await ask(call, "log_out")


async def test_without_a_hub_nothing_is_changed_and_nothing_hangs(tmp_path: Path) -> None:
    call = AgentCodes(HubClient(tmp_path / "hub.sock", "here"))
    with pytest.raises(IvrError):
        await ask(call, "identify", extension="205", pin=PIN)
