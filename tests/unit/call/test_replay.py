"""A journal as the cell writes it, through JSON, gives the same orders again; any change is found."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ivr.core.call.call import Call
from ivr.core.call.journal import masked, order_line, to_json
from ivr.core.call.replay import replay, served_by
from ivr.core.commands import Command
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.core.orders.calls import CallAnswered, CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.lookup import LookupDone, StartLookup
from ivr.core.orders.playing import PlayPrompt, PlayReport, PromptEnd, PromptEnded
from ivr.core.orders.recording import RecordingStarted
from ivr.errors import SealError

TEXT = """\
name: vault
version: "1"
languages: [en]
start: first
defaults: {otherwise: bye}
values: {pin: {type: digits, secret: true}, good: yes_no}
states:
  first: {ask: {en: PIN?}, digits: {into: pin, length: 4}, go: check}
  check: {lookup: bank.pin, given: {pin: pin}, keep: {good: good}, failed: bye, go: [{if: good, to: in}, {else: bye}]}
  in: {say: {en: Come in.}, go: bye}
  bye: {hang_up: completed, say: {en: Bye.}}
"""
Entry = dict[str, object]


class Cell:
    """Drives a call and keeps its journal as the cell does."""

    def __init__(self, dialplan: Dialplan) -> None:
        self.call = Call(dialplan)
        self.orders: list[Command] = []
        self.entries: list[Entry] = [{"dialplan": dialplan.id, "sha256": dialplan.sha256}]
        self.now = 100.25

    def send(self, event: Event | None) -> None:
        self.now += 0.37
        secret = self.call.secret
        orders = self.call.receive(event, now=self.now) if event else self.call.handle_timer(now=self.now)
        self.orders += orders
        entry: Entry = {"now": self.now, "orders": [order_line(order) for order in orders]}
        if event is None:
            entry["timer"] = True
        else:
            entry["event"] = to_json(masked(event) if secret else event)
        self.entries.append(json.loads(json.dumps(entry)))


@pytest.fixture
def served() -> Cell:
    cell = Cell(load_dialplan(TEXT, source="vault.yaml"))
    cell.send(CallArrived("c1", "sip:someone@example.org", "100", 1e9))
    cell.send(RecordingStarted("r1"))
    cell.send(CallAnswered())
    cell.now += 400
    cell.send(None)
    for key in "4711":
        cell.send(DigitPressed(key))
    lookup = next(order for order in cell.orders if isinstance(order, StartLookup))
    cell.send(LookupDone(lookup.lookup_id, {"good": True}))
    while cell.call.record.outcome == "":
        prompt = [order for order in cell.orders if isinstance(order, PlayPrompt)][-1]
        report = PlayReport("ab", 8000, 0, 8000, 50, None)
        cell.send(PromptEnded(prompt.prompt_id, PromptEnd.COMPLETED, report))
    cell.send(LegHungUp(LegRole.CALLER, 200, by_far_end=False))
    return cell


def test_a_call_replays_without_difference_and_makes_the_same_record(served: Cell) -> None:
    result = replay(served.call.dialplan, served.entries)
    assert result.difference is None
    assert result.record == served.call.record
    assert result.record.states == ("first", "check", "in", "bye")
    assert result.orders == len(served.orders)


def test_the_journal_says_which_dialplan_it_was_and_holds_no_secret(served: Cell) -> None:
    assert served_by(served.entries) == ("vault@1", served.call.dialplan.sha256)
    assert "4711" not in json.dumps(served.entries)
    keys = [entry["event"] for entry in served.entries if "DigitPressed" in str(entry.get("event"))]
    assert all("'digit': '?'" in str(key) for key in keys)


def _forget(entries: list[Entry]) -> None:
    del entries[5]


def _change_an_order(entries: list[Entry]) -> None:
    entries[3]["orders"] = ["HangUp(cause='completed')"]


def _move_a_time(entries: list[Entry]) -> None:
    entries[4]["now"] = float(str(entries[3]["now"])) + 0.5


@pytest.mark.parametrize("change", [_forget, _change_an_order, _move_a_time])
def test_any_change_of_the_journal_is_a_difference(served: Cell, change: Callable[[list[Entry]], None]) -> None:
    change(served.entries)
    assert replay(served.call.dialplan, served.entries).difference is not None


def test_another_dialplan_differs_at_the_first_fact_that_it_answers_otherwise(served: Cell) -> None:
    other = load_dialplan(TEXT.replace("{if: good, to: in}", "{if: not good, to: in}"), source="other.yaml")
    difference = replay(other, served.entries).difference
    assert difference is not None
    assert difference.fact == "LookupDone"


@pytest.mark.parametrize(
    "entry", [{"orders": []}, {"orders": [], "now": 1}, {"orders": [], "now": 1, "event": {"is": "X"}}]
)
def test_what_is_no_journal_is_refused(entry: Entry) -> None:
    with pytest.raises(SealError):
        replay(load_dialplan(TEXT, source="vault.yaml"), [entry])
