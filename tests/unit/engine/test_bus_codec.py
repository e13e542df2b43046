"""Messages of the bus: strictly checked, since a cell that speaks nonsense must not be half understood."""

from __future__ import annotations

import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.alarms import AlarmKind
from ivr.core.call.transcript import Span
from ivr.engine.bus.alarms import AlarmRaised
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.codec import LINE_MAX, LineBuffer, decode, encode
from ivr.engine.bus.live import CallStands, LiveCall
from ivr.engine.bus.messages import Message
from ivr.errors import PeerError

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
STRATEGIES: dict[object, st.SearchStrategy[object]] = {
    float: NUMBERS,
    dict[str, object]: st.dictionaries(st.text(), PLAIN, max_size=4),
    dict[str, Any]: st.dictionaries(st.text(), PLAIN, max_size=4),
    dict[str, float]: st.dictionaries(st.text(), NUMBERS, max_size=4),
    float | None: st.none() | NUMBERS,
}


st.register_type_strategy(float, NUMBERS)  # also of what messages hold


def built(cls: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{name: STRATEGIES.get(hint, st.from_type(hint)) for name, hint in hints.items()})


STRATEGIES[CallStands | None] = st.none() | built(CallStands)  # what others hold, the innermost first
STRATEGIES[tuple[Span, ...]] = st.lists(built(Span), max_size=2).map(tuple)
STRATEGIES[tuple[LiveCall, ...]] = st.lists(built(LiveCall), max_size=2).map(tuple)
STRATEGIES[tuple[AlarmRaised, ...]] = st.lists(built(AlarmRaised), max_size=2).map(tuple)
MESSAGES = st.one_of([built(cls) for cls in typing.get_args(Message)])


@given(MESSAGES)
def test_every_message_survives_the_wire(message: Message) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[1]",
        b'"x"',
        b"{}",
        b'{"is":7}',
        b'{"is":"Unheard"}',
        b'{"is":"KeysWanted"}',
        b'{"is":"KeysWanted","count":"4"}',
        b'{"is":"KeysWanted","count":true}',
        b'{"is":"KeysWanted","count":4,"more":1}',
        b'{"is":"CellState","cell":1,"state":"idle","call_id":7}',
        b'{"is":"CellState","cell":1,"state":"dozing"}',
        b'{"is":"OfferResult","call_id":"c","offer_id":"o","result":"vanished"}',
        b'{"is":"AgentTold","agent":"ann","choice":"resign"}',
        b'{"is":"DeskAsked","agent":"ann","act":"explode"}',
        b'{"is":"SupervisorAsked","agent":"ann","supervisor":"kim","mode":"record"}',
        b'{"is":"Counted","counters":{"a":"b"}}',
        b'{"is":"KeysIssued","keys":[["a","b"]]}',
        b'{"is":"KeysIssued","keys":"abc"}',
        b'{"is":"Counted","counters":{"a":NaN}}',
        b'{"is":"Counted","counters":{"a":-Infinity}}',
    ],
)
def test_nonsense_is_refused(line: bytes) -> None:
    with pytest.raises(PeerError):
        decode(line)


def test_what_is_refused_is_not_repeated() -> None:
    with pytest.raises(PeerError) as error:
        decode(b'{"is":"CallSaved","record":"sip:13912345678@x"}')
    assert "139" not in str(error.value)


@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=50))
def test_a_stream_cut_anywhere_gives_the_same_messages(messages: list[Message], cuts: list[int]) -> None:
    data = b"".join(map(encode, messages))
    buffer, got, at = LineBuffer(), [], 0
    while at < len(data):
        step = cuts[at % len(cuts)]
        got += [decode(line) for line in buffer.feed(data[at : at + step])]
        at += step
    assert got == messages


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(PeerError):
        LineBuffer().feed(b"x" * (LINE_MAX + 1))


def test_octets_of_a_strangers_that_are_no_text_do_not_cut_the_link() -> None:
    """Surrogates stand for octets that were no UTF-8 (PEP 383). They are no text, and the reader is strict."""
    came = decode(encode(Alarm(AlarmKind.CALL, "from Ren\udce9, \u60a8\u597d", None)))
    assert came == Alarm(AlarmKind.CALL, "from Ren?, \u60a8\u597d", None)
