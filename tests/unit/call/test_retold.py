"""A real call's journal on another dialplan: who would have gone elsewhere, or heard another warning, and no more than
can be known."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ivr.core.call.replay import replay
from ivr.core.call.retold import Change, Retold, retold
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.orders.calls import CallAnswered, CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.listening import Listen, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.lookup import LookupDone, StartLookup
from ivr.core.orders.playing import PlayPrompt, PlayReport, PromptEnd, PromptEnded, PromptStarted
from ivr.core.orders.recording import RecordingStarted
from ivr.errors import SealError
from tests.unit.call.test_replay import Cell, Entry

TEXT = """\
name: shop
version: "1"
languages: [en]
start: welcome
defaults: {otherwise: bye}
values: {price: {type: digits}}
disclosures:
  risk:
    say: {en: You may lose money.}
    acknowledge: {ask: {en: Press 1 if you have understood.}, press: 1, otherwise: bye}
states:
  welcome: {say: {en: Welcome.}, go: menu}
  menu:
    ask: {en: Buy or price?}
    choices:
      buy: {press: 1, hear: {en: [buy]}, go: warn}
      price: {press: 2, hear: {en: [price]}, go: look}
  look: {lookup: shop.price, keep: {price: price}, failed: bye, go: tell}
  tell: {say: {en: "It is {price}."}, go: bye}
  warn: {disclose: risk, go: bought}
  bought: {say: {en: Bought.}, go: bye}
  bye: {hang_up: completed, say: {en: Bye.}}
