"""Which offers can be taken at all, and which wishes for packets are too long."""

from __future__ import annotations

import pytest

from ivr.core.sip.offer import has_common_audio, long_packet_times

OURS = ("PCMU", "PCMA", "G722")
HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"


@pytest.mark.parametrize(
    ("media", "taken"),
    [
        ("m=audio 4000 RTP/AVP 0\r\n", True),
        ("m=audio 4000 RTP/AVP 18 97\r\na=rtpmap:97 pcma/8000\r\n", True),
        ("m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\nm=audio 4002/2 RTP/AVP 9\r\n", True),
        ("m=audio 0 RTP/AVP 0\r\n", True),
        ("m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\n", False),
        ("m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n", False),
        ("m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 opus/48000/2\r\n", False),
        ("m=audio 4000 RTP/EXAMPLE 0\r\n", False),
        ("m=video 4000 RTP/AVP 0\r\n", False),
        ("m=audio\r\n", False),
        ("", False),
    ],
)
def test_an_offer_is_taken_for_one_plain_audio_stream_of_a_codec_of_ours(media: str, *, taken: bool) -> None:
    assert has_common_audio(HEAD + media, OURS) is taken


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (b"a=ptime:20", None), (b"a=ptime:60", None), (b"a=ptime:61", b"a=ptime:60"), (b"a=ptime:100", b"a=ptime:060"),
        (b"a=ptime:100000", b"a=ptime:000060"), (b"a=ptime: 70", b"a=ptime: 60"), (b"a=maxptime:150", None),
        (b"b=ptime:100", None), (b"a=ptime:", None),
    ],
)  # fmt: skip
def test_a_wish_for_longer_packets_becomes_the_longest_there_is(line: bytes, becomes: bytes | None) -> None:
    head, rest = b"INVITE sip:a@b SIP/2.0\r\na=ptime:100\r\n\r\nv=0\r\n", b"\r\na=sendrecv\r\n"
    message = head + line + rest
    changed = bytearray(message)
    for place, text in long_packet_times(message):
        changed[place : place + len(text)] = text
    assert bytes(changed) == head + (becomes or line) + rest
