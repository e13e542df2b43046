"""Running calls and alarms, asked of the hub over its real socket, with cells played by hand."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.engine.bus.alarms import AlarmAcknowledged, AlarmSettled, AlarmsReport, AlarmsWanted
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.live import CallsReport, CallStands, CallsWanted, LiveCall, WordsReport, WordsWanted
from ivr.engine.bus.queue import AgentWanted
from ivr.engine.hub import live
from ivr.engine.hub.alarms import KEPT, Alarms
from tests.integration.hub.house import ANN, RECORD, House, ask, house

STANDS = CallStands("c1", ("greeting", "menu"), 1002.0, "en")


async def calls(home: House) -> tuple[LiveCall, ...]:
    found = await ask(home, CallsWanted())
    assert isinstance(found, CallsReport)
    return found.calls


async def test_a_running_call_is_shown_masked_with_where_it_is_and_is_gone_at_its_end() -> None:
    async with house(agents=(ANN,)) as home:
        cell = await home.cell()
        cell.begin(RECORD)
        cell.say(STANDS, AgentWanted("c1", "loans"))
        await home.until(lambda: home.hub.centre.switchboard.queues.waiting, "it does not wait")
        (one,) = await calls(home)
        assert (one.caller, one.called, one.dialplan, one.stands) == ("***678", "service", "line@1", STANDS)
        assert (one.queue, one.place) == ("loans", 1)
        cell.say(CallSaved(record_to_json(replace(RECORD, ended_at=1009.0)), final=True))
        await home.until(lambda: not home.hub.records.running, "it does not end")
        assert await calls(home) == ()


async def test_words_pass_from_the_cell_to_who_asks_and_the_hub_waits_for_nobody_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with house() as home:
        assert await ask(home, WordsWanted("c1")) == WordsReport("c1", running=False), "there is no such call"
        cell = await home.cell()
        cell.begin(RECORD)
        await home.until(lambda: home.hub.records.running, "it does not run")
        person = await home.person()
        person.say(WordsWanted("c1", known=3))
        asked = await cell.hears(WordsWanted)
        assert asked.known == 3
        line = Span("caller", 0, 8000, "en", "a fund", 0.9, "fund")
        cell.say(WordsReport("c1", 999, lines=(line,)))  # to a question of another hub's
        cell.say(WordsReport("c1", asked.request, known=3, lines=(line,), hearing="and"))
        told = await person.hears(WordsReport)
        assert (told.lines, told.hearing, told.running) == ((line,), "and", True)
        monkeypatch.setattr(live, "ANSWER_SECONDS", 0.1)
        assert await ask(home, WordsWanted("c1")) == WordsReport("c1", running=False), "its cell says nothing"


async def test_an_alarm_is_acknowledged_once_and_every_later_hub_knows() -> None:
    async with house() as home:
        cell = await home.cell()
        cell.say(Alarm(AlarmKind.RECORDING, "the recorder stopped", "c1"), Alarm(AlarmKind.SPEECH, "gone"))
        await home.until(lambda: len(home.alarms()) == 2, "no alarm")
        found = await ask(home, AlarmsWanted())
        assert isinstance(found, AlarmsReport)
        assert [one.kind for one in found.alarms] == ["speech", "recording"], "the newest first"
        number = found.alarms[1].id
        assert await ask(home, AlarmAcknowledged(number, "user:ann", "replaced")) == AlarmSettled(number)
        again = await ask(home, AlarmAcknowledged(number, "user:bob", "mine"))
        assert isinstance(again, AlarmSettled)
        assert "user:ann acknowledged it already" in again.trouble
        none = await ask(home, AlarmAcknowledged("none", "user:bob", "mine"))
        assert isinstance(none, AlarmSettled)
        assert none.trouble
        later = alarms(home.path.parent / "alarms.jsonl")
        assert [(one.kind, one.by, one.reason) for one in later.latest] == [
            ("recording", "user:ann", "replaced"),
            ("speech", "", ""),
        ]


def alarms(path: Path) -> Alarms:
    return Alarms(path, wall=time.time, log=lambda *_: None, count=lambda _: None)


def test_what_waits_for_somebody_is_kept_before_what_does_not(tmp_path: Path) -> None:
    kept = alarms(tmp_path / "alarms.jsonl")
    for number in range(3):
        kept.raise_alarm(AlarmKind.SPEECH, f"alarm {number}")
    assert not kept.acknowledge(AlarmAcknowledged(kept.latest[1].id, "user:ann", "seen")).trouble
    for number in range(KEPT - 2):
        kept.raise_alarm(AlarmKind.SPEECH, f"later {number}")
    assert [one.text for one in kept.latest][:2] == ["alarm 0", "alarm 2"]


def test_a_torn_line_and_a_long_file_cost_no_alarm(tmp_path: Path) -> None:
    file = tmp_path / "alarms.jsonl"
    first = alarms(file)
    first.raise_alarm(AlarmKind.SPEECH, "one")
    first.acknowledge(AlarmAcknowledged(first.latest[0].id, "user:ann", "seen"))
    with file.open("a") as torn:
        torn.write('{"at": 1, "kind"')
    second = alarms(file)
    second.raise_alarm(AlarmKind.SPEECH, "two")
    with file.open("a") as long:
        long.write(" " * 1_000_001 + "\n")
    second.raise_alarm(AlarmKind.SPEECH, "three")
    assert file.stat().st_size < 10_000, "it was written anew"
    assert [(one.text, one.by) for one in alarms(file).latest] == [("one", "user:ann"), ("two", ""), ("three", "")]


def test_an_acknowledgement_that_cannot_be_kept_is_none(tmp_path: Path) -> None:
    kept = alarms(tmp_path / "gone" / "alarms.jsonl")
    kept.raise_alarm(AlarmKind.SPEECH, "one")
    assert "cannot be kept" in kept.acknowledge(AlarmAcknowledged(kept.latest[0].id, "user:ann", "seen")).trouble
    assert not kept.latest[0].by
