"""A robot that dials in: real SIP, real RTP, no code in common with the engine's telephone stack.

async with RobotCaller(target=("127.0.0.1", 5060)) as robot:
    call = await robot.dial()
    await call.hears_prompt()
    await call.press("1")
    await call.hang_up()
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from types import TracebackType
from typing import Self, TypedDict, Unpack

from ivr.core.media.frame import SAMPLE_RATE
from ivr.errors import PeerError
from ivr.testing import sdp
from ivr.testing.dialog import USER_AGENT
from ivr.testing.robot_call import ALLOW, SDP_TYPE, RobotCall
from ivr.testing.rough_path import RoughPath
from ivr.testing.rtp_endpoint import REPORT_SECONDS, RtpEndpoint
from ivr.testing.sip import Credentials, Headers, SipRequest, SipResponse, authorize, canonical, respond, user_of
from ivr.testing.sip_wire import TIMEOUT_SECONDS, Address, Arrived, NoAnswer, SipWire, token
from ivr.testing.srtp import made_key


class CallRefused(PeerError):
    """The peer answered an INVITE with a failure."""

    def __init__(self, response: SipResponse) -> None:
        super().__init__(f"the call was refused: {response.code} {response.reason}")
        self.response = response
        self.code = response.code


class Dialling(TypedDict, total=False):
    """How to dial; what is left out is as telephones do it."""

    offer: bool
    """False: an INVITE without SDP; our offer then comes in the ACK as an answer."""
    keys: bool
    """False: no telephone-event in the offer, keys can only be tones or INFO."""
    codecs: tuple[str, ...]
    expires: int
    """Seconds of a session timer to ask for (RFC 4028)."""
    extra: tuple[tuple[str, str], ...]
    """Header lines more."""
    report_seconds: float
    """Interval of RTCP reports."""
    named: str
    """Address in the SDP, if it is not the one that audio comes from (a NAT, or a lie)."""
    sends_from: str
    """Address that audio comes from, if it is not the one of SIP."""
    direction: str
    """Of the offer: sendonly and inactive hold the peer from the start."""
    packet_ms: int
    sends_ms: int
    """Milliseconds of audio in each packet of ours; packet_ms is what we wish to get."""
    mux: bool
    """True: RTCP on the port of RTP is offered (RFC 5761)."""
    video_first: bool
    answer: bool
    """False: an offer that comes in the 200 is not answered in the ACK."""
    muted: bool
    """True: neither audio nor reports are sent."""
    srtp: bool
    """True: SRTP is offered, and nothing else (RTP/SAVP with SDES)."""
    through: RoughPath
    """Stands between our audio and the line, which is told of its port in place of ours."""


class RobotCaller:
    """Dials a SIP address, as often and as oddly as a test wants."""

    def __init__(self, *, target: Address, uri: str = "", caller: str = "robot", host: str = "127.0.0.1",
                 transport: str = "udp", codecs: tuple[str, ...] = ("PCMU", "PCMA"),
                 credentials: Credentials | None = None, tls: ssl.SSLContext | None = None,
                 origin: str = "") -> None:  # fmt: skip
        self.target, self.codecs, self.credentials = target, codecs, credentials
        self.uri = uri or f"sip:service@{target[0]}:{target[1]}"
        self.caller = caller
        self.wire = SipWire(self._on_request, host=host, transport=transport, tls=tls, origin=origin)
        self.wire.on_stray = self._on_stray
        self.calls: dict[str, RobotCall] = {}
        self._registration, self._registered = token(), 0

    async def __aenter__(self) -> Self:
        await self.wire.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        await asyncio.gather(*(call.hang_up() for call in self.calls.values()))
        await self.wire.close()

    # --- dialling ---------------------------------------------------------------------------------------------------

    async def dial(self, *, timeout_seconds: float = TIMEOUT_SECONDS, **how: Unpack[Dialling]) -> RobotCall:
        """INVITE, wait for the answer, ACK, start the audio. Raises CallRefused or NoAnswer."""
        call = await self.ring(**how)
        try:
            await self.answered(call, timeout_seconds=timeout_seconds)
        except PeerError:
            await call.close()
            raise
        return call

    async def ring(self, **how: Unpack[Dialling]) -> RobotCall:
        """Send the INVITE and return at once; `answered`, `progressed` or `cancel` comes next."""
        host = how.get("sends_from", self.wire.host)
        media = RtpEndpoint(host, report_seconds=how.get("report_seconds", REPORT_SECONDS))
        media.muted = how.get("muted", False)
        media.packet_samples = how.get("sends_ms", 20) * SAMPLE_RATE // 1000
        media.listen()
        media.path = how.get("through")
        port = media.port
        if media.path is not None:
            media.path.phone, port = (host, media.port), media.path.port
        offered = sdp.offer(how.get("named", host), port, how.get("codecs", self.codecs), keys=how.get("keys", True))
        ours = replace(
            offered, direction=how.get("direction", "sendrecv"), packet_ms=how.get("packet_ms", 20),
            video_first=how.get("video_first", False), key=made_key() if how.get("srtp") else "",
            mux=how.get("mux", False),
        )  # fmt: skip
        call = RobotCall(self.wire, media, ours)
        call.answers_offer = how.get("answer", True)
        call.session_expires = how.get("expires", 0)
        headers = [*self._headers("INVITE", self.uri, token(), 1), ("Contact", self.wire.contact(self.caller)), ALLOW]
        if call.session_expires:
            headers += [("Supported", "timer"), ("Session-Expires", str(call.session_expires))]
        body = sdp.build(ours, version=1) if how.get("offer", True) else b""
        headers += [SDP_TYPE] if body else []
        invite = SipRequest("INVITE", self.uri, Headers((*headers, *how.get("extra", ()))), body)
        call.invite = await self.wire.begin(invite, self.target)
        call.invited_at = call.invite.sent_at
        self.calls[invite.headers.get("call-id")] = call
        return call

    async def progressed(self, call: RobotCall, code: int = 180, *, timeout_seconds: float = 10.0) -> SipResponse:
        """Wait for a provisional response of at least `code`; a 183's early media is heard from then on."""
        assert call.invite is not None
        async with asyncio.timeout(timeout_seconds):
            while True:
                for response, _ in call.invite.responses:
                    if code <= response.code:
                        if response.body and call.theirs is None:
                            call.use(sdp.parse_sdp(response.body))
                        return response
                call.invite.changed.clear()
                await call.invite.changed.wait()

    async def answered(self, call: RobotCall, *, timeout_seconds: float = TIMEOUT_SECONDS) -> SipResponse:
        """Wait for the final response to a ringing call and take it up."""
        assert call.invite is not None
        response = await self.wire.finish(call.invite, timeout_seconds=timeout_seconds)
        if response.code in {401, 407} and self.credentials is not None:
            call.invite = await self.wire.begin(self._again(call.invite.request, response), self.target)
            response = await self.wire.finish(call.invite, timeout_seconds=timeout_seconds)
        if response.code >= 300:
            raise CallRefused(response)
        call.answered_at = call.invite.responses[-1][1]
        invite = call.invite.request
        answer = b""
        if not invite.body:
            call.ours = sdp.agree(call.ours, sdp.parse_sdp(response.body))
            answer = sdp.build(call.ours, version=1) if call.answers_offer else b""
        await call.establish(invite, response, answer)
        return response

    async def cancel(self, call: RobotCall) -> SipResponse:
        """CANCEL a ringing call; returns the INVITE's final response (487, or 2xx when the answer crossed)."""
        assert call.invite is not None
        invite = call.invite.request
        kept = tuple(item for item in invite.headers if canonical(item[0]) in {"from", "to", "call-id", "max-forwards"})
        number = invite.headers.get("cseq").split()[0]
        branch = invite.headers.get("via").split("branch=")[1].split(";")[0]
        request = SipRequest("CANCEL", invite.uri, Headers((*kept, ("CSeq", f"{number} CANCEL"))))
        cancelling = await self.wire.begin(request, self.target, branch=branch)
        await self.wire.finish(cancelling)
        final = await self.wire.finish(call.invite)
        if final.code < 300:
            await call.establish(invite, final)
        return final

    async def options(self) -> SipResponse:
        """Ask what the peer can do."""
        request = SipRequest("OPTIONS", self.uri, Headers(self._headers("OPTIONS", self.uri, token(), 1)))
        return await self.wire.request(request, self.target, timeout_seconds=5)

    async def register(self, user: str, *, expires: int = 300, extra: tuple[tuple[str, str], ...] = ()) -> SipResponse:
        """REGISTER our Contact under `user`, with header lines more, answering a challenge if one comes."""
        domain = f"sip:{self.target[0]}:{self.target[1]}"
        address = f"sip:{user}@{self.target[0]}:{self.target[1]}"
        self._registered += 2  # the one between proves the password (RFC 3261 10.2: one Call-ID, CSeq goes on)
        headers = self._headers("REGISTER", address, self._registration, self._registered, sender=address)
        headers = (*headers, ("Contact", self.wire.contact(user)), ("Expires", str(expires)), *extra)
        request = SipRequest("REGISTER", domain, Headers(headers))
        response = await self.wire.request(request, self.target, timeout_seconds=5)
        if response.code in {401, 407} and self.credentials is not None:
            response = await self.wire.request(self._again(request, response), self.target, timeout_seconds=5)
        return response

    def _headers(self, method: str, to: str, call_id: str, sequence: int, sender: str = "",
                 ) -> tuple[tuple[str, str], ...]:  # fmt: skip
        sender = sender or f"sip:{self.caller}@{self.wire.host}:{self.wire.port}"
        return (
            ("Max-Forwards", "70"),
            ("From", f"<{sender}>;tag={token()}"),
            ("To", f"<{to}>"),
            ("Call-ID", call_id),
            ("CSeq", f"{sequence} {method}"),
            ("User-Agent", USER_AGENT),
        )

    def _again(self, request: SipRequest, challenge: SipResponse) -> SipRequest:
        """The same request with credentials and the next CSeq (RFC 3261 22.2)."""
        assert self.credentials is not None
        asked, given = (
            ("proxy-authenticate", "Proxy-Authorization") if challenge.code == 407
            else ("www-authenticate", "Authorization")
        )  # fmt: skip
        value = authorize(challenge.headers.get(asked), request.method, request.uri, self.credentials, cnonce=token())
        number = int(request.headers.get("cseq").split()[0]) + 1
        kept = tuple(item for item in request.headers if canonical(item[0]) not in {"via", "cseq"})
        headers = (*kept, ("CSeq", f"{number} {request.method}"), (given, value))
        return SipRequest(request.method, request.uri, Headers(headers), request.body)

    # --- what comes -------------------------------------------------------------------------------------------------

    def _on_request(self, arrived: Arrived) -> None:
        assert isinstance(arrived.message, SipRequest)
        request = arrived.message
        call = self.calls.get(request.headers.get("call-id"))
        if call is not None:
            call.on_request(arrived)
        elif request.method == "INVITE":
            self.on_invite(arrived)
        elif request.method == "OPTIONS":
            self.wire.answer(arrived, respond(request, 200, "OK", to_tag=token(), extra=Headers((ALLOW,))))
        elif request.method != "ACK":
            self.wire.answer(arrived, respond(request, 481, "Call/Transaction Does Not Exist", to_tag=token()))

    def on_invite(self, arrived: Arrived) -> None:
        """A caller takes no calls."""
        assert isinstance(arrived.message, SipRequest)
        self.wire.answer(arrived, respond(arrived.message, 486, "Busy Here", to_tag=token()))

    def _on_stray(self, response: SipResponse) -> None:
        call = self.calls.get(response.headers.get("call-id"))
        if call is not None and response.code < 300:
            call.on_repeated_answer()


__all__ = ["CallRefused", "NoAnswer", "RobotCall", "RobotCaller", "user_of"]
