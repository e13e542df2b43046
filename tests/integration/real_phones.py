"""Debian's baresip as a telephone: its control port drives it, it sends a tone and tells which ones it hears."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ivr.core.media.frame import SAMPLE_RATE
from ivr.testing.ports import free_port

CONFIG = """\
sip_listen {host}:{port}
net_interface {host}
audio_player aubridge,nil
audio_source ausine,{hertz}
audio_alert aubridge,nil
ausrc_srate 48000
ausrc_channels 2
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {directory}
module_path {modules}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
{more}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""
PIECE_BYTES = 1600
"""100 ms. In pieces: a phone that got no CPU for a frame goes on at another phase, and the whole would cancel out."""
WAV_HEADER = 44
AUDIBLE = 0.05
"""Share of a piece's energy that is a tone's: of three people who talk at once each has a third, music has none."""
STANDING = 0.15
"""The same where people speak, too: no voice is so much of one tone for long."""
WAIT_SECONDS = 30.0


def shares(pcm: bytes, hertz: Iterable[int]) -> NDArray[np.float64]:
    """Share of the energy of each piece that is each tone's: a row a piece, a column a tone."""
    whole = len(pcm) // PIECE_BYTES * PIECE_BYTES
    pieces = np.frombuffer(pcm[:whole], "<i2").astype(np.float64).reshape(-1, PIECE_BYTES // 2)
    energy = np.maximum((pieces * pieces).sum(axis=1), 1.0)
    at = np.arange(PIECE_BYTES // 2) / SAMPLE_RATE
    waves = np.exp(-2j * np.pi * np.outer(at, list(hertz)))
    found = np.abs(pieces @ waves) ** 2 * 2 / at.size / energy[:, None]
    assert isinstance(found, np.ndarray)
    return found


def tones_in(pcm: bytes, hertz: Sequence[int]) -> set[int]:
    """Which of these tones are in this sound, in most of it."""
    most = np.median(shares(pcm, hertz), axis=0) if len(pcm) >= PIECE_BYTES else np.zeros(len(hertz))
    return {one for one, share in zip(hertz, most, strict=True) if share > AUDIBLE}


def tones_ever_in(pcm: bytes, hertz: Sequence[int]) -> set[int]:
    """Which of them stand for half a second anywhere in it: longer than a vowel, or a key."""
    loud = [tuple(row > STANDING for row in piece) for piece in shares(pcm, hertz)]
    return {
        one
        for index, one in enumerate(hertz)
        if any(all(piece[index] for piece in loud[at : at + 5]) for at in range(len(loud) - 4))
    }


@dataclass(frozen=True, slots=True)
class Registrar:
    """Where a phone registers, by TLS."""

    port: int
    password: str
    authority: Path
    """Certificate of whom it believes."""


class Baresip:
    """One phone, until the block is left. It answers whoever calls it.

    `codecs` as its accounts name them; `secured`: how its media is encrypted, in its own words (srtp-mand, dtls_srtp).
    `registrar`: it registers there, over TLS.
    """

    def __init__(
        self, directory: Path, name: str, hertz: int, *, codecs: str = "pcmu,pcma", secured: str = "",
        ice: bool = False, registrar: Registrar | None = None, host: str = "127.0.0.1",
    ) -> None:  # fmt: skip
        self.name, self.hertz, self.host = name, hertz, host
        # It listens for TLS, too, one port further.
        self._port, self._control = free_port(count=2), free_port()
        self._directory = directory / name
        self._directory.mkdir()
        modules = next(Path("/usr/lib").rglob("baresip/modules"))
        (self._directory / "config").write_text(
            CONFIG.format(
                host=host, port=self._port, hertz=hertz, control=self._control,
                directory=self._directory, modules=modules,
                more="\n".join(f"module {name}.so" for name in ("g722", "opus", "srtp", "dtls_srtp", "ice")),
            )
        )  # fmt: skip
        account = f"<sip:{name}@{host}:{self._port}>;regint=0"
        if registrar is not None:
            with (self._directory / "config").open("a") as config:
                config.write(f"sip_cafile {registrar.authority}\nsip_verify_server yes\n")
            account = f"<sip:{name}@127.0.0.1:{registrar.port};transport=tls>;regint=60;auth_user={name}"
            account += f";auth_pass={registrar.password}"
        account += f";audio_codecs={codecs};answermode=auto"
        account += f";mediaenc={secured}" if secured else ""
        account += ";medianat=ice" if ice else ""
        (self._directory / "accounts").write_text(account + "\n")

    @property
    def uri(self) -> str:
        """Where it can be dialled."""
        return f"sip:{self.name}@{self.host}:{self._port}"

    async def __aenter__(self) -> Self:
        program = shutil.which("baresip")
        assert program, "install baresip-core (apt-get install baresip-core)"
        with (self._directory / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                program, "-f", str(self._directory), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                try:
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._control)
                    return self
                except OSError:
                    assert self._process.returncode is None, (self._directory / "log").read_text()
                    await asyncio.sleep(0.05)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(5):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        await self._process.wait()

    def vanish(self) -> None:
        """Its process is killed: it says nothing to anybody."""
        self._process.kill()

    async def dial(self, uri: str) -> None:
        """Call somebody."""
        await self._do("dial", uri)

    async def press(self, keys: str) -> None:
        """Keys (RFC 4733), with a finger's pauses."""
        for key in keys:
            await self._do("sndcode", key)
            await asyncio.sleep(0.2)

    async def hold(self) -> None:
        """Ask for a hold."""
        await self._do("hold")

    async def resume(self) -> None:
        """Ask for the end of one."""
        await self._do("resume")

    async def hang_up(self) -> None:
        """End the call."""
        await self._do("hangup")

    async def until(self, event: str) -> None:
        """Wait for something that the phone tells: CALL_ESTABLISHED, CALL_CLOSED."""
        async with asyncio.timeout(WAIT_SECONDS):
            while (await self._read()).get("type") != event:
                pass

    def heard(self, seconds: float) -> bytes:
        """PCM of what came of the newest call's last seconds."""
        dumps = sorted(self._directory.glob("*-dec.wav"), key=lambda path: path.stat().st_mtime_ns)
        size = round(seconds * 16000)
        pcm = dumps[-1].read_bytes()[WAV_HEADER:] if dumps else b""
        pcm = pcm[: len(pcm) // 2 * 2]
        return pcm[-size:] if len(pcm) >= size else b""

    async def _do(self, command: str, params: str = "") -> None:
        said = json.dumps({"command": command, "params": params}).encode()
        self._writer.write(b"%d:%s," % (len(said), said))
        await self._writer.drain()

    async def _read(self) -> dict[str, object]:
        """The next thing it says: JSON in a netstring."""
        size = int((await self._reader.readuntil(b":"))[:-1])
        told = json.loads((await self._reader.readexactly(size + 1))[:-1])
        assert isinstance(told, dict)
        return told


async def hear(expected: dict[Baresip, set[Baresip]], *, among: Iterable[Baresip]) -> None:
    """Wait until everybody hears exactly these, and nobody else of those who are there."""
    hertz = {phone.hertz: phone for phone in among}

    def heard() -> dict[str, set[str]]:
        return {phone.name: {hertz[one].name for one in tones_in(phone.heard(0.8), list(hertz))} for phone in expected}

    wanted = {phone.name: {one.name for one in others} for phone, others in expected.items()}
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while (found := await asyncio.to_thread(heard)) != wanted:
        assert asyncio.get_running_loop().time() < deadline, f"heard {found}, not {wanted}"
        await asyncio.sleep(0.2)
