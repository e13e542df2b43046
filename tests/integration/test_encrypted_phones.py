"""Telephones that we did not write and that encrypt: Debian's baresip, in what it can do, through edge and relay."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.testing.certificates import Authority
from ivr.testing.listening import tone_level
from tests.integration.conftest import until
from tests.integration.edge_bench import relay_bench
from tests.integration.real_phones import Baresip

AUTHORITY = Authority()
HERTZ = 440


@pytest.mark.parametrize(
    ("secured", "codecs", "ice", "keys"),
    [
        pytest.param("srtp-mand", "pcmu", False, True, id="SDES"),
        pytest.param("dtls_srtp", "pcma", False, True, id="DTLS", marks=pytest.mark.soak),
        pytest.param("dtls_srtp", "opus/48000/2", True, False, id="DTLS, ICE and Opus"),
        pytest.param("srtp-mand", "G722/16000/1", False, False, id="SDES and G.722", marks=pytest.mark.soak),
    ],
)
async def test_baresip_is_heard_hears_and_its_keys_come(
    tmp_path: Path, secured: str, codecs: str, ice: bool, keys: bool
) -> None:
    async with (
        relay_bench(AUTHORITY.issue(tmp_path)) as (edge, _),
        Baresip(tmp_path, "cal", HERTZ, codecs=codecs, secured=secured, ice=ice) as phone,
    ):
        await phone.dial(f"sip:bank@127.0.0.1:{edge.config.port}")
        served = await edge.cells[0].takes_call()
        told = edge.cells[0].invites[-1].headers.get("x-ivr-source")
        assert told == "127.0.0.1;trunk=1" + ("" if codecs in ("pcmu", "pcma") else ";transcoded=1")
        await phone.until("CALL_ESTABLISHED")
        await until(lambda: tone_level(served.heard()[-8000:], HERTZ) > 0.9, "its tone is heard")
        if keys:
            await phone.press("4#")
            await until(lambda: served.media.keys == ["4", "#"], "its keys came")
        # What it hears it reports: none is of a stream that it cannot decrypt.
        await until(lambda: any(block.lost == 0 for block in served.media.reported), "it reports that nothing is lost")
        await phone.hang_up()
        await asyncio.wait_for(served.ended.wait(), 20)
