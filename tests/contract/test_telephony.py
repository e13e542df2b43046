"""What every telephone does: the fake one and pjsua2 alike."""

from __future__ import annotations

import math
from array import array
from collections.abc import AsyncIterator, Callable
from typing import cast

import pytest

from ivr.adapters.pjsip.telephony import PjsipConfig
from ivr.core.media.frame import FRAME_BYTES, SILENT_FRAME, samples
from ivr.errors import BugError, PeerError
from ivr.ports.telephony import LegDigit, LegDown, LegIncoming, LegMedia, LegRang, LegUp, Telephony
from ivr.testing.listening import loudness, tone_level
from ivr.testing.ports import free_port
from tests.contract.telephone_lines import FakeLine, PjsipLine, RemoteTelephony, Timed

AnyLine = FakeLine | PjsipLine


def tone(hertz: float, seconds: float) -> bytes:
    return array(
        "h", (round(8000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(samples(seconds)))
    ).tobytes()


@pytest.fixture(params=[FakeLine, PjsipLine], ids=["fake", "pjsua2"])
async def line(request: pytest.FixtureRequest) -> AsyncIterator[AnyLine]:
    make: Callable[[], AnyLine] = request.param
    made = make()
    await made.open()
    yield made
    await made.close()


async def answered(line: AnyLine) -> int:
    await line.rings_in()
    incoming = await line.until(LegIncoming)
    line.telephony.answer(incoming.leg)
    await line.until(LegUp)
    return incoming.leg


async def test_an_invite_shows_who_calls_whom(line: AnyLine) -> None:
    await line.rings_in()
    incoming = await line.until(LegIncoming)
    assert incoming.called == "service"
    assert "robot" in incoming.caller.address


async def test_an_answered_call_is_up_and_may_send_and_receive(line: AnyLine) -> None:
    await line.rings_in()
    incoming = await line.until(LegIncoming)
    line.telephony.answer(incoming.leg)
    media = await line.until(LegMedia)
    assert (media.leg, media.sends, media.receives) == (incoming.leg, True, True)
    assert media.telephone_event
    assert (await line.until(LegUp)).leg == incoming.leg


async def test_early_media_flows_before_the_answer(line: AnyLine) -> None:
    await line.rings_in()
    incoming = await line.until(LegIncoming)
    line.telephony.progress(incoming.leg)
    assert (await line.until(LegMedia)).sends
    assert not [fact for fact in line.facts if isinstance(fact, LegUp)]
    line.telephony.answer(incoming.leg)
    await line.until(LegUp)


async def test_the_far_end_hears_what_is_written(line: AnyLine) -> None:
    leg = await answered(line)
    await line.passes(1.0, to={leg: tone(440, 1.0)})
    assert tone_level(line.heard()[-samples(0.5) * 2 :], 440) > 0.9


async def test_what_the_far_end_says_is_read(line: AnyLine) -> None:
    leg = await answered(line)
    await line.says(tone(700, 1.0))
    await line.passes(1.0, to={leg: b""})
    heard = bytes(line.read[leg])
    assert tone_level(heard[-samples(0.6) * 2 : -samples(0.2) * 2], 700) > 0.9


async def test_a_frame_of_another_size_is_refused(line: AnyLine) -> None:
    leg = await answered(line)
    with pytest.raises(BugError):
        line.telephony.write(leg, b"\0" * (FRAME_BYTES - 2))


@pytest.mark.parametrize("via", ["rfc4733", "info"])
async def test_a_key_is_reported_once_with_the_way_it_came(line: AnyLine, via: str) -> None:
    leg = await answered(line)
    await line.presses("5", via)
    digit = await line.until(LegDigit)
    assert (digit.leg, digit.digit, digit.via) == (leg, "5", via)
    await line.passes(0.3)
    assert not [fact for fact in line.facts if isinstance(fact, LegDigit)]


async def test_hold_and_its_end_are_reported(line: AnyLine) -> None:
    await answered(line)
    await line.until(LegMedia)
    await line.holds(True)
    assert (await line.until(LegMedia)).sends is False
    await line.holds(False)
    back = await line.until(LegMedia, lambda fact: fact.sends)
    assert back.receives


async def test_audio_flows_again_after_hold(line: AnyLine) -> None:
    leg = await answered(line)
    await line.until(LegMedia)
    await line.holds(True)
    await line.until(LegMedia)
    await line.holds(False)
    await line.until(LegMedia, lambda fact: fact.sends)
    await line.passes(0.8, to={leg: tone(440, 1.0)})
    assert tone_level(line.heard()[-samples(0.3) * 2 :], 440) > 0.9


async def test_a_far_end_that_hangs_up_is_reported_and_leaves_silence(line: AnyLine) -> None:
    leg = await answered(line)
    await line.hangs_up()
    down = await line.until(LegDown)
    assert (down.leg, down.by_far_end) == (leg, True)
    assert line.telephony.read(leg) == SILENT_FRAME
    line.telephony.write(leg, SILENT_FRAME)
    line.telephony.hang_up(leg)
    with pytest.raises(PeerError):
        line.telephony.stats(leg)


async def test_our_own_hanging_up_is_not_the_far_ends(line: AnyLine) -> None:
    leg = await answered(line)
    line.telephony.hang_up(leg)
    down = await line.until(LegDown)
    assert (down.leg, down.by_far_end) == (leg, False)


async def test_a_caller_who_gives_up_before_the_answer_is_a_487(line: AnyLine) -> None:
    await line.rings_in()
    await line.until(LegIncoming)
    await line.cancels()
    down = await line.until(LegDown)
    assert (down.code, down.by_far_end) == (487, True)


async def test_a_refusal_carries_its_status_and_retry_after(line: AnyLine) -> None:
    await line.rings_in()
    incoming = await line.until(LegIncoming)
    line.telephony.reject(incoming.leg, 503, retry_after=7)
    down = await line.until(LegDown)
    assert (down.code, down.by_far_end) == (503, False)
    assert await line.was_refused_with() == (503, 7)


async def test_a_dialled_leg_rings_is_up_and_ends(line: AnyLine) -> None:
    leg = line.telephony.dial(line.phone_uri(), headers={"X-Ivr-Call": "1"})
    await line.phone_answers()
    assert (await line.until(LegRang)).leg == leg
    assert (await line.until(LegUp)).leg == leg
    await line.phone_hangs_up()
    down = await line.until(LegDown)
    assert (down.leg, down.by_far_end) == (leg, True)


async def test_a_phone_that_is_asked_whether_it_is_there_answers(line: AnyLine) -> None:
    leg = line.telephony.dial(line.phone_uri())
    await line.phone_answers()
    await line.until(LegUp)
    assert line.telephony.stats(leg).answers == 0
    line.telephony.ask(leg)
    await line.passes(0.5)
    assert line.telephony.stats(leg).answers == 1


async def test_packets_are_counted_both_ways(line: AnyLine) -> None:
    leg = await answered(line)
    before = line.telephony.stats(leg)
    await line.says(tone(700, 0.5))
    await line.passes(1.0, to={leg: b""})
    after = line.telephony.stats(leg)
    assert after.packets_sent - before.packets_sent == 50
    assert after.packets_received - before.packets_received >= 24
    assert loudness(bytes(line.read[leg])) > 0


async def test_a_wideband_call_is_heard_on_the_narrowband_time_line() -> None:
    """G.722 runs at 16 kHz on the wire; both ends convert at the leg."""
    ports = free_port(), free_port()
    ends = [RemoteTelephony(PjsipConfig(sip_port=port, codecs=("G722",))) for port in ports]
    dialler, answerer = (Timed.of(cast(Telephony, end)) for end in ends)
    try:
        out = dialler.telephony.dial(f"sip:service@127.0.0.1:{ports[1]}")
        leg = (await answerer.until(LegIncoming)).leg
        answerer.telephony.answer(leg)
        await dialler.until(LegUp)
        pcm = tone(1000, 1.0)
        for at in range(0, len(pcm), FRAME_BYTES):
            await dialler.passes(0.02, to={out: pcm[at : at + FRAME_BYTES]})
            await answerer.passes(0.02, to={leg: b""})
        heard = bytes(answerer.read[leg])
        assert len(heard) == len(pcm)
        assert tone_level(heard[-samples(0.5) * 2 :], 1000) > 0.9
    finally:
        for end in ends:
            end.kill()
