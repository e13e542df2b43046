"""The Telephony port on pjsua2: SIP and RTP of one conversation, in the caller's one thread.

The only package that imports pjsua2 (GPL-2-or-later); it runs in the cells' processes only.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import pjsua2 as pj

from ivr.adapters.pjsip.capabilities import withdraw
from ivr.adapters.pjsip.leg import Leg
from ivr.adapters.pjsip.media_clock import MediaClock
from ivr.adapters.pjsip.media_socket import udp_socket
from ivr.adapters.pjsip.rewriting import Rewriting
from ivr.adapters.pjsip.rtp_source import SipSource, SourceRule, source_at, told_source
from ivr.adapters.pjsip.rtp_tap import RtpTap
from ivr.adapters.pjsip.sip_guard import SipGuard
from ivr.adapters.pjsip.stream import IdleBridge, Stream, hold_all, silence_log
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_RATE, SILENT_FRAME
from ivr.core.media.key_info import NO_CALL, KeyInfo, SipRequest
from ivr.core.media.stretch import Moved, Passed, Stretch
from ivr.core.sip.called import called_number
from ivr.core.sip.calling_party import calling_party
from ivr.core.sip.dialog import record_route
from ivr.core.sip.passport import Judge
from ivr.errors import BugError, EnvironmentFault, PeerError
from ivr.ports.telephony import LegAstray, LegFact, LegIncoming, LegStats

MAX_LEGS: Final = 4
"""Compiled into the wheel: a fifth INVITE gets 486."""
_PREFERRED: Final = 200
_LONGEST_WAIT: Final = 0.5
"""Seconds in the library's own wait, which nothing but SIP and RTP ends."""
_ANY: Final = "0.0.0.0"  # noqa: S104


@dataclass(frozen=True, slots=True)
class PjsipConfig:
    """Addresses, ports and codecs of one cell's user agent."""

    sip_port: int
    bound_address: str = "127.0.0.1"
    """Address of the SIP transport; the edge is the only one that should reach it."""
    media_address: str = ""
    """Address that RTP sockets are bound to; empty: `bound_address`."""
    public_address: str = ""
    """Address written into SDP (behind NAT the outer one); empty: `media_address`."""
    rtp_port: int = 0
    """First port for media; 0: any free ones."""
    rtp_ports: int = 4 * MAX_LEGS
    """How many ports from there on: RTP and RTCP for each leg, and room for ports still closing."""
    codecs: tuple[str, ...] = ("PCMA", "PCMU", "G722")
    """In order of preference; all others are off."""
    identity: str = "ivr"
    """User part of our own address."""
    source_rule: SourceRule = SourceRule.SYMMETRIC
    """From where RTP may come."""
    edge: bool = False
    """An edge stands before us, and says in `X-IVR-Source` where a message came from."""
    media_in_c: bool = True
    """Let C move the frames that need no decision, where it was built."""
    judge: Judge | None = None
    """By which carriers' signatures of who calls are judged; None: they are not read."""
    country: str = ""
    """ISO 3166-1 code of the country whose numbering plan callers' numbers are read by; "": as they are written."""
    session_expires: int = 1800
    """Seconds between refreshes of a session (RFC 4028)."""
    tcp: bool = True
    """Also over TCP. Not behind an edge on the same machine: pjsip sends requests above 1300 bytes over TCP (RFC 3261
    18.1.1) from a port of its own, by which the edge could not tell a cell from a caller."""


class _Account(pj.Account):  # type: ignore[misc]
    """Where INVITEs arrive."""

    def __init__(self, owner: PjsipTelephony) -> None:
        super().__init__()
        self._owner = owner

    def onIncomingCall(self, prm: Any) -> None:
        """An INVITE: noted here, handled from the main loop."""
        self._owner.arrived(int(prm.callId), prm.rdata)


