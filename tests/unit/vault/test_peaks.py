"""How loud a channel is along a call."""

from __future__ import annotations

from ivr.core.vault.peaks import LOUDEST, PEAK_SAMPLES, coarser, peaks_of


def pcm(*samples: int) -> bytes:
    return b"".join(one.to_bytes(2, "little", signed=True) for one in samples)


def test_a_tenth_of_a_second_is_as_loud_as_its_loudest_sample() -> None:
    silent, loud, soft = [0] * PEAK_SAMPLES, [0] * (PEAK_SAMPLES - 1) + [-32768], [100, -129] + [0] * (PEAK_SAMPLES - 2)
    assert peaks_of(pcm(*silent, *loud, *soft, 1)) == bytes([0, LOUDEST, 2, 1])
    assert peaks_of(b"") == b""


def test_fewer_columns_hide_nothing_loud() -> None:
    assert coarser(bytes([1, 9, 2, 3, 8]), 3) == bytes([9, 3, 8])
    assert coarser(bytes([1, 2]), 10) == bytes([1, 2])
    assert coarser(b"", 10) == b""
