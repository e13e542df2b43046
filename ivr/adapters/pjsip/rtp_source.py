"""From where a leg's RTP and RTCP may come: decided here, kept by the kernel.

pjmedia follows whoever sends ten packets in a row, the first packet even where nobody was heard before, so a stranger
could put their voice into a call and draw ours to themselves. A filter on each UDP socket (classic BPF, socket(7))
drops what may not come before anybody sees it. Connecting the socket would do that too, but it ties the socket to one
of the machine's own addresses as well: the one on the way to the caller, which need not be the one that the SDP
named.

Behind a NAT a phone names an address in its SDP that nobody can send to. Its packets come from where its SIP comes
from, though, so one source is learnt there, from the first packet, and from then on it alone is heard, until another
description is agreed on. pjmedia sends to whom it hears (symmetric RTP, RFC 4961).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ivr.adapters.pjsip.media_socket import ANY_PORT, ANYBODY, Address, MediaSocket

_TOLD = re.compile(r"^x-ivr-source: *(\d+(?:\.\d+){3});trunk=([01])(;transcoded=1)?\r?$", re.IGNORECASE | re.MULTILINE)
"""Written by the edge (`route[TELL_SOURCE]`), which takes such a header from nobody else."""


SEARCH_LOOKS = 10
"""Looks, one a frame, for a sender whose packets are dropped."""


class SourceRule(StrEnum):
    """Whom a leg may hear."""

    NEGOTIATED = "negotiated"
    """The address in the SDP."""
    SYMMETRIC = "symmetric"
    """That, or one port of the host that its SIP comes from, whichever sends first. A trunk: as negotiated."""
    FIRST = "first"
    """Whoever sends first."""


@dataclass(frozen=True, slots=True)
class SipSource:
    """Where a far end's SIP comes from."""

    host: str
    trunk: bool
    transcoded: bool = False
    """A relay changes the codec on the way: what the far end reports of our packets does not come through it."""


def parse_address(text: str) -> Address | None:
    """`192.0.2.1:4000` as pjsua prints it; None for anything else, and for what nothing can be sent to."""
    host, _, port = text.strip("[]").rpartition(":")
    if not host or host == "0.0.0.0" or not port.isdigit() or not 0 < int(port) < 65536:  # noqa: S104
        return None
    return host, int(port)


def told_source(message: str) -> SipSource | None:
    """What the edge says in a SIP message of where it came from; None when it says nothing, or not clearly."""
    found = _TOLD.findall(message.partition("\r\n\r\n")[0])
    return SipSource(found[0][0], found[0][1] == "1", bool(found[0][2])) if len(found) == 1 else None


def source_at(peer: str) -> SipSource | None:
    """The peer whose address pjsip prints, as a caller who is no trunk."""
    address = parse_address(peer)
    return None if address is None else SipSource(address[0], trunk=False)


def _shown(address: Address | None) -> str:
    return "" if address is None else f"{address[0]}:{address[1]}"


