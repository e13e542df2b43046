"""A robot at an agent's desk: registers, lets it ring, answers, speaks and listens."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from types import TracebackType
from typing import Self

from ivr.errors import PeerError
from ivr.testing import sdp
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import SDP_TYPE, RobotCall
from ivr.testing.rtp_endpoint import RtpEndpoint
from ivr.testing.sip import Credentials, Headers, SipRequest, respond
from ivr.testing.sip_wire import Address, Arrived, SipWire, token
from ivr.testing.srtp import made_key


class RobotAgent(RobotCaller):
    """Answers every call after `rings` seconds, or refuses it with `refuse`. Its address is `uri_here`.

    `named`: the address in its SDP, if it is not its own (a NAT). `srtp`: it takes encrypted media, and no other.
    `early`: seconds that it sends audio before it answers (183 with SDP).
    """

    def __init__(self, *, user: str = "agent", registrar: Address | None = None, password: str = "",
                 rings: float = 0.2, refuse: int = 0, host: str = "127.0.0.1", transport: str = "udp",
                 codecs: tuple[str, ...] = ("PCMU", "PCMA"), port: int = 0, named: str = "",
                 packet_ms: int = 20, tls: ssl.SSLContext | None = None, srtp: bool = False,
                 origin: str = "", early: float = 0.0) -> None:  # fmt: skip
        credentials = Credentials(user, password) if password else None
        super().__init__(
            target=registrar or (host, 0), caller=user, host=host, transport=transport, codecs=codecs,
            credentials=credentials, tls=tls, origin=origin,
        )  # fmt: skip
        if port:
            self.wire = SipWire(self._on_request, host=host, transport=transport, port=port, tls=tls)
        self.named, self.packet_ms, self.srtp, self.early = named, packet_ms, srtp, early
        self.user, self.registrar, self.rings, self.refuse = user, registrar, rings, refuse
        self.rung = 0
        """INVITEs that it was sent."""
        self.ringing = asyncio.Event()
        self.cancelled = asyncio.Event()
        self._taken: asyncio.Queue[RobotCall] = asyncio.Queue()
        self._pending: dict[str, tuple[Arrived, asyncio.Task[None], str]] = {}

    @property
    def uri_here(self) -> str:
        """Where this phone can be dialled directly."""
        return f"sip:{self.user}@{self.wire.host}:{self.wire.port}" + (
            ";transport=tcp" if self.wire.transport == "tcp" else ""
        )

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        if self.registrar is not None:
            response = await self.register(self.user)
            if response.code != 200:
                await self.wire.close()
                raise PeerError(f"the registrar refused the agent's phone: {response.code}")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        for _, task, _ in self._pending.values():
            task.cancel()
        if self.registrar is not None:
            await self.register(self.user, expires=0)
        await super().__aexit__(kind, error, trace)

    async def takes_call(self, timeout_seconds: float = 15.0) -> RobotCall:
        """Wait until a call was answered here."""
        return await asyncio.wait_for(self._taken.get(), timeout_seconds)

    def on_invite(self, arrived: Arrived) -> None:
        """Ring, then answer or refuse."""
        assert isinstance(arrived.message, SipRequest)
        tag = token()
        contact = Headers((("Contact", self.wire.contact(self.user)),))
        arrived.reply(bytes(respond(arrived.message, 180, "Ringing", to_tag=tag, extra=contact)))
        self.rung += 1
        self.ringing.set()
        task = asyncio.ensure_future(self._decide(arrived, tag))
        self._pending[arrived.message.headers.get("call-id")] = (arrived, task, tag)

    def _on_request(self, arrived: Arrived) -> None:
        assert isinstance(arrived.message, SipRequest)
        request = arrived.message
        pending = self._pending.get(request.headers.get("call-id"))
        if pending is None or request.method not in {"CANCEL", "INVITE", "ACK"}:
            super()._on_request(arrived)
        elif request.method == "CANCEL":
            self._on_cancel(arrived, *pending)

    def _on_cancel(self, cancel: Arrived, invite: Arrived, task: asyncio.Task[None], tag: str) -> None:
        assert isinstance(cancel.message, SipRequest)
        assert isinstance(invite.message, SipRequest)
        task.cancel()
        self.wire.answer(cancel, respond(cancel.message, 200, "OK", to_tag=tag))
        self.wire.answer(invite, respond(invite.message, 487, "Request Terminated", to_tag=tag))
        del self._pending[invite.message.headers.get("call-id")]
        self.cancelled.set()

    async def _decide(self, arrived: Arrived, tag: str) -> None:
        assert isinstance(arrived.message, SipRequest)
        invite, call_id = arrived.message, arrived.message.headers.get("call-id")
        await asyncio.sleep(self.rings)
        del self._pending[call_id]
        if self.refuse:
            self.wire.answer(arrived, respond(invite, self.refuse, "Refused", to_tag=tag))
            return
        media = RtpEndpoint(self.wire.host)
        media.listen()
        ours = sdp.offer(self.named or self.wire.host, media.port, self.codecs)
        key = made_key() if self.srtp else ""
        call = RobotCall(self.wire, media, replace(ours, packet_ms=self.packet_ms, key=key))
        call.invited_at = arrived.at
        self.calls[call_id] = call
        try:
            if self.early:
                await self._sounds_early(call, arrived, tag)
            call.accept(arrived, tag, self.wire.contact(self.user))
        except PeerError:
            del self.calls[call_id]
            self.wire.answer(arrived, respond(invite, 488, "Not Acceptable Here", to_tag=tag))
            await call.close()
            return
        await self._taken.put(call)

    async def _sounds_early(self, call: RobotCall, arrived: Arrived, tag: str) -> None:
        assert isinstance(arrived.message, SipRequest)
        theirs = sdp.parse_sdp(arrived.message.body)
        call.ours = sdp.agree(call.ours, theirs)
        call.use(theirs)
        extra = Headers((SDP_TYPE, ("Contact", self.wire.contact(self.user))))
        body = sdp.build(call.ours, version=1)
        arrived.reply(bytes(respond(arrived.message, 183, "Session Progress", to_tag=tag, extra=extra, body=body)))
        await asyncio.sleep(self.early)
