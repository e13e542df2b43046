"""Calls whose media is encrypted, by a real edge and a real relay: robots speak SRTP on one side, RTP on the other."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.adapters.kamailio.config import HERE
from ivr.adapters.rtpengine import daemon
from ivr.core.media.g711 import encode_ulaw
from ivr.core.sip.dialog import Dialog
from ivr.ports.edge import LostMedia
from ivr.testing import sdp
from ivr.testing.certificates import Authority
from ivr.testing.datagrams import bound
from ivr.testing.listening import tone_level
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import RobotCall
from ivr.testing.rtp import Report, RtpPacket, description
from ivr.testing.srtp import Srtp, made_key
from tests.contract.test_telephony import tone
from tests.integration.edge_bench import BenchRelay, EdgeBench, relay_bench
from tests.integration.real_phones import shares

AUTHORITY = Authority()
LOW, HIGH = tone(700, 1.0), tone(1100, 1.0)
NOWHERE = "192.0.2.99"
"""Nothing that is sent there arrives (RFC 5737)."""
SHOUT = encode_ulaw(tone(1900, 0.02))


@asynccontextmanager
async def bench(tmp_path: Path, **changes: Any) -> AsyncIterator[tuple[EdgeBench, BenchRelay]]:
    async with relay_bench(AUTHORITY.issue(tmp_path), **changes) as made:
        yield made


class Stranger:
    """Knows the relay's port, and shouts: RTP in clear, or SRTP of a key that nobody agreed on."""

    def __init__(self, host: str, key: str = "") -> None:
        self.socket = bound(host, 0)
        self._srtp = Srtp(key) if key else None
        self._sequence, self.ssrc = 0, random.getrandbits(32)

    async def shouts(self, port: int, at: str) -> None:
        while True:
            self._sequence += 1
            packet = bytes(RtpPacket(0, self._sequence & 0xFFFF, self._sequence * 160, self.ssrc, SHOUT))
            report = bytes(Report(self.ssrc, (), 0, 0, 0, 0)) + description(self.ssrc, "robot")
            with contextlib.suppress(OSError):
                self.socket.sendto(self._srtp.seal(packet) if self._srtp else packet, (at, port))
                self.socket.sendto(self._srtp.seal_report(report) if self._srtp else report, (at, port + 1))
            await asyncio.sleep(0.01)

    def got(self) -> int:
        count = 0
        with contextlib.suppress(OSError):
            while self.socket.recv(2048):
                count += 1
        return count


@asynccontextmanager
async def strangers(*ports: int, at: str = "127.0.0.1") -> AsyncIterator[list[Stranger]]:
    them = [Stranger("127.0.0.9"), Stranger("127.0.0.10", made_key())]
    tasks = [asyncio.ensure_future(one.shouts(port, at)) for one in them for port in ports]
    try:
        yield them
    finally:
        for task in tasks:
            task.cancel()
        for one in them:
            one.socket.close()


def port_of(call: RobotCall) -> int:
    """Where the far end is sent to."""
    assert call.media.remote is not None
    return call.media.remote[1]


def assert_unheard(served: RobotCall, them: list[Stranger]) -> None:
    heard = [one for one in served.received if one.pcm]
    assert len({one.packet.ssrc for one in heard}) <= 1
    assert tone_level(served.heard(), 1900) < 0.01, "the stranger was heard"
    assert not {one.ssrc for one in them} & {one.ssrc for one in served.media.reports}
    assert [one.got() for one in them] == [0, 0], "the stranger got what was the caller's"


async def talk(one: RobotCall, other: RobotCall) -> None:
    """Each hears what the other says."""
    low, high = await asyncio.gather(one.say(LOW), other.say(HIGH))
    await asyncio.sleep(0.1)
    for pcm, hertz in ((other.heard(low.began + 0.2, low.ended), 700), (one.heard(high.began + 0.2, high.ended), 1100)):
        assert np.median(shares(pcm, [hertz])) > 0.9


