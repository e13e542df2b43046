"""RTP, RTCP and telephone keys on the wire (RFC 3550, RFC 4733) as values. No sockets here."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivr.core.media.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from ivr.errors import OperatorError, PeerError

HEADER = struct.Struct("!BBHII")
"""Fixed RTP header (RFC 3550 5.1)."""
VERSION = 2
"""RFC 3550."""
SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
"""RTCP packet types (RFC 3550 12.1)."""
NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970 (RFC 5905)."""
KEYS = "0123456789*#ABCD"
"""Event codes 0-15 (RFC 4733 3.2)."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet without extensions or contributing sources."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = field(repr=False)
    marker: bool = False

    def __bytes__(self) -> bytes:
        second = self.payload_type | (0x80 if self.marker else 0)
        sequence, timestamp = self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF
        return HEADER.pack(VERSION << 6, second, sequence, timestamp, self.ssrc) + self.payload


def parse_rtp(data: bytes) -> RtpPacket:
    """Raises PeerError when it is not RTP version 2."""
    if len(data) < HEADER.size or data[0] >> 6 != VERSION:
        raise PeerError("a datagram is not RTP")
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    start = HEADER.size + 4 * (first & 0xF)
    if first & 0x10:
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if first & 0x20 else 0)
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, data[start:end], marker=bool(second & 0x80))


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """Payload of a telephone-event packet (RFC 4733 2.3)."""

    key: str
    duration: int
    """Since the event began, in time-stamp units (samples)."""
    end: bool = False
    volume: int = 10
    """dBm0 without its sign."""

    def __bytes__(self) -> bytes:
        return struct.pack("!BBH", KEYS.index(self.key), (0x80 if self.end else 0) | self.volume, self.duration)


def parse_key_event(payload: bytes) -> KeyEvent:
    """Raises PeerError when it is too short or no key of a telephone."""
    if len(payload) < 4 or payload[0] >= len(KEYS):
        raise PeerError("a telephone event is not a key")
    return KeyEvent(KEYS[payload[0]], int.from_bytes(payload[2:4], "big"), bool(payload[1] & 0x80), payload[1] & 0x3F)


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What one side says of the other's packets (RFC 3550 6.4.1)."""

    ssrc: int
    fraction: float
    """Lost since the last report, 0..1."""
    lost: int
    """Lost since the beginning."""
    highest: int
    jitter: int
    last_report: int = 0
    delay: int = 0

    def __bytes__(self) -> bytes:
        lost = max(-0x800000, min(self.lost, 0x7FFFFF)) & 0xFFFFFF
        head = struct.pack("!IBBH", self.ssrc, min(int(self.fraction * 256), 255), lost >> 16, lost & 0xFFFF)
        return head + struct.pack("!IIII", self.highest, self.jitter, self.last_report, self.delay)


