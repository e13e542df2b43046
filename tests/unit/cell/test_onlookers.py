"""What people who watch are told of a call: where it is, its words when they ask, and never a secret."""

from __future__ import annotations

from ivr.core.identity.level import Level
from ivr.engine.bus.codec import encode
from ivr.engine.bus.live import CallStands, WordsReport, WordsWanted
from ivr.engine.bus.messages import Message
from tests.unit.cell.rehearsal import Rehearsal


def stands(call: Rehearsal) -> list[CallStands]:
    return [message for message in call.hub.told if isinstance(message, CallStands)]


def words(call: Rehearsal, known: int = 0) -> WordsReport:
    call.conversation.take_hub(WordsWanted(call.conversation.call_id, known, request=7))
    found = call.hub.told[-1]
    assert isinstance(found, WordsReport)
    assert (found.call_id, found.request, found.known) == (call.conversation.call_id, 7, known)
    return found


def test_where_the_call_is_is_told_when_that_changes_and_not_else(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    told = stands(call)
    assert told[-1].states == ("menu",)
    call.passes(0.2)
    assert stands(call) == told
    call.presses("1")
    call.hears("Your PIN.")
    assert stands(call)[-1].states == ("menu", "ask_pin")
    assert (stands(call)[-1].language, stands(call)[-1].identity) == ("en", Level.NONE)


def test_words_are_told_to_who_asks_from_the_line_on_that_they_lack(call: Rehearsal) -> None:
    call.until(lambda: "Bal" in call.heard)
    assert not [message for message in call.hub.told if isinstance(message, WordsReport)], "nobody asked"
    assert words(call).saying == "Balance or fund or agent."
    call.hears("Balance or fund or agent.")
    call.says("I want to buy a fund please")
    call.hears("You may lose all of it.")
    told = words(call)
    assert [(line.who, line.text) for line in told.lines][:2] == [
        ("engine", "Balance or fund or agent."),
        ("caller", "I want to buy a fund please"),
    ]
    assert words(call, known=1).lines == told.lines[1:]
    assert words(call, known=99).lines == ()


def test_a_secret_is_told_to_nobody(call: Rehearsal) -> None:
    call.hears("Balance or fund or agent.")
    call.presses("1")
    call.hears("Your PIN.")
    assert words(call).withheld == "secret"
    call.presses("1234")
    call.hears("Goodbye.")
    told = words(call)
    assert any("12.50" in line.text or "12.5" in line.text for line in told.lines), "what the engine says is told"
    told_all: list[Message] = [told, *stands(call)]
    for message in told_all:
        assert b"1234" not in encode(message)
