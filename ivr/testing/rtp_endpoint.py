"""A telephone's audio end: sends a packet every 20 ms, or as it is told, and keeps every one that comes with its time.

Arrival times are the kernel's (SO_TIMESTAMPNS), so that a busy test process does not count as late audio. They are
given on the monotonic clock, the same as asyncio's.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ivr.core.media.frame import FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE
from ivr.errors import PeerError
from ivr.testing import rtp
from ivr.testing.datagrams import arrival, bound_pair
from ivr.testing.rough_path import RoughPath
from ivr.testing.rtp import KeyEvent, Reception, Report, RtpPacket
from ivr.testing.sdp import EVENT_TYPE
from ivr.testing.srtp import Srtp

REPORT_SECONDS = 1.0
"""Interval of RTCP reports. RFC 3550 6.2 asks for 5 s on average; tests cannot wait so long."""
JUMP_SAMPLES = 2 * SAMPLE_RATE
"""A time-stamp this far from the clock begins a new stretch of audio."""
LATE_SECONDS = 0.5
"""A sender this late gives up the lost time instead of catching up in a burst."""
RTCP_TYPES = range(192, 224)
"""Second octet of RTCP, where it shares a port with RTP (RFC 5761 4)."""
UNSENT = (OSError, OverflowError)
"""Nothing left: the peer is gone, or its SDP named a port that is none."""
END_PACKETS = 3
"""The last packet of a key goes three times (RFC 4733 2.5.1.4)."""


@dataclass(frozen=True, slots=True)
class Received:
    """A packet that came."""

    packet: RtpPacket = field(repr=False)
    at: float
    """Monotonic seconds of arrival."""
    source: tuple[str, int]
    position: int
    """Sample at which its audio begins, from the first packet of the call."""
    pcm: bytes = field(repr=False)
    """Decoded audio; empty for a key event."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """When something left."""

    began: float
    """Monotonic seconds of the first packet."""
    ended: float
    """Monotonic seconds after the last packet."""


@dataclass(slots=True)
class _Sending:
    """A stretch of audio or a key, on its way out."""

    done: asyncio.Future[Spoken]
    pcm: bytes = b""
    key: str = ""
    samples: int = 0
    """Length of a key."""
    marker: bool = True
    sent: int = 0
    began: float = 0.0
    timestamp: int = 0


class RtpEndpoint:
    """One audio stream over UDP, paced."""

    def __init__(self, host: str = "127.0.0.1", *, report_seconds: float = REPORT_SECONDS) -> None:
        self.host = host
        self.received: list[Received] = []
        self.keys: list[str] = []
        """Keys that the peer sent."""
        self.reports: list[Report] = []
        """RTCP reports of the peer."""
        self.drop: Callable[[RtpPacket], bool] = lambda packet: False
        """Packets to lose on purpose, before they are counted: the peer is told of the loss."""
        self.lose: Callable[[], bool] = lambda: False
        """Asked for each packet of ours: whether the line loses it."""
        self.says: Callable[[tuple[rtp.ReportBlock, ...]], tuple[rtp.ReportBlock, ...]] = lambda blocks: blocks
        """What is reported in place of what is true."""
        self.muted = False
        """No packets at all (a phone on hold)."""
        self.stalled = False
        """Packets wait, as on a line that stands still, and all leave with the first one after it."""
        self._stalled = list[bytes]()
        self.packets_sent = 0
        self.packet_samples = FRAME_SAMPLES
        """Of audio in each packet of ours."""
        self._mux = False
        self._socket, self._control = bound_pair(host)
        self.port = int(self._socket.getsockname()[1])
        self.remote: tuple[str, int] | None = None
        self.path: RoughPath | None = None
        """What stands between us and the peer, if anything does."""
        self._ssrc = random.getrandbits(32)
        self._sequence, self._timestamp = random.getrandbits(15), random.getrandbits(31)
        self._queue: deque[_Sending] = deque()
        self._codec, self._codec_name, self._type, self._event_type = rtp.codec("PCMU"), "PCMU", 0, EVENT_TYPE
        self._reception: Reception | None = None
        self._source, self._base = 0, (0, 0)
        self._last_report: tuple[int, float] = (0, 0.0)
        self._report_seconds = report_seconds
        self._tasks: list[asyncio.Task[None]] = []
        self._seals: Srtp | None = None
        self._opens: Srtp | None = None
        self.sealed = False
        """Nothing in clear is taken, nor what comes before the peer's key is here: a phone cannot play it either."""
        self.unopened = 0
        """Packets that came and were not what the peer's key seals, where one was agreed on."""
        self.muxed = 0
        """Reports that came by the port of RTP."""

    # --- life -------------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """Begin to take packets; call from a running loop."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._socket, self._read_audio)
        loop.add_reader(self._control, self._read_control)

    def start(self, remote: tuple[str, int], payload_type: int, name: str, event_type: int | None,
              *, mux: bool = False) -> None:  # fmt: skip
        """Send to `remote` from now on, or change the stream after a re-INVITE. `mux`: reports go by the same port."""
        self._mux = mux
        if name != self._codec_name:
            self._codec, self._codec_name = rtp.codec(name), name
        self.remote, self._type = remote, payload_type
        if self.path is not None:
            self.path.line, self.remote = remote, (self.path.host, self.path.port)
        self._event_type = event_type if event_type is not None else self._event_type
        if not self._tasks:
            self._tasks = [asyncio.ensure_future(self._pace()), asyncio.ensure_future(self._report())]

    def secure(self, ours: str, theirs: str) -> None:
        """Seal with our key and open with theirs from now on (SRTP)."""
        self._seals, self._opens = Srtp(ours), Srtp(theirs)

    async def close(self) -> None:
        """Stop sending and free both ports."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for sending in self._queue:
            sending.done.cancel()
        self._queue.clear()
        loop = asyncio.get_running_loop()
        for sock in (self._socket, self._control):
            loop.remove_reader(sock)
            sock.close()

    # --- sending ----------------------------------------------------------------------------------------------------

    async def say(self, pcm: bytes) -> Spoken:
        """Send PCM at its own pace; returns when the last packet has left."""
        return await self._enqueue(_Sending(asyncio.get_running_loop().create_future(), pcm=pcm))

    async def press(self, key: str, *, seconds: float = 0.1, marker: bool = True) -> Spoken:
        """Send a key by RFC 4733; its `ended` is the time of the first end packet."""
        samples = round(seconds * SAMPLE_RATE)
        return await self._enqueue(
            _Sending(asyncio.get_running_loop().create_future(), key=key, samples=samples, marker=marker)
        )

    def send_event(self, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        """One packet of RFC 4733, now and as it is."""
        self._send(self._event_type, payload, timestamp & 0xFFFFFFFF, marker=marker)

    @property
    def reported(self) -> list[rtp.ReportBlock]:
        """What the peer's reports say of our stream."""
        return [block for report in self.reports for block in report.blocks if block.ssrc == self._ssrc]

    @property
    def lost(self) -> int:
        """Packets of the peer that did not come."""
        return self._reception.lost if self._reception is not None else 0

    @property
    def clock(self) -> int:
        """The RTP time stamp of now."""
        return self._timestamp

    def stop(self) -> None:
        """Fall silent at once; what was being said is cut."""
        for sending in self._queue:
            sending.done.cancel()
        self._queue.clear()

    async def _enqueue(self, sending: _Sending) -> Spoken:
        self._queue.append(sending)
        return await sending.done

    async def _pace(self) -> None:
        due = time.monotonic()
        while True:
            now, seconds = time.monotonic(), self.packet_samples / SAMPLE_RATE
            if now - due > LATE_SECONDS:
                skipped = int((now - due) / seconds)
                due += skipped * seconds
                self._timestamp += skipped * self.packet_samples
            if not self.muted:
                self._tick()
            self._timestamp += self.packet_samples
            due += seconds
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _tick(self) -> None:
        while self._queue and self._queue[0].done.done():
            self._queue.popleft()
        current = self._queue[0] if self._queue else None
        if current is not None and current.sent == 0:
            current.began, current.timestamp = time.monotonic(), self._timestamp
        size = self.packet_samples * SAMPLE_BYTES
        if current is None:
            self._send(self._type, self._codec.encode(bytes(size)), self._timestamp)
        elif current.key:
            self._send_key(current)
        else:
            frame = current.pcm[current.sent : current.sent + size].ljust(size, b"\x00")
            self._send(self._type, self._codec.encode(frame), self._timestamp)
            current.sent += size
            self._finish(current, over=current.sent >= len(current.pcm))

    def _send_key(self, current: _Sending) -> None:
        first = current.sent == 0
        current.sent += self.packet_samples
        over = current.sent >= current.samples
        event = bytes(KeyEvent(current.key, current.sent, over))
        for _ in range(END_PACKETS if over else 1):
            self._send(self._event_type, event, current.timestamp, marker=first and current.marker)
        self._finish(current, over=over)

    def _finish(self, current: _Sending, *, over: bool) -> None:
        if over:
            self._queue.popleft()
            current.done.set_result(Spoken(current.began, time.monotonic()))

    def _send(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool = False) -> None:
        if self.remote is None:
            return
        self._sequence += 1
        self.packets_sent += 1
        packet = RtpPacket(payload_type, self._sequence, timestamp, self._ssrc, payload, marker)
        if self.lose():
            return
        with contextlib.suppress(*UNSENT):  # the peer may be gone already: the call's own signalling says so
            data = bytes(packet)
            self._stalled.append(data if self._seals is None else self._seals.seal(data))
            while self._stalled and not self.stalled:
                self._socket.sendto(self._stalled.pop(0), self.remote)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(self._report_seconds)
            self.send_report()

    def send_report(self, *, even_muted: bool = False) -> None:
        """Tell the peer now what came and what was lost (RTCP)."""
        if self.remote is None or (self.muted and not even_muted):
            return
        blocks: tuple[rtp.ReportBlock, ...] = ()
        if self._reception is not None:
            last, came = self._last_report
            delay = int((time.monotonic() - came) * 65536) if last else 0
            blocks = (self._reception.block(self._source, last_report=last, delay=delay),)
        ntp = int((time.time() + rtp.NTP_EPOCH) * (1 << 32))
        octets = self.packets_sent * self.packet_samples
        report = Report(self._ssrc, self.says(blocks), ntp, self._timestamp, self.packets_sent, octets)
        with contextlib.suppress(*UNSENT):
            data = bytes(report) + rtp.description(self._ssrc, "robot")
            sealed = data if self._seals is None else self._seals.seal_report(data)
            if self._mux:
                self._socket.sendto(sealed, self.remote)
            else:
                self._control.sendto(sealed, (self.remote[0], self.remote[1] + 1))

    # --- receiving --------------------------------------------------------------------------------------------------

    def _read_audio(self) -> None:
        while True:
            try:
                data, ancillary, _, source = self._socket.recvmsg(2048, socket.CMSG_SPACE(16))
            except OSError:
                return
            at = arrival(ancillary)
            if self._mux and len(data) > 1 and data[1] in RTCP_TYPES:
                self.muxed += 1
                self._take_reports(data)
                continue
            with contextlib.suppress(PeerError):  # not RTP: a stranger's; phones ignore it too
                if self._opens is not None:
                    self.unopened += 1
                    data = self._opens.open(data)
                    self.unopened -= 1
                elif self.sealed:
                    continue
                packet = rtp.parse_rtp(data)
                if not self.drop(packet):
                    self._take(packet, at, source)

    def _take(self, packet: RtpPacket, at: float, source: tuple[str, int]) -> None:
        if self._reception is None or packet.ssrc != self._source:
            self._reception, self._source = Reception(packet.sequence), packet.ssrc
            self._base = (packet.timestamp, self._clock(at))
        self._reception.take(packet, at)
        if packet.payload_type == self._event_type:
            self._take_key(packet)
            pcm = b""
        else:
            pcm = self._codec.decode(packet.payload) if packet.payload_type == self._type else b""
        position = self._position(packet, at)
        self.received.append(Received(packet, at, source, position, pcm))

    def _take_key(self, packet: RtpPacket) -> None:
        event = rtp.parse_key_event(packet.payload)
        same = [item for item in reversed(self.received[-50:]) if item.packet.payload_type == self._event_type]
        if not same or same[0].packet.timestamp != packet.timestamp:
            self.keys.append(event.key)

    def _clock(self, at: float) -> int:
        return round((at - self.received[0].at) * SAMPLE_RATE) if self.received else 0

    def _position(self, packet: RtpPacket, at: float) -> int:
        base_stamp, base_position = self._base
        step = (packet.timestamp - base_stamp + 0x80000000) % 0x100000000 - 0x80000000
        position = base_position + step
        if packet.payload_type != self._event_type and abs(position - self._clock(at)) > JUMP_SAMPLES:
            self._base = (packet.timestamp, self._clock(at))
            return self._base[1]
        return position

    def _read_control(self) -> None:
        while True:
            try:
                data, _ = self._control.recvfrom(2048)
            except OSError:
                return
            self._take_reports(data)

    def _take_reports(self, data: bytes) -> None:
        with contextlib.suppress(PeerError):
            if self._opens is not None:
                data = self._opens.open_report(data)
            elif self.sealed:
                return
            for report in rtp.parse_rtcp(data):
                self.reports.append(report)
                if report.ntp:
                    self._last_report = (report.ntp >> 16 & 0xFFFFFFFF, time.monotonic())

    def pcm(self, since: float = 0.0, until: float = float("inf")) -> bytes:
        """What came between two monotonic times, laid out by RTP time: lost packets are silence."""
        audio = [item for item in self.received if item.pcm and since <= item.at < until]
        if not audio:
            return b""
        first = min(item.position for item in audio)
        last = max(item.position + len(item.pcm) // SAMPLE_BYTES for item in audio)
        line = np.zeros(last - first, dtype="<i2")
        for item in audio:
            start = item.position - first
            line[start : start + len(item.pcm) // SAMPLE_BYTES] = np.frombuffer(item.pcm, dtype="<i2")
        return line.tobytes()
