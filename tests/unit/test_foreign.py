"""What others send is typed and bounded, or nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.apps.settings_file import load_settings
from ivr.core import foreign
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import Unspeakable, spoken
from ivr.core.dialplan.values import typed_value
from ivr.errors import PeerError, SettingsError
from tests.unit.dialplan.desk import END, HEAD, findings

DEEP = b"[" * 800 + b"]" * 800


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("12.50", "12.50"), ("-0.00", "0"), ("1e3", "1000"), ("+7", "7"), (10**17, str(10**17)),
        ("0.000000001", "0.000000001"), ("1e18", None), ("1e999999", None), ("1e-10", None),
        (10**18, None), ("9" * 41, None), ("1_000", None),
        (" 1", None),
        ("１２", None), ("٣", None), ("NaN", None), ("Infinity", None), ("sNaN", None), ("", None), (1.5, None),
        (True, None), (None, None), ([1], None), ("1e9999999999", None), ("1.0000000001", None),
    ],
)  # fmt: skip
def test_numbers_are_exact_and_of_this_world(raw: object, number: str | None) -> None:
    assert foreign.decimal_of(raw) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    "raw", ["2027-02-30", "2027-13-01", "0000-01-01", "2027-1-1", "20270101", "２０２７-01-01", 20270101]
)
def test_a_day_that_no_calendar_has_is_none(raw: object) -> None:
    assert foreign.day_of(raw) is None
    assert foreign.day_of("2028-02-29") == "2028-02-29"


def test_text_that_cannot_be_stored_is_none() -> None:
    for text in ("a\x00b", "\ud800", "\x1b[2J", "x" * 4097):
        assert foreign.text_of(text) is None
    assert foreign.text_of("Zürich\n张三") == "Zürich\n张三"
    assert foreign.words_of("I \ud800 agree" + "x" * 5000).startswith("I   agree")
    assert foreign.words_of(7) == ""


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), 10**400, "0.9", True, None, -0.5, 1.5])
def test_a_share_that_is_none_is_not_believed(raw: object) -> None:
    assert foreign.share_of(raw) is None
    assert foreign.share_of(1.0000001) == 1.0


def test_json_that_would_overflow_the_stack_or_is_no_object_is_none() -> None:
    for raw in (DEEP, b"[" * 100_000, b"[]", b"7", b"\xff", b"{", b'{"a": ' + b"9" * 5000 + b"}"):
        assert foreign.json_object(raw) is None
    assert foreign.json_object(b'{"a": 1}') == {"a": 1}


def test_an_answer_keeps_its_plain_fields_and_marks_the_others() -> None:
    found = foreign.answer_of(
        {"a": "1", "b": None, "c": [1], "d": float("nan"), "e": 10**30, "f": "\ud800", "g": False}
    )
    assert found == {"a": "1", "c": {}, "d": {}, "e": {}, "f": {}, "g": False}
    json.dumps(found).encode()
    for bad in ({str(n): 1 for n in range(201)}, {"x" * 65: 1}, {"\x00": 1}):
        with pytest.raises(PeerError):
            foreign.answer_of(bad)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"-?\d{1,30}(\.\d+)?(e-?\d+)?"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(_JSON, st.sampled_from(list(ValueType)), st.sampled_from(["en", "zh"]))
def test_whatever_a_source_sends_is_spoken_or_unspeakable_and_never_raises(
    raw: object, kind: ValueType, language: str
) -> None:
    value = typed_value(raw, kind)
    if value is None:
        return
    assert json.dumps(str(value)).encode()
    try:
        spoken(value, kind, language, currency="EUR")
    except Unspeakable:
        assert kind is ValueType.AMOUNT or kind is ValueType.NUMBER


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", "1.0e+999"])
def test_a_setting_or_a_dialplans_number_is_finite(tmp_path: Path, number: str) -> None:
    text = HEAD + f"states:\n  first: {{ask: {{en: Yes?}}, yes: bye, no: bye, wait: {number}}}\n" + END
    assert findings(text)
    path = tmp_path / "ivr.yaml"
    path.write_text(f"queues: {{desk: {{wrap_up_seconds: {number}}}}}")
    with pytest.raises(SettingsError, match="wants a number"):
        load_settings(path, {})
