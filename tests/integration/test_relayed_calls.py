"""Encrypted phones on a running line: what they hear and say, what is evidence of it, and a relay that dies."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from ivr.testing.datagrams import Stranger
from ivr.testing.engine import freeze
from ivr.testing.hearing import heard_well, hears, voice_of
from ivr.testing.listening import part_heard, tone_level
from ivr.testing.ports import udp_ports
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import duration
from tests.integration.conftest import Dialled, Line, until
from tests.integration.real_phones import Baresip
from tests.integration.test_relay import strangers

BACK_SECONDS = 5.0
"""New calls are served again by then."""


def relay_of(line: Line) -> int | None:
    """Process id of the running relay."""
    return next(iter(line.engine.named("rtpengine")), None)


def busiest(line: Line, *, seconds: float) -> float:
    """Share of a processor that the busiest cell uses."""
    pids = line.engine.cell_pids()

    def spent() -> list[float]:
        times = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return [(int(one[11]) + int(one[12])) / os.sysconf("SC_CLK_TCK") for one in times]

    before = spent()
    time.sleep(seconds)
    return max(now - then for then, now in zip(before, spent(), strict=True)) / seconds


async def served_again(dial: Dialled, *, since: float) -> set[int]:
    """Dials until an encrypted call is served, which must be soon; what was answered before."""
    refused: set[int] = set()
    while not refused or time.monotonic() < since + BACK_SECONDS:
        try:
            async with dial(srtp=True) as another:
                assert another.theirs.key
                return refused
        except CallRefused as error:
            refused.add(error.code)
            await asyncio.sleep(0.1)
    raise AssertionError(f"new calls were not served in time: {refused}")


async def test_what_an_encrypted_phone_loses_is_known_through_the_relay_and_the_warning_is_played_again(
    line: Line, dial: Dialled
) -> None:
    began = time.time()
    warning = line.prompt("The value of a fund")
    async with dial(srtp=True, report_seconds=0.3) as call:
        assert call.theirs.key, "the line answers in SRTP"
        pressed = await call.press("4")
        first = await hears(call, warning, since=pressed.began)
        ends = first + duration(warning)
        call.media.drop = lambda packet: True  # from here on nothing arrives, and the phone says so
        await call.silence(ends - time.monotonic() - 0.5)
        call.media.drop = lambda packet: False
        await hears(call, line.prompt("To say that you have understood"), since=ends, timeout=60)
        spoken = await call.press("1")
        await hears(call, line.prompt("Your deal is done"), since=spoken.began)
        assert call.media.unopened == 0
    record = await asyncio.to_thread(line.record, began)
    evidence = record["disclosures"][-1]
    assert evidence["plays"] >= 2
    assert evidence["loss"] <= 0.05


async def test_what_strangers_send_to_the_relay_and_to_the_cell_behind_it_is_in_no_recording(
    line: Line, dial: Dialled
) -> None:
    began = time.time()
    mine, foreign, held = voice_of(13), voice_of(14), {pid: udp_ports(pid) for pid in line.engine.cell_pids()}
    async with AsyncExitStack() as crowd, dial(srtp=True) as call:
        await call.press("7")
        assert call.theirs.key
        behind = set().union(*(udp_ports(pid) - ports for pid, ports in held.items()))
        assert len(behind) >= 2, "the cell's RTP and RTCP are known"
        shouting = [Stranger("127.0.0.8"), *(Stranger(host) for host in ("127.0.0.7", "127.0.0.1") for _ in behind)]
        targets = [("127.0.0.1", port) for port in (call.theirs.port, *behind, *behind)]
        flood = [one.flood(at, foreign, seconds=3.0) for one, at in zip(shouting, targets, strict=True)]
        await crowd.enter_async_context(strangers(call.theirs.port, *behind))
        shouts = asyncio.gather(*flood)
        await asyncio.sleep(0.2)
        await call.say(mine)
        await shouts
        await hears(call, line.prompt("This sentence"))
        assert call.media.unopened == 0, "nothing of theirs came through to the caller"
    assert all(one.sent > 300 for one in shouting)
    record = await asyncio.to_thread(line.record, began)
    (kept,) = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in")
    assert heard_well(mine, kept)
    assert part_heard(foreign, kept) == 0.0
    assert tone_level(kept, 1900) < 0.01


async def test_of_a_phone_whose_codec_the_relay_changes_no_loss_is_claimed(line: Line, tmp_path: Path) -> None:
    """Its reports become reports of no loss on their way: they count as none, and the evidence says so."""
    began, warning = time.time(), line.prompt("The value of a fund")
    async with Baresip(tmp_path, "cal", 440, codecs="G722/16000/1", secured="srtp-mand") as phone:
        await phone.dial(f"sip:service@127.0.0.1:{line.engine.port}")
        await phone.until("CALL_ESTABLISHED")
        await phone.press("4")
        await asyncio.sleep(duration(warning) + 3)
        await phone.hang_up()
        record = await asyncio.to_thread(line.record, began)
    assert [evidence["loss"] for evidence in record["disclosures"]] == [None]


async def test_a_relay_that_dies_ends_its_calls_with_their_recordings_sealed_and_costs_no_other_and_is_back(
    line: Line, dial: Dialled
) -> None:
    began = time.time()
    async with dial() as plain, dial(srtp=True) as call:
        killed = relay_of(line)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        refused = await served_again(dial, since=time.monotonic())
        assert refused <= {503}
        await call.wait_ended(BACK_SECONDS)
        await plain.press("1")
        await hears(plain, line.prompt("Forwarding is what you chose."))
    assert relay_of(line) != killed

    def ended() -> list[dict[str, Any]]:
        return [one for one in line.records() if one["started_at"] >= began and one["ended_at"]]

    await until(lambda: len(ended()) == 3, "three calls have ended")
    (lost,) = [one for one in ended() if "vanished" in one["flags"]]
    await until(lambda: busiest(line, seconds=0.5) < 0.2, "every cell sleeps again")
    assert len(await asyncio.to_thread(line.recorded, str(lost["call_id"]), "caller.out")) == 1


async def test_an_encrypted_call_that_outlives_its_edge_is_put_on_hold_taken_up_again_and_ended(
    line: Line, dial: Dialled
) -> None:
    async with dial(srtp=True) as call:
        await until(line.engine.kill_edge(), "the edge is not back")
        assert (await call.hold()).code == 200
        assert (await call.unhold()).code == 200
        pressed = await call.press("1")
        await hears(call, line.prompt("Forwarding is what you chose."), since=pressed.began)
        assert call.media.unopened == 0
    await until(lambda: not any(cell["call_id"] for cell in line.engine.status()["cells"]), "a BYE is lost")


async def test_a_relay_that_hangs_is_replaced_and_its_call_is_over(line: Line, dial: Dialled) -> None:
    async with dial(srtp=True) as call:
        hanging = relay_of(line)
        assert hanging is not None
        freeze(hanging)
        await until(lambda: relay_of(line) not in (None, hanging), "another relay is there")
        await call.wait_ended(30)
        refused = await served_again(dial, since=time.monotonic())
    assert refused <= {503}
