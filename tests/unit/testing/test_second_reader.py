"""What robots are told is read by a parser that is not ours too, and a misreading is told."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ivr.testing.sip import SipMessage, parse
from ivr.testing.sip_wire import WITNESSES, Arrived, SipWire
from tests.second_reader import differences

INVITE = (
    "INVITE sip:95588@127.0.0.1:5060 SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKabc;rport, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKdef\r\n"
    'From: "Smith; tag=none" <sip:+852@192.0.2.7;tag=no>;tag=theirs\r\n'
    "t: <sip:95588@127.0.0.1>\r\n"
    "Call-ID: a1@192.0.2.7\r\n"
    "CSeq: 7\r\n INVITE\r\n"
    "m: <sip:+852@192.0.2.7:5062;transport=udp>;expires=3600\r\n"
    "Content-Length: 3\r\n\r\n"
    "v=0"
)


def test_both_read_a_message_alike_whatever_its_form() -> None:
    assert differences(INVITE.encode(), parse(INVITE.encode())) == []
    assert differences((INVITE + "more").encode(), parse(INVITE.encode())) == [], "what follows the body is none of it"


@pytest.mark.parametrize(
    ("said", "misread", "what"),
    [
        ("INVITE sip", "BYE sip", "start"),
        ("95588@127.0.0.1:5060", "95588@127.0.0.1:5061", "target"),
        (";tag=theirs", ";tag=thairs", "from_tag"),
        ("<sip:95588@127.0.0.1>", "<sip:95588@127.0.0.1>;tag=b", "to_tag"),
        ("z9hG4bKdef", "z9hG4bKxyz", "branches"),
        ("CSeq: 7", "CSeq: 8", "cseq"),
        ("a1@", "a2@", "call_id"),
        (":5062", ":5064", "contacts"),
        ("v=0", "v=1", "body"),
    ],
)
def test_whatever_our_reader_misreads_is_told(said: str, misread: str, what: str) -> None:
    (difference,) = differences(INVITE.encode(), parse(INVITE.replace(said, misread, 1).encode()))
    assert difference.startswith(f"{what}: ")


def test_what_only_one_of_them_reads_is_told() -> None:
    assert "only sipmessage" in differences(INVITE.encode(), None)[0]
    broken = INVITE.replace("CSeq: 7", "CSeq: seven")
    assert "only our reader" in differences(broken.encode(), parse(broken.encode()))[0]
    assert differences(b"no SIP at all", None) == []


async def test_it_sees_every_message_that_a_robot_gets() -> None:
    seen: list[tuple[bytes, SipMessage | None]] = []
    got: asyncio.Queue[Arrived] = asyncio.Queue()
    wire = SipWire(got.put_nowait)
    await wire.open()
    WITNESSES.append(lambda data, message: seen.append((data, message)))
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.sendto(b"\xff no SIP\r\n\r\n", (wire.host, wire.port))
            peer.sendto(INVITE.encode(), (wire.host, wire.port))
            await asyncio.wait_for(got.get(), 8)
    finally:
        WITNESSES.pop()
        await wire.close()
    assert [data for data, _ in seen] == [b"\xff no SIP\r\n\r\n", INVITE.encode()]
    assert seen[0][1] is None
    assert len(WITNESSES) == 1, "and the suite's own reader is there"
