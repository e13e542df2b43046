"""RTP looked at in C and by Python alone: the same keys, the same gaps, and every packet goes on to pjmedia."""

from __future__ import annotations

import ctypes
import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.adapters.pjsip import media_clock
from ivr.adapters.pjsip.key_watch import KeyWatch
from ivr.adapters.pjsip.rtp_tap import _PACKET, _RECEIVED, _REPORTED, RtpTap, _Watched
from ivr.ports.telephony import LegDigit, LegFact, LegKeysMissed

EVENTS = 101
USER_DATA = 0x1234
PACKETS = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 1, 1, 1, 2, 3, 4, 0, -1, 200]),
        st.sampled_from([7, 7, 7, 7, 7, 8]),
        st.sampled_from([0, 0, 0, 0, EVENTS, 13]),
        st.integers(0, 15),
        st.booleans(),
    ),
    max_size=60,
)
"""Each: step of the sequence number, source, payload type, event, whether it is the event's end."""


class Ear:
    """A stream with its packets' way through the tap."""

    def __init__(self, clock: ctypes.CDLL | None, *, telephone_event: bool) -> None:
        self.facts: list[LegFact] = []
        self.passed = 0
        self.watch = KeyWatch(1, self.facts.append)
        self.watch.telephone_event = telephone_event
        self._tap = object.__new__(RtpTap)  # without pjmedia's table, which only a running library has
        self._kept = _RECEIVED(self._go_on), _REPORTED(lambda *_: None), _RECEIVED(self._tap._packet)
        self._c = clock
        slot = None
        if clock is not None:
            slot = (media_clock.PacketTap * 16).in_dll(clock, "ivr_taps")[0]
            slot.user_data, slot.next, slot.event_type = USER_DATA, -1, EVENTS
            slot.go_on = ctypes.cast(self._kept[0], ctypes.c_void_p).value
            ctypes.c_void_p.in_dll(clock, "ivr_look").value = ctypes.cast(self._kept[2], ctypes.c_void_p).value
        watched = _Watched(0, self._kept[0], self._kept[1], slot)
        watched.watcher, watched.event_type = self.watch, EVENTS
        self._tap._watched = {USER_DATA: watched}

    def _go_on(self, parameters: int) -> None:
        self.passed += 1

    def hear(self, packet: bytes) -> None:
        held = ctypes.create_string_buffer(packet, len(packet))
        told = ctypes.create_string_buffer(_PACKET.pack(USER_DATA, ctypes.addressof(held), len(packet)), 64)
        if self._c is None:
            self._tap._packet(ctypes.addressof(told))
        else:
            self._c.ivr_tap(ctypes.byref(told))


@settings(max_examples=200, deadline=None)
@given(steps=PACKETS, first=st.sampled_from([0, 5, 65530]), telephone_event=st.booleans())
def test_c_and_python_tell_the_same(
    steps: list[tuple[int, int, int, int, bool]], first: int, telephone_event: bool
) -> None:
    clock = media_clock._built()
    if clock is None:
        pytest.skip("no C was built here")
    alone, with_c = Ear(None, telephone_event=telephone_event), Ear(clock, telephone_event=telephone_event)
    sequence, stamp = first, 1000
    for step, source, kind, code, end in steps:
        sequence, stamp = (sequence + step) & 0xFFFF, stamp + 160
        head = struct.pack("!BBHII", 0x80, kind, sequence, stamp, source)
        packet = head + (struct.pack("!BBH", code, 0x80 * end, 160) if kind == EVENTS else bytes(160))
        for ear in (alone, with_c):
            ear.hear(packet)
    slot = (media_clock.PacketTap * 16).in_dll(clock, "ivr_taps")[0]
    slot.user_data = None
    assert with_c.facts == alone.facts
    assert with_c.passed == alone.passed == len(steps)


def test_a_key_behind_lost_packets_is_told_while_only_audio_follows() -> None:
    """It waits for a few packets that might have been overtaken, and not for the next one that says something."""
    clock = media_clock._built()
    if clock is None:
        pytest.skip("no C was built here")
    ear = Ear(clock, telephone_event=True)
    sound, key = (
        [(at, 0, bytes(160)) for at in (*range(5), *range(10, 30))],
        (9, EVENTS, struct.pack("!BBH", 5, 0x80, 800)),
    )
    for at, kind, payload in sorted([*sound, key]):
        ear.hear(struct.pack("!BBHII", 0x80, kind, at, 160 * at, 7) + payload)
    (media_clock.PacketTap * 16).in_dll(clock, "ivr_taps")[0].user_data = None
    assert ear.facts == [LegKeysMissed(1, "rfc4733"), LegDigit(1, "5", "rfc4733")]


def test_packets_that_are_no_rtp_go_on_unread() -> None:
    clock = media_clock._built()
    if clock is None:
        pytest.skip("no C was built here")
    ear = Ear(clock, telephone_event=True)
    whole = struct.pack("!BBHII", 0x80, 0, 9, 0, 7) + bytes(160)
    for one, _ in pairwise([b"", b"\x80", whole[:11], whole, b"\x00" * 40, b""]):
        ear.hear(one)
    assert ear.passed == 5
    assert ear.facts == []
    (media_clock.PacketTap * 16).in_dll(clock, "ivr_taps")[0].user_data = None
