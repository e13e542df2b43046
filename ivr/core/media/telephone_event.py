"""Keys as RTP events (RFC 4733): a key is its time stamp, whatever its packets say of its length.

Rule: all packets of one key carry the RTP time stamp of its beginning, and another time stamp is another key
(2.5.1.2). Whichever packet of a key comes first tells it, be it the last one of three. A key that is held longer than
the length field can say goes on in a new segment with its own time stamp, which is no new key (2.5.1.3).

Packets may be lost. Sequence numbers tell how many in a row; when a whole key may have been among them, it is said, for
then nobody knows what was keyed in. They may only have been overtaken: so that is said, and keys behind them are told,
some packets later.
"""

from __future__ import annotations

from collections import deque
from typing import Final

KEYS: Final = "0123456789*#ABCD"
"""KEYS[event code] (RFC 4733 3.2); other codes are no keys."""
MISSED: Final = "missed"
"""Told in the place of keys: one may have been pressed that never came."""
LEAST_PACKETS: Final = 3
"""Of one key: its last packet is sent three times (2.5.1.4). Fewer lost in a row cannot hide a key."""
TONE_PACKETS: Final = 3
"""Of a tone in the audio, whose beginning and end fill no packet. A second one lost among so many leaves nowhere the
40 ms that tell a key (Q.24) in the 80 ms that a person presses it at least. One alone leaves them."""
_BLOCK_BYTES: Final = 4
_END: Final = 0x80
_LONGEST: Final = 0xFFFF
"""What the length field can say, in units of the RTP clock: 8.19 s."""
_LATE_SEGMENT: Final = _LONGEST - 1600
"""A segment ends when its length is nearly full: within 200 ms of it, whatever the packets' distance."""
_HALF: Final = 0x8000
_MISORDER: Final = 100
"""A packet later than this is no late packet but a stream that began again (RFC 3550 A.1)."""
_KEPT: Final = 16
OVERTAKEN_PACKETS: Final = 5
"""Of one stream, that may come before what they overtook: a tenth of a second, as the three last of a key leave at
once, and what follows overtakes all of them together."""


