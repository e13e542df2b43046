"""What an SDP offers, as far as it decides whether we can take it at all (RFC 3264 6, RFC 8866 5.14).

Served is audio in plain RTP at an IPv4 address in figures. A stream of another kind beside it (fax, video, SRTP) is
refused alone, with port 0 in its place; an offer with nothing else is refused whole. No name is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.core.sip.address import is_ipv4

LONGEST_PACKET_MS = 60
"""Packets that we send hold at most this much: 60 ms, the largest that pjmedia's G.711 makes whole."""
_STATIC = {"0": "PCMU", "8": "PCMA", "9": "G722"}
"""Payload types that need no rtpmap (RFC 3551 6)."""
_MEDIA = re.compile(r"^m=(\S+) (\d+)(?:/\d+)? (\S+) (.*)$")
_MAP = re.compile(r"^a=rtpmap:(\d+) ([^/\s]+)/", re.IGNORECASE)
_STREAM = re.compile(rb"m=([!-~]+) ([0-9]{1,5})(?:/[0-9]+)? ([!-~]+)(?: [!-~]+)+[ \t]*[\r\n]*\Z")
_ADDRESS = re.compile(rb"(?:c=|a=rtcp:[^ \r\n]*[ ])(?:IN[ ]IP4[ ])?[ \t]*([^ \t\r\n]*)", re.IGNORECASE)
"""Of `c=` (RFC 8866 5.7) and `a=rtcp:` (RFC 3605). What is neither IN nor IP4 is no IPv4 address either."""
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
"""Each of the three ends a line for the library below."""
_TYPE = re.compile(rb"^(?:Content-Type|c)[ \t]*:[ \t]*([!-.0-~]+)/", re.IGNORECASE | re.MULTILINE)
_NOTHING = b"a="
"""An attribute that nobody knows."""
_PACKET_TIME = re.compile(rb"^a=ptime:[ \t]*(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands from one `m=` line to the next; the first one is what stands before all of them."""

    place: int
    """Of its first octet in the message."""
    lines: tuple[bytes, ...]
    """With their ends."""

    @property
    def media(self) -> re.Match[bytes] | None:
        """Its `m=` line, read."""
        return _STREAM.match(self.lines[0]) if self.lines else None

    @property
    def offered(self) -> bool:
        """Port 0 offers nothing (RFC 3264 5.1)."""
        return self.media is not None and int(self.media[2]) != 0

    @property
    def audio(self) -> bool:
        """Audio in plain RTP."""
        return self.media is not None and self.media[1] == b"audio" and self.media[3] == b"RTP/AVP"

    @property
    def named(self) -> bool:
        """Whether an address in it is a name, or none that we can send to."""
        addresses = (_ADDRESS.match(line) for line in self.lines)
        return any(found is not None and not is_ipv4(found[1].decode("latin-1")) for found in addresses)


def _sections(message: bytes) -> list[_Section]:
    """Of all SDP in a message, whatever else stands in its body."""
    place = message.find(b"\r\n\r\n") + 4
    found: list[_Section] = []
    lines: list[bytes] = []
    begin = place
    for line in _LINE.findall(message, place) if place > 3 else []:
        if line.startswith(b"m="):
            found.append(_Section(begin, tuple(lines)))
            lines, begin = [], place
        lines.append(line)
        place += len(line)
    return [*found, _Section(begin, tuple(lines))]


def is_served(message: bytes) -> bool:
    """Whether a message's SDP, if there is any, has something that we serve, at addresses that need no look-up.

    A message whose streams all have port 0 offers nothing, and that is served.
    """
    session, *streams = _sections(message)
    offered = [stream for stream in streams if stream.offered]
    if any(stream.media is None for stream in streams) or (streams and session.named):
        return False
    ours = [stream for stream in offered if stream.audio]
    return (bool(ours) or not offered) and not any(stream.named for stream in ours)


def refused_streams(message: bytes) -> list[tuple[int, bytes]]:
    """(place, what is to stand there) so that each stream which is not ours is offered with port 0, and nothing more.

    One that has port 0 already too: in a body of several parts another part's session stands behind it. What is to
    stand there is as long as what does, so that nothing else moves.
    """
    changes: list[tuple[int, bytes]] = []
    for stream in _sections(message)[1:]:
        media = stream.media
        if media is None or (stream.audio and stream.offered):
            continue
        changes.append((stream.place + media.start(2), b"0" * len(media[2])))
        place = stream.place + len(stream.lines[0])
        for line in stream.lines[1:]:
            text = line.rstrip(b"\r\n")
            if len(text) > len(_NOTHING):
                changes.append((place, _NOTHING + b"x" * (len(text) - len(_NOTHING))))
            place += len(line)
    return changes


def no_answer(message: bytes) -> list[tuple[int, bytes]]:
    """(place, what is to stand there) so that a message's body is none of SDP: an answer that cannot be refused."""
    head = message.find(b"\r\n\r\n") + 2
    return [(found.start(1), b"x" * len(found[1])) for found in _TYPE.finditer(message, 0, max(head, 0))]


def has_common_audio(sdp: str, codecs: Sequence[str]) -> bool:
    """Whether an offer has an audio stream in plain RTP with one of our codecs. A stream of port 0 is not refused."""
    streams: list[tuple[str, list[str], dict[str, str]]] = []
    for line in sdp.splitlines():
        if line.startswith("m="):
            found = _MEDIA.match(line)
            if found is None or found[1] != "audio":
                streams.append(("", [], {}))
            elif found[2] == "0":
                return True
            else:
                streams.append((found[3], found[4].split(), dict(_STATIC)))
        elif streams and (mapped := _MAP.match(line)):
            streams[-1][2][mapped[1]] = mapped[2].upper()
    return any(
        profile == "RTP/AVP" and any(names.get(number) in codecs for number in numbers)
        for profile, numbers, names in streams
    )


def long_packet_times(message: bytes) -> list[tuple[int, bytes]]:
    """(place, what is to stand there) for each wish in a SIP message's SDP for longer packets than we send.

    ptime is a wish (RFC 8866 6.4). What is to stand there is as long as what does, so that nothing else moves.
    """
    head = message.find(b"\r\n\r\n")
    if head < 0:
        return []
    return [
        (found.start(1), str(LONGEST_PACKET_MS).encode().rjust(len(found[1]), b"0"))
        for found in _PACKET_TIME.finditer(message, head)
        if int(found[1]) > LONGEST_PACKET_MS
    ]
