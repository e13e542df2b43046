"""Frames lie at their samples; what was not kept is silence of the same length."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest

from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, Paused, Resumed
from ivr.core.vault.playback import LEFT, RIGHT, marked, stereo_wav
from ivr.core.vault.timeline import Pause, assemble


def tone(value: int, count: int) -> bytes:
    return np.full(count, value, "<i2").tobytes()


def test_a_gap_is_silence_of_its_own_length() -> None:
    timeline = assemble([AudioBlock(0, {"caller.in": tone(5, 4)}), AudioBlock(8, {"caller.in": tone(7, 2)})])
    assert np.frombuffer(timeline.channels["caller.in"], "<i2").tolist() == [5, 5, 5, 5, 0, 0, 0, 0, 7, 7]


def test_every_channel_has_the_length_of_the_call() -> None:
    timeline = assemble([AudioBlock(0, {"caller.in": tone(1, 10)}), AudioBlock(4, {"agent.in": tone(2, 3)})])
    assert timeline.samples == 10
    assert np.frombuffer(timeline.channels["agent.in"], "<i2").tolist() == [0, 0, 0, 0, 2, 2, 2, 0, 0, 0]


def test_pauses_are_told_with_their_reason_and_the_last_may_be_open() -> None:
    timeline = assemble([Paused(80, "secret"), Resumed(160), Paused(400, "card")])
    assert timeline.pauses == (Pause(80, 160, "secret"), Pause(400, None, "card"))


def test_entries_and_manifest_come_back() -> None:
    timeline = assemble([JournalEntry({"a": 1}), JournalEntry({"b": 2}), Closed({"c": 3})])
    assert timeline.entries == ({"a": 1}, {"b": 2})
    assert timeline.manifest == {"c": 3}
    assert assemble([]).manifest is None
    assert assemble([]).samples == 0


def chunks(data: bytes, at: int) -> dict[bytes, bytes]:
    """The chunks of a RIFF file from a byte on, read as its definition says."""
    found = {}
    while at < len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        found[kind] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(data)
    return found


@pytest.mark.parametrize("right", [RIGHT, "agent.in"])
def test_an_exported_file_says_that_a_machine_speaks_in_it_and_sounds_the_same(right: str) -> None:
    plain = stereo_wav(tone(1, 4), tone(2, 4))
    found = marked(plain, (LEFT, right))
    assert struct.unpack_from("<4sI4s", found) == (b"RIFF", len(found) - 8, b"WAVE")
    with wave.open(io.BytesIO(found)) as file:
        assert file.readframes(100) == plain[44:]
    told = chunks(found, 12).get(b"LIST", b"INFO")
    comment = chunks(told, 4).get(b"ICMT", b"").rstrip(b"\0").decode()
    assert comment.startswith("synthetic-speech=caller.out;") is (right == RIGHT)


def test_playback_puts_what_the_caller_said_left_and_what_they_heard_right() -> None:
    with wave.open(io.BytesIO(stereo_wav(tone(1, 4), tone(2, 4)))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        samples = np.frombuffer(file.readframes(100), "<i2").reshape(-1, 2)
    assert samples.tolist() == [[1, 2]] * 4
