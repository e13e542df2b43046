"""How many calls there were before: of records and of calls that go on; a slow database keeps nobody from going on."""

from __future__ import annotations

import threading
import time

from ivr.core.call.record import CallRecord
from ivr.core.identity.risk import Signal
from ivr.core.orders.evidence import CallOutcome
from ivr.core.orders.risk import Count
from ivr.engine.bus.counts import CountTold, CountWanted
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.errors import EnvironmentFault
from tests.integration.hub.house import FullDatabase, house

NUMBER = "+85291234567"
HOUR = 3600.0


def call(name: str, ago: float, *, caller: str = NUMBER, account: str = "", running: bool = False) -> CallRecord:
    began = time.time() - ago
    ended = None if running else began + 30
    outcome = CallOutcome.OPEN if running else CallOutcome.COMPLETED
    looked_up = (("account", account),) if account else ()
    return CallRecord(
        name, began, began, ended, f"sip:{caller}@trunk", outcome=outcome, recording_id=name, looked_up=looked_up
    )


def wanted(call_id: str, count_id: int, seconds: float, value: str = "", text: str = NUMBER) -> CountWanted:
    return CountWanted(call_id, count_id, (Count(Signal.MANY_CALLS, seconds, 10),), value, text)


class SlowDatabase(FullDatabase):
    """It answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def of_caller(self, number: str, *, since: float, limit: int) -> list[str]:
        """Once it may."""
        assert self.go_on.wait(20)
        return super().of_caller(number, since=since, limit=limit)


async def test_calls_of_a_number_and_about_an_account_are_counted_and_the_one_that_asks_is_none_of_them() -> None:
    calls = FullDatabase()
    for record in (
        call("a", 60, account="4711"),
        call("b", 2 * HOUR, account="4711"),
        call("c", 60, caller="+85200000000", account="4711"),
    ):
        calls.save(record)
    async with house(calls=calls) as made:
        cell, other = await made.cell(0), await made.cell(1)
        cell.begin(call("now", 0, running=True, account="4711"))
        other.begin(call("beside", 5, running=True))
        await made.until(lambda: len(made.hub.records.running) == 2, "they do not run")
        counted = []
        for asked in (
            wanted("now", -1, HOUR),
            wanted("now", 1, HOUR, "account", "4711"),
            wanted("beside", 2, 10 * HOUR, "account", "4711"),
        ):
            cell.say(asked)
            told = await cell.hears(CountTold)
            assert (told.call_id, told.count_id) == (asked.call_id, asked.count_id)
            counted.append(told.counts)
    many = Signal.MANY_CALLS
    assert counted == [((many, 2),), ((many, 2),), ((many, 4),)]


async def test_a_slow_database_is_told_of_when_it_answers_and_the_hub_serves_others_meanwhile() -> None:
    slow = SlowDatabase()
    async with house(calls=slow) as made:
        cell = await made.cell()
        cell.say(wanted("now", -1, HOUR))
        asker = await made.cell(1)
        asker.say(StatusWanted())
        await asker.hears(StatusReport)
        slow.go_on.set()
        assert (await cell.hears(CountTold)).counts == ((Signal.MANY_CALLS, 0),)


class AwayDatabase(FullDatabase):
    """It is not there."""

    def with_value(self, name: str, value: str, *, since: float, limit: int) -> list[str]:
        """Never."""
        raise EnvironmentFault("the database is away")


async def test_a_database_that_is_away_counts_nothing_and_what_was_asked_for_stands_in_no_log() -> None:
    async with house(calls=AwayDatabase()) as made:
        cell = await made.cell()
        cell.say(wanted("now", 4, HOUR, "account", "4711"))
        assert (await cell.hears(CountTold)).counts is None
        assert "calls_not_counted" in made.events
        assert "4711" not in str(made.events)
