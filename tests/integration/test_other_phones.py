"""Telephones that we did not write: Debian's sipp and baresip."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from ivr.testing.ports import free_port
from ivr.testing.robot_call import duration
from tests.integration.conftest import Line
from tests.integration.real_phones import Baresip, shares

INSTANCE = "beab6dbc-b017-003a-aeda-98b54ad0b845"
SCENARIOS = Path(__file__).parent / "sipp"


def sipp(line: Line, *words: str, calls: int = 1) -> subprocess.CompletedProcess[str]:
    """Run sipp against the line; its exit code is 0 when every call went as its scenario says."""
    program = shutil.which("sipp")
    assert program, "install sip-tester (apt-get install sip-tester)"
    host, port = line.engine.target
    target = f"{host}:{port}"
    command = [program, target, "-i", host, "-mi", host, "-p", str(free_port()), "-mp", str(free_port(count=4))]
    return subprocess.run(
        [*command, "-m", str(calls), "-nostdin", "-timeout", "30s", "-timeout_error", *words],
        cwd=line.engine.directory, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("scenario", ["call", "no_sdp", "unknown_codecs"])
def test_sipp_scenarios_go_as_written(line: Line, scenario: str) -> None:
    found = sipp(line, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-l", "2", calls=4)
    assert found.returncode == 0, found.stdout[-2000:]


async def test_baresip_calls_and_its_tone_is_recorded(line: Line, tmp_path: Path) -> None:
    began = time.time()
    host, port = line.engine.target
    async with Baresip(tmp_path, "cal", 440) as phone:
        await phone.dial(f"sip:service@{host}:{port}")
        await phone.until("CALL_ESTABLISHED")
        await asyncio.sleep(3)
        await phone.hang_up()
        await phone.until("CALL_CLOSED")
    record = await asyncio.to_thread(line.record, began, wait_seconds=15)
    assert record["answered_at"]
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert duration(said) > 2
    middle = said[len(said) // 4 // 2 * 2 : len(said) // 2 // 2 * 2]
    assert np.median(shares(middle, [440])) > 0.9
    assert any(heard)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_phone_that_says_which_one_it_is_in_its_contact_is_served(line: Line, transport: str) -> None:
    """As Linphone does in each INVITE (RFC 5626 4.1)."""
    async with line.caller(transport=transport) as robot:
        plain = robot.wire.contact
        robot.wire.contact = lambda user: plain(user) + f';+sip.instance="<urn:uuid:{INSTANCE}>";reg-id=1'  # type: ignore[method-assign]
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        assert INSTANCE in call.dialog.contact
        assert (await call.reinvite()).code == 200
        await call.hang_up()
