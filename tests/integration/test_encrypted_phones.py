"""Telephones that we did not write and that encrypt, in what they can do: Debian's baresip and Linphone, and pjsua2."""

from __future__ import annotations

import asyncio
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ivr.adapters.kamailio.config import HERE
from ivr.testing.certificates import Authority
from ivr.testing.listening import tone_level
from tests.contract.test_telephony import tone
from tests.integration.conftest import until
from tests.integration.edge_bench import relay_bench
from tests.integration.linphone import Linphone
from tests.integration.real_phones import Baresip, shares

AUTHORITY = Authority()
HERTZ, OURS = 440, 860


@pytest.mark.parametrize(
    ("secured", "codecs", "ice", "keys"),
    [
        pytest.param("srtp-mand", "pcmu", False, True, id="SDES"),
        pytest.param("dtls_srtp", "pcma", False, True, id="DTLS", marks=pytest.mark.soak),
        pytest.param("dtls_srtp", "opus/48000/2", True, True, id="DTLS, ICE and Opus"),
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
@pytest.mark.parametrize(
    ("secured", "codec", "ice"),
    [
        pytest.param("none", "PCMU", False, id="in clear"),
        pytest.param("srtp", "PCMU", False, id="TLS and SDES"),
        pytest.param("dtls", "PCMA", False, id="TLS and DTLS"),
        pytest.param("dtls", "PCMU", True, id="TLS, DTLS and ICE"),
    ],
)
async def test_linphone_is_heard_hears_and_its_keys_come(tmp_path: Path, secured: str, codec: str, ice: bool) -> None:
    files, authority = AUTHORITY.issue(tmp_path), tmp_path / "authority.crt"
    authority.write_bytes(AUTHORITY.certificate().public_bytes(Encoding.PEM))
    async with (
        relay_bench(files) as (edge, _),
        Linphone(tmp_path, tone(HERTZ, 30.0), secured=secured, codec=codec, authority=authority, ice=ice) as phone,
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


@pytest.mark.soak
@pytest.mark.parametrize("secured", ["none", "srtp"])
async def test_pjsua_is_heard_hears_and_its_keys_come(tmp_path: Path, secured: str) -> None:
    """The library of our own cells, at the other end."""
    said, heard = tmp_path / "said.wav", tmp_path / "heard.wav"
    write_tone(said, HERTZ)
    async with relay_bench(AUTHORITY.issue(tmp_path)) as (edge, _):
        words = (f"sip:bank@127.0.0.1:{edge.config.port}", str(said), str(heard), secured)
        phone = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.pjsua_phone", *words, cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert phone.stdin is not None
        served = await edge.cells[0].takes_call()
        relayed = edge.cells[0].invites[-1].headers.get("x-ivr-source") == "127.0.0.1;trunk=1" and edge.control.relayed(
            HERE
        )
        assert bool(relayed) == (secured == "srtp")
        await until(lambda: tone_level(served.heard()[-8000:], HERTZ) > 0.9, "its tone is heard")
        phone.stdin.write(b"4#\n")
        await until(lambda: served.media.keys == ["4", "#"], "its keys came")
        spoken = await served.say(tone(OURS, 3.0))
        assert spoken.ended > spoken.began
        await until(lambda: any(block.lost == 0 for block in served.media.reported), "it reports that nothing is lost")
        out, _ = await phone.communicate(b"quit\n")
        await asyncio.wait_for(served.ended.wait(), 20)
    assert b"CONFIRMED 200" in out
    with wave.open(str(heard)) as file:
        pcm, rate = np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate()
    spectrum = np.abs(np.fft.rfft(pcm.astype(float)))
    assert abs(float(np.fft.rfftfreq(len(pcm), 1 / rate)[spectrum.argmax()]) - OURS) < 5, "it heard ours"


def write_tone(file: Path, hertz: int) -> None:
    with wave.open(str(file), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(tone(hertz, 10.0))
