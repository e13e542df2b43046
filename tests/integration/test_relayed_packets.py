"""How far ends pack their sound, through a real edge and a real relay: what is said and heard is whole all the same."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from ivr.testing.certificates import Authority
from ivr.testing.hearing import heard_well, hears, hears_all, voice_of
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Dialled, Line, until
from tests.integration.edge_bench import relay_bench
from tests.integration.test_relay import talk

AUTHORITY = Authority()
SOUND = (0, 9)
"""Payload types of PCMU and G.722."""
COMFORT_NOISE = 13
"""Payload type (RFC 3389, RFC 3551 6)."""
WISHES = (10, 30, 40)
"""Milliseconds."""


def sizes(call: RobotCall) -> set[int]:
    """Octets of sound in the packets that came."""
    return {len(one.packet.payload) for one in call.received if one.packet.payload_type in SOUND}


async def test_reports_that_share_the_port_of_the_sound_come_and_go(tmp_path: Path) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True, mux=True, report_seconds=0.3)
        served = await edge.cells[0].takes_call()
        assert call.theirs is not None
        assert call.theirs.mux, "the relay takes both by one port"
        assert b"rtcp-mux" not in edge.cells[0].invites[-1].body
        await talk(call, served)
        call.media.drop = lambda packet: packet.sequence % 2 == 0
        await until(lambda: any(one.fraction > 0.4 for one in served.media.reported), "the cell is told of the loss")
        await until(lambda: call.media.muxed and call.media.reported, "the phone has reports of what it says")
        assert call.media.unopened == 0
        await call.hang_up()


@pytest.mark.parametrize(("codec", "there", "here"), [("PCMU", 320, 160), ("G722", 160, 320)])
async def test_long_packets_go_as_they_are_and_are_cut_anew_where_the_codec_changes(
    tmp_path: Path, codec: str, there: int, here: int
) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True, codecs=(codec,), packet_ms=40, sends_ms=40)
        served = await edge.cells[0].takes_call()
        await talk(call, served)
        await call.press("4#", seconds=0.12)
        await until(lambda: served.media.keys == ["4", "#"], "its keys came")
        assert (sizes(served), sizes(call)) == ({there}, {here})
        await call.hang_up()


async def test_comfort_noise_comes_through_so_that_who_is_silent_is_known_to_be_there(tmp_path: Path) -> None:
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, _), edge.tls_caller(AUTHORITY) as caller:
        call = await caller.dial(srtp=True, codecs=("PCMU", "CN"), report_seconds=1000.0)
        served = await edge.cells[0].takes_call()
        await talk(call, served)
        call.media.muted = True
        call.media._send(COMFORT_NOISE, bytes([60]), call.media.clock)
        await until(lambda: served.received[-1].packet.payload_type == COMFORT_NOISE, "it came")
        assert served.received[-1].packet.payload == bytes([60])
        await call.hang_up()


async def test_a_line_speaks_in_packets_as_long_as_an_encrypted_phone_wishes_and_hears_what_comes_so(
    line: Line, dial: Dialled
) -> None:
    began = time.time()

    async def talks(wish: int) -> None:
        async with dial(srtp=True, packet_ms=wish, sends_ms=wish) as call:
            await call.say(voice_of(wish))
            pressed = await call.press("1", seconds=0.12)
            await hears_all(call, line.prompt("Forwarding is what you chose."), since=pressed.began)
            assert sizes(call) == {wish * 8}

    await asyncio.gather(*(talks(wish) for wish in WISHES))
    since = [one for one in await asyncio.to_thread(line.records) if one["started_at"] >= began]
    recorded = [await asyncio.to_thread(line.recorded, str(one["call_id"]), "caller.in") for one in since]
    for wish in WISHES:
        assert any(heard_well(voice_of(wish), said) for (said,) in recorded), f"{wish} ms: not all of it was heard"


@pytest.mark.soak  # half a minute; on virtual time: tests/unit/cell/test_heard.py
async def test_a_line_that_is_dead_both_ways_has_no_warning_heard_and_the_call_ends(line: Line, dial: Dialled) -> None:
    began = time.time()
    async with dial(srtp=True, report_seconds=0.3) as call:
        pressed = await call.press("4")
        await hears(call, line.prompt("The value of a fund"), since=pressed.began)
        call.media.drop = lambda packet: True
        call.media.muted = True
        await call.wait_ended(60)
    record = await asyncio.to_thread(line.record, began)
    assert record["disclosures"] == []
    assert (record["states"], record["outcome"]) == (["menu", "warned", "bye"], "completed")
    assert "far_end_silent" in record["flags"]