"""
SECRET_PRICE = "4711"


def plan(*changes: tuple[str, str], version: str = "2") -> Dialplan:
    text = TEXT.replace('version: "1"', f'version: "{version}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_dialplan(text, source="shop.yaml")


OLD = plan(version="1")


class Caller(Cell):
    """Goes through the shop."""

    def __init__(self) -> None:
        super().__init__(OLD)
        self.send(CallArrived("c1", "sip:someone@example.org", "100", 1e9))
        self.send(RecordingStarted("r1"))
        self.send(CallAnswered())
        self.heard()

    def heard(self) -> None:
        """The latest prompt, to its end."""
        prompt = [order for order in self.orders if isinstance(order, PlayPrompt)][-1]
        self.send(PromptStarted(prompt.prompt_id, 0))
        self.send(PromptEnded(prompt.prompt_id, PromptEnd.COMPLETED, PlayReport("ab", 8000, 0, 8000, 50, 0.0)))

    def says(self, words: str, choice: str | None) -> None:
        listen = [order for order in self.orders if isinstance(order, Listen)][-1]
        self.send(SpeechStarted(0))
        self.send(SpeechEnded(100))
        self.send(TranscriptReady(listen.listen_id, words, choice, 0.95))

    def done(self) -> Sequence[Entry]:
        self.send(LegHungUp(LegRole.CALLER, 200, by_far_end=True))
        assert replay(OLD, self.entries).difference is None
        return self.entries


@pytest.fixture
def buyer() -> Sequence[Entry]:
    """Buys, after the warning."""
    caller = Caller()
    caller.heard()
    caller.send(DigitPressed("1"))
    caller.heard()
    caller.send(DigitPressed("1"))
    caller.heard()
    return caller.done()


def told(journal: Sequence[Entry], *changes: tuple[str, str]) -> Retold:
    return retold(OLD, plan(*changes), journal)


def test_the_same_dialplan_tells_the_same_call(buyer: Sequence[Entry]) -> None:
    same = told(buyer)
    assert (same.change, same.partings, same.whole, same.faithful) == (Change.NONE, (), True, True)


def test_other_words_on_the_same_way_are_told_and_the_call_goes_on(buyer: Sequence[Entry]) -> None:
    found = told(buyer, ("Welcome.", "Good morning."))
    assert (found.change, found.whole) == (Change.WORDS, True)
    assert [(one.then, one.now) for one in found.partings] == [("Welcome.", "Good morning.")]


def test_who_would_have_heard_another_warning_is_found(buyer: Sequence[Entry]) -> None:
    found = told(buyer, ("You may lose money.", "You may lose all of your money."))
    assert (found.change, found.whole) == (Change.WARNING, True)
    (parting,) = found.partings
    assert (parting.state, parting.then) == ("menu", "risk: You may lose money.")
    assert parting.now == "risk: You may lose all of your money."


def test_who_would_have_heard_no_warning_is_found_and_what_came_of_it_is_not_made_up(buyer: Sequence[Entry]) -> None:
    past_it = ("press: 1, hear: {en: [buy]}, go: warn", "press: 1, hear: {en: [buy]}, go: bought")
    found = told(buyer, past_it, ("failed: bye", "failed: warn"))
    assert (found.change, found.whole) == (Change.WARNING, False)
    assert {(one.change, one.then, one.now) for one in found.partings} == {
        (Change.WARNING, "risk: You may lose money.", "no risk"),
        (Change.ELSEWHERE, "warn", "bought"),
    }


def test_who_would_have_gone_elsewhere_is_told_where_and_when(buyer: Sequence[Entry]) -> None:
    found = told(
        buyer, ("{disclose: risk, go: bought}", "{disclose: risk, go: menu}"), ("failed: bye", "failed: bought")
    )
    (parting,) = found.partings
    assert (found.change, parting.state, parting.then, parting.now) == (Change.ELSEWHERE, "warn", "bought", "menu")
    assert 0 < parting.at < 10


def test_what_was_said_is_chosen_anew_where_other_words_are_understood() -> None:
    caller = Caller()
    caller.heard()
    caller.says("how much is it", None)
    journal = caller.done()
    assert told(journal).change is Change.NONE
    found = told(journal, ("hear: {en: [price]}", "hear: {en: [price, how much is it]}"))
    assert found.change is Change.ELSEWHERE
    assert (found.partings[-1].state, found.partings[-1].now) == ("menu", "look")
    caller = Caller()
    caller.heard()
    caller.says("price", "price")
    lost = told(caller.done(), ("hear: {en: [price]}", "hear: {en: [cost]}"))
    assert (lost.change, lost.partings[-1].then) == (Change.ELSEWHERE, "look")


def test_another_lookup_ends_what_can_be_told_and_no_value_of_a_caller_is_told() -> None:
    caller = Caller()
    caller.heard()
    caller.send(DigitPressed("2"))
    lookup = next(order for order in caller.orders if isinstance(order, StartLookup))
    caller.send(LookupDone(lookup.lookup_id, {"price": SECRET_PRICE}))
    caller.heard()
    journal = caller.done()
    other = told(journal, ("lookup: shop.price", "lookup: shop.cost"))
    assert (other.change, other.whole) == (Change.ORDERS, False)
    assert (other.partings[-1].then, other.partings[-1].now) == ("shop.price", "shop.cost")
    words = told(journal, ("It is {price}.", "It costs {price}."))
    assert words.change is Change.WORDS
    assert SECRET_PRICE not in str(words.partings)


def test_a_shorter_patience_is_found_where_the_caller_was_silent() -> None:
    caller = Caller()
    caller.heard()
    while not any(isinstance(order, PlayPrompt) and "hear anything" in order.clips[0].text for order in caller.orders):
        deadline = caller.call.deadline()
        assert deadline is not None
        caller.now = deadline - 0.37
        caller.send(None)
    journal = caller.done()
    assert told(journal).change is Change.NONE
    found = told(journal, ("    ask: {en: Buy or price?}\n", "    ask: {en: Buy or price?}\n    wait: 2\n"))
    assert found.change is not Change.NONE
    assert not found.whole


def test_a_core_that_decides_otherwise_today_tells_nothing(buyer: Sequence[Entry]) -> None:
    doctored = [*buyer[:4], {**buyer[4], "orders": ["HangUp(cause='completed')"]}, *buyer[5:]]
    found = told(doctored)
    assert (found.faithful, found.partings) == (False, ())
    with pytest.raises(SealError, match="does not begin with the call's arrival"):
        told(buyer[2:])
    with pytest.raises(SealError, match="holds nothing of a call"):
        told(buyer[:1])
