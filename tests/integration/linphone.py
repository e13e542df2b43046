"""Linphone without windows (Debian's linphone-cli) as a telephone: told what to do by its console, it plays a file and
records what it hears into another."""

from __future__ import annotations

import asyncio
import shutil
import wave
from pathlib import Path
from types import TracebackType
from typing import Self

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.testing.ports import free_port

PROGRAM = shutil.which("linphonec")
CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
media_encryption={secured}
media_encryption_mandatory={mandatory}
root_ca={authority}
verify_server_certs=1
verify_server_cn=0
use_ipv6=0
[rtp]
audio_rtp_port={audio}
"""
AT_HOME = "bind_address=127.0.0.1\n"
ICE = "[net]\nnat_policy_ref=own\n[nat_policy_0]\nref=own\nprotocols=ice\n"
"""Its candidates are of all addresses of the machine, and what it names in `c=` is the one of IPv6, if there is one."""
WAIT_SECONDS = 30.0
HEADER_BYTES = 44


class Linphone:
    """One phone, until the block is left.

    `ice`: it offers candidates (RFC 8445).

    `secured`: none, srtp (SDES) or dtls, and nothing else is taken then. `codec`: the one that it offers.
    `authority`: certificate of whom it believes; it compares names, and knows no address in a certificate: that is off.
    """

    def __init__(
        self, directory: Path, tone: bytes, *, secured: str = "none", codec: str = "PCMU",
        authority: Path | None = None, ice: bool = False,
    ) -> None:  # fmt: skip
        self._directory, self._codec = directory / "linphone", codec
        (self._directory / ".local/share/linphone").mkdir(parents=True)
        with wave.open(str(self._directory / "said.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(tone)
        first = free_port(count=5)
        (self._directory / "config").write_text(
            CONFIG.format(
                udp=first, tcp=first + 1, tls=first + 2, audio=first + 3, secured=secured,
                mandatory=int(secured != "none"), authority=authority or "",
            ) + (ICE if ice else AT_HOME)
        )  # fmt: skip
        self._told = bytearray()

    async def __aenter__(self) -> Self:
        assert PROGRAM, "install linphone-cli"
        home = str(self._directory)
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM, "-c", "config", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, cwd=home, env={"HOME": home, "PATH": "/usr/bin"},
        )  # fmt: skip
        self._reader = asyncio.ensure_future(self._read())
        await self.until("linphonec>")
        await self.order("soundcard use files")
        await self.order("play said.wav")
        await self.order("record heard.wav")
        await self.order("codec disable all")
        await self.order("codec list")
        await self.until(" 1: ")
        listed = {name: number for number, _, name in (line.partition(": ") for line in self.told.splitlines())}
        number = next(number for name, number in listed.items() if name.startswith(f"{self._codec} "))
        await self.order(f"codec enable {number.strip()}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is None:
            await self.order("quit")
            try:
                async with asyncio.timeout(5):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        await self._process.wait()
        await self._reader

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while said := await self._process.stdout.read(4096):
            self._told += said

    @property
    def told(self) -> str:
        """What it wrote on its console."""
        return self._told.decode(errors="replace")

    async def until(self, words: str) -> None:
        """Wait until it says this."""
        async with asyncio.timeout(WAIT_SECONDS):
            while words not in self.told:
                assert self._process.returncode is None, self.told
                await asyncio.sleep(0.05)

    async def order(self, words: str) -> None:
        """Type a line, and leave it time to act."""
        assert self._process.stdin is not None
        self._process.stdin.write(words.encode() + b"\n")
        await self._process.stdin.drain()
        await asyncio.sleep(0.2)

    async def dial(self, uri: str) -> None:
        """Call somebody, and wait for the answer."""
        await self.order(f"call {uri}")
        await self.until("connected")

    async def press(self, keys: str) -> None:
        """Keys, with a finger's pauses: a line of nothing but keys is sent as such."""
        for key in keys:
            await self.order(key)

    async def hang_up(self) -> None:
        """End the call."""
        await self.order("terminate")

    def heard(self, seconds: float) -> bytes:
        """PCM, 8 kHz, of what came last."""
        path = self._directory / "heard.wav"
        pcm = path.read_bytes()[HEADER_BYTES:] if path.exists() else b""
        return pcm[: len(pcm) // 2 * 2][-round(seconds * SAMPLE_RATE) * SAMPLE_BYTES :]
