"""Keys by RFC 4733: the time stamp decides, whatever is lost, doubled, late or said of lengths."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

import pytest

from ivr.core.media.telephone_event import KEYS, MISSED, OVERTAKEN_PACKETS, EventReader

Packet = tuple[int, int, bytes, bool]
"""Sequence number, time stamp, payload (empty: audio), marker."""
SSRC = 7


class Phone:
    """Packets as a phone sends them; what is lost on the way is left out by the test."""

    def __init__(self, *, sequence: int = 65500, clock: int = 4294960000) -> None:
        self._sequence, self.clock = count(sequence), clock

    def audio(self, packets: int = 1) -> Iterator[Packet]:
        for _ in range(packets):
            yield next(self._sequence) & 0xFFFF, self.clock & 0xFFFFFFFF, b"", False
            self.clock += 160

    def event(self, key: str, length: int, stamp: int, *, end: bool = False, marker: bool = False) -> Packet:
        payload = bytes([KEYS.index(key), (0x80 if end else 0) | 10]) + length.to_bytes(2, "big")
        return next(self._sequence) & 0xFFFF, stamp & 0xFFFFFFFF, payload, marker

    def key(self, key: str, *, lengths: tuple[int, ...] = (160, 320, 480, 640), end: int = 800) -> Iterator[Packet]:
        stamp = self.clock
        for place, length in enumerate(lengths):
            yield self.event(key, length, stamp, marker=place == 0)
        for _ in range(3):
            yield self.event(key, end, stamp, end=True)
        self.clock += max((*lengths, end, 160))


def heard(packets: list[Packet], reader: EventReader | None = None) -> list[str]:
    reader = reader or EventReader()
    told: list[str] = []
    for sequence, stamp, payload, marker in packets:
        if payload:
            told += reader.event(sequence, stamp, SSRC, payload, marker=marker)
        else:
            told += reader.late(sequence, reader.sound(sequence, SSRC))
    assert reader.due is not None
    return told + reader.in_order((reader.due[1] + OVERTAKEN_PACKETS) & 0xFFFF)


def keyed(digits: str, **how: object) -> list[Packet]:
    phone = Phone()
    packets = [*phone.audio(5)]
    for digit in digits:
        packets += [*phone.key(digit, **how), *phone.audio(4)]  # type: ignore[arg-type]
    return packets


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"lengths": ()},
        {"lengths": (800, 800, 800)},
        {"lengths": (0, 0, 0), "end": 0},
        {"end": 600},
        {"lengths": (400,), "end": 400},
    ],
    ids=["ordinary", "end packets only", "one length", "no length", "end shorter than update", "short"],
)
def test_each_key_is_told_once_however_its_packets_speak_of_its_length(how: dict[str, object]) -> None:
    assert heard(keyed("10000001*#1123ABCD", **how)) == list("10000001*#1123ABCD")


def test_one_packet_of_a_key_is_the_key_whichever_it_is() -> None:
    for kept in range(7):
        phone = Phone()
        packets = [*phone.audio(2)]
        for digit in "1123":
            packets += [[*phone.key(digit)][kept], *phone.audio(2)]
        assert [key for key in heard(packets) if key != MISSED] == list("1123")


def test_packets_doubled_and_late_are_no_further_keys() -> None:
    packets = keyed("5577")
    chance = random.Random(1)
    mixed = [packet for packet in packets for _ in range(chance.choice((1, 2)))]
    for place in range(0, len(mixed) - 3, 3):
        mixed[place : place + 2] = reversed(mixed[place : place + 2])
    assert heard(mixed) == list("5577")


@pytest.mark.parametrize("segment", [65520, 65535, 65360])
def test_a_key_that_is_leaned_on_is_one_key_over_all_its_segments(segment: int) -> None:
    phone, packets = Phone(), []
    stamp, length = phone.clock, 0
    for step in range(1300):
        length += 160
        if length > segment:
            stamp, length = stamp + segment, 160
        packets.append(phone.event("7", length, stamp, marker=step == 0))
    packets += [phone.event("7", length, stamp, end=True) for _ in range(3)]
    phone.clock = stamp + length + 800
    again = [*phone.key("7")]
    assert heard([*packets, *again]) == ["7", "7"]
    few = [packet for place, packet in enumerate(packets) if place % 3]
    assert heard([*few, *again]) == ["7", "7"]


def test_a_new_key_right_behind_one_whose_end_was_seen_is_a_new_key() -> None:
    phone = Phone()
    assert heard([*phone.key("1"), *phone.key("1"), *phone.key("1")]) == ["1", "1", "1"]


def test_events_packed_into_one_packet_are_told_apart() -> None:
    packed = bytes([1, 0x8A, 1, 0, 2, 0x8A, 1, 0, 2, 0x0A, 0, 80])
    reader = EventReader()
    assert reader.event(1, 1000, SSRC, packed) == ["1", "2", "2"]
    assert reader.event(2, 1000, SSRC, packed) == []
    assert reader.event(3, 1512, SSRC, bytes([2, 0x8A, 0, 160])) == []


@pytest.mark.parametrize("payload", [b"\x05", b"\x05\x8a\x00", bytes([16, 0x8A, 1, 0]), bytes([255, 0x8A, 1, 0])])
def test_what_is_no_key_is_none(payload: bytes) -> None:
    assert EventReader().event(1, 1000, SSRC, payload) == []


def test_a_key_whose_packets_are_all_lost_is_said_to_be_missing() -> None:
    phone = Phone()
    packets = [*phone.audio(3), *phone.key("1"), *phone.audio(3)]
    [*phone.key("2")]  # lost
    packets += [*phone.audio(2), *phone.key("3")]
    assert heard(packets) == ["1", MISSED, "3"]


def test_a_whole_key_that_comes_after_a_later_one_is_missing_for_its_place_is_not_known() -> None:
    phone = Phone()
    first, second = [*phone.key("1")], [*phone.key("2")]
    assert MISSED in heard([*phone.audio(1), *second, *first])


def test_what_overtakes_the_last_three_packets_of_a_key_hides_none() -> None:
    """They leave at once, and the next one is quicker than all of them."""
    phone = Phone()
    packets = [*phone.audio(3)]
    for digit in "1123":
        *first, one, two, three = phone.key(digit)
        overtakes, *others = phone.audio(4)
        packets += [*first, overtakes, one, two, three, *others]
    assert heard(packets) == list("1123")


def test_a_key_that_is_overtaken_whole_is_told_in_its_place() -> None:
    phone = Phone()
    packets = [*phone.audio(3), *phone.key("1"), *phone.audio(3)]
    late = [*phone.key("2", lengths=(160,))]
    overtakes, *others = phone.audio(8)
    assert heard([*packets, overtakes, *late, *others, *phone.key("3")]) == ["1", "2", "3"]


def test_a_key_behind_packets_that_never_come_is_told_behind_the_missing_one() -> None:
    phone = Phone()
    packets = [*phone.audio(3), *phone.key("1"), *phone.audio(3)]
    [*phone.key("2", lengths=(160,))]  # lost
    third = [*phone.key("3", lengths=(160,))]
    reader = EventReader()
    told = [
        [*reader.event(*packet[:2], SSRC, packet[2])]
        if packet[2]
        else reader.late(packet[0], reader.sound(packet[0], SSRC))
        for packet in [*packets, *third]
    ]
    assert [key for keys in told for key in keys] == ["1"], "it waits"
    assert heard([*phone.audio(2)], reader) == [MISSED, "3"]


def test_what_is_missing_when_another_stream_begins_is_not_waited_for() -> None:
    phone, reader = Phone(), EventReader()
    packets = [*phone.audio(3), *phone.key("1"), *phone.audio(3)]
    [*phone.key("2", lengths=(160,))]  # lost
    for packet in [*packets, *phone.audio(1)]:
        reader.event(packet[0], packet[1], SSRC, packet[2]) if packet[2] else reader.late(
            packet[0], reader.sound(packet[0], SSRC)
        )
    assert reader.event(9, 5, 99, bytes([3, 0x8A, 0, 160])) == [MISSED, "3"]


def test_a_sender_of_one_packet_a_key_misses_a_key_with_each_lost_packet() -> None:
    phone, packets = Phone(), []
    for digit in "1234":
        packets += [phone.event(digit, 400, phone.clock, end=True, marker=True), *phone.audio(5)]
    del packets[20]
    assert heard(packets) == [*"1234", MISSED]


def test_another_source_counts_from_anywhere() -> None:
    reader = EventReader()
    assert heard(keyed("12"), reader) == ["1", "2"]
    assert reader.event(9, 5, 99, bytes([3, 0x8A, 0, 160])) == ["3"]


@pytest.mark.parametrize(("loss", "entries"), [(0.0, 1_000), (0.01, 2_000), (0.05, 10_000)])
def test_a_pin_over_a_lossy_line_is_right_or_said_to_be_unsure(loss: float, entries: int) -> None:
    """PINs and accounts by phones of every habit; tests/attacks has the whole way of them."""
    chance = random.Random(round(loss * 100) + 1)
    unsure = 0
    for _ in range(entries):
        digits = "".join(chance.choices("0123456789", k=chance.choice((4, 8))))
        lengths = chance.choice(((), (160, 320, 480), (160, 320, 480, 640), (800, 800), (0, 0)))
        packets = keyed(digits, lengths=lengths, end=0 if lengths == (0, 0) else 800)
        came = [packet for packet in packets if chance.random() >= loss]
        told = heard(came)
        if MISSED in told:
            unsure += 1
        else:
            assert "".join(told) == digits
    assert unsure <= entries * loss * 2


@pytest.mark.parametrize(
    ("lost", "hidden"),
    [((), False), ((10,), False), ((10, 11), True), ((10, 12), True), ((10, 13), False), ((10, 14, 15), True)],
)
def test_two_packets_lost_near_each_other_may_hide_a_tone(lost: tuple[int, ...], *, hidden: bool) -> None:
    reader = EventReader()
    found = False
    for number in range(30):
        if number not in lost:
            missing = reader.sound((number + 65525) & 0xFFFF, SSRC)
            found |= bool(missing) and reader.hides_tone(missing)
    assert found is hidden
