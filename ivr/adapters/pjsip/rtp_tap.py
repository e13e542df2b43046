"""Every RTP and RTCP packet of a stream, seen before pjmedia reads it (ADR 23).

pjmedia tells keys apart by their length and forgets the time stamp. A stream's packets reach it through its transport:
the stream gives the transport a callback when it attaches. The functions of UDP transports stand in one table, and its
`attach2` is replaced by ours, which puts a callback of ours before the stream's. Nothing is held back: each packet goes
on to pjmedia, whose statistics stay whole. Its word on what the far end reports is not taken: it reads the loss without
its sign, and believes a report about any stream and any packet.

Where C looks first (`_clock.c`), Python sees the packets that say something: not the next one of the same source, and
no key.

The layouts are those of the pinned pjsua2; the table is checked before it is changed (pjmedia/transport.h).
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Callable
from typing import Any, Final, Protocol

from pjsua2 import _pjsua2

from ivr.adapters.pjsip.media_clock import MediaClock, PacketTap
from ivr.core.media.reception import Reception
from ivr.errors import EnvironmentFault

VERSION: Final = b"2.15.1"
"""The pjproject whose structures are read here and in `sip_guard`."""

_PJ: Final = ctypes.CDLL(_pjsua2.__file__)
_POINTER: Final = ctypes.c_void_p
_ATTACH: Final = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER)
_RECEIVED: Final = ctypes.CFUNCTYPE(None, _POINTER)
_REPORTED: Final = ctypes.CFUNCTYPE(None, _POINTER, _POINTER, ctypes.c_ssize_t)
_ADDRESS_BYTES: Final = 28
"""`pj_sockaddr`: as large as an IPv6 address."""
_TABLE_AT: Final = 40
"""Of `pjmedia_transport`: its table of functions, after name and type."""
_DESTROY, _ATTACH2, _FUNCTIONS = 11, 12, 13
_PACKET: Final = struct.Struct("@QQq")
"""Head of `pjmedia_tp_cb_param`: user data, packet, octets (negative: an error)."""
_RTP: Final = struct.Struct("!BBHII")
"""RFC 3550 5.1."""
_OUTGOING: Final = struct.Struct("!8xI")
"""Head of `pjmedia_rtp_session`, which is the header of the last packet sent: its SSRC."""
_SEQUENCE_AT: Final = 36
"""There: the extended sequence number of the last packet sent, a `pj_uint32_t`."""
_UNKNOWN: Final = -1
_RTP_VERSION, _PADDED, _EXTENDED, _SOURCES = 0x80, 0x20, 0x10, 0x0F

_PJ.pjsua_get_pjmedia_endpt.restype = _POINTER
_PJ.pjmedia_transport_udp_create3.argtypes = [
    _POINTER, ctypes.c_int, ctypes.c_char_p, _POINTER, ctypes.c_int, ctypes.c_uint, _POINTER
]  # fmt: skip
_PJ.pjmedia_stream_get_rtp_session_info.argtypes = [_POINTER, _POINTER]
_PJ.pj_get_version.restype = ctypes.c_char_p


class Watcher(Protocol):
    """Is told of each packet that says something; of an event's all that it says."""

    @property
    def due(self) -> tuple[int, int] | None:
        """Source (SSRC) and sequence number of the packet that would say nothing new; None: none would."""
        ...

    def in_order(self, due: int) -> None:
        """Such packets came, up to the one that is due now."""
        ...

    def packet(self, sequence: int, source: int, stamp: int = 0, marker: bool = False, payload: bytes = b"") -> None:
        """No payload: no event."""
        ...


class _AttachParam(ctypes.Structure):
    """`pjmedia_transport_attach_param`."""

    _fields_ = (
        ("stream", _POINTER),
        ("media_type", ctypes.c_int),
        ("rem_addr", ctypes.c_char * _ADDRESS_BYTES),
        ("rem_rtcp", ctypes.c_char * _ADDRESS_BYTES),
        ("addr_len", ctypes.c_uint),
        ("user_data", _POINTER),
        ("rtp_cb", _POINTER),
        ("rtcp_cb", _POINTER),
        ("rtp_cb2", _POINTER),
    )


