"""A block's calls as a list or a bitmap: the same set, whichever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.vault.slots import (
    BITMAP_BYTES,
    BLOCK_CALLS,
    common,
    has_slot,
    listed,
    pack,
    place,
    unpack,
    with_slot,
    without_slot,
)
from ivr.errors import SealError

SLOTS = st.integers(0, BLOCK_CALLS - 1)
SPREAD = st.builds(lambda first, step: set(range(first, BLOCK_CALLS, step)), SLOTS, st.integers(1, 40))
"""Also sets that are bitmaps, and sets near the border."""
SETS = st.sets(SLOTS, max_size=20) | SPREAD


@given(SETS)
def test_a_set_comes_back(slots: set[int]) -> None:
    assert unpack(pack(slots)) == sorted(slots)
    assert len(pack(slots)) == min(2 * len(slots), BLOCK_CALLS // 8)


@given(SETS, SLOTS)
def test_one_slot_goes_in_and_out(slots: set[int], slot: int) -> None:
    assert with_slot(pack(slots), slot) == pack(slots | {slot})
    assert without_slot(pack(slots), slot) == pack(slots - {slot})
    assert has_slot(pack(slots), slot) is (slot in slots)
    assert listed(slot) in pack({*slots, slot}) or len(pack({*slots, slot})) == BITMAP_BYTES


@given(st.lists(SETS, min_size=1, max_size=4))
def test_what_sets_have_in_common_is_what_all_of_them_hold(sets: list[set[int]]) -> None:
    assert common([pack(one) for one in sets]) == sorted(set.intersection(*sets))


def test_the_longest_list_and_the_smallest_bitmap_are_told_apart() -> None:
    for size in (255, 256):
        assert unpack(pack(range(size))) == list(range(size))
    assert len(pack(range(255))) == 510
    assert len(pack(range(256))) == 512


def test_calls_follow_one_another_from_block_to_block() -> None:
    assert [place(ordinal) for ordinal in (0, 4095, 4096, 10_000)] == [(0, 0), (0, 4095), (1, 0), (2, 1808)]


@pytest.mark.parametrize("damaged", [b"\x01", bytes(514), b"\x00\x10", b"\xff\xff"])
def test_what_is_no_set_is_told(damaged: bytes) -> None:
    for read in (unpack, lambda data: has_slot(data, 1), lambda data: common([data])):
        with pytest.raises(SealError, match="index"):
            read(damaged)
