"""Session descriptions (RFC 4566) of one audio stream: what a telephone offers, and how it reads an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ivr.errors import PeerError
from ivr.testing.srtp import SUITE, key_in, tag_in

STATIC = {"PCMU": 0, "PCMA": 8, "G722": 9, "CN": 13}
"""Payload types of RFC 3551 that a robot can name."""
EVENT = "telephone-event"
"""Encoding name of RFC 4733 keys."""
EVENT_TYPE = 101
"""Dynamic payload type under which a robot offers keys."""
MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
"""The answer that agrees fully with an offered direction (RFC 3264 6.1)."""


@dataclass(frozen=True, slots=True)
class Media:
    """One side's audio stream."""

    host: str
    port: int
    formats: tuple[tuple[int, str], ...]
    """(payload type, encoding name) in order of preference, keys included."""
    direction: str = "sendrecv"
    packet_ms: int = 20
    """Milliseconds of audio that it asks for in each packet."""
    video_first: bool = False
    """A video stream is offered before the audio."""
    key: str = field(default="", repr=False)
    """What it seals its SRTP with (`ivr.testing.srtp`); empty: RTP in clear."""
    tag: int = 1
    """The number of the line that names the key."""
    mux: bool = False
    """RTCP on the port of RTP (RFC 5761)."""

    def codec(self) -> tuple[int, str]:
        """The first format that is audio. Raises PeerError when there is none."""
        for number, name in self.formats:
            if name != EVENT:
                return number, name
        raise PeerError("the session description has no audio format")

    def event_type(self) -> int | None:
        """Payload type of keys, None when they are not agreed."""
        return next((number for number, name in self.formats if name == EVENT), None)


def build(media: Media, *, version: int) -> bytes:
    """SDP of one stream; `version` grows with every change (RFC 3264 8)."""
    numbers = " ".join(str(number) for number, _ in media.formats)
    lines = [
        "v=0",
        f"o=robot 1 {version} IN IP4 {media.host}",
        "s=-",
        f"c=IN IP4 {media.host}",
        "t=0 0",
        *(["m=video 9 RTP/AVP 96", "a=rtpmap:96 H264/90000"] if media.video_first else []),
        f"m=audio {media.port} RTP/{'SAVP' if media.key else 'AVP'} {numbers}",
        *([f"a=crypto:{media.tag} {SUITE} inline:{media.key}"] if media.key else []),
    ]
    for number, name in media.formats:
        lines.append(f"a=rtpmap:{number} {name}/8000")
        if name == EVENT:
            lines.append(f"a=fmtp:{number} 0-15")
    lines += ["a=rtcp-mux"] if media.mux else []
    return "\r\n".join([*lines, f"a=ptime:{media.packet_ms}", f"a={media.direction}", ""]).encode()


def parse_sdp(body: bytes) -> Media:
    """The audio stream of a description. Raises PeerError when it has none."""
    text = body.decode(errors="replace").replace("\r\n", "\n")
    session, separator, rest = text.partition("\nm=audio ")
    if not separator:
        raise PeerError("the session description has no audio stream")
    section = rest.split("\nm=", 1)[0]
    port, _, numbers = section.split("\n", 1)[0].split(" ", 2)
    host = re.search(r"^c=IN IP4 ([\d.]+)", section, re.MULTILINE) or re.search(
        r"^c=IN IP4 ([\d.]+)", session, re.MULTILINE
    )
    if host is None:
        raise PeerError("the session description has no IPv4 address")
    names = {number: name for name, number in STATIC.items()}
    # Of another clock nothing is spoken here, and a key's numbers are those beside the codec's clock (RFC 4733 2.1).
    names |= {int(n): name for n, name in re.findall(r"^a=rtpmap:(\d+) ([^/\s]+)/8000", section, re.MULTILINE)}
    formats = tuple((int(n), names.get(int(n), "")) for n in numbers.split())
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\s*$", section + "\n" + session, re.MULTILINE)
    way = direction.group(1) if direction else "sendrecv"
    mux = re.search(r"^a=rtcp-mux\s*$", section, re.MULTILINE) is not None
    return Media(host.group(1), int(port), formats, way, key=key_in(section), tag=tag_in(section), mux=mux)


def offer(host: str, port: int, codecs: tuple[str, ...], *, keys: bool = True) -> Media:
    """What a robot offers: codecs by name (unknown ones get dynamic numbers), and keys unless it has none."""
    formats = [(STATIC.get(name, 110 + place), name) for place, name in enumerate(codecs)]
    return Media(host, port, (*formats, (EVENT_TYPE, EVENT)) if keys else tuple(formats))


def agree(ours: Media, theirs: Media) -> Media:
    """Our answer to their offer: their first codec that we have, their number for keys, the mirrored direction."""
    have = {name for _, name in ours.formats}
    audio = [item for item in theirs.formats if item[1] in have and item[1] != EVENT][:1]
    if not audio:
        raise PeerError("no common codec")
    if bool(ours.key) is not bool(theirs.key):
        raise PeerError("one of the two encrypts its media, the other does not")
    keys = [item for item in theirs.formats if item[1] == EVENT]
    mux = ours.mux and theirs.mux
    return replace(ours, formats=(*audio, *keys), direction=MIRROR[theirs.direction], tag=theirs.tag, mux=mux)
