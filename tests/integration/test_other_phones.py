"""Telephones that we did not write: Debian's sipp and baresip."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import pytest

from ivr.testing.listening import tone_level
from ivr.testing.ports import free_port
from ivr.testing.robot_call import duration
from tests.integration.conftest import Line

PIECE_BYTES = 1600
"""100 ms."""
SCENARIOS = Path(__file__).parent / "sipp"
BARESIP_CONFIG = """\
sip_listen 127.0.0.1:{port}
net_interface 127.0.0.1
audio_player aubridge,nil
audio_source ausine,440
audio_alert aubridge,nil
ausrc_srate 48000
ausrc_channels 2
module_path {modules}
module g711.so
module ausine.so
module aubridge.so
module_tmp account.so
module_app menu.so
"""


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
    await asyncio.to_thread(baresip, tmp_path, f"/dial sip:service@{host}:{port}", seconds=5)
    record = await asyncio.to_thread(line.record, began, wait_seconds=15)
    assert record["answered_at"]
    said, heard = await asyncio.to_thread(line.recorded, record["call_id"], "caller.in", "caller.out")
    assert duration(said) > 2
    middle = said[len(said) // 4 // 2 * 2 : len(said) // 2 // 2 * 2]
    # In pieces: a phone that got no CPU for a frame goes on at another phase, and the whole would cancel itself out.
    pieces = [middle[at : at + PIECE_BYTES] for at in range(0, len(middle) - PIECE_BYTES, PIECE_BYTES)]
    assert statistics.median(tone_level(piece, 440) for piece in pieces) > 0.9
    assert any(heard)


def baresip(directory: Path, command: str, *, seconds: int) -> None:
    """Run baresip with one command and let it quit after some seconds, hanging up."""
    program = shutil.which("baresip")
    assert program, "install baresip-core (apt-get install baresip-core)"
    modules = next(Path("/usr/lib").rglob("baresip/modules"))
    (directory / "config").write_text(BARESIP_CONFIG.format(port=free_port(), modules=modules))
    (directory / "accounts").write_text("<sip:baresip@127.0.0.1>;regint=0;audio_codecs=pcmu,pcma\n")
    with (directory / "log").open("wb") as log:
        subprocess.run(
            [program, "-f", str(directory), "-e", command, "-t", str(seconds)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=seconds + 15, check=False,
        )  # fmt: skip
