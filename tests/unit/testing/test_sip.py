"""The robot's own reading and writing of SIP, SDP, RTP and RTCP, against examples that the standards print."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import PeerError
from ivr.testing import rtp, sdp
from ivr.testing.dialog import Dialog
from ivr.testing.dtmf import tone
from ivr.testing.listening import find, part_heard, tone_level
from ivr.testing.rtp import KeyEvent, Reception, Report, RtpPacket
from ivr.testing.sip import (
    Credentials,
    SipRequest,
    SipResponse,
    authorize,
    host_and_port,
    parameter,
    parse,
    respond,
    split_list,
    uri_of,
    user_of,
)

INVITE = b"""INVITE sip:bob@biloxi.example.com SIP/2.0\r
v: SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds\r
Max-Forwards: 70\r
t: Bob <sip:bob@biloxi.example.com>\r
f: "Alice, \\"A\\"" <sip:alice@example.com>;tag=1928301774\r
i: a84b4c76e66710\r
CSeq: 314159 INVITE\r
Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>\r
Subject: folded\r
 line\r
m: <sip:alice@pc33.example.com:5070;transport=udp>\r
l: 4\r
\r
bodyrest"""


def test_compact_names_folded_lines_and_lists_are_read() -> None:
    message = parse(INVITE)
    assert isinstance(message, SipRequest)
    assert message.headers.get("Call-ID") == "a84b4c76e66710"
    assert message.headers.get("subject") == "folded line"
    assert message.headers.all("record-route") == ["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"]
    assert parameter(message.headers.get("from"), "tag") == "1928301774"
    assert message.body == b"body"


def test_what_is_written_is_read_back() -> None:
    message = parse(INVITE)
    assert parse(bytes(message)) == message


def test_a_response_copies_what_it_must() -> None:
    message = parse(INVITE)
    assert isinstance(message, SipRequest)
    response = parse(bytes(respond(message, 180, "Ringing", to_tag="abc")))
    assert isinstance(response, SipResponse)
    assert (response.code, response.reason) == (180, "Ringing")
    assert parameter(response.headers.get("to"), "tag") == "abc"
    assert response.headers.get("cseq") == "314159 INVITE"
    assert parameter(response.headers.get("via"), "branch") == "z9hG4bK776asdhds"


def test_a_dialog_goes_through_the_recorded_route() -> None:
    message = parse(INVITE)
    assert isinstance(message, SipRequest)
    dialog = Dialog.of_invite(message, "xyz", "<sip:bob@127.0.0.1:5090>")
    bye = dialog.request("BYE")
    assert bye.uri == "sip:alice@pc33.example.com:5070;transport=udp"
    assert bye.headers.all("route") == ["<sip:p2.example.com;lr>", "<sip:p1.example.com;lr>"]
    assert dialog.next_hop() == ("p2.example.com", 5060)
    assert bye.headers.get("cseq") == "1 BYE"


@pytest.mark.parametrize("data", [b"", b"hello", b"GET / HTTP/1.1\r\n\r\n", b"INVITE sip:a SIP/2.0\r\nNo\r\n\r\n"])
def test_what_is_not_sip_is_an_error(data: bytes) -> None:
    with pytest.raises(PeerError):
        parse(data)


def test_addresses_are_taken_apart() -> None:
    assert uri_of('"X" <sip:a@b:1;lr>;tag=1') == "sip:a@b:1;lr"
    assert host_and_port("sip:a@10.0.0.1:5080;transport=tcp") == ("10.0.0.1", 5080)
    assert host_and_port("sip:10.0.0.1") == ("10.0.0.1", 5060)
    assert user_of("sip:alice:pw@b") == "alice"
    assert split_list('"a,b" <sip:x,y>, <sip:z>') == ['"a,b" <sip:x,y>', "<sip:z>"]


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_answers_are_those_of_rfc_7616(algorithm: str, response: str) -> None:
    # RFC 7616 3.9.1: user Mufasa, password "Circle of Life", GET /dir/index.html.
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    value = authorize(challenge, "GET", "/dir/index.html", Credentials("Mufasa", "Circle of Life"), cnonce=cnonce)
    assert f'response="{response}"' in value
    assert "nc=00000001" in value


def test_an_answer_takes_their_first_codec_that_we_have() -> None:
    offered = sdp.Media("10.0.0.9", 4000, ((0, "PCMU"), (96, "telephone-event")), "sendonly")
    theirs = sdp.parse_sdp(sdp.build(offered, version=1))
    answer = sdp.agree(sdp.offer("127.0.0.1", 5000, ("PCMA", "PCMU")), theirs)
    assert answer.codec() == (0, "PCMU")
    assert answer.event_type() == 96
    assert answer.direction == "recvonly"
    with pytest.raises(PeerError, match="no common codec"):
        sdp.agree(sdp.offer("127.0.0.1", 5000, ("G722",)), theirs)


@given(st.binary(max_size=200), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans())
def test_rtp_comes_back_as_it_went(payload: bytes, sequence: int, timestamp: int, marker: bool) -> None:
    packet = RtpPacket(96, sequence, timestamp, 7, payload, marker)
    assert rtp.parse_rtp(bytes(packet)) == packet


def test_rtp_extensions_sources_and_padding_are_passed_over() -> None:
    head = bytes([0b10110001, 0, 0, 1]) + bytes(8) + bytes(4) + b"\xbe\xde\x00\x01" + bytes(4)
    assert rtp.parse_rtp(head + b"audio" + b"\x00\x02").payload == b"audio"


def test_key_events_say_key_end_and_length() -> None:
    event = KeyEvent("#", 800, end=True)
    assert bytes(event) == bytes([11, 0x8A, 0x03, 0x20])
    assert rtp.parse_key_event(bytes(event)) == event


def test_reports_count_what_was_lost() -> None:
    reception = Reception(65530)
    for number in [*range(65530, 65536), *range(0, 10)]:
        if number % 4:
            reception.take(RtpPacket(0, number, number * 160, 9, b""), at=number * 0.02)
    block = reception.block(9)
    assert reception.lost == 4
    assert block.fraction == pytest.approx(4 / 16)
    assert reception.block(9).fraction == 0
    data = bytes(Report(5, (block,), ntp=1 << 40, packets=3, octets=480)) + rtp.description(5, "robot")
    (report,) = rtp.parse_rtcp(data)
    assert report.blocks[0].lost == 4
    assert report.blocks[0].fraction == pytest.approx(4 / 16, abs=1 / 256)
    assert report.ntp == 1 << 40


def test_a_known_sound_is_found_to_the_sample_in_noise() -> None:
    random = np.random.default_rng(1)
    sound = random.normal(0, 3000, 4000).astype("<i2")
    heard = random.normal(0, 300, 20000)
    heard[12345:16345] += sound
    pcm = heard.astype("<i2").tobytes()
    assert find(sound.tobytes(), pcm).sample == 12345
    assert find(sound.tobytes(), pcm).score > 0.95
    assert part_heard(sound.tobytes(), pcm) == 1.0
    other = random.normal(0, 3000, 4000).astype("<i2").tobytes()
    assert find(other, pcm).score < 0.2
    assert part_heard(other, pcm) == 0.0
    assert find(sound.tobytes(), bytes(40000)).score == 0.0


def test_a_touch_tone_holds_its_two_frequencies() -> None:
    pcm = tone("7", 0.1)
    assert tone_level(pcm, 852) + tone_level(pcm, 1209) > 0.95
