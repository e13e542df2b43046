"""How long something took, as people read it: rounded once, so that no minute has sixty seconds."""

from __future__ import annotations

import re

from ivr.apps.cli.recording_text import _length


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
