"""Who waits is told where they stand, by the hub, through their cell, in spoken words; a key leads out of the queue."""

from __future__ import annotations

import asyncio

from ivr.testing.hearing import hears
from tests.integration.conftest import Dialled, Line, until


async def test_waiting_callers_hear_their_place_as_it_changes_and_leave_by_a_key(line: Line, dial: Dialled) -> None:
    def told(call_id: str) -> str:
        return line.engine.command("recordings", "show", call_id).stdout

    def waiting() -> list[str]:
        found = [one for one in line.engine.status()["waiting_calls"] if one["queue"] == "quiet"]
        return [one["call_id"] for one in sorted(found, key=lambda one: int(one["place"]))]

    async with dial("announced") as first:
        await hears(first, line.prompt("Please hold the line."))
        async with dial("announced") as second:
            await until(lambda: len(waiting()) == 2, "two calls do not wait")
            early, late = await asyncio.to_thread(waiting)
            await second.silence(6.0)
            pressed = await first.press("9")
            await hears(first, line.prompt("Somebody will call you"), since=pressed.began)
            await first.wait_ended(timeout=20)
            await until(lambda: waiting() == [late], "the place is not given back")
            await second.silence(9.0)  # the hub tells within five seconds, the cell each two
            await second.hang_up()
    await until(lambda: line.ended(early) and line.ended(late), "the records are missing")
    said = await asyncio.to_thread(told, late)
    assert said.index("You are number 2 in the queue") < said.index("You are number 1 in the queue")
    gone = await asyncio.to_thread(line.engine.command, "queue", "why", early)
    assert "it went elsewhere" in gone.stdout
    left = await asyncio.to_thread(line.engine.command, "queue", "why", late)
    assert "the caller gave up" in left.stdout
