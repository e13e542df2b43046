"""Streams of another kind beside the audio (fax, video, a presentation, SRTP) are refused alone; the audio is served.

RFC 3264 6: such a stream has port 0 in the answer, in its own place. On pjsua2 itself, without an edge.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ivr.ports.telephony import LegDown, LegIncoming, LegUp
from ivr.testing import sdp
from ivr.testing.robot_call import SDP_TYPE
from ivr.testing.sip import Headers, SipResponse
from tests.contract.telephone_lines import PjsipLine
from tests.contract.test_odd_media import HUM, hums

OTHERS = {
    "fax": b"m=image 4100 udptl t38\r\nc=IN IP4 fax.invalid\r\na=T38FaxVersion:0\r\n",
    "a presentation": b"m=application 4102 UDP/BFCP *\r\na=floorctrl:c-only\r\n",
    "SRTP": b"m=audio 4104 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJh\r\n",
    "video": b"m=video 4106 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
    "text": b"m=message 4108 TCP/MSRP *\r\na=accept-types:text/plain\r\n",
    "a browser's audio": b"m=audio 4110 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n",
}


@pytest.fixture
async def line() -> AsyncIterator[PjsipLine]:
    made = PjsipLine()
    await made.open()
    yield made
    await made.close()


def streams(body: bytes) -> list[tuple[str, bool]]:
    """Kind and profile of each stream, and whether it is refused."""
    found = [text.split() for text in body.decode().splitlines() if text.startswith("m=")]
    return [(f"{kind} {profile}", port == "0") for kind, port, profile, *_ in found]


def with_other(other: bytes, *, first: bool, alone: bool = False) -> Callable[..., bytes]:
    """An offer's text: a good audio stream, and another stream before or behind it."""

    def build(media: sdp.Media, *, version: int) -> bytes:
        head, _, audio = plain(media, version=version).partition(b"m=audio ")
        audio = b"m=audio " + audio
        if alone:  # as a switch from voice to fax says it
            audio = b"m=audio 0 RTP/AVP 0\r\n"
        return head + (other + audio if first else audio + other)

    return build


plain = sdp.build


async def meanwhile(line: PjsipLine, leg: int, asked: Awaitable[SipResponse]) -> SipResponse:
    task = asyncio.ensure_future(asked)
    while not task.done():
        await line.passes(0.1, to={leg: HUM})
    return task.result()


def offered(line: PjsipLine, body: bytes, method: str = "INVITE") -> Awaitable[SipResponse]:
    return line.robot.request(method, Headers((SDP_TYPE, ("Contact", line.robot.dialog.contact))), body)


@pytest.mark.parametrize(("kind", "first"), [(kind, place % 2 == 0) for place, kind in enumerate(OTHERS)])
async def test_it_is_refused_alone_and_the_audio_is_served(
    line: PjsipLine, kind: str, *, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OTHERS[kind]
    what, _, profile, *_ = other.decode().split()
    expected = [(f"{what} {profile}", True), ("m=audio RTP/AVP", False)][:: 1 if first else -1]
    monkeypatch.setattr(sdp, "build", with_other(other, first=first))
    await line.rings_in()
    leg = (await line.until(LegIncoming)).leg
    line.telephony.answer(leg)
    await line.until(LegUp)
    assert line.robot.invite is not None
    assert streams(line.robot.invite.responses[-1][0].body) == expected
    again = await meanwhile(line, leg, line.robot.reinvite())
    assert (again.code, streams(again.body)) == (200, expected)
    monkeypatch.setattr(sdp, "build", plain)
    for method in ("INVITE", "UPDATE"):
        alone = with_other(other, first=first, alone=True)(line.robot.ours, version=7)
        assert (await meanwhile(line, leg, offered(line, alone, method))).code == 488
        both = with_other(other, first=first)(line.robot.ours, version=8)
        answer = await meanwhile(line, leg, offered(line, both, method))
        assert (answer.code, streams(answer.body)) == (200, expected)
    await line.passes(0.6, to={leg: HUM})
    assert hums(line)
    assert not [fact for fact in line.facts if isinstance(fact, LegDown)]


async def test_a_caller_who_offers_nothing_else_is_refused(line: PjsipLine, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in OTHERS.values():
        monkeypatch.setattr(sdp, "build", with_other(other, first=True, alone=True))
        await line.rings_in()
        assert (await line.was_refused_with())[0] == 488
    monkeypatch.setattr(sdp, "build", plain)
    await line.rings_in()
    await line.until(LegIncoming)


async def test_an_answer_to_our_offer_with_a_name_for_its_address_is_none(
    line: PjsipLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our offer came in the 200, theirs is in the ACK: nobody is looked up, and nothing is sent."""

    def named(media: sdp.Media, *, version: int) -> bytes:
        return plain(media, version=version).replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 phone.invalid")

    monkeypatch.setattr(sdp, "build", named)
    await line.rings_in(offer=False)
    leg = (await line.until(LegIncoming)).leg
    line.telephony.answer(leg)
    await line.until(LegDown)
    assert not line.heard()