async def test_a_call_in_srtp_reaches_a_cell_in_rtp_and_stays_encrypted_outside(tmp_path: Path) -> None:
    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        assert b"RTP/AVP" in edge.cells[0].invites[-1].body
        assert b"crypto" not in edge.cells[0].invites[-1].body
        assert edge.cells[0].invites[-1].headers.get("x-ivr-source") == "127.0.0.1;trunk=1"
        await talk(call, served)
        assert call.media.unopened == 0
        await call.press("42#")
        await asyncio.sleep(0.3)
        assert served.media.keys == ["4", "2", "#"]
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        await talk(call, served)
        await call.hang_up()
        await asyncio.wait_for(served.ended.wait(), 10)


async def test_what_a_cell_names_for_far_ends_is_not_where_the_relay_reaches_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        edge.cells[0].named = NOWHERE  # as sip.public_address does
        call = await caller.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        await talk(call, served)
        assert (await served.reinvite()).code == 200
        await talk(call, served)
        await call.hang_up()


async def test_a_phone_behind_a_nat_is_heard_where_it_sends_from(tmp_path: Path) -> None:
    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True, named=NOWHERE)
        await talk(call, await edge.cells[0].takes_call())
        await call.hang_up()


async def test_a_stranger_who_sends_to_the_relay_is_not_heard_and_gets_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True, muted=True)
        served = await edge.cells[0].takes_call()
        async with strangers(port_of(call)) as them:
            await served.say(HIGH)
            assert not [one for one in served.received if one.pcm]
            call.media.muted = False
            await talk(call, served)
            assert_unheard(served, them)


async def ends(served: RobotCall) -> None:
    await asyncio.wait_for(served.ended.wait(), 20)


def relayed(relay: BenchRelay) -> int:
    """Calls that the relay carries."""
    return len(daemon.calls((daemon.HOST, relay.config.control_port)))


async def test_what_began_encrypted_stays_so_and_what_began_in_clear_too(tmp_path: Path) -> None:
    async with bench(tmp_path) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        for srtp in (True, False):
            call = await caller.dial(srtp=srtp)
            served = await edge.cells[0].takes_call()
            asked = len(served.requests)
            assert relayed(relay) == srtp
            agreed, call.ours = call.ours, replace(call.ours, key="" if srtp else made_key())
            assert (await call.reinvite()).code == 488
            call.ours = agreed
            assert not [one for one in served.requests[asked:] if one.method == "INVITE"]
            await talk(call, served)
            await call.hang_up()
            await ends(served)
        assert relayed(relay) == 0, "a call that is over is forgotten"


async def test_what_a_cell_offers_within_an_encrypted_call_is_encrypted_too(tmp_path: Path) -> None:
    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        assert (await call.reinvite(offer=False)).code == 200
        await talk(call, served)
        assert (await served.reinvite()).code == 200
        offered = [one for one in call.requests if one.method == "INVITE"][-1].body
        assert b"RTP/SAVP " in offered
        assert b"a=crypto:" in offered
        await talk(call, served)
        await call.hang_up()


async def test_an_edge_that_was_started_anew_under_encrypted_calls_lets_them_change(tmp_path: Path) -> None:
    """Told of them as the hub and the supervisor do."""
    async with bench(tmp_path) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        for _ in range(2):
            call = await caller.dial(srtp=True)
            served = await edge.cells[0].takes_call()
            known = edge.control.relayed(HERE)
            await edge.restart()
            edge.control.know_relayed(daemon.carried(("127.0.0.1", relay.config.control_port)), HERE)
            assert known.items() <= edge.control.relayed(HERE).items()
            dialog = call.dialog
            edge.control.know_dialog(0, Dialog(dialog.call_id, dialog.remote, dialog.local, dialog.contact))
            edge.control.put_word("another")
            assert (await call.hold()).code == 200
            assert (await call.unhold()).code == 200
            await talk(call, served)
            assert (await served.reinvite()).code == 200
            assert b"RTP/SAVP " in [one for one in call.requests if one.method == "INVITE"][-1].body
            await talk(call, served)
            await call.hang_up()
            await ends(served)
            assert (edge.control.relayed(HERE), relayed(relay)) == ({}, 0), "both of its names are let go of"


