"""Telephones that we did not write and that encrypt, in what they can do: Debian's baresip and Linphone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ivr.testing.certificates import Authority
from ivr.testing.listening import tone_level
from tests.contract.test_telephony import tone
from tests.integration.conftest import until
from tests.integration.edge_bench import relay_bench
from tests.integration.linphone import PROGRAM, Linphone
from tests.integration.real_phones import Baresip, shares

AUTHORITY = Authority()
HERTZ, OURS = 440, 860


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


@pytest.mark.soak
@pytest.mark.skipif(PROGRAM is None, reason="linphonec is not here: apt-get install linphone-cli")
@pytest.mark.parametrize(
    ("secured", "codec"),
    [
        pytest.param("none", "PCMU", id="in clear"),
        pytest.param("srtp", "PCMU", id="TLS and SDES"),
        pytest.param("dtls", "PCMA", id="TLS and DTLS"),
    ],
)
async def test_linphone_is_heard_hears_and_its_keys_come(tmp_path: Path, secured: str, codec: str) -> None:
    files, authority = AUTHORITY.issue(tmp_path), tmp_path / "authority.crt"
    authority.write_bytes(AUTHORITY.certificate().public_bytes(Encoding.PEM))
    async with (
        relay_bench(files) as (edge, _),
        Linphone(tmp_path, tone(HERTZ, 30.0), secured=secured, codec=codec, authority=authority) as phone,
    ):
        address, way = (edge.target, "") if secured == "none" else (edge.tls_target, ";transport=tls")
        await phone.dial(f"sip:bank@127.0.0.1:{address[1]}{way}")
        served = await edge.cells[0].takes_call()
        await until(lambda: tone_level(served.heard()[-8000:], HERTZ) > 0.9, "its tone is heard")
        said = asyncio.ensure_future(served.say(tone(OURS, 10.0)))
        await phone.press("4#")
        await until(lambda: served.media.keys == ["4", "#"], "its keys came")
        await until(lambda: np.median(shares(phone.heard(1.0), [OURS])) > 0.9, "it hears ours")
        await until(lambda: any(block.lost == 0 for block in served.media.reported), "it reports that nothing is lost")
        said.cancel()
        await phone.hang_up()
        await asyncio.wait_for(served.ended.wait(), 20)
