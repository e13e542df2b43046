"""Callbacks that the engine dials, on real SIP: in turn, with who calls and why, to an agent; and a hub that dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.orders.playing import Clip
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.engine import Engine
from ivr.testing.hearing import heard_well, hears, hears_word, in_touch, voice_of
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip_wire import Arrived
from tests.integration.conftest import DIALPLANS, Line, spoken, until

NUMBER = "+85291234567"
ALWAYS = {"mon-sun": ["00:00-24:00"]}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An engine that may dial numbers of one country by a trunk, and whose one agent is away at first."""
    desk_port, trunk_port = free_port(), free_port()
    plans = ("keeps_place", "back")
    callees = {"+852": {"zones": ["Asia/Hong_Kong"], "open": ALWAYS}}
    dial = {
        "caller": "sip:+85230001000@bank.example", "callees": callees,
        "queues": {"loans": {"default": "back", "zh": "back-chinese"}}, "busy_seconds": 1,
    }  # fmt: skip
    engine = Engine(
        tmp_path_factory.mktemp("called_back"), dialplan=DIALPLANS / "keeps_place.yaml", cells=4,
        settings={
            "dialplans": [
                {"file": str(DIALPLANS / "keeps_place.yaml")},
                {"file": str(DIALPLANS / "back.yaml"), "called": ["back", "back-chinese"]},
            ],
            "callbacks": {"dial": dial},
            "sip": {"options_seconds": 0},
            "trunks": {"carrier": {"addresses": [f"127.0.0.1:{trunk_port}"], "prefixes": ["+852"]}},
            "queues": {"loans": {"overflow": {"after": 4, "way": "callback"}}},
        },
    )  # fmt: skip
    added = engine.command("agents", "add", "desk", "--uri", f"sip:desk@127.0.0.1:{desk_port}")
    assert added.returncode == 0, added.stderr
    engine.start()
    clips: dict[str, Clip] = {}
    for name in plans:
        plan = load_dialplan((DIALPLANS / f"{name}.yaml").read_text(encoding="utf-8"), source=name)
        clips |= {clip.text: clip for clip in plan.static_clips()}
    yield Line(engine, spoken(engine), clips, desk_port, trunk_port)
    engine.stop()
    assert not engine.left_behind, "the engine left processes behind"


class BusyAtFirst(RobotAgent):
    """Refuses one call."""

    called = False

    async def _decide(self, arrived: Arrived, tag: str) -> None:
        self.refuse = 0 if self.called else 486
        self.called = True
        await super()._decide(arrived, tag)


def ivr(line: Line, *words: str) -> str:
    found = line.engine.command(*words)
    assert found.returncode == 0, found.stderr
    return found.stdout


def callbacks(line: Line) -> list[dict[str, Any]]:
    return [json.loads(one) for one in ivr(line, "callbacks", "list", "--all", "--json").splitlines()]


def newest(line: Line) -> dict[str, Any]:
    return max(callbacks(line), key=lambda one: float(one["requested_at"]))


async def leaves_and_keeps_the_place(line: Line) -> None:
    """Nobody is at work, so they leave by a key."""
    await asyncio.to_thread(ivr, line, "agents", "pause", "desk", "--reason", "lunch")
    host, port = line.engine.target
    async with RobotCaller(target=(host, port), caller=NUMBER) as robot:
        call = await robot.dial()
        await hears(call, line.prompt("Please hold"))
        pressed = await call.press("9")
        await hears(call, line.prompt("You keep your place"), since=pressed.began)


async def waits_too_long(line: Line) -> None:
    """Nobody is at work, and the queue's settings say that nobody waits there for ever; in Chinese."""
    await asyncio.to_thread(ivr, line, "agents", "pause", "desk", "--reason", "lunch")
    host, port = line.engine.target
    async with RobotCaller(target=(host, port), uri=f"sip:chinese@{host}:{port}", caller=NUMBER) as robot:
        call = await robot.dial()
        await hears(call, line.prompt("请稍候"))
        await hears(call, line.prompt("您的位置已保留"))


async def connected(line: Line, theirs: RobotCall, agent: RobotAgent, greeting: str = "This is the") -> RobotCall:
    await hears(theirs, line.prompt(greeting))
    await theirs.press("1")
    return await agent.takes_call()


