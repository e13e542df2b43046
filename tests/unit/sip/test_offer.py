"""Which offers can be taken at all, and which wishes for packets are too long."""

from __future__ import annotations

import pytest

from ivr.core.sip.offer import has_common_audio, is_served, long_packet_times, no_answer, refused_streams

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


AUDIO = "m=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"
FAX = "m=image 4100 udptl t38\r\nc=IN IP4 fax.invalid\r\na=T38FaxVersion:0\r\n"
FRONT = "INVITE sip:a@b SIP/2.0\r\nc: application/sdp\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "served"),
    [
        ("", True),
        (HEAD + AUDIO, True),
        (HEAD + AUDIO + FAX, True),
        (HEAD + FAX + AUDIO, True),
        (HEAD + FAX, False),
        (HEAD + "m=audio 0 RTP/AVP 0\r\n" + FAX, False),
        (HEAD + "m=audio 0 RTP/AVP 0\r\n", True),
        (HEAD + "m=audio 4000 RTP/SAVP 0\r\n", False),
        (HEAD + "m=audio 4000\r\n", False),
        (HEAD.replace("192.0.2.7\r\nt", "phone.invalid\r\nt") + AUDIO, False),
        (HEAD.replace("c=IN IP4 192.0.2.7", "c=IN IP6 ::1") + AUDIO, False),
        (HEAD + AUDIO + "c=IN IP4 phone.invalid\r\n", False),
        (HEAD + AUDIO + "a=x\rc=IN IP4 phone.invalid\r\n", False),
        (HEAD + AUDIO + "a=rtcp:9 IN IP4 phone.invalid\r\n", False),
        (HEAD + AUDIO + "a=rtcp:9\r\n", True),
        (HEAD.replace("192.0.2.7\r\ns", "phone.invalid\r\ns") + AUDIO, True),
    ],
)
def test_served_is_plain_audio_at_an_address_in_figures(body: str, *, served: bool) -> None:
    assert is_served((FRONT + body).encode()) is served


def changed(message: bytes, changes: list[tuple[int, bytes]]) -> bytes:
    text = bytearray(message)
    for place, words in changes:
        text[place : place + len(words)] = words
    assert len(text) == len(message)
    return bytes(text)


@pytest.mark.parametrize("body", [AUDIO + FAX, FAX + AUDIO, FAX + AUDIO + FAX])
def test_a_stream_of_another_kind_is_offered_nothing_where_it_stands(body: str) -> None:
    message = (FRONT + HEAD + body).encode()
    refused = FAX.replace("4100", "0000").replace("c=IN IP4 fax.invalid", "a=" + "x" * 18)
    refused = refused.replace("a=T38FaxVersion:0", "a=" + "x" * 15)
    assert changed(message, refused_streams(message)) == (FRONT + HEAD + body.replace(FAX, refused)).encode()


def test_a_second_session_behind_a_stream_of_port_0_is_no_session() -> None:
    """A body of several parts, of which the library reads another one than comes first."""
    message = (
        FRONT + "m=image 0 udptl t38\r\n--part\r\n\r\n" + HEAD.replace("192.0.2.7\r\nt", "a.invalid\r\nt")
    ).encode()
    assert is_served(message + AUDIO.encode()), "the stream that is ours is plain"
    assert b"a.invalid" not in changed(message + AUDIO.encode(), refused_streams(message + AUDIO.encode()))


def test_an_answer_that_is_none_has_no_type_that_is_read() -> None:
    for name in (b"Content-Type: ", b"c:", b"CONTENT-TYPE : "):
        message = b"ACK sip:a@b SIP/2.0\r\n" + name + b"application/sdp\r\n\r\nc: application/sdp\r\n"
        becomes = b"ACK sip:a@b SIP/2.0\r\n" + name + b"xxxxxxxxxxx/sdp\r\n\r\nc: application/sdp\r\n"
        assert changed(message, no_answer(message)) == becomes
