"""A call's risk on a real line: earlier calls count before the first state, and the record tells what each gave."""

from __future__ import annotations

import asyncio
import time

from ivr.testing.hearing import hears
from tests.integration.conftest import Line


async def test_the_second_call_of_a_number_within_the_hour_is_served_as_one_of_higher_risk(line: Line) -> None:
    told = []
    for number, words in (
        ("+85261112222", "We have not heard"),
        ("+85261112222", "You have called a moment ago"),
        ("anonymous", "Please tell an agent"),
    ):
        began = time.time()
        async with line.caller("risky", caller=number) as robot:
            call = await robot.dial()
            await hears(call, line.prompt(words))
            await call.wait_ended()
        told.append(await asyncio.to_thread(line.record, began))
    scored = [[(one["points"], one["risk"]) for one in record["risk"]] for record in told]
    assert scored == [[(5, "low")], [(40, "medium")], [(60, "high")]]
    shown = await asyncio.to_thread(line.engine.command, "recordings", "show", told[1]["call_id"])
    assert "medium, 40 of 100: many_calls 40 at 0.0 s" in shown.stdout
    assert [record["states"][:2] for record in told] == [["weighed", name] for name in ("usual", "again", "unsure")]