@dataclass(frozen=True, slots=True)
class Report:
    """A sender or receiver report."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()
    ntp: int = 0
    """64-bit NTP time; 0: a receiver report."""
    rtp_time: int = 0
    packets: int = 0
    octets: int = 0

    def __bytes__(self) -> bytes:
        blocks = b"".join(bytes(block) for block in self.blocks)
        if not self.ntp:
            return _rtcp(RECEIVER_REPORT, len(self.blocks), struct.pack("!I", self.ssrc) + blocks)
        sender = struct.pack("!IQIII", self.ssrc, self.ntp, self.rtp_time & 0xFFFFFFFF, self.packets, self.octets)
        return _rtcp(SENDER_REPORT, len(self.blocks), sender + blocks)


def _rtcp(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", VERSION << 6 | count, kind, len(body) // 4) + body


def description(ssrc: int, name: str) -> bytes:
    """The SDES packet that must follow a report (RFC 3550 6.1)."""
    item = struct.pack("!IBB", ssrc, 1, len(name)) + name.encode()
    return _rtcp(SOURCE_DESCRIPTION, 1, item + bytes(4 - len(item) % 4))


def parse_rtcp(data: bytes) -> list[Report]:
    """The reports of a compound packet; other kinds are passed over."""
    reports, start = [], 0
    while start + 8 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, start)
        body, start = data[start + 4 : start + 4 + words * 4], start + 4 + words * 4
        if kind not in {SENDER_REPORT, RECEIVER_REPORT}:
            continue
        skip = 24 if kind == SENDER_REPORT else 4
        if len(body) < skip + 24 * (first & 0x1F):
            raise PeerError("an RTCP report is cut short")
        blocks = tuple(_block(body[skip + 24 * n : skip + 24 * n + 24]) for n in range(first & 0x1F))
        if kind == SENDER_REPORT:
            ssrc, ntp, rtp_time, packets, octets = struct.unpack_from("!IQIII", body)
            reports.append(Report(ssrc, blocks, ntp, rtp_time, packets, octets))
        else:
            reports.append(Report(struct.unpack_from("!I", body)[0], blocks))
    return reports


def _block(data: bytes) -> ReportBlock:
    ssrc, fraction, high, low, highest, jitter, last_report, delay = struct.unpack("!IBBHIIII", data)
    lost = (high << 16 | low) - (1 << 24 if high & 0x80 else 0)
    return ReportBlock(ssrc, fraction / 256, lost, highest, jitter, last_report, delay)


class Reception:
    """Counts one source's packets as RFC 3550 appendix A.1, A.3 and A.8 do."""

    def __init__(self, first_sequence: int) -> None:
        self.highest = first_sequence - 1
        self.received = 0
        self.jitter = 0.0
        self._first = first_sequence
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0

    @property
    def lost(self) -> int:
        """Packets that did not come, so far."""
        return self.highest - self._first + 1 - self.received

    def take(self, packet: RtpPacket, at: float) -> None:
        """Count a packet that came at `at` seconds."""
        step = (packet.sequence - self.highest + 0x8000) % 0x10000 - 0x8000
        self.highest = max(self.highest, self.highest + step)
        self.received += 1
        transit = at * 8000 - packet.timestamp
        if self._transit is not None:
            self.jitter += (abs(transit - self._transit) - self.jitter) / 16
        self._transit = transit

    def block(self, ssrc: int, *, last_report: int = 0, delay: int = 0) -> ReportBlock:
        """The report block now; its fraction covers the time since the last one."""
        expected = self.highest - self._first + 1
        expected_now, received_now = expected - self._expected_before, self.received - self._received_before
        self._expected_before, self._received_before = expected, self.received
        fraction = max(expected_now - received_now, 0) / expected_now if expected_now else 0.0
        jitter = min(int(self.jitter), 0xFFFFFFFF)
        return ReportBlock(ssrc, fraction, self.lost, self.highest & 0xFFFFFFFF, jitter, last_report, delay)


class Codec(Protocol):
    """PCM (8 kHz, 16-bit) to payload and back."""

    def encode(self, pcm: bytes) -> bytes:
        """One byte a sample for every codec here: G.722 too runs at 64 kbit/s."""
        ...

    def decode(self, payload: bytes) -> bytes:
        """Back to PCM."""
        ...


class _Pcmu:
    encode = staticmethod(encode_ulaw)
    decode = staticmethod(decode_ulaw)


class _Pcma:
    encode = staticmethod(encode_alaw)
    decode = staticmethod(decode_alaw)


class _G722:
    """Wideband on the line; the narrow band of it here (RFC 3551 4.5.2 keeps its RTP clock at 8000)."""

    def __init__(self) -> None:
        try:
            import G722
        except ImportError as error:
            raise OperatorError("G.722 audio needs the package G722: tools/install test") from error
        self._codec: Any = G722.G722(8000, 64000)

    def encode(self, pcm: bytes) -> bytes:
        return bytes(self._codec.encode(array("h", pcm)))

    def decode(self, payload: bytes) -> bytes:
        return bytes(self._codec.decode(payload).tobytes())


def codec(name: str) -> Codec:
    """A fresh codec by its encoding name. Raises PeerError for one that we cannot speak."""
    known: dict[str, type[Codec]] = {"PCMU": _Pcmu, "PCMA": _Pcma, "G722": _G722}
    if name not in known:
        raise PeerError(f"the peer chose {name or 'a codec without a name'}, which a robot cannot speak")
    return known[name]()
