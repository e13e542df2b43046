"""Callbacks on real SIP: a number is keyed in, kept sealed, taken by one agent, closed; and what the log tells."""

from __future__ import annotations

import asyncio
import json
import time

from ivr.testing.hearing import hears
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Dialled, Line

NUMBER = "0085291234567"


async def leaves_a_request(line: Line, call: RobotCall, number: str) -> float:
    spoken = await call.press("*")
    await hears(call, line.prompt("Enter the number to call"), since=spoken.began)
    return (await call.press(number + "#")).began


def ivr(line: Line, *words: str) -> str:
    found = line.engine.command(*words)
    assert found.returncode == 0, found.stderr
    return found.stdout


async def test_a_request_is_kept_taken_and_closed(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial() as call:
        since = await leaves_a_request(line, call, NUMBER)
        await hears(call, line.prompt("Your request has been noted"), since=since)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, began)
    assert record["outcome"] == "completed"
    listed = await asyncio.to_thread(ivr, line, "callbacks", "list", "--queue", "loans", "--json")
    (request,) = [json.loads(one) for one in listed.splitlines()]
    assert (request["state"], request["call_id"], request["language"]) == ("open", record["call_id"], "en")
    assert NUMBER not in listed
    async with dial() as call:
        since = await leaves_a_request(line, call, NUMBER)
        await hears(call, line.prompt("Your request has been noted"), since=since)
    listed = await asyncio.to_thread(ivr, line, "callbacks", "list", "--json")
    assert [json.loads(one)["callback_id"] for one in listed.splitlines()] == [request["callback_id"]]
    taken = await asyncio.to_thread(ivr, line, "callbacks", "take", "--queue", "loans")
    assert taken.split() == [request["callback_id"], NUMBER]
    again = line.engine.command("callbacks", "take", request["callback_id"])
    assert again.returncode != 0
    assert "it cannot be taken" in again.stderr
    await asyncio.to_thread(ivr, line, "callbacks", "done", request["callback_id"], "--result", "reached")
    assert await asyncio.to_thread(ivr, line, "callbacks", "list", "--json") == ""
    await asyncio.to_thread(ivr, line, "audit", "verify")
    shown = await asyncio.to_thread(ivr, line, "audit", "log", "--last", "500", "--json")
    told = [json.loads(one) for one in shown.splitlines()]
    steps = [one["action"] for one in told if one["subject"] == request["callback_id"]]
    assert steps == ["callback.wished", "callback.wished", "callback.taken", "callback.taken", "callback.done"]
    assert NUMBER not in shown


async def test_a_number_that_is_none_is_not_promised_a_call(line: Line, dial: Dialled) -> None:
    async with dial() as call:
        since = await leaves_a_request(line, call, "12")
        await hears(call, line.prompt("We cannot call you back"), since=since)