class PjsipTelephony:
    """One user agent. Single-threaded; make it after the fork that made the process."""

    def __init__(self, config: PjsipConfig) -> None:
        self.source_rule, self.codecs = config.source_rule, config.codecs
        self._config = config
        self._clock: MediaClock | None = None
        self._sip_socket: socket.socket | None = None
        self._facts: list[LegFact] = []
        self._legs: dict[int, Leg] = {}
        self._gone: list[Leg] = []
        self._broken: list[Leg] = []
        self._introduction: dict[str, str] = {}
        self._next = 1
        self._live_streams = 0
        self._bridge_is_dirty = False
        self._endpoint = pj.Endpoint()
        try:
            self._start(config)
        except pj.Error as error:
            raise EnvironmentFault(
                f"SIP cannot start on {config.bound_address}:{config.sip_port}: {error.reason}; "
                "is the port taken by another program?"
            ) from error

    def _start(self, config: PjsipConfig) -> None:
        endpoint = self._endpoint
        silence_log()
        endpoint.libCreate()
        settings = pj.EpConfig()
        settings.logConfig.level = settings.logConfig.consoleLevel = 0
        settings.uaConfig.userAgent = "ivr"
        # With these three everything happens inside `poll`, on this thread.
        settings.uaConfig.threadCnt = 0
        settings.medConfig.hasIoqueue = False
        settings.medConfig.threadCnt = 0
        settings.medConfig.noVad = True  # every frame is sent: the evidence counts packets
        settings.medConfig.clockRate = SAMPLE_RATE
        hold_all(settings.medConfig)
        endpoint.libInit(settings)
        self._bridge = IdleBridge(int(endpoint.audDevManager().setNoDev()))
        transport = pj.TransportConfig()
        transport.port = config.sip_port
        transport.boundAddress = config.bound_address
        transport.publicAddress = "" if config.bound_address == _ANY else config.bound_address
        endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        if config.tcp:
            endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, transport)
        endpoint.libStart()
        # Over TCP messages come on sockets of the library's that we do not know.
        self._sip_socket = None if config.tcp else udp_socket(config.sip_port)
        self._clock = MediaClock.find() if config.media_in_c else None
        self.tap = RtpTap(self._clock)
        self._guard = SipGuard(self._requested, edge=config.edge)
        self._rewriting = Rewriting()
        withdraw()
        self._choose_codecs(config.codecs)
        self._account = _Account(self)
        self._account.create(self._account_config(config))

    def _choose_codecs(self, wanted: tuple[str, ...]) -> None:
        for codec in self._endpoint.codecEnum2():
            name = codec.codecId.partition("/")[0]
            priority = _PREFERRED - wanted.index(name) if name in wanted else 0
            self._endpoint.codecSetPriority(codec.codecId, priority)

    @staticmethod
    def _account_config(config: PjsipConfig) -> pj.AccountConfig:
        account = pj.AccountConfig()
        account.idUri = f"sip:{config.identity}@{config.bound_address}:{config.sip_port}"
        media = account.mediaConfig.transportConfig
        media.boundAddress = config.media_address or config.bound_address
        # Bound to every address, pjsua finds out itself which one to write into SDP.
        bound = "" if media.boundAddress == _ANY else media.boundAddress
        media.publicAddress = config.public_address or bound
        media.port = config.rtp_port
        media.portRange = config.rtp_ports if config.rtp_port else 0
        account.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_DISABLED  # not here: one kind of offer ends the library
        account.mediaConfig.srtpSecureSignaling = 0  # TLS ends at the edge
        account.mediaConfig.rtcpMuxEnabled = False
        account.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
        account.callConfig.timerSessExpiresSec = config.session_expires
        account.natConfig.contactRewriteUse = 0
        account.natConfig.viaRewriteUse = 0
        account.natConfig.sdpNatRewriteUse = 0
        return account

    # --- from the callbacks -------------------------------------------------------------------------------------------

    def arrived(self, call_id: int, received: Any) -> None:
        """An INVITE."""
        message = str(received.wholeMsg)
        leg = Leg(self._number(), self, self._account, call_id)
        leg.comes_from(received)
        self._legs[leg.number] = leg
        leg.routes = record_route(message)
        info = leg.getInfo()
        _, _, rest = message.partition(" ")
        called = called_number(rest.partition(" ")[0])
        source = self.source_of(message, str(received.srcAddress))
        caller = calling_party(
            message, str(info.remoteUri), from_trunk=source is not None and source.trunk, country=self._config.country,
            now=time.time(), judge=self._config.judge,
        )  # fmt: skip
        self.note(LegIncoming(leg.number, caller, called))

    def _requested(self, request: SipRequest, served: bool) -> KeyInfo | None:
        """A request in a dialog, before pjsip serves it; `served`: whether its offer may be."""
        for leg in self._legs.values():
            if not leg.down and leg.getInfo().callIdString == request.call_id:
                return leg.requested(request, served=served)
        return KeyInfo(NO_CALL) if request.method == "INFO" else None

    def source_of(self, message: str, peer: str) -> SipSource | None:
        """Where a SIP message came from: by the edge's word, or, where callers reach us themselves, by its own."""
        return told_source(message) if self._config.edge else source_at(peer)

    def note(self, fact: LegFact) -> None:
        """Keep a fact for the next poll."""
        self._facts.append(fact)
        self._tell()

    def forget(self, leg: Leg) -> None:
        """Keep the object until no callback can be inside it any more."""
        self._legs.pop(leg.number, None)
        self._gone.append(leg)

    def give_up(self, leg: Leg) -> None:
        """End a leg whose callback failed, from the main loop."""
        self._broken.append(leg)
        self._tell()

    def _tell(self) -> None:
        """C is to come back: there is something to poll for."""
        if self._clock is not None:
            self._clock.news.value = 1

    def streams_changed(self, change: int) -> None:
        """A stream came (+1) or went (-1)."""
        self._live_streams += change
        self._bridge_is_dirty |= change < 0
        self._tell()  # C must not go on with a stream that is gone

    # --- the port -----------------------------------------------------------------------------------------------------

    def poll(self, timeout: float, wakes: Sequence[int] = ()) -> list[LegFact]:
        """Handle what arrived, waiting at most `timeout` seconds for the first thing; `wakes` as in the port."""
        if timeout and self._sip_socket is not None:
            select.select([self._sip_socket.fileno(), *wakes], [], [], timeout)
            timeout = 0
        timeout = min(timeout, _LONGEST_WAIT)
        for leg in self._legs.values():
            if (found := leg.source.look()) is not None:
                self.note(LegAstray(leg.number, *found))
        self._endpoint.libHandleEvents(int(timeout * 1000))
        while self._broken:
            with suppress(PeerError):  # it may be ending already
                self.hang_up(self._broken.pop().number)
        self._gone.clear()
        if self._bridge_is_dirty and self._live_streams == 0:
            self._bridge.tick()
            self._bridge_is_dirty = False
        facts, self._facts = self._facts, []
        if self._clock is not None:
            self._clock.news.value = 0
        return facts

    def progress(self, leg: int) -> None:
        """183 with SDP: early media."""
        self._reply(leg, 183)

    def answer(self, leg: int) -> None:
        """200."""
        self._reply(leg, 200)

    def reject(self, leg: int, code: int, *, retry_after: int | None = None) -> None:
        """Refuse an INVITE."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._leg(leg).closing = True
        self._reply(leg, code, headers)

    def dial(self, uri: str, *, headers: dict[str, str] | None = None, sender: str = "") -> int:
        """Begin a leg to `uri`; returns its number."""
        if len(self._legs) >= MAX_LEGS:
            raise PeerError(f"a conversation has at most {MAX_LEGS} legs")
        leg = Leg(self._number(), self, self._account)
        parameters = pj.CallOpParam(True)
        _add_headers(parameters, {**self._introduction, **(headers or {})})
        parameters.txOption.localUri = sender
        try:
            leg.makeCall(uri, parameters)
        except pj.Error as error:
            raise PeerError(f"cannot dial: {error.reason}") from error
        self._legs[leg.number] = leg
        return leg.number

    def introduce(self, headers: dict[str, str]) -> None:
        """Headers that every INVITE of ours carries from now on."""
        self._introduction = dict(headers)

    def hang_up(self, leg: int) -> None:
        """BYE, CANCEL or a refusal, as the leg's state asks. A leg that is gone is left alone."""
        found = self._legs.get(leg)
        if found is None or found.down:
            return
        found.closing = True
        parameters = pj.CallOpParam()
        parameters.statusCode = 0 if found.up or not found.incoming else 480
        try:
            found.hangup(parameters)
        except pj.Error as error:
            raise PeerError(f"cannot hang up: {error.reason}") from error

    def read(self, leg: int) -> bytes:
        """Next 20 ms of what the far end said (silence where nothing came)."""
        found = self._legs.get(leg)
        return SILENT_FRAME if found is None or found.stream is None else found.stream.read()

    def write(self, leg: int, frame: bytes) -> None:
        """Send 20 ms to the far end now."""
        if len(frame) != FRAME_BYTES:
            raise BugError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
        found = self._legs.get(leg)
        if found is not None and found.stream is not None:
            found.stream.write(frame)

    def carry(self, stretch: Stretch, passed: Passed) -> Moved | None:
        """Move audio that needs no decision; None: it must be read and written frame by frame now."""
        if self._clock is None:
            return None
        streams, wakes = list[Stream | None](), list(stretch.wakes)
        for way in stretch.ways:
            leg = self._legs.get(way.leg)
            stream = None if leg is None else leg.stream
            streams.append(stream)
            if leg is None or stream is None:
                continue
            if not stream.is_lendable or stream.is_behind or not leg.source.is_settled:
                return None
            if (unlearnt := leg.source.unlearnt) is not None:
                wakes.append(unlearnt)
        return self._clock.carry(stretch, streams, wakes, passed)

    def stats(self, leg: int) -> LegStats:
        """Counters of the leg's media."""
        return self._leg(leg).stats()

    def find_astray(self, leg: int) -> None:
        """Look who sends what is dropped, in the next polls."""
        self._leg(leg).source.search()

    def ask(self, leg: int) -> None:
        """OPTIONS within the dialog (RFC 3261 11.2)."""
        try:
            self._leg(leg).ask()
        except pj.Error as error:
            raise PeerError(f"cannot ask: {error.reason}") from error

    def send_digits(self, leg: int, digits: str) -> None:
        """Keys to the far end by RFC 4733."""
        try:
            self._leg(leg).dialDtmf(digits)
        except pj.Error as error:
            raise PeerError(f"cannot send keys: {error.reason}") from error

    def close(self) -> None:
        """End everything. The process must end with `os._exit`: live pjsua2 objects abort a normal exit."""
        self._endpoint.hangupAllCalls()
        self._endpoint.libHandleEvents(20)
        self._endpoint.libDestroy()

    def _leg(self, number: int) -> Leg:
        if number not in self._legs:
            raise PeerError(f"leg {number} is over")
        return self._legs[number]

    def _reply(self, number: int, code: int, headers: dict[str, str] | None = None) -> None:
        parameters = pj.CallOpParam()
        parameters.statusCode = code
        _add_headers(parameters, headers or {})
        try:
            self._leg(number).answer(parameters)
        except pj.Error as error:
            raise PeerError(f"cannot reply {code}: {error.reason}") from error

    def _number(self) -> int:
        self._next += 1
        return self._next - 1


def _add_headers(parameters: pj.CallOpParam, headers: dict[str, str]) -> None:
    for name, value in headers.items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        parameters.txOption.headers.append(header)