class EventReader:
    """The keys of one far end. It outlives a stream: what a re-INVITE replaces is the same caller's."""

    __slots__ = (
        "_absent", "_behind", "_code", "_ended", "_first", "_held", "_keys", "_length", "_lost", "_most", "_next",
        "_seen", "_ssrc", "_stamp",
    )  # fmt: skip

    def __init__(self) -> None:
        self._ssrc: int | None = None
        self._next = 0
        """Sequence number that is due."""
        self._seen: deque[int] = deque(maxlen=_KEPT)
        """Time stamps of the latest keys and segments."""
        self._stamp = self._length = 0
        self._code = -1
        self._ended = False
        self._lost: int | None = None
        """Sequence number of the latest packet of audio that is missing."""
        self._first = 0
        """Sequence number of the key's first packet."""
        self._keys = self._most = 0
        """Keys told, and most packets that one of them had."""
        self._absent: set[int] = set()
        """Sequence numbers that may hide a key and may still come."""
        self._behind = 0
        """Sequence number of the packet behind them."""
        self._held: list[str] = []
        """What was keyed behind them."""

    def sound(self, sequence: int, ssrc: int) -> int:
        """A packet of audio; returns how many are missing before it. `late` says what follows for keys."""
        if sequence == self._next and ssrc == self._ssrc:
            self._next = (sequence + 1) & 0xFFFF
            return 0
        return self._followed(sequence, ssrc)

    @property
    def due(self) -> tuple[int, int] | None:
        """The source that is followed, and the sequence number of its next packet; None before the first."""
        return None if self._ssrc is None else (self._ssrc, self._next)

    @property
    def waits(self) -> bool:
        """Whether something is told only behind packets that are still to come: each of them is to be seen."""
        return bool(self._absent)

    def in_order(self, due: int) -> list[str]:
        """Packets of audio followed each other, up to the one that is due now; returns as `late` does."""
        self._next = due
        return self._settled()

    def late(self, sequence: int, missing: int) -> list[str]:
        """Behind a packet before which so many are missing: the keys to tell now, and MISSED before those behind it."""
        self._absent.discard(sequence)
        told = self._settled()
        if self.hides(missing):
            told += self._given_up() if self._absent else []
            if missing > OVERTAKEN_PACKETS:
                return [*told, MISSED]
            self._absent = {(sequence - back) & 0xFFFF for back in range(1, missing + 1)}
            self._behind = sequence
        return told

    def _settled(self) -> list[str]:
        """What need not wait any longer for packets that may have been overtaken."""
        if not self._absent:
            return []
        if not self.hides(len(self._absent)):
            told, self._held = self._held, []
            self._absent.clear()
            return told
        return self._given_up() if ((self._next - self._behind) & 0xFFFF) > OVERTAKEN_PACKETS else []

    def _given_up(self) -> list[str]:
        """They do not come any more."""
        told, self._held = [MISSED, *self._held], []
        self._absent.clear()
        return told

    def hides(self, missing: int) -> bool:
        """Whether a whole key may have been among so many packets. Who sends fewer a key has shown it by some keys."""
        return missing >= (min(LEAST_PACKETS, self._most) if self._keys >= LEAST_PACKETS else LEAST_PACKETS)

    def hides_tone(self, missing: int) -> bool:
        """Whether a key pressed as a tone may be hidden by the packets that `sound` has just found missing."""
        newest = (self._next - 2) & 0xFFFF
        oldest = (newest - missing + 1) & 0xFFFF
        near = self._lost is not None and (oldest - self._lost) & 0xFFFF < TONE_PACKETS
        self._lost = newest
        return missing > 1 or near

    def event(self, sequence: int, stamp: int, ssrc: int, payload: bytes, *, marker: bool = False) -> list[str]:
        """A packet of telephone-event; returns the keys to tell now, and MISSED before one that may be lost.

        Several events in one packet follow each other without a pause (2.5.1.5).
        """
        told = self.late(sequence, self._followed(sequence, ssrc))
        new: list[str] = []
        for place in range(0, len(payload) - _BLOCK_BYTES + 1, _BLOCK_BYTES):
            code, flags = payload[place], payload[place + 1]
            length = int.from_bytes(payload[place + 2 : place + 4], "big")
            if code < len(KEYS):
                key = self._told(code, stamp, length, ended=bool(flags & _END), marker=marker and place == 0)
                if key == KEYS[code]:
                    self._keys, self._first = self._keys + 1, sequence
                new += [key] if key else []
            stamp = (stamp + length) & 0xFFFFFFFF
        self._most = max(self._most, ((sequence - self._first) & 0xFFFF) % _HALF + 1)
        if not self._absent:
            return told + new
        self._held += new
        return told

    def _told(self, code: int, stamp: int, length: int, *, ended: bool, marker: bool) -> str:
        """The key, if it is new; MISSED for one whose place among the others is not known; else nothing."""
        if self._seen and stamp == self._stamp:
            self._length, self._ended = max(self._length, length), self._ended or ended
            return ""
        if stamp in self._seen:
            return ""
        since = (stamp - self._stamp) & 0xFFFFFFFF
        if self._seen and since >= 1 << 31:
            self._seen.appendleft(stamp)
            return MISSED  # older than a key that was told: what came before what is lost
        segment = since == self._length or _LATE_SEGMENT <= since <= _LONGEST
        goes_on = bool(self._seen) and segment and code == self._code and not self._ended and not marker
        self._seen.append(stamp)
        self._code, self._stamp, self._length, self._ended = code, stamp, length, ended
        return "" if goes_on else KEYS[code]

    def _followed(self, sequence: int, ssrc: int) -> int:
        """Follow the sequence numbers; returns how many packets are missing before this one."""
        if ssrc != self._ssrc:
            # Another source counts from anywhere: its time stamps are no older and no newer than the last one's.
            self._ssrc, self._next = ssrc, (sequence + 1) & 0xFFFF
            self._seen.clear()
            return 0
        ahead = (sequence - self._next) & 0xFFFF
        late = 0x10000 - ahead
        if ahead >= _HALF and late <= _MISORDER:
            return 0
        self._next = (sequence + 1) & 0xFFFF
        return ahead if ahead < _HALF else _MISORDER