async def test_where_srtp_is_required_there_is_no_way_down(tmp_path: Path) -> None:
    use = {"required": True, "plain_from": ("127.0.0.7/32",)}
    async with (
        bench(tmp_path, use=use) as (edge, _),
        edge.tls_caller(AUTHORITY) as tls,
        edge.caller() as udp,
        edge.caller(host="127.0.0.7") as trunk,
    ):
        for caller, offer, srtp in ((tls, True, False), (tls, False, False), (udp, True, False), (udp, True, True)):
            with pytest.raises(CallRefused, match="488"):
                await caller.dial(offer=offer, srtp=srtp)
        assert edge.cells[0].offered == 0
        for caller, srtp in ((tls, True), (trunk, False)):
            call = await caller.dial(srtp=srtp)
            await talk(call, await edge.cells[0].takes_call())
            await call.hang_up()


async def test_of_two_cells_the_second_serves_when_the_first_is_taken(tmp_path: Path) -> None:
    async with bench(tmp_path, cells=2) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        edge.cells[1].refuse = 486  # cells are taken in turn, and the second one first
        call = await caller.dial(srtp=True)
        await talk(call, await edge.cells[0].takes_call())
        assert edge.cells[1].offered == 1
        with pytest.raises(CallRefused, match="503"):
            await caller.dial(srtp=True)
        await call.hang_up()
        await ends(next(iter(edge.cells[0].calls.values())))
        assert relayed(relay) == 0, "nothing is left behind"
        assert edge.control.alive()


async def test_what_needs_a_look_up_is_not_served_and_without_the_relay_who_encrypts_is_told_to_come_again(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as (edge, relay), edge.tls_caller(AUTHORITY) as caller:
        with pytest.raises(CallRefused, match="488"):
            await caller.dial(srtp=True, named="phone.example")
        call = await caller.dial(srtp=True)
        (key, mark), *_ = edge.control.relayed(HERE).items()
        assert daemon.calls((daemon.HOST, relay.config.control_port)) == {mark}
        relay.kill()
        assert edge.control.forget_relayed([key]) == LostMedia(frozenset({0}))
        assert edge.control.relayed(HERE) == {}
        await call.hang_up()
        for _ in range(2):
            with pytest.raises(CallRefused, match="503 Media Relay Away"):
                await caller.dial(srtp=True)
        assert {one.kind for one in edge.control.denials()} >= {"unserved", "no_relay"}
        call = await caller.dial()
        await edge.cells[0].takes_call()
        await talk(call, await edge.cells[0].takes_call())
        await relay.start()
        await asyncio.sleep(1.1)  # it is asked again a second after it did not answer
        await call.hang_up()
        encrypted = await caller.dial(srtp=True)
        await talk(encrypted, await edge.cells[0].takes_call())


SIX = "c=IN IP6 2001:db8::7\r\n"
FOUR = "a=candidate:1 1 UDP 2130706303 127.0.0.1 {port} typ host\r\n"


@pytest.mark.parametrize(("candidate", "served"), [(FOUR, True), (FOUR.replace("127.0.0.1", "2001:db8::7"), False)])
async def test_who_names_ipv6_is_served_where_ipv4_stands_among_their_candidates(
    tmp_path: Path, candidate: str, served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sdp.build

    def of_six(ours: sdp.Media, **more: Any) -> bytes:
        text = plain(ours, **more).decode()
        return text.replace("c=IN IP4 127.0.0.1\r\n", SIX).encode() + candidate.format(port=ours.port).encode()

    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        monkeypatch.setattr(
            sdp, "build", lambda ours, **more: of_six(ours, **more) if ours.key else plain(ours, **more)
        )
        if not served:
            with pytest.raises(CallRefused, match="488"):
                await caller.dial(srtp=True)
            return
        call = await caller.dial(srtp=True)
        await talk(call, await edge.cells[0].takes_call())
        await call.hang_up()


async def test_a_far_end_is_told_of_no_stream_that_the_relay_may_not_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it changes the codec its stream is one of its own; a browser that was told of another plays none."""
    plain = sdp.build
    monkeypatch.setattr(sdp, "build", lambda ours, **more: plain(ours, **more) + b"a=ssrc:7 cname:cell\r\n")
    async with bench(tmp_path) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True)
        served = await edge.cells[0].takes_call()
        assert call.invite is not None
        answer = call.invite.responses[-1][0].body
        assert b"a=crypto" in answer
        assert b"a=ssrc:7" not in answer
        assert (await served.reinvite()).code == 200
        offered = [one for one in call.requests if one.method == "INVITE"][-1].body
        assert b"a=ssrc:7" not in offered
        await call.hang_up()
