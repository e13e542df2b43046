"""A stranger who sends RTP to a call: not one sample is heard, not one of ours is got, and no key is pressed.

Real pjsua2 and real sockets; all of 127.0.0.0/8 is this machine's. The caller's SIP comes from 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ivr.adapters.pjsip.rtp_source import SourceRule
from ivr.core.media.g711 import encode_ulaw
from ivr.ports.telephony import LegAstray, LegDigit, LegIncoming, LegUp
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.listening import loudness, tone_level
from ivr.testing.rtp import KeyEvent, RtpPacket
from ivr.testing.sdp import EVENT_TYPE
from tests.contract.telephone_lines import PjsipLine
from tests.contract.test_telephony import tone

SHOUT = encode_ulaw(tone(1900, 0.02))
SAID = tone(700, 6.0)
OURS = tone(440, 6.0)
NOWHERE = "192.0.2.99"
"""What a phone behind a NAT names in its SDP: nothing that is sent there arrives."""


class Stranger:
    """Knows the port, and shouts."""

    def __init__(self, host: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)
        self._sequence, self._stamp = random.getrandbits(15), random.getrandbits(30)
        self._ssrc = random.getrandbits(32)

    async def shouts(self, port: Callable[[], int]) -> None:
        """A loud stream, and a key now and then, for ever."""
        while True:
            self._send(port(), 0, SHOUT)
            if self._sequence % 20 == 0:
                for duration in (160, 320, 480):
                    self._send(port(), EVENT_TYPE, bytes(KeyEvent("9", duration, end=duration == 480)), step=0)
            await asyncio.sleep(0.01)

    def _send(self, port: int, kind: int, payload: bytes, *, step: int = 160) -> None:
        self._sequence += 1
        self._stamp += step
        packet = RtpPacket(kind, self._sequence & 0xFFFF, self._stamp & 0xFFFFFFFF, self._ssrc, payload)
        with contextlib.suppress(OSError):
            self.socket.sendto(bytes(packet), ("127.0.0.1", port))

    def got(self) -> int:
        """Packets that came to them."""
        count = 0
        while True:
            try:
                self.socket.recv(2048)
            except OSError:
                return count
            count += 1


@asynccontextmanager
async def called(rule: SourceRule, **how: object) -> AsyncIterator[tuple[PjsipLine, int]]:
    """A call that was answered; its leg."""
    line = PjsipLine(rule=rule)
    await line.open()
    try:
        await line.rings_in(**how)
        leg = (await line.until(LegIncoming)).leg
        line.telephony.answer(leg)
        await line.until(LegUp)
        yield line, leg
    finally:
        await line.close()


@asynccontextmanager
async def stranger(line: PjsipLine, host: str = "127.0.0.9") -> AsyncIterator[Stranger]:
    """They shout until the end."""
    theirs = line.robot.theirs
    assert theirs is not None
    he = Stranger(host)
    shouting = asyncio.ensure_future(he.shouts(lambda: theirs.port))
    yield he
    shouting.cancel()
    he.socket.close()


def assert_only_the_caller(line: PjsipLine, leg: int, he: Stranger) -> None:
    heard = bytes(line.read[leg])
    assert tone_level(heard, 1900) < 0.01, "the stranger was heard"
    assert he.got() == 0, "the stranger got audio of ours"
    assert not [fact for fact in line.facts if isinstance(fact, LegDigit)], "the stranger pressed a key"


@pytest.mark.parametrize("named", ["127.0.0.1", NOWHERE])
async def test_a_caller_who_talks_is_heard_and_hears_and_the_stranger_does_not(named: str) -> None:
    async with called(SourceRule.SYMMETRIC, named=named) as (line, leg), stranger(line) as he:
        await line.says(SAID)
        await line.passes(2.0, to={leg: OURS})
        assert_only_the_caller(line, leg, he)
        assert tone_level(bytes(line.read[leg])[-8000:], 700) > 0.9
        assert tone_level(line.heard()[-8000:], 440) > 0.9
        assert line.telephony.stats(leg).astray > 50


async def test_while_the_caller_is_silent_nobody_else_takes_their_place() -> None:
    async with called(SourceRule.SYMMETRIC, named=NOWHERE, muted=True) as (line, leg), stranger(line) as he:
        await line.passes(1.0, to={leg: OURS})
        assert_only_the_caller(line, leg, he)
        line.robot.media.muted = False
        await line.says(SAID)
        await line.passes(1.5, to={leg: OURS})
        assert_only_the_caller(line, leg, he)
        assert tone_level(bytes(line.read[leg])[-8000:], 700) > 0.9
        assert tone_level(line.heard()[-8000:], 440) > 0.9


async def test_of_those_behind_one_nat_the_first_is_locked_on_to() -> None:
    async with called(SourceRule.SYMMETRIC, named=NOWHERE) as (line, leg):
        await line.passes(0.4, to={leg: OURS})
        line.robot.media.muted = True
        async with stranger(line, "127.0.0.1") as he:
            await line.passes(1.5, to={leg: OURS})
            assert_only_the_caller(line, leg, he)


async def test_first_locks_and_a_caller_who_falls_silent_is_not_replaced() -> None:
    async with called(SourceRule.FIRST) as (line, leg):
        await line.passes(0.4, to={leg: OURS})
        line.robot.media.muted = True
        async with stranger(line) as he:
            await line.passes(1.5, to={leg: OURS})
            assert_only_the_caller(line, leg, he)


async def test_what_is_learnt_stands_through_another_codec_and_hold() -> None:
    async with called(SourceRule.SYMMETRIC, named=NOWHERE) as (line, leg), stranger(line) as he:
        await line.passes(0.4, to={leg: OURS})
        for asked in (line.robot.reinvite(codecs=("PCMA",)), line.robot.hold(), line.robot.unhold()):
            task = asyncio.ensure_future(asked)
            while not task.done():
                await line.passes(0.1, to={leg: OURS})
        await line.says(SAID)
        await line.passes(1.5, to={leg: OURS})
        assert_only_the_caller(line, leg, he)
        assert tone_level(bytes(line.read[leg])[-8000:], 700) > 0.9
        assert tone_level(line.heard()[-8000:], 440) > 0.9


async def test_rtp_from_elsewhere_than_the_sdp_says_is_found_and_not_let_in() -> None:
    """An SBC that names one address and sends from another."""
    async with called(SourceRule.SYMMETRIC, named="127.0.0.7", sends_from="127.0.0.8") as (line, leg):
        await line.says(SAID)
        await line.passes(1.0, to={leg: OURS})
        assert line.telephony.stats(leg).astray > 25
        line.telephony.find_astray(leg)
        found = await line.until(LegAstray)
        assert found.found.startswith("127.0.0.8:")
        assert found.expected.startswith("127.0.0.7:")
        await line.passes(0.4, to={leg: OURS})
        assert loudness(bytes(line.read[leg])) < 1


async def test_the_phone_of_an_agent_behind_a_nat_is_learnt_likewise() -> None:
    line = PjsipLine(phone=RobotAgent(rings=0.1, named=NOWHERE, packet_ms=150))
    await line.open()
    try:
        leg = line.telephony.dial(line.phone_uri())
        await line.phone_answers()
        await line.until(LegUp)
        theirs = line.phone.theirs
        assert theirs is not None
        he = Stranger("127.0.0.9")
        shouting = asyncio.ensure_future(he.shouts(lambda: theirs.port))
        saying = asyncio.ensure_future(line.phone.say(SAID))
        await line.passes(2.0, to={leg: OURS})
        shouting.cancel()
        saying.cancel()
        assert tone_level(bytes(line.read[leg])[-8000:], 700) > 0.9
        assert tone_level(line.phone.heard()[-8000:], 440) > 0.9
        assert tone_level(bytes(line.read[leg]), 1900) < 0.01
        assert he.got() == 0
        assert line.telephony.stats(leg).packet_samples == 480, "a wish for 150 ms in the answer"
    finally:
        await line.close()
