"""What is handed to a recorder frame by frame becomes few blocks, and nothing of a pause is in any of them."""

from __future__ import annotations

from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES
from ivr.core.vault.blocks import BlockMaker, Portion
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, Paused, Resumed


def heard(tick: int, *names: str) -> Portion:
    """A frame in which every byte tells its tick."""
    return tick * FRAME_SAMPLES, {name: bytes([tick + 1]) * FRAME_BYTES for name in names or ("caller.in",)}


def pcm(*ticks: int) -> bytes:
    return b"".join(bytes([tick + 1]) * FRAME_BYTES for tick in ticks)


def test_frames_in_a_row_are_one_block_of_all_channels() -> None:
    frames = BlockMaker().frames([heard(tick, "caller.in", "caller.out") for tick in range(4)])
    assert frames == [AudioBlock(0, {"caller.in": pcm(0, 1, 2, 3), "caller.out": pcm(0, 1, 2, 3)})]


def test_nothing_becomes_nothing() -> None:
    assert BlockMaker().frames([]) == []


def test_a_block_is_never_longer_than_what_a_crash_may_cost() -> None:
    frames = BlockMaker().frames([heard(tick) for tick in range(2 * BLOCK_FRAMES + 1)])
    assert [len(frame.channels["caller.in"]) for frame in frames if isinstance(frame, AudioBlock)] == [
        BLOCK_FRAMES * FRAME_BYTES, BLOCK_FRAMES * FRAME_BYTES, FRAME_BYTES,
    ]  # fmt: skip


def test_time_that_was_skipped_and_a_leg_that_comes_begin_a_new_block() -> None:
    frames = BlockMaker().frames([heard(0), heard(3), heard(4, "caller.in", "agent.in"), heard(5)])
    assert [frame.first_sample // FRAME_SAMPLES for frame in frames if isinstance(frame, AudioBlock)] == [0, 3, 4, 5]


def test_entries_do_not_cut_a_block_and_keep_their_order() -> None:
    first, second = JournalEntry({"n": 1}), JournalEntry({"n": 2})
    assert BlockMaker().frames([heard(0), first, heard(1), second]) == [
        first, second, AudioBlock(0, {"caller.in": pcm(0, 1)}),
    ]  # fmt: skip


def test_a_pause_takes_back_what_was_handed_in_beyond_its_sample() -> None:
    maker, sample = BlockMaker(), FRAME_SAMPLES + 40
    paused, resumed = Paused(sample, "secret"), Resumed(4 * FRAME_SAMPLES + 40)
    frames = maker.frames([heard(0), heard(1), paused, heard(2), heard(3)])
    assert frames == [AudioBlock(0, {"caller.in": pcm(0) + pcm(1)[:80]}), paused]
    assert maker.frames([heard(4)]) == []
    assert maker.frames([resumed, heard(4), heard(5)]) == [
        resumed, AudioBlock(resumed.sample, {"caller.in": pcm(4)[80:] + pcm(5)}),
    ]  # fmt: skip


def test_audio_stands_before_the_pause_and_the_end_that_follow_it() -> None:
    paused, resumed, closed = Paused(FRAME_SAMPLES, "no consent"), Resumed(2 * FRAME_SAMPLES), Closed({})
    frames = BlockMaker().frames([heard(0), paused, heard(1), resumed, heard(2), closed])
    assert frames == [
        AudioBlock(0, {"caller.in": pcm(0)}), paused, resumed,
        AudioBlock(2 * FRAME_SAMPLES, {"caller.in": pcm(2)}), closed,
    ]  # fmt: skip
