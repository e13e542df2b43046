"""What an SDP offers, as far as it decides whether we can take it at all (RFC 3264 6, RFC 8866 5.14)."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST_PACKET_MS = 60
"""Packets that we send hold at most this much: 60 ms, the largest that pjmedia's G.711 makes whole."""
_STATIC = {"0": "PCMU", "8": "PCMA", "9": "G722"}
"""Payload types that need no rtpmap (RFC 3551 6)."""
_MEDIA = re.compile(r"^m=(\S+) (\d+)(?:/\d+)? (\S+) (.*)$")
_MAP = re.compile(r"^a=rtpmap:(\d+) ([^/\s]+)/", re.IGNORECASE)
_PACKET_TIME = re.compile(rb"^a=ptime:[ \t]*(\d+)", re.MULTILINE)


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
