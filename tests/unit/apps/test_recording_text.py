"""How calls read on a terminal: lengths rounded once, keys with secrets as dots, the caller masked."""

from __future__ import annotations

import re

from ivr.apps.cli.recording_text import COLUMNS, _length, pressed, record_line
from ivr.core.call.record import CallRecord


def test_every_length_of_ten_minutes_is_rounded_once() -> None:
    for hundredths in range(60_000):
        told = _length(hundredths / 100)
        match = re.fullmatch(r"(\d+):([0-5]\d)\.(\d)", told)
        assert match, told
        tenths = (int(match[1]) * 60 + int(match[2])) * 10 + int(match[3])
        assert abs(tenths - hundredths / 10) <= 0.5 + 1e-6


def test_the_neighbours_of_a_full_minute() -> None:
    assert [_length(at) for at in (0, 59.94, 59.96, 179.94, 179.96, 180, 3599.99)] == [
        "0:00.0", "0:59.9", "1:00.0", "2:59.9", "3:00.0", "3:00.0", "60:00.0",
    ]  # fmt: skip


def test_the_keys_of_one_entry_stand_together_and_secrets_are_dots() -> None:
    events = [*map(key, "1"), {"is": "PromptEnded"}, *map(key, "????#"), {"is": "TranscriptReady"}, *map(key, "42")]
    entries: list[dict[str, object]] = [{"event": event} for event in events]
    assert list(pressed(entries)) == ["1", "\u2022\u2022\u2022\u2022#", "42"]


def key(digit: str) -> dict[str, object]:
    return {"is": "DigitPressed", "digit": digit, "via": "rfc4733"}


def test_the_list_shows_who_called_masked_and_what_was_called() -> None:
    line = record_line(CallRecord("call-1", 1.7e9, 1.7e9, 1.7e9 + 179.96, caller="sip:+85291234567@x", called="2000"))
    assert "***567" in line
    assert "9123" not in line
    assert "2000" in line
    assert "3:00.0" in line
    assert line.index("2000") == COLUMNS.index("called")
