"""What a far end's receiver reports say of our stream (RFC 3550 6.4), believed only as far as they can be true.

A report counts when it is about our stream and names a packet that we sent as the newest that came. Its cumulative loss
has a sign: packets that came twice make it negative (6.4.1). A far end that reports no loss, but whose newest packet is
one of seconds ago, has received nothing since: what was sent meanwhile is lost as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SENDER_REPORT, _RECEIVER_REPORT = 200, 201
_HEAD: Final = struct.Struct("!BBH")
_BLOCK: Final = struct.Struct("!IIIIII")
_VERSION, _VERSION_BITS, _COUNT_BITS = 0x80, 0xC0, 0x1F
_BEFORE_BLOCKS: Final = {_SENDER_REPORT: 28, _RECEIVER_REPORT: 8}
"""Octets before a packet's first block."""
LATE_PACKETS: Final = 100
"""Sent since the newest that a report names: more cannot be on the way. Two seconds at 20 ms a packet."""


@dataclass(frozen=True, slots=True)
class Block:
    """A report block, as far as it is used."""

    ssrc: int
    lost: int
    """Cumulative; negative where more came than was sent."""
    newest: int
    """The lower half of the extended sequence number."""


def report_blocks(packet: bytes) -> Iterator[Block]:
    """Of a compound packet; it ends where it makes no sense."""
    while len(packet) >= _HEAD.size:
        flags, kind, words = _HEAD.unpack_from(packet)
        size = 4 * (words + 1)
        if flags & _VERSION_BITS != _VERSION or size > len(packet):
            return
        if kind in _BEFORE_BLOCKS:
            begin = _BEFORE_BLOCKS[kind]
            if begin + _BLOCK.size * (flags & _COUNT_BITS) > size:
                return
            for number in range(flags & _COUNT_BITS):
                ssrc, loss, newest, *_ = _BLOCK.unpack_from(packet, begin + _BLOCK.size * number)
                lost = loss & 0xFFFFFF
                yield Block(ssrc, lost - (1 << 24 if lost & 0x800000 else 0), newest & 0xFFFF)
        packet = packet[size:]


class Reception:
    """Of one stream of ours at its far end."""

    def __init__(self) -> None:
        self.reports = 0
        """That counted."""
        self.lost = 0
        """Packets; never goes back: one that came twice makes up for none that did not come."""
        self._said = 0

    def take(self, packet: bytes, *, ssrc: int, sequence: int, sent: int) -> None:
        """RTCP came. Our stream is `ssrc`, has `sent` packets so far, the last of them with `sequence`."""
        for block in report_blocks(packet):
            behind = (sequence - block.newest) & 0xFFFF
            if block.ssrc != ssrc or behind >= sent:
                continue
            self.reports += 1
            said = block.lost + (behind if behind > LATE_PACKETS else 0)
            self.lost += max(0, said - self._said)
            self._said = said