class _Way:
    """RTP or RTCP of a leg."""

    def __init__(self) -> None:
        self.socket: MediaSocket | None = None
        self.learnt: Address | None = None
        self.described: Address | None = None

    def allow(self, local_port: int, described: Address | None, sources: tuple[Address, ...]) -> None:
        """Hear these, and learn which of them it is if there may be several."""
        if self.socket is None or self.socket.port != local_port:
            self.close()
            self.socket = MediaSocket.find(local_port)
        self.described, self.learnt = described, None
        if self.socket is not None:
            self.socket.hear(sources)
            exact = len(sources) == 1 and sources[0] not in (ANYBODY, (sources[0][0], ANY_PORT))
            self.learnt = sources[0] if exact else None

    def learn(self, *, rtp: bool) -> Address | None:
        """Fix the source, if it is not fixed yet and somebody has sent just now: who that was."""
        if self.socket is None or self.learnt is not None:
            return None
        found = self.learnt = self.socket.first_source(rtp=rtp)
        if found is not None:
            self.socket.hear((found,))
        return found

    def close(self) -> None:
        """Let go of the socket."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class MediaSource:
    """One leg's."""

    def __init__(self, rule: SourceRule) -> None:
        self._rule = rule
        self._sip: SipSource | None = None
        self._rtp, self._rtcp = _Way(), _Way()
        self._local: int | None = None
        self._stamps: tuple[bytes, bytes] = (b"", b"")
        self._signs = 0
        self._searches = 0

    # --- what is known of the far end -------------------------------------------------------------------------------

    def comes_from(self, source: SipSource) -> None:
        """Where its SIP comes from."""
        if source != self._sip:
            self._sip = source
            if self._local is not None:
                self._allow(self._local, self._rtp.described, self._rtcp.described)

    def describe(self, local_port: int, rtp: Address | None, rtcp: Address | None) -> None:
        """Its SDP is in force. One that says the same as before changes nothing: what was learnt stands."""
        if rtp is None:
            return  # the old way to hold (RFC 2543 B.5)
        if (local_port, rtp, rtcp) != (self._local, self._rtp.described, self._rtcp.described):
            self._allow(local_port, rtp, rtcp)

    def _allow(self, local_port: int, rtp: Address | None, rtcp: Address | None) -> None:
        self._local = local_port
        self._rtp.allow(local_port, rtp, self._sources(rtp))
        self._rtcp.allow(local_port + 1, rtcp, self._sources(rtcp))

    def _sources(self, described: Address | None) -> tuple[Address, ...]:
        if self._rule is SourceRule.FIRST:
            return (ANYBODY,)
        named = () if described is None else (described,)
        if self._rule is SourceRule.NEGOTIATED or self._sip is None or self._sip.trunk:
            return named
        return (*named, (self._sip.host, ANY_PORT))

    # --- as time goes on --------------------------------------------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether pjmedia may read RTP without a look at who sent it."""
        return not self._searches and (self._rtp.socket is None or self._rtp.learnt is not None)

    @property
    def unlearnt(self) -> int | None:
        """Descriptor of the socket on which RTCP of a source that is not fixed yet may come."""
        way = self._rtcp
        return None if way.socket is None or way.learnt is not None else way.socket.fileno()

    def look(self) -> tuple[str, str] | None:
        """Before pjmedia reads its sockets: fix a source that is not fixed yet. Cheap when all is known.

        What a search came to, once: who sends astray, and where RTP is to come from.
        """
        if self._searches and self._rtp.socket is not None:
            return self._find(self._rtp.socket)
        found = self._rtp.learn(rtp=True)
        if found is not None and self._rtcp.socket is not None and self._rtcp.learnt is None:
            self._rtcp.socket.hear(((found[0], ANY_PORT),))
        self._rtcp.learn(rtp=False)
        return None

    @property
    def signs(self) -> int | None:
        """Grows when RTP or RTCP came since the last look; None when nothing can be said of it."""
        if self._rtp.socket is None or self._rtcp.socket is None:
            return None
        stamps = self._rtp.socket.last_came, self._rtcp.socket.last_came
        self._signs += stamps != self._stamps
        self._stamps = stamps
        return self._signs

    @property
    def astray(self) -> int:
        """RTP packets that were dropped because they came from elsewhere."""
        return 0 if self._rtp.socket is None else self._rtp.socket.dropped

    def expected(self) -> Address | None:
        """Where RTP is to come from, as far as that is known."""
        return self._rtp.learnt or self._rtp.described

    def search(self) -> None:
        """Look who sends what is dropped: `look` tells it, soon.

        Until then what comes is read here and thrown away, so nothing of it reaches the call.
        """
        if self._rtp.socket is not None:
            self._rtp.socket.hear((ANYBODY,))
            self._searches = SEARCH_LOOKS

    def _find(self, ours: MediaSocket) -> tuple[str, str] | None:
        way, expected = self._rtp, self.expected()
        found = ours.drain(apart_from=expected)
        self._searches -= 1
        if found is None and self._searches:
            return None
        self._searches = 0
        ours.hear(self._sources(way.described) if way.learnt is None else (way.learnt,))
        return _shown(found), _shown(expected)

    def close(self) -> None:
        """The leg is over."""
        self._rtp.close()
        self._rtcp.close()
        self._local = None
