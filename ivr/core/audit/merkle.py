"""Merkle tree of RFC 6962 2.1: hashes, roots and the two proofs, and how to check them.

Rule: whoever makes a proof gets the hashes of complete subtrees through `Node`; whoever checks one needs hashes only.
Making and checking share no code but the two hash functions, so that a fault in one is seen by the other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

from ivr.errors import BugError, SealError

HASH_BYTES = 32

Node = Callable[[int, int], bytes]
"""`node(level, index)`: hash of the complete subtree over leaves index * 2^level up to (index + 1) * 2^level."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of a tree without entries."""


def root(size: int, node: Node) -> bytes:
    """Root of the first `size` entries."""
    return _range(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Hashes that lead from entry `index` to the root of `size` entries, lowest first."""
    if not 0 <= index < size:
        raise BugError(f"entry {index} is not in a tree of {size}")
    low, high, proof = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_range(middle, high, node))
            high = middle
        else:
            proof.append(_range(low, middle, node))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Hashes that show that the tree of `old` entries is the beginning of that of `new` entries."""
    if not 0 < old <= new:
        raise BugError(f"no proof leads from {old} entries to {new}")
    low, high, proof, whole = 0, new, [], True
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_range(middle, high, node))
            high = middle
        else:
            proof.append(_range(low, middle, node))
            low, whole = middle, False
    if not whole:
        proof.append(_range(low, high, node))
    return proof[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> None:
    """Raises SealError unless the entry with hash `leaf` stands at `index` under the root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise SealError("the proof names an entry that its tree does not have")
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise SealError("the inclusion proof is longer than its tree is high")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last != 0 or not hmac.compare_digest(found, expected_root):
        raise SealError("the entry is not in the log where the proof says: one of them was altered")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raises SealError unless the newer tree only adds to the older one (RFC 9162 2.1.4.2)."""
    if not 0 < old <= new:
        raise SealError("the log is shorter than it was: it was rolled back")
    if old == new:
        if proof or not hmac.compare_digest(old_root, new_root):
            raise SealError("two roots of one size differ: the log was rewritten")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise SealError("the consistency proof is empty")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    found_old = found_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise SealError("the consistency proof is longer than its tree is high")
        if at & 1 or at == last:
            found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found_new = node_hash(found_new, sibling)
        at, last = at >> 1, last >> 1
    if last != 0 or not (hmac.compare_digest(found_old, old_root) and hmac.compare_digest(found_new, new_root)):
        raise SealError("the log is not a continuation of what it was: entries were altered, dropped or moved")


def _split(count: int) -> int:
    """Largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _range(low: int, high: int, node: Node) -> bytes:
    """Hash of the subtree over leaves `low` up to `high`; `low` is a multiple of the subtree's full width."""
    count = high - low
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(count)
    return node_hash(_range(low, middle, node), _range(middle, high, node))
