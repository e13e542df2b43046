"""What the hub enters in the log: steps of calls, once each, and agents' changes."""

from __future__ import annotations

from ivr.core.queueing.directory import AgentEntry
from ivr.engine.bus.calls import StepsKept, StepTold
from ivr.engine.bus.staff import AgentsChanged
from tests.integration.hub.house import ANN, HubLog, house


def told(number: int, *, began: float = 5.0, call_id: str = "c1") -> StepTold:
    return StepTold(call_id, began, number, began + number, "state.entered", {"step": number, "hash": "ab"})


async def test_a_calls_steps_are_acknowledged_when_the_log_holds_them_and_entered_once_whoever_repeats_them() -> None:
    async with house() as home:
        cell = await home.cell(3)
        cell.say(told(1), told(2), told(2), told(1), told(3))
        while (await cell.hears(StepsKept)).number != 3:
            pass
        cell.say(told(2), told(3), told(4))
        while (await cell.hears(StepsKept)).number != 4:
            pass
        assert home.log.steps("c1") == [1, 2, 3, 4]
        assert {one.actor for one in home.log.told() if one.subject == "c1"} == {"cell 3"}


async def test_a_hub_that_comes_after_another_asks_the_log_what_it_holds() -> None:
    log = HubLog()
    async with house(log=log) as home:
        cell = await home.cell()
        cell.say(told(1), told(2))
        while (await cell.hears(StepsKept)).number != 2:
            pass
    async with house(log=log) as home:
        cell = await home.cell(call_id="c1")
        cell.say(told(1), told(2), told(3))
        while (await cell.hears(StepsKept)).number != 3:
            pass
    assert log.steps("c1") == [1, 2, 3]


async def test_a_log_that_takes_nothing_is_an_alarm_and_nothing_is_lost() -> None:
    async with house() as home:
        home.log.full = True
        cell = await home.cell()
        cell.say(told(1))
        await home.until(lambda: "audit" in home.alarms(), "no alarm")
        cell.say(told(2))
        home.log.full = False
        while (await cell.hears(StepsKept)).number != 2:
            pass
        assert home.log.steps("c1") == [1, 2]


async def test_the_list_of_agents_and_every_change_of_it_is_in_the_log() -> None:
    async with house(agents=(ANN,)) as home:
        await home.until(lambda: home.log.told(), "nothing was entered")
        home.directory.entries = (AgentEntry("ben", uri="sip:ben@127.0.0.1"),)
        cell = await home.cell()
        cell.say(AgentsChanged())
        await home.until(lambda: len(home.log.told()) == 2, "the change was not entered")
        assert home.log.told()[0].details == {"agents": ["ann"]}
        assert home.log.told()[1].details == {"added": ["ben"], "removed": ["ann"], "changed": []}
