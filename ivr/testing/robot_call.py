"""A robot's call: what a person does with a telephone in hand, and what they heard, on real SIP and RTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.errors import BugError, PeerError
from ivr.testing import sdp
from ivr.testing.dialog import Dialog
from ivr.testing.dtmf import tone
from ivr.testing.listening import loudness
from ivr.testing.rtp_endpoint import Received, RtpEndpoint, Spoken
from ivr.testing.sdp import Media
from ivr.testing.sip import Headers, SipRequest, SipResponse, parameter, respond, uri_of
from ivr.testing.sip_wire import T1_SECONDS, TIMEOUT_SECONDS, Arrived, SipWire, Transaction

SDP_TYPE = ("Content-Type", "application/sdp")
ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE")
CHANGE_TRIES = 3
GLARE_SECONDS = 2.1
"""Before a change that met the peer's is tried again, at least, by who made the Call-ID (RFC 3261 14.1)."""
BYE_SECONDS = 4.0
"""A peer that does not answer a BYE is gone: tests kill some on purpose."""
LOUD = 100.0
"""RMS of 16-bit samples above which a frame is sound: -50 dB of full scale."""


class RobotCall:
    """One dialog with its audio. Made by RobotCaller and RobotAgent."""

    def __init__(self, wire: SipWire, media: RtpEndpoint, ours: Media) -> None:
        self.wire, self.media, self.ours = wire, media, ours
        media.sealed = bool(ours.key)
        self.theirs: Media | None = None
        self.invited_at = 0.0
        """When the INVITE left (or came); this and the next are monotonic seconds."""
        self.answered_at = 0.0
        """When its 200 came (or left)."""
        self.acked_at = 0.0
        self.ended = asyncio.Event()
        self.ended_by_peer = False
        self.held_by_peer = False
        self.closed = False
        self.answers_offer = True
        self.requests: list[SipRequest] = []
        """In-dialog requests of the peer."""
        self.session_expires = 0
        """Seconds of the session timer agreed, 0 for none (RFC 4028)."""
        self.invite: Transaction | None = None
        self._dialog: Dialog | None = None
        self._ack: tuple[bytes, tuple[str, int]] | None = None
        self._refresher: asyncio.Task[None] | None = None
        self._awaiting_ack: asyncio.Task[None] | None = None
        self._version = 1
        self._one_offer = asyncio.Lock()
        """No second re-INVITE before the first one's ACK has left (RFC 3261 14.1)."""

    @property
    def received(self) -> list[Received]:
        """Every RTP packet that came, with its time."""
        return self.media.received

    @property
    def dialog(self) -> Dialog:
        """The dialog; there is none before the first answer."""
        if self._dialog is None:
            raise BugError("the call has no dialog yet: await its answer first")
        return self._dialog

    # --- talking ----------------------------------------------------------------------------------------------------

    async def say(self, pcm: bytes) -> Spoken:
        """Speak; returns when the last packet has left."""
        return await self.media.say(pcm)

    async def press(self, keys: str, *, via: str = "rfc4733", seconds: float = 0.1, gap: float = 0.08,
                    marker: bool = True) -> Spoken:  # fmt: skip
        """Press keys by `rfc4733`, `info` or `inband`; returns when the last began and ended."""
        spoken = Spoken(time.monotonic(), time.monotonic())
        for place, key in enumerate(keys):
            if place and via == "inband":
                # Of the audio, not of our clock: whatever this process is late by, the tones are as far apart.
                await self.media.say(bytes(round(gap * SAMPLE_RATE) * SAMPLE_BYTES))
            elif place:
                await asyncio.sleep(gap)
            if via == "rfc4733":
                spoken = await self.media.press(key, seconds=seconds, marker=marker)
            elif via == "inband":
                spoken = await self.media.say(tone(key, seconds))
            else:
                spoken = await self._press_by_info(key, seconds)
        return spoken

    async def _press_by_info(self, key: str, seconds: float) -> Spoken:
        began = time.monotonic()
        body = f"Signal={key}\r\nDuration={round(seconds * 1000)}\r\n".encode()
        response = await self.request("INFO", Headers((("Content-Type", "application/dtmf-relay"),)), body)
        if response.code != 200:
            raise PeerError(f"the peer refused a key by INFO: {response.code}")
        return Spoken(began, began)

    async def silence(self, seconds: float = 1.0) -> None:
        """Say nothing for a while (silence is sent, as telephones do)."""
        await asyncio.sleep(seconds)

    # --- hearing ----------------------------------------------------------------------------------------------------

    def heard(self, since: float = 0.0, until: float = float("inf")) -> bytes:
        """PCM that came between two monotonic times; lost packets are silence."""
        return self.media.pcm(since, until)

    async def hears(self, seconds: float) -> bytes:
        """Listen for a while and give what came meanwhile."""
        since = time.monotonic()
        await asyncio.sleep(seconds)
        return self.heard(since)

    async def hears_sound(self, *, timeout: float = 10.0, since: float | None = None) -> float:  # noqa: ASYNC109
        """Wait for a packet that is not silence; returns its arrival. Raises PeerError."""
        begin, checked = time.monotonic() if since is None else since, 0
        deadline = time.monotonic() + timeout
        while True:
            for item in self.received[checked:]:
                if item.at >= begin and item.pcm and loudness(item.pcm) > LOUD:
                    return item.at
            checked = len(self.received)
            if time.monotonic() > deadline:
                raise PeerError(f"nothing but silence for {timeout:g} s")
            await asyncio.sleep(0.01)

    async def hears_quiet(self, seconds: float = 0.6, *, timeout: float = 30.0) -> float:  # noqa: ASYNC109
        """Wait until nothing but silence came for `seconds`; returns the arrival of the last sound before it."""
        deadline, begin = time.monotonic() + timeout, time.monotonic()
        last, checked = begin, len(self.received)
        while time.monotonic() - last < seconds:
            for item in self.received[checked:]:
                if item.pcm and loudness(item.pcm) > LOUD:
                    last = item.at
            checked = len(self.received)
            if time.monotonic() > deadline:
                raise PeerError(f"the other side did not fall silent for {timeout:g} s")
            await asyncio.sleep(0.01)
        return last

    async def hears_prompt(self, *, timeout: float = 30.0, gap: float = 0.6) -> bytes:  # noqa: ASYNC109
        """Wait for speech and for its end; gives what was said."""
        began = await self.hears_sound(timeout=timeout)
        ended = await self.hears_quiet(gap, timeout=timeout)
        return self.heard(began, ended + 0.02)

    def late_packets(self, gap: float = 0.04) -> int:
        """Audio packets that came more than `gap` seconds after the one before."""
        times = [item.at for item in self.received if item.pcm]
        return sum(1 for before, after in pairwise(times) if after - before > gap)

    # --- signalling -------------------------------------------------------------------------------------------------

    async def request(
        self, method: str, extra: Headers | None = None, body: bytes = b"", *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> SipResponse:
        """A request in the dialog; its final response."""
        request = self.dialog.request(method, extra=extra, body=body)
        return await self.wire.request(request, self.dialog.next_hop(), timeout_seconds=timeout_seconds)

    async def hold(self, direction: str = "sendonly") -> SipResponse:
        """Put the peer on hold by re-INVITE and stop sending."""
        response = await self.reinvite(direction)
        self.media.muted = True
        return response

    async def unhold(self) -> SipResponse:
        """Take the peer off hold again."""
        response = await self.reinvite("sendrecv")
        self.media.muted = False
        return response

    async def reinvite(
        self,
        direction: str = "sendrecv",
        *,
        offer: bool = True,
        codecs: tuple[str, ...] = (),
        packet_ms: int = 20,
        tries: int = CHANGE_TRIES,
    ) -> SipResponse:
        """Change or refresh the session; without an offer the peer's comes in its 200, ours in the ACK.

        A peer in the middle of another change says 491, or 500 with a time to wait: then again (RFC 3261 14).
        """
        async with self._one_offer:
            for left in reversed(range(tries)):
                response = await self._reinvite(direction, offer, codecs, packet_ms)
                again = response.headers.get("retry-after")
                if not left or (response.code != 491 and not (response.code == 500 and again)):
                    break
                await asyncio.sleep(float(again.split()[0]) if again else GLARE_SECONDS)
            return response

    async def _reinvite(self, direction: str, offer: bool, codecs: tuple[str, ...], packet_ms: int) -> SipResponse:
        self._version += 1
        before = self.ours
        if codecs:
            formats = sdp.offer(before.host, before.port, codecs).formats
            self.ours = replace(before, formats=formats, packet_ms=packet_ms)
        body = self._sdp(direction) if offer else b""
        request = self.dialog.request("INVITE", extra=Headers((SDP_TYPE, *self._timer())), body=body)
        response = await self.wire.request(request, self.dialog.next_hop())
        if response.code == 200:
            theirs = sdp.parse_sdp(response.body)
            await self.acknowledge(request, b"" if offer else self._sdp(sdp.MIRROR[theirs.direction]))
            self.use(theirs)
        else:
            self.ours = before
        return response

    def _sdp(self, direction: str) -> bytes:
        return sdp.build(replace(self.ours, direction=direction), version=self._version)

    def _timer(self) -> tuple[tuple[str, str], ...]:
        return (("Supported", "timer"), ("Session-Expires", str(self.session_expires))) if self.session_expires else ()

    async def hang_up(self) -> None:
        """BYE, unless it is over; frees the audio."""
        if not self.ended.is_set() and self._dialog is not None:
            self.ended.set()
            with contextlib.suppress(PeerError):
                await self.request("BYE", timeout_seconds=BYE_SECONDS)
        await self.close()

    async def wait_ended(self, timeout: float = 10.0) -> None:  # noqa: ASYNC109
        """Until the peer hung up. Raises TimeoutError."""
        await asyncio.wait_for(self.ended.wait(), timeout)

    async def close(self) -> None:
        """Free the audio without a word to the peer, as a phone does whose battery is out."""
        for task in (self._refresher, self._awaiting_ack):
            if task is not None:
                task.cancel()
        self._refresher = self._awaiting_ack = None
        if not self.closed:
            self.closed = True
            await self.media.close()

    # --- for the makers of calls ------------------------------------------------------------------------------------

    async def establish(self, invite: SipRequest, response: SipResponse, answer: bytes = b"") -> None:
        """The caller's side: a 2xx came; acknowledge and start the audio."""
        self._dialog = Dialog.of_answer(invite, response, invite.headers.get("contact"))
        self.use(sdp.parse_sdp(response.body))
        await self.acknowledge(invite, answer)
        expires = response.headers.get("session-expires")
        if expires:
            self._keep_alive(int(expires.split(";")[0]), ours=parameter(expires, "refresher") == "uac")

    async def acknowledge(self, invite: SipRequest, body: bytes = b"") -> None:
        """ACK of a 2xx; sent again whenever the 2xx is."""
        number = int(invite.headers.get("cseq").split()[0])
        extra = Headers((SDP_TYPE,)) if body else None
        ack = self.dialog.request("ACK", extra=extra, body=body, sequence=number)
        ack = SipRequest(ack.method, ack.uri, Headers((self.wire.via("z9hG4bKack" + str(number)), *ack.headers)), body)
        self._ack = (bytes(ack), self.dialog.next_hop())
        await self.wire.send(*self._ack)
        self.acked_at = self.acked_at or time.monotonic()

    def accept(self, arrived: Arrived, local_tag: str, contact: str) -> None:
        """The callee's side: send 200 with our answer, again and again until its ACK comes."""
        assert isinstance(arrived.message, SipRequest)
        invite = arrived.message
        self._dialog = self._dialog or Dialog.of_invite(invite, local_tag, contact)
        if invite.body:
            theirs = sdp.parse_sdp(invite.body)
            self.ours = sdp.agree(self.ours, theirs)
            self.use(theirs)
        self._answer_invite(arrived, self.ours.direction, local_tag)
        self.answered_at = time.monotonic()

    def _answer_invite(self, arrived: Arrived, direction: str, local_tag: str = "") -> None:
        assert isinstance(arrived.message, SipRequest)
        extra = Headers((SDP_TYPE, ALLOW, ("Contact", self.dialog.contact)))
        ok = respond(arrived.message, 200, "OK", to_tag=local_tag, extra=extra, body=self._sdp(direction))
        self.wire.answer(arrived, ok)
        self._awaiting_ack = asyncio.ensure_future(self._repeat(arrived, bytes(ok)))

    async def _repeat(self, arrived: Arrived, data: bytes) -> None:
        """2xx retransmission until the ACK (RFC 3261 13.3.1.4)."""
        interval = T1_SECONDS
        for _ in range(6):
            await asyncio.sleep(interval)
            arrived.reply(data)
            interval = min(interval * 2, 4.0)

    def use(self, theirs: Media) -> None:
        """Start or change the audio as the peer's description says."""
        mine = {name for _, name in self.ours.formats}
        number, name = next(((n, c) for n, c in theirs.formats if c in mine and c != sdp.EVENT), theirs.codec())
        before, self.theirs = self.theirs, theirs
        self.held_by_peer = theirs.direction in {"sendonly", "inactive"}
        self.media.sealed = bool(theirs.key)
        if theirs.key and (before is None or before.key != theirs.key):
            self.media.secure(self.ours.key, theirs.key)
        mux = self.ours.mux and theirs.mux
        self.media.start((theirs.host, theirs.port), number, name, theirs.event_type(), mux=mux)

    def _keep_alive(self, seconds: int, *, ours: bool) -> None:
        self.session_expires = seconds
        if ours:
            self._refresher = asyncio.ensure_future(self._refresh(seconds / 2))

    async def _refresh(self, seconds: float) -> None:
        """Re-INVITE at half the interval (RFC 4028 10)."""
        while True:
            await asyncio.sleep(seconds)
            await self.reinvite()

    # --- requests of the peer ---------------------------------------------------------------------------------------

    def on_repeated_answer(self) -> None:
        """The peer sent its 2xx again: it has not seen our ACK."""
        if self._ack is not None:
            _background(self.wire.send(*self._ack))

    def on_request(self, arrived: Arrived) -> None:
        """Serve an in-dialog request of the peer."""
        assert isinstance(arrived.message, SipRequest)
        request = arrived.message
        self.requests.append(request)
        if request.method == "ACK":
            self._on_ack(request, arrived.at)
        elif request.method == "INVITE":
            self._on_reinvite(arrived)
        elif request.method == "BYE":
            self.ended_by_peer = True
            self.wire.answer(arrived, respond(request, 200, "OK"))
            self.ended.set()
        elif request.method == "INFO" and (key := re.search(rb"Signal\s*=\s*([\dA-D*#])", request.body)):
            self.media.keys.append(key.group(1).decode())
            self.wire.answer(arrived, respond(request, 200, "OK"))
        elif request.method in {"OPTIONS", "INFO", "UPDATE", "NOTIFY", "MESSAGE"}:
            extra = Headers((("Contact", self.dialog.contact),)) if request.method == "UPDATE" else None
            self.wire.answer(arrived, respond(request, 200, "OK", extra=extra))
        else:
            self.wire.answer(arrived, respond(request, 501, "Not Implemented"))

    def _on_ack(self, request: SipRequest, at: float) -> None:
        if self._awaiting_ack is not None:
            self._awaiting_ack.cancel()
        self.acked_at = self.acked_at or at
        if request.body:  # an INVITE without offer: the answer comes here
            self.use(sdp.parse_sdp(request.body))

    def _on_reinvite(self, arrived: Arrived) -> None:
        assert isinstance(arrived.message, SipRequest)
        self._version += 1
        # A session's change may bring another address to reach them by (RFC 3261 12.2.2).
        self.dialog.target = uri_of(arrived.message.headers.get("contact")) or self.dialog.target
        direction = "sendrecv"
        if arrived.message.body:
            theirs = sdp.parse_sdp(arrived.message.body)
            self.ours, direction = sdp.agree(self.ours, theirs), sdp.MIRROR[theirs.direction]
            self.use(theirs)
        self._answer_invite(arrived, direction)


_running: set[asyncio.Future[Any]] = set()


def _background(work: Awaitable[Any]) -> None:
    """Run to its end; asyncio alone keeps no strong reference."""
    task = asyncio.ensure_future(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


def duration(pcm: bytes) -> float:
    """Seconds of PCM."""
    return len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
