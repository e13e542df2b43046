"""What phones wish for their media, in every place where they may: pjsua2 serves it, or says no and goes on."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import AsyncIterator

import pytest

from ivr.core.media.frame import samples
from ivr.ports.telephony import LegIncoming, LegMedia, LegUp
from ivr.testing.listening import tone_level
from ivr.testing.robot_call import SDP_TYPE
from ivr.testing.sdp import build, offer
from ivr.testing.sip import Headers, SipResponse
from tests.contract.telephone_lines import PjsipLine

HUM = array("h", (round(8000 * math.sin(2 * math.pi * 440 * n / 8000)) for n in range(samples(8)))).tobytes()
"""440 Hz."""
COMFORT_NOISE = 13
"""Payload type of comfort noise (RFC 3389, RFC 3551 6)."""


@pytest.fixture
async def line() -> AsyncIterator[PjsipLine]:
    made = PjsipLine()
    await made.open()
    yield made
    await made.close()


async def answered(line: PjsipLine, **how: object) -> int:
    await line.rings_in(**how)
    leg = (await line.until(LegIncoming)).leg
    line.telephony.answer(leg)
    await line.until(LegUp)
    return leg


async def meanwhile(line: PjsipLine, leg: int, asked: asyncio.Task[SipResponse]) -> SipResponse:
    """Audio flows on while the far end asks for something."""
    while not asked.done():
        await line.passes(0.2, to={leg: HUM})
    return asked.result()


def hums(line: PjsipLine) -> bool:
    return tone_level(line.heard()[-samples(0.5) * 2 :], 440) > 0.9


@pytest.mark.parametrize("wish", [10, 30, 60, 70, 150])
async def test_packets_are_as_long_as_wished_and_sixty_milliseconds_at_most(line: PjsipLine, wish: int) -> None:
    leg = await answered(line, packet_ms=wish)
    await line.passes(1.0, to={leg: HUM})
    assert hums(line)
    stats = line.telephony.stats(leg)
    assert stats.packet_samples == min(wish, 60) * 8
    assert abs(stats.packets_sent * stats.packet_samples + stats.gathered - samples(1)) <= samples(0.06)


async def test_a_wish_in_a_re_invite_and_another_codec_lose_no_count(line: PjsipLine) -> None:
    leg = await answered(line)
    await line.passes(1.0, to={leg: HUM})
    before = line.telephony.stats(leg)
    changed = asyncio.ensure_future(line.robot.reinvite(codecs=("PCMA",), packet_ms=100))
    assert (await meanwhile(line, leg, changed)).code == 200
    await line.passes(1.0, to={leg: HUM})
    after = line.telephony.stats(leg)
    assert hums(line)
    assert (before.streams, after.streams, after.packet_samples) == (1, 2, 480)
    assert after.packets_sent >= before.packets_sent + 15
    assert after.packets_received > before.packets_received


async def test_a_re_invite_without_a_codec_of_ours_is_refused_and_the_call_goes_on(line: PjsipLine) -> None:
    leg = await answered(line)
    refused = await meanwhile(line, leg, asyncio.ensure_future(line.robot.reinvite(codecs=("opus",))))
    assert refused.code == 488
    await line.passes(1.0, to={leg: HUM})
    assert hums(line)
    assert line.telephony.stats(leg).streams == 1


async def test_an_update_without_a_codec_of_ours_is_refused_likewise(line: PjsipLine) -> None:
    leg = await answered(line)
    ours = offer("127.0.0.1", line.robot.media.port, ("opus",))
    asked = line.robot.request("UPDATE", Headers((SDP_TYPE,)), build(ours, version=2))
    assert (await meanwhile(line, leg, asyncio.ensure_future(asked))).code == 488
    await line.passes(1.0, to={leg: HUM})
    assert hums(line)


async def test_what_is_counted_is_the_audio_wherever_it_stands(line: PjsipLine) -> None:
    leg = await answered(line, video_first=True, report_seconds=0.3)
    await line.passes(1.5, to={leg: HUM})
    stats = line.telephony.stats(leg)
    assert stats.packets_sent >= 70
    assert stats.packets_received >= 50
    assert stats.reports > 0


async def test_an_offer_that_nobody_answered_gives_no_media(line: PjsipLine) -> None:
    await answered(line, offer=False, answer=False)
    await line.passes(0.3)
    assert not [fact for fact in line.facts if isinstance(fact, LegMedia)]


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
async def test_a_hold_from_the_first_offer_on_is_told(line: PjsipLine, direction: str) -> None:
    await line.rings_in(direction=direction)
    line.telephony.answer((await line.until(LegIncoming)).leg)
    assert not (await line.until(LegMedia)).sends


async def test_reports_alone_are_signs_of_life(line: PjsipLine) -> None:
    leg = await answered(line, report_seconds=0.3)
    await line.passes(0.5, to={leg: HUM})
    line.robot.media.muted = True
    await line.passes(0.2, to={leg: HUM})
    first = line.telephony.stats(leg)
    await line.passes(0.5, to={leg: HUM})
    assert line.telephony.stats(leg).signs == first.signs
    line.robot.media.send_report(even_muted=True)
    await line.passes(0.1, to={leg: HUM})
    last = line.telephony.stats(leg)
    assert (last.signs, last.packets_received) == (first.signs + 1, first.packets_received)


async def test_comfort_noise_alone_is_a_sign_of_life(line: PjsipLine) -> None:
    leg = await answered(line, report_seconds=1000.0)
    media = line.robot.media
    media.muted = True
    await line.passes(0.2, to={leg: HUM})
    first = line.telephony.stats(leg).signs
    await line.passes(0.5, to={leg: HUM})
    assert line.telephony.stats(leg).signs == first
    media._send(COMFORT_NOISE, bytes([60]), media.clock)
    await line.passes(0.1, to={leg: HUM})
    assert line.telephony.stats(leg).signs == first + 1
