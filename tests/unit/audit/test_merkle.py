"""Roots and proofs against RFC 6962's definition, written out here, and its reference values; and every forgery."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.audit.merkle import (
    EMPTY_ROOT,
    Node,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
)
from ivr.core.audit.tiles import TILE_WIDTH, node_from_tiles
from ivr.errors import BugError, SealError

REFERENCE_ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""Of the reference implementation of RFC 6962 (certificate-transparency, merkle tree tests), with their roots."""
REFERENCE_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_hash(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 2.1, as it stands there."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 2.1.1."""
    if len(entries) == 1:
        return []
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m < k:
        return [*path(m, entries[:k]), tree_hash(entries[k:])]
    return [*path(m - k, entries[k:]), tree_hash(entries[:k])]


def subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 2.1.2."""
    if m == len(entries):
        return [] if whole else [tree_hash(entries)]
    k = 1
    while k * 2 < len(entries):
        k *= 2
    if m <= k:
        return [*subproof(m, entries[:k], whole), tree_hash(entries[k:])]
    return [*subproof(m - k, entries[k:], False), tree_hash(entries[:k])]


def entries_of(count: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(count)]


def node_of(entries: list[bytes]) -> Node:
    return lambda level, index: tree_hash(entries[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference(size: int) -> None:
    entries = REFERENCE_ENTRIES[:size]
    assert root(size, node_of(entries)).hex() == REFERENCE_ROOTS[size - 1]


def test_the_empty_tree_has_its_own_root() -> None:
    assert root(0, node_of([])) == EMPTY_ROOT == tree_hash([])


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100])
def test_proofs_are_those_of_the_rfc_and_hold(size: int) -> None:
    entries = entries_of(size)
    node, top = node_of(entries), tree_hash(entries)
    assert root(size, node) == top
    for index in range(size):
        proof = inclusion_proof(index, size, node)
        assert proof == path(index, entries)
        check_inclusion(leaf_hash(entries[index]), index, size, proof, top)
    for old in range(1, size + 1):
        steps = consistency_proof(old, size, node)
        assert steps == subproof(old, entries, True)
        check_consistency(old, size, steps, tree_hash(entries[:old]), top)


@given(st.integers(2, 40), st.data())
@settings(max_examples=80)
def test_no_altered_inclusion_proof_holds(size: int, data: st.DataObject) -> None:
    entries = entries_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof, top, leaf = inclusion_proof(index, size, node_of(entries)), tree_hash(entries), leaf_hash(entries[index])
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    forgeries = [
        (leaf_hash(b"another"), index, size, proof, top),
        (leaf, other, size, proof, top),
        (leaf, index, size, proof[:-1], top),
        (leaf, index, size, [*proof, bytes(32)], top),
        (leaf, index, size, [bytes(32), *proof[1:]], top),
        (leaf, index, size, proof, bytes(32)),
        (leaf, size, size, proof, top),
        (leaf, -1, size, proof, top),
    ]
    for forgery in forgeries:
        with pytest.raises(SealError):
            check_inclusion(*forgery)


@given(st.integers(3, 40), st.data())
@settings(max_examples=80)
def test_no_rewritten_log_is_consistent(size: int, data: st.DataObject) -> None:
    entries = entries_of(size)
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    rewritten = [*entries[:changed], b"rewritten", *entries[changed + 1 :]]
    dropped = [*entries[:changed], *entries[changed + 1 :], b"filler"]
    for other in (rewritten, dropped):
        proof = consistency_proof(old, size, node_of(other))
        with pytest.raises(SealError):
            check_consistency(old, size, proof, tree_hash(entries[:old]), tree_hash(other))


def test_a_shorter_log_is_a_rollback_and_another_root_of_the_same_size_a_rewrite() -> None:
    with pytest.raises(SealError, match="rolled back"):
        check_consistency(5, 4, [], bytes(32), bytes(32))
    with pytest.raises(SealError, match="rewritten"):
        check_consistency(5, 5, [], bytes(32), b"r" * 32)
    with pytest.raises(SealError):
        check_consistency(3, 5, [], bytes(32), bytes(32))


def test_what_no_tree_has_cannot_be_proved() -> None:
    with pytest.raises(BugError):
        inclusion_proof(3, 3, node_of(entries_of(3)))
    with pytest.raises(BugError):
        consistency_proof(4, 3, node_of(entries_of(3)))
    with pytest.raises(BugError):
        consistency_proof(0, 3, node_of(entries_of(3)))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, 1025])
def test_tiles_give_the_same_hashes(size: int) -> None:
    entries = entries_of(size)

    def read_tile(level: int, number: int, width: int) -> bytes:
        span = TILE_WIDTH**level
        first = number * TILE_WIDTH
        return b"".join(tree_hash(entries[n * span : (n + 1) * span]) for n in range(first, first + width))

    node = node_from_tiles(size, read_tile)
    assert root(size, node) == tree_hash(entries)
    for index in (0, size // 3, size - 1):
        assert inclusion_proof(index, size, node) == path(index, entries)