class _Watched:
    """One stream: who watches it, what is read whole, and the callback that was meant."""

    __slots__ = ("event_type", "first", "go_on", "reception", "report_on", "stream", "tap", "watcher")

    def __init__(
        self,
        stream: int,
        go_on: Callable[[int], None],
        report_on: Callable[[int, int, int], None],
        tap: PacketTap | None,
    ) -> None:
        self.stream, self.go_on, self.report_on, self.tap = stream, go_on, report_on, tap
        self.watcher: Watcher | None = None
        self.event_type = -1
        self.reception = Reception()
        self.first = 0
        """Extended sequence number before the first packet of ours."""

    def caught_up(self) -> None:
        """C has looked at packets that said nothing: the watcher learns how far it came."""
        if self.tap is not None and self.tap.next >= 0 and self.watcher is not None:
            self.watcher.in_order(self.tap.next)

    def go_on_from_here(self) -> None:
        """C may look at what follows, if the watcher need not."""
        due = None if self.watcher is None else self.watcher.due
        if self.tap is not None:
            self.tap.source, self.tap.next = due or (0, _UNKNOWN)

    def ended(self) -> None:
        """The stream is over."""
        self.caught_up()
        if self.tap is not None:
            self.tap.user_data, self.tap.next = None, _UNKNOWN


class RtpTap:
    """Watches the streams of this process. Made once, before the first call."""

    def __init__(self, clock: MediaClock | None = None) -> None:
        self._clock = clock
        self._watched: dict[int, _Watched] = {}
        """By what the transport calls back with."""
        table = _table()
        self._attach2 = _ATTACH(table[_ATTACH2])
        self._ours, self._received = _ATTACH(self._attach), _RECEIVED(self._packet)
        self._reported = _REPORTED(self._report)
        """Kept: C holds no reference to them."""
        self._received_at = ctypes.cast(self._received, _POINTER).value
        self._reported_at = ctypes.cast(self._reported, _POINTER).value
        if clock is not None:
            clock.look.value, self._received_at = self._received_at, clock.tap_at
        table[_ATTACH2] = ctypes.cast(self._ours, _POINTER).value or 0

    def watch(self, stream: int, watcher: Watcher) -> Reception:
        """Tell `watcher` of each packet of a stream; what its far end reports is gathered in what is returned."""
        reception = Reception()
        for watched in self._of(stream):
            watched.watcher, watched.reception = watcher, reception
            watched.first = _outgoing(stream)[1]
        return reception

    def events(self, stream: int, payload_type: int) -> None:
        """Which payload type is telephone-event there; below 0: none."""
        for watched in self._of(stream):
            watched.event_type = payload_type
            if watched.tap is not None:
                watched.tap.event_type = payload_type

    def forget(self, stream: int) -> None:
        """The stream is over."""
        for watched in self._of(stream):
            watched.ended()
        self._watched = {key: watched for key, watched in self._watched.items() if watched.stream != stream}

    def _of(self, stream: int) -> list[_Watched]:
        return [watched for watched in self._watched.values() if watched.stream == stream]

    # --- called by pjmedia, inside `libHandleEvents` ----------------------------------------------------------------

    def _attach(self, transport: int, parameters: int) -> int:
        param = _AttachParam.from_address(parameters)
        if param.stream and param.user_data and param.rtp_cb2 and param.rtcp_cb:
            go_on, report_on = _RECEIVED(param.rtp_cb2), _REPORTED(param.rtcp_cb)
            if (before := self._watched.get(param.user_data)) is not None:
                before.ended()
            tap = self._free_tap(param.user_data, param.rtp_cb2)
            self._watched[param.user_data] = _Watched(param.stream, go_on, report_on, tap)
            param.rtp_cb2, param.rtcp_cb = self._received_at, self._reported_at
        return int(self._attach2(transport, parameters))

    def _free_tap(self, user_data: int, go_on: int) -> PacketTap | None:
        """Where C looks at this stream's packets; None: Python looks at each."""
        for tap in [] if self._clock is None else self._clock.taps:
            if not tap.user_data:
                tap.user_data, tap.go_on, tap.event_type, tap.next = user_data, go_on, _UNKNOWN, _UNKNOWN
                return tap
        return None

    def _packet(self, parameters: int) -> None:
        """Without C fifty times a second and call: some microseconds."""
        user_data, packet, size = _PACKET.unpack(ctypes.string_at(parameters, _PACKET.size))
        watched = self._watched.get(user_data)
        if watched is None:
            return
        try:
            if watched.watcher is not None and size >= _RTP.size:
                watched.caught_up()
                flags, kind, sequence, stamp, source = _RTP.unpack(ctypes.string_at(packet, _RTP.size))
                if kind & 0x7F == watched.event_type:
                    payload = _payload(flags, ctypes.string_at(packet, size))
                    watched.watcher.packet(sequence, source, stamp, bool(kind & 0x80), payload)
                elif flags & 0xC0 == _RTP_VERSION:
                    watched.watcher.packet(sequence, source)
                watched.go_on_from_here()
        finally:
            watched.go_on(parameters)

    def _report(self, user_data: int, packet: int, size: int) -> None:
        """RTCP: every few seconds."""
        watched = self._watched.get(user_data)
        if watched is None:
            return
        try:
            if watched.watcher is not None and size > 0:
                ssrc, sequence = _outgoing(watched.stream)
                sent = (sequence - watched.first) & 0xFFFFFFFF
                data = ctypes.string_at(packet, size)
                watched.reception.take(data, ssrc=ssrc, sequence=sequence & 0xFFFF, sent=sent)
        finally:
            watched.report_on(user_data, packet, size)


