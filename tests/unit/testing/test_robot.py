"""The robot caller against the robot agent: two telephones of ours over loopback, before any engine."""

import asyncio

import numpy as np
import pytest

from ivr.core.media.frame import SAMPLE_RATE
from ivr.testing import robot_call
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.listening import find, tone_level
from ivr.testing.robot import CallRefused, RobotCall, RobotCaller
from ivr.testing.sip import Headers, SipRequest, host_and_port, respond
from ivr.testing.sip_wire import Arrived
from ivr.testing.srtp import made_key


def _chirp(seconds: float, seed: int = 7) -> bytes:
    """Audio that looks like nothing but itself."""
    noise = np.random.default_rng(seed).normal(0, 4000, round(seconds * SAMPLE_RATE))
    return np.clip(noise, -20000, 20000).astype("<i2").tobytes()


async def _connected(caller: RobotCaller, agent: RobotAgent) -> tuple[RobotCall, RobotCall]:
    near, far = await asyncio.gather(caller.dial(), agent.takes_call())
    return near, far


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_both_ends_hear_what_the_other_says(transport: str) -> None:
    async with (
        RobotAgent(rings=0.05, transport=transport) as agent,
        RobotCaller(target=host_and_port(agent.uri_here), uri=agent.uri_here, transport=transport) as caller,
    ):
        near, far = await _connected(caller, agent)
        hello, welcome = _chirp(0.4, 1), _chirp(0.4, 2)
        await asyncio.gather(near.say(hello), far.say(welcome))
        await near.silence(0.1)
        assert find(hello, far.heard()).score > 0.99
        assert find(welcome, near.heard()).score > 0.99
        assert near.answered_at - near.invited_at > 0.04
        await near.hang_up()
        await far.wait_ended()
        assert far.ended_by_peer


@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722"])
async def test_every_codec_carries_a_tone(codec: str) -> None:
    wave = (8000 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE)).astype("<i2").tobytes()
    async with (
        RobotAgent(rings=0.0, codecs=(codec,)) as agent,
        RobotCaller(target=host_and_port(agent.uri_here), uri=agent.uri_here, codecs=(codec,)) as caller,
    ):
        near, far = await _connected(caller, agent)
        spoken = await near.say(wave)
        await near.silence(0.1)
        middle = far.heard(spoken.began + 0.1, spoken.ended - 0.1)
        assert tone_level(middle, 440) > 0.95


@pytest.mark.parametrize("via", ["rfc4733", "info"])
async def test_keys_arrive_once_each_and_in_order(via: str) -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await _connected(caller, agent)
        await near.press("1#0*", via=via, seconds=0.06, gap=0.04)
        await near.silence(0.1)
        assert far.media.keys == ["1", "#", "0", "*"]


async def test_a_key_without_its_marker_bit_still_counts() -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await _connected(caller, agent)
        await near.press("5", marker=False, seconds=0.06)
        await near.silence(0.1)
        events = [item.packet for item in far.received if item.packet.payload_type == 101]
        assert far.media.keys == ["5"]
        assert not any(packet.marker for packet in events)
        assert [packet.payload[1] & 0x80 for packet in events[-3:]] == [0x80] * 3


async def test_hold_stops_the_audio_and_unhold_brings_it_back() -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await _connected(caller, agent)
        await near.hold()
        assert far.held_by_peer
        await near.silence(0.1)
        before = len(far.received)
        await near.silence(0.2)
        assert len(far.received) == before
        await far.reinvite()
        await near.unhold()
        await near.silence(0.2)
        assert len(far.received) > before + 5
        assert [request.method for request in far.requests] == ["ACK", "INVITE", "ACK", "INVITE", "ACK"]


async def test_an_invite_without_offer_gets_one_in_its_answer() -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await asyncio.gather(caller.dial(offer=False), agent.takes_call())
        word = _chirp(0.3)
        await near.say(word)
        await near.silence(0.1)
        assert find(word, far.heard()).score > 0.99


async def test_a_cancelled_call_stops_ringing_with_487() -> None:
    async with RobotAgent(rings=5) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        call = await caller.ring()
        await caller.progressed(call, 180)
        final = await caller.cancel(call)
        await call.close()
        assert final.code == 487
        await asyncio.wait_for(agent.cancelled.wait(), 1)


async def test_a_refused_call_says_why() -> None:
    async with RobotAgent(refuse=486, rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        with pytest.raises(CallRefused) as refused:
            await caller.dial()
        assert refused.value.code == 486


async def test_codecs_that_no_one_shares_end_in_488() -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        with pytest.raises(CallRefused) as refused:
            await caller.dial(codecs=("AMBE",))
        assert refused.value.code == 488


async def test_lost_packets_are_reported_to_the_sender() -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await _connected(caller, agent)
        far.media.drop = lambda packet: packet.sequence % 5 == 0
        await near.say(_chirp(1.0))
        far.media.send_report()
        await near.silence(0.1)
        block = near.media.reports[-1].blocks[0]
        sent = near.media.packets_sent
        assert 0.1 < block.lost / sent < 0.25


async def test_who_asked_for_encryption_hears_nothing_in_clear_and_nothing_before_the_key() -> None:
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await _connected(caller, agent)
        near.media.sealed = True
        await near.silence(0.1)
        before = len(near.received)
        await far.say(_chirp(0.2))
        await near.silence(0.1)
        assert len(near.received) == before
        key, other = made_key(), made_key()
        near.media.secure(key, other)
        far.media.secure(other, key)
        await far.say(_chirp(0.2))
        await near.silence(0.1)
        assert len(near.received) > before + 5
        assert {len(one.packet.payload) for one in near.received} == {160}


@pytest.mark.parametrize(("code", "headers"), [(491, ()), (500, (("Retry-After", "0 (busy)"),))])
async def test_a_change_that_met_another_is_asked_for_again(
    code: int, headers: tuple[tuple[str, str], ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robot_call, "GLARE_SECONDS", 0.05)
    async with RobotAgent(rings=0.0) as agent, RobotCaller(target=host_and_port(agent.uri_here)) as caller:
        near, far = await _connected(caller, agent)
        takes, refused = far._on_reinvite, list[Arrived]()

        def refuses_once(arrived: Arrived) -> None:
            if refused:
                takes(arrived)
                return
            refused.append(arrived)
            assert isinstance(arrived.message, SipRequest)
            far.wire.answer(arrived, respond(arrived.message, code, "In the Middle", extra=Headers(headers)))

        monkeypatch.setattr(far, "_on_reinvite", refuses_once)
        assert (await near.hold()).code == 200
        assert refused
        assert far.held_by_peer
