"""A journal, a record, a key file: each value is of the type that was written, or an error; nothing is converted."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ivr.core.audit.step import CallStep
from ivr.core.call.journal import from_json, to_json
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_json, record_to_json
from ivr.core.call.transcript import Span
from ivr.core.events import Event
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.evidence import DisclosureHeard, MessageLeft
from ivr.core.orders.legs import LegHungUp, LegRole, LineMeasured
from ivr.core.orders.listening import SpeechStarted, TranscriptReady
from ivr.core.orders.playing import PlayReport, PromptEnd, PromptEnded
from ivr.core.vault.journal_frame import Kind, decode
from ivr.errors import SealError

OF_OTHER_TYPES: tuple[object, ...] = ("a", "1", "", 1, 0, 1.5, True, None, [], {}, [1], {"a": 1})
FREE = "details"
"""An object whose members may be anything that JSON has."""
EVENTS: tuple[Event, ...] = (
    CallArrived("c1", "sip:a@b", "1000", 1767312000.0),
    PromptEnded(1, PromptEnd.COMPLETED, PlayReport("ab", 160, 0, 160, 1, None)),
    SpeechStarted(320),
    TranscriptReady(1, "yes", "yes", 0.5),
    LegHungUp(LegRole.CALLER, 200, True),
    LineMeasured(0.0, None),
)
EVIDENCE = DisclosureHeard("risk", "en", "ab", 0, 160, 1, None, 1, "key", "1", None, 1.0)
RECORD = CallRecord(
    "c1", 1.5, None, None, "+4420", disclosures=(EVIDENCE,), voicemails=(MessageLeft("m", 0, 160),), agents=("ann",)
)


def mutations(data: Any) -> Iterator[tuple[Any, str, bool]]:
    """The same data with each value in turn replaced by one of another type, left out, or joined by a stranger.

    With it, what was changed, and whether that must be refused: what is written back alike may just have been copied.
    """

    def at(path: tuple[Any, ...], value: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
        yield path, value
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, one in inner:
            yield from at((*path, key), one)

    for path, value in list(at((), data)):
        for other in OF_OTHER_TYPES:
            number = type(other) is int and type(value) is float  # JSON has one type of number
            if path and type(other) is not type(value) and not number:
                changed = copy.deepcopy(data)
                place = changed
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = other
                may_be = value is None or other is None or path[0] == FREE
                yield changed, f"{path} = {other!r}", not may_be


def same(data: Any) -> str:
    """As text, in which 1 and 1.0 are one number, and 1 and true are not."""
    if isinstance(data, dict):
        return json.dumps({key: same(value) for key, value in sorted(data.items())})
    if isinstance(data, list):
        return json.dumps([same(value) for value in data])
    return json.dumps(float(data) if type(data) is int else data)


READERS: list[tuple[Callable[[Any], object], Any, Callable[[object], Any]]] = [
    *((from_json, to_json(event), lambda event: to_json(event)) for event in EVENTS),
    (record_from_json, record_to_json(RECORD), record_to_json),  # type: ignore[list-item]
    (Span.from_json, Span("caller", 0, 160, "en", "yes", 0.5, "yes", True, "risk").to_json(), Span.to_json),  # type: ignore[list-item]
    (CallStep.from_json, CallStep(1, 1.5, "state.entered", {"state": "menu"}).to_json(), CallStep.to_json),  # type: ignore[list-item]
]


@pytest.mark.parametrize(
    ("read", "data", "write"), READERS, ids=lambda value: str(getattr(value, "__qualname__", ""))[:20]
)
def test_a_value_of_another_type_is_an_error_or_means_the_same(
    read: Callable[[Any], object], data: Any, write: Callable[[object], Any]
) -> None:
    assert write(read(data)) == data
    refused = 0
    for changed, what, must in mutations(data):
        try:
            found = write(read(changed))
        except SealError:
            refused += 1
        else:  # `None` where it is allowed, an object whose members are free
            assert not must, what
            assert same(found) == same(changed), what
    assert refused > 5


@pytest.mark.parametrize(
    "plain",
    [
        b'{"sample":"160","reason":"x"}',
        b'{"sample":160.0,"reason":"x"}',
        b'{"sample":true,"reason":"x"}',
        b'{"sample":-1,"reason":"x"}',
        b'{"sample":160,"reason":7}',
        b'{"sample":160,"reason":"x","more":1}',
        b'{"sample":160,"sample":161,"reason":"x"}',
        b'{"sample":160}',
    ],
)
def test_a_pause_is_never_guessed_at(plain: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(Kind.PAUSED, plain)


@pytest.mark.parametrize("plain", [b'{"now":NaN}', b'{"now":Infinity}', b'{"a":1,"a":2}', b"[]", b'"a"'])
def test_an_entry_is_json_and_nothing_more(plain: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        decode(Kind.ENTRY, plain)