def _outgoing(stream: int) -> tuple[int, int]:
    """Our SSRC in a stream, and the extended sequence number of the last packet that we sent in it."""
    sessions = (_POINTER * 3)()  # `pjmedia_stream_rtp_sess_info`: receiving, sending, RTCP
    status = _PJ.pjmedia_stream_get_rtp_session_info(stream, ctypes.byref(sessions))
    if status != 0 or not sessions[1]:
        raise EnvironmentFault("pjmedia does not show its RTP session; is this still the pinned pjsua2?")
    (ssrc,) = _OUTGOING.unpack(ctypes.string_at(sessions[1], _OUTGOING.size))
    return ssrc, ctypes.c_uint32.from_address(sessions[1] + _SEQUENCE_AT).value


def _payload(flags: int, packet: bytes) -> bytes:
    """What a packet carries, without header, extension and padding (RFC 3550 5.1, 5.3.1); empty when it is broken."""
    begin, end = _RTP.size + 4 * (flags & _SOURCES), len(packet)
    if flags & _EXTENDED:
        if begin + 4 > end:
            return b""
        begin += 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4], "big")
    if flags & _PADDED:
        end -= packet[-1]
    return packet[begin:end]


def require_version() -> None:
    """Raise EnvironmentFault unless pjproject is the one whose structures are known here."""
    if _PJ.pj_get_version() != VERSION:
        found = str(_PJ.pj_get_version(), "ascii", "replace")
        raise EnvironmentFault(
            f"pjsua2 is version {found}, and this engine was made for {str(VERSION, 'ascii')}; "
            "install what constraints.txt names"
        )


def _table() -> Any:
    """The functions of UDP transports, seen at one that is made for it and closed again."""
    require_version()
    transport = _POINTER()
    for port in _free_ports():
        status = _PJ.pjmedia_transport_udp_create3(
            _PJ.pjsua_get_pjmedia_endpt(), socket.AF_INET, b"tap", None, port, 0, ctypes.byref(transport)
        )
        if status == 0 and transport.value:
            break
    if not transport.value:
        raise EnvironmentFault("no two UDP ports in a row are free for media")
    table = (ctypes.c_uint64 * _FUNCTIONS).from_address(ctypes.c_uint64.from_address(transport.value + _TABLE_AT).value)
    if not all(table):
        raise EnvironmentFault("pjmedia's transports are not in their form; is this still the pinned pjsua2?")
    ctypes.CFUNCTYPE(ctypes.c_int, _POINTER)(table[_DESTROY])(transport.value)
    return table


def _free_ports() -> list[int]:
    """Some UDP ports that nobody holds now."""
    found = []
    for _ in range(8):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("", 0))
            found.append(int(probe.getsockname()[1]))
    return found
