"""A tree of secrets in which single leaves can be destroyed: what makes shredding final.

Each recording's key is wrapped with the help of one leaf. All leaves follow from the root, so the whole future of
recordings costs 32 bytes; destroying a leaf replaces the secrets above it by those of its untouched neighbours, from
which it cannot be computed any more. A backup of recordings and database does not hold the tree (the key store does),
so what was shredded stays unreadable wherever copies of it lie.

This is the puncturable pseudo-random function of Goldreich, Goldwasser and Micali (1986), with HMAC-SHA-256.
Rule: a destroyed leaf raises; the tree never holds more secrets than there are leaves alive, nor than 48 a shredding.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr.errors import BugError, SealError, ShreddedError

DEPTH = 48
"""Levels below the root: 2^48 leaves."""
SECRET_BYTES = 32
_NODE = struct.Struct(">BQ32s")


@dataclass(frozen=True, slots=True)
class ErasureTree:
    """The secrets from which every living leaf follows, by (level, prefix of the leaf's index)."""

    nodes: Mapping[tuple[int, int], bytes] = field(repr=False)
    _last: list[tuple[int, list[bytes]]] = field(default_factory=list, init=False, repr=False, compare=False)
    """The leaf that was computed last, and the secrets from `nodes` down to it: calls of one time have neighbouring
    leaves, which share most of them. Nothing here that does not follow from `nodes`; gone with this tree."""

    @staticmethod
    def plant(root: bytes) -> ErasureTree:
        """A tree with all leaves alive."""
        if len(root) != SECRET_BYTES:
            raise BugError(f"a root has {SECRET_BYTES} bytes")
        return ErasureTree({(0, 0): root})

    def leaf(self, index: int) -> bytes:
        """The leaf's 32 bytes. Raises ShreddedError if it was destroyed."""
        level = self._above(index)
        if level is None:
            raise ShreddedError("this was shredded: its key was destroyed and nothing can open it")
        last, secrets = self._last[0] if self._last else (index, [])
        shared = DEPTH - (index ^ last).bit_length()
        path = secrets[: max(0, shared - level + 1)] or [self.nodes[level, index >> (DEPTH - level)]]
        for below in range(level + len(path), DEPTH + 1):
            path.append(_child(path[-1], (index >> (DEPTH - below)) & 1))
        self._last[:] = [(index, path)]
        return path[-1]

    def destroy(self, indexes: Iterable[int]) -> ErasureTree:
        """The tree without these leaves. The old one must be forgotten by its holder."""
        nodes = dict(self.nodes)
        for index in indexes:
            level = ErasureTree(nodes)._above(index)
            if level is None:
                continue
            secret = nodes.pop((level, index >> (DEPTH - level)))
            while level < DEPTH:
                level += 1
                prefix = index >> (DEPTH - level)
                nodes[level, prefix ^ 1] = _child(secret, (prefix & 1) ^ 1)
                secret = _child(secret, prefix & 1)
        return ErasureTree(nodes)

    def alive(self, index: int) -> bool:
        """Whether the leaf can still be computed."""
        return self._above(index) is not None

    def encode(self) -> bytes:
        """As bytes, secret, in order."""
        return b"".join(_NODE.pack(level, prefix, secret) for (level, prefix), secret in sorted(self.nodes.items()))

    @staticmethod
    def decode(data: bytes) -> ErasureTree:
        """From `encode`'s bytes."""
        if len(data) % _NODE.size:
            raise SealError("the key store's erasure tree is damaged; restore the key store from its backup")
        return ErasureTree({(level, prefix): secret for level, prefix, secret in _NODE.iter_unpack(data)})

    def _above(self, index: int) -> int | None:
        if not 0 <= index < 1 << DEPTH:
            raise SealError("a wrapped key names a leaf that no tree has: it is damaged")
        for level in range(DEPTH + 1):
            if (level, index >> (DEPTH - level)) in self.nodes:
                return level
        return None


def _child(secret: bytes, side: int) -> bytes:
    return hmac.digest(secret, b"ivr-erasure/1" + bytes([side]), "sha256")