async def test_who_leaves_is_called_back_in_turn_told_by_whom_and_why_and_talks_to_an_agent(line: Line) -> None:
    began = time.time()
    mine, agents = voice_of(1), voice_of(2)
    async with line.desk() as agent, BusyAtFirst(user=NUMBER, port=line.office_port) as phone:
        await leaves_and_keeps_the_place(line)
        await until(lambda: [one for one in line.engine.status()["waiting_calls"] if one["queue"] == "loans"],
                    "the request does not stand in the queue")  # fmt: skip
        assert not phone.ringing.is_set(), "nobody is dialled before an agent is there for them"
        await asyncio.to_thread(ivr, line, "agents", "resume", "desk")
        theirs = await phone.takes_call(timeout_seconds=30)
        desk = await connected(line, theirs, agent)
        await in_touch(theirs, desk)
        await asyncio.gather(theirs.say(mine), desk.say(agents))
        await asyncio.gather(hears_word(desk, mine), hears_word(theirs, agents))
        await theirs.hang_up()
        await desk.wait_ended()
    await until(lambda: newest(line)["state"] == "done", "the request is not closed")
    request = newest(line)
    assert (request["result"], request["attempts"], request["by"]) == ("reached", 2, "engine")
    await until(lambda: line.ended(request["dialled_as"]), "the call has no record")
    record = line.ended(request["dialled_as"])
    assert (record["agents"], record["identity"], record["callback_id"]) == (["desk"], "none", request["callback_id"])
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert heard_well(mine, said)
    assert heard_well(agents, heard)
    (from_agent,) = await asyncio.to_thread(line.recorded, record["call_id"], "agent.in")
    assert heard_well(agents, from_agent)
    await asyncio.to_thread(ivr, line, "audit", "verify")

    def entries() -> list[dict[str, Any]]:
        return [json.loads(one) for one in ivr(line, "audit", "log", "--last", "500", "--json").splitlines()]

    await until(lambda: "callback.done" in [one["action"] for one in entries()], "its end is not in the log")
    shown = entries()
    steps = [one["action"] for one in shown if one["subject"] == request["callback_id"]]
    assert steps == [
        "callback.wished", "callback.dialled", "callback.put_off", "callback.dialled", "callback.done",
    ]  # fmt: skip
    assert NUMBER not in json.dumps(shown)
    busy = next(one for one in line.records() if one["outcome"] == "unanswered")
    assert (busy["hangup_code"], busy["started_at"] > began) == (486, True)


async def test_who_waited_too_long_is_called_back_in_their_language_and_not_twice_by_a_hub_that_is_killed(
    line: Line,
) -> None:
    async with line.desk() as agent, line.office(rings=6.0) as phone:
        await waits_too_long(line)
        waited = newest(line)["requested_at"] - newest(line)["counts_from"]
        assert waited >= 4.0, "the time that they waited counts for their place"
        await until(lambda: [one for one in line.engine.status()["waiting_calls"] if one["queue"] == "loans"],
                    "the request does not stand in the queue")  # fmt: skip
        await asyncio.to_thread(ivr, line, "agents", "resume", "desk")
        await asyncio.wait_for(phone.ringing.wait(), 20)
        killed = int(line.engine.status()["hub"]["pid"])
        os.kill(killed, signal.SIGKILL)
        theirs = await phone.takes_call(timeout_seconds=30)
        phone.ringing.clear()
        desk = await connected(line, theirs, agent, "这里是测试银行")
        await desk.silence(0.3)
        await theirs.hang_up()
        await desk.wait_ended()
        await until(lambda: newest(line)["state"] == "done", "what came of it was lost")
        assert (newest(line)["result"], newest(line)["attempts"]) == ("reached", 1)
        assert int(line.engine.status()["hub"]["pid"]) != killed

        await leaves_and_keeps_the_place(line)
        await asyncio.to_thread(ivr, line, "agents", "resume", "desk")
        await asyncio.wait_for(phone.ringing.wait(), 20)
        state = line.engine.status()
        cell = next(one["pid"] for one in state["cells"] if one["call_id"])
        os.kill(int(state["hub"]["pid"]), signal.SIGKILL)
        os.kill(int(cell), signal.SIGKILL)
        phone.ringing.clear()
        await until(lambda: newest(line)["state"] == "unclear", "nobody is told that it is not known")
        assert not phone.ringing.is_set(), "whoever may have been reached is not dialled again"
    taken = await asyncio.to_thread(ivr, line, "callbacks", "take", newest(line)["callback_id"])
    assert taken.split() == [newest(line)["callback_id"], NUMBER]
