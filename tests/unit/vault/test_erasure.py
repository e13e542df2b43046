"""Destroyed leaves are gone for good, all others stay what they were."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.vault.erasure import DEPTH, ErasureTree
from ivr.errors import BugError, SealError

ROOT = b"r" * 32
INDEXES = st.integers(0, 63) | st.integers(0, (1 << DEPTH) - 1)


@given(st.sets(INDEXES, max_size=12), st.sets(INDEXES, max_size=12))
@settings(max_examples=60)
def test_only_destroyed_leaves_are_gone(destroyed: set[int], others: set[int]) -> None:
    whole = ErasureTree.plant(ROOT)
    tree = whole.destroy(destroyed)
    for index in destroyed:
        assert not tree.alive(index)
        with pytest.raises(SealError, match="shredded"):
            tree.leaf(index)
    for index in others - destroyed:
        assert tree.leaf(index) == whole.leaf(index)


@given(st.sets(INDEXES, min_size=1, max_size=12))
@settings(max_examples=60)
def test_no_secret_that_is_left_stands_above_a_destroyed_leaf(destroyed: set[int]) -> None:
    tree = ErasureTree.plant(ROOT).destroy(destroyed)
    for level, prefix in tree.nodes:
        assert all(index >> (DEPTH - level) != prefix for index in destroyed)


@given(st.lists(INDEXES, min_size=2, max_size=12), st.sets(INDEXES, max_size=4))
@settings(max_examples=60)
def test_a_leaf_is_the_same_whichever_were_asked_for_before(asked: list[int], destroyed: set[int]) -> None:
    tree = ErasureTree.plant(ROOT).destroy(destroyed)
    for index in asked:
        if tree.alive(index):
            assert tree.leaf(index) == ErasureTree(tree.nodes).leaf(index)


def test_destroying_twice_changes_nothing() -> None:
    tree = ErasureTree.plant(ROOT).destroy([5])
    assert tree.destroy([5]).nodes == tree.nodes


def test_a_whole_stretch_costs_few_secrets() -> None:
    tree = ErasureTree.plant(ROOT).destroy(range(1000))
    assert len(tree.nodes) <= DEPTH


def test_it_survives_being_stored() -> None:
    tree = ErasureTree.plant(ROOT).destroy([1, 7, 1 << 40])
    again = ErasureTree.decode(tree.encode())
    assert again.nodes == tree.nodes
    assert again.leaf(12345) == tree.leaf(12345)


def test_a_damaged_store_is_refused() -> None:
    with pytest.raises(SealError):
        ErasureTree.decode(ErasureTree.plant(ROOT).encode()[:-1])


def test_a_leaf_outside_the_tree_is_refused() -> None:
    with pytest.raises(SealError):
        ErasureTree.plant(ROOT).leaf(1 << DEPTH)


def test_a_short_root_is_refused() -> None:
    with pytest.raises(BugError):
        ErasureTree.plant(b"short")


def test_leaves_differ() -> None:
    tree = ErasureTree.plant(ROOT)
    assert len({tree.leaf(index) for index in range(100)}) == 100
