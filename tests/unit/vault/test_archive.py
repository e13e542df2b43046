"""A long-term file gives back the journal bit for bit, and any second of it by reading little."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.media.g711 import decode_alaw, decode_ulaw
from ivr.core.vault import archive, survey
from ivr.core.vault.archive import ArchiveReader, archive_context
from ivr.core.vault.cobblestone import CobblestoneReader, seal_chunks
from ivr.core.vault.journal import Ending, JournalHeader
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame, Paused, Resumed
from ivr.core.vault.survey import Survey, plain_archive
from ivr.core.vault.timeline import Pause, Timeline
from ivr.errors import SealError

KEY = bytes(range(32))
HEADER = JournalHeader("call-1", "20260102-call-1", 1767312000.5, "kek-1", b"wrapped")
RNG = np.random.default_rng(5)


def noise(count: int) -> bytes:
    return RNG.integers(-32768, 32767, count, dtype=np.int16).astype("<i2").tobytes()


def codes(count: int) -> bytes:
    return RNG.integers(0, 255, count, dtype=np.uint8).tobytes()


SAMPLES = 3 * 8000 + 1234
TIMELINE = Timeline(
    channels={
        "caller.in": decode_ulaw(codes(8000)) + bytes(16000) + decode_alaw(codes(8000)) + noise(1234),
        "caller.out": noise(SAMPLES),
        "agent.in": bytes(SAMPLES * 2),
    },
    pauses=(Pause(8000, 16000, "secret input"), Pause(20000, None, "card")),
    entries=({"now": 0.5, "event": {"is": "CallArrived"}}, {"text": "你好"}),
    manifest={"outcome": "completed"},
)


def build_archive(timeline: Timeline, ending: Ending) -> Iterator[bytes]:
    """The plaintext of a journal that holds this."""
    frames: list[JournalFrame] = []
    for first in range(0, timeline.samples, 1440):
        pcm = {name: track[2 * first : 2 * (first + 1440)] for name, track in timeline.channels.items()}
        frames.append(AudioBlock(first, pcm))
    for pause in timeline.pauses:
        frames.append(Paused(pause.first_sample, pause.reason))
        frames += [Resumed(pause.last_sample)] if pause.last_sample is not None else []
    frames += [JournalEntry(entry) for entry in timeline.entries]
    frames += [Closed(timeline.manifest)] if timeline.manifest is not None else []
    survey = Survey()
    for frame in frames:
        survey.take(frame)
    index, _ = survey.finish(HEADER, ending)
    return plain_archive(index, lambda: frames)


def sealed(timeline: Timeline = TIMELINE, ending: Ending = Ending.CLOSED) -> bytes:
    plain = build_archive(timeline, ending)
    return b"".join(seal_chunks(plain, key=KEY, salt=b"s" * 24, context=archive_context(HEADER.recording_id)))


def reader(file: bytes, reads: list[tuple[int, int]] | None = None) -> ArchiveReader:
    def read(offset: int, size: int) -> bytes:
        if reads is not None:
            reads.append((offset, size))
        return file[offset : offset + size]

    return ArchiveReader(CobblestoneReader(read, key=KEY, context=archive_context(HEADER.recording_id)))


FILE = sealed()


def test_it_gives_back_the_journal_bit_for_bit() -> None:
    assert reader(FILE).timeline() == TIMELINE


def test_its_index_tells_what_it_holds() -> None:
    index = reader(FILE).index
    assert (index.call_id, index.recording_id, index.started_at) == ("call-1", "20260102-call-1", 1767312000.5)
    assert index.ending is Ending.CLOSED
    assert index.samples == SAMPLES
    assert [track.ways for track in index.tracks] == ["0000", "u0ap", "pppp"]
    assert reader(sealed(dataclasses.replace(TIMELINE, manifest=None), Ending.CRASHED)).index.ending is Ending.CRASHED


def test_g711_takes_one_byte_a_sample_and_silence_none() -> None:
    speech = dataclasses.replace(TIMELINE, channels={"caller.in": decode_ulaw(codes(80000)) + bytes(160000)})
    assert len(sealed(speech)) < 80000 + 2000


@given(st.sampled_from(sorted(TIMELINE.channels)), st.integers(0, SAMPLES + 100), st.integers(0, SAMPLES))
@settings(max_examples=60)
def test_any_part_of_any_channel_is_that_of_the_call(channel: str, first: int, count: int) -> None:
    assert reader(FILE).pcm(channel, first, count) == TIMELINE.channels[channel][first * 2 : (first + count) * 2]


def test_a_channel_that_never_was_is_silent() -> None:
    assert reader(FILE).pcm("consultant.in", 5, 10) == bytes(20)


def test_a_second_at_the_end_of_a_long_call_reads_a_handful_of_chunks() -> None:
    minutes = 10
    long = dataclasses.replace(TIMELINE, channels={"caller.in": noise(minutes * 60 * 8000)})
    reads: list[tuple[int, int]] = []
    opened = reader(sealed(long), reads)
    opened.pcm("caller.in", (minutes * 60 - 5) * 8000, 8000)
    assert sum(size for _, size in reads) < 6 * 16400


def test_an_empty_call_is_kept_too() -> None:
    nothing = Timeline({}, (), (), None)
    assert reader(sealed(nothing, Ending.CRASHED)).timeline() == nothing


@pytest.mark.parametrize("plain", [b"", b"something else entirely", archive.MAGIC, archive.MAGIC + b"\xff\xff\xff\xff"])
def test_a_file_of_another_kind_is_refused(plain: bytes) -> None:
    context = archive_context(HEADER.recording_id)
    with pytest.raises(SealError):
        reader(b"".join(seal_chunks([plain], key=KEY, salt=b"s" * 24, context=context)))


@pytest.mark.parametrize(
    "change",
    [
        (b'"ending":"closed"', b'"ending":"shut"'),
        (b'"u0ap"', b'"u0ax"'),
        (b'"u0ap"', b'"u0a"'),
        (b"samples", b"xamples"),
    ],
)
def test_an_index_that_makes_no_sense_is_refused(change: tuple[bytes, bytes]) -> None:
    pieces = build_archive(TIMELINE, Ending.CLOSED)
    plain = b"".join(pieces)
    start = len(archive.MAGIC) + 4
    index = plain[start : start + int.from_bytes(plain[start - 4 : start], "big")]
    changed = index.replace(*change)
    altered = archive.MAGIC + len(changed).to_bytes(4, "big") + changed + plain[start + len(index) :]
    with pytest.raises(SealError):
        reader(b"".join(seal_chunks([altered], key=KEY, salt=b"s" * 24, context=archive_context(HEADER.recording_id))))


def test_audio_that_differs_from_the_hashes_of_the_index_is_refused() -> None:
    pieces = build_archive(TIMELINE, Ending.CLOSED)
    plain = bytearray(b"".join(pieces))
    plain[-1] ^= 1
    file = b"".join(seal_chunks([bytes(plain)], key=KEY, salt=b"s" * 24, context=archive_context(HEADER.recording_id)))
    with pytest.raises(SealError, match=r"caller\.out"):
        reader(file).timeline()


@pytest.mark.parametrize(("held", "openings"), [(survey.HELD_BYTES, 1), (0, 3)])
def test_a_short_calls_journal_is_opened_once_for_its_file_and_the_file_is_the_same(
    monkeypatch: pytest.MonkeyPatch, held: int, openings: int
) -> None:
    monkeypatch.setattr(survey, "HELD_BYTES", held)
    opened = list[bool]()
    frames: list[JournalFrame] = [
        AudioBlock(0, {"caller.in": noise(1440), "caller.out": noise(1440)}), JournalEntry({"a": 1}), Closed({}),
    ]  # fmt: skip
    seen = Survey()
    for frame in frames:
        seen.take(frame)
    index, _ = seen.finish(HEADER, Ending.CLOSED)

    def again() -> list[JournalFrame]:
        opened.append(True)
        return frames

    assert b"".join(plain_archive(index, again))
    assert len(opened) == openings, "entries, and each channel"
    assert sealed() == FILE
