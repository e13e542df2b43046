"""`speech.uri`: a stock Wyoming service over TCP, made with the protocol's own package, serves the cells."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.server import AsyncEventHandler, AsyncTcpServer
from wyoming.tts import Synthesize

from ivr.testing.engine import Engine
from ivr.testing.ports import free_port
from tests.conftest import RealVoice
from tests.integration.conftest import Line

RATE = 22050
"""Of Piper's voices."""
DIALPLAN = {
    "name": "elsewhere", "version": "1", "languages": ["en"], "start": "menu",
    "states": {
        "menu": {
            "ask": {"en": "What do you want?"},
            "choices": {"shares": {"press": 7, "hear": {"en": ["buy shares"]}, "go": "shares"}},
            "silence": {"attempts": 3, "otherwise": "bye"},
            "nomatch": {"attempts": 3, "otherwise": "bye"},
        },
        "shares": {"say": {"en": "Shares it is."}, "go": "bye"},
        "bye": {"hang_up": "completed"},
    },
}  # fmt: skip


class Stock(threading.Thread):
    """The service: it hears "buy shares" in everything, speaks a tone, and knows nothing of us."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.port = free_port()
        self.heard_bytes: list[int] = []
        self.spoken: list[str] = []
        self._up = threading.Event()

    def __enter__(self) -> Stock:
        self.start()
        assert self._up.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self.join(10)

    def run(self) -> None:
        """The thread."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = AsyncTcpServer("127.0.0.1", self.port)
        await server.start(lambda reader, writer: _Handler(self, reader, writer))
        self._up.set()
        await self._stopped.wait()
        await server.stop()


class _Handler(AsyncEventHandler):
    def __init__(self, stock: Stock, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._stock = stock
        self._audio = 0

    async def handle_event(self, event: Event) -> bool:
        """As the wyoming-faster-whisper and wyoming-piper programs do."""
        if Describe.is_type(event.type):
            await self.write_event(_INFO.event())
        elif Transcribe.is_type(event.type):
            self._audio = 0
        elif AudioChunk.is_type(event.type):
            self._audio += len(AudioChunk.from_event(event).audio)
        elif AudioStop.is_type(event.type):
            self._stock.heard_bytes.append(self._audio)
            await self.write_event(Transcript("Buy shares.").event())
            return False
        elif Synthesize.is_type(event.type):
            self._stock.spoken.append(Synthesize.from_event(event).text)
            tone = (6000 * np.sin(2 * np.pi * 440 * np.arange(RATE // 2) / RATE)).astype("<i2").tobytes()
            await self.write_event(AudioStart(RATE, 2, 1).event())
            await self.write_event(AudioChunk(RATE, 2, 1, tone).event())
            await self.write_event(AudioStop().event())
        return True


_BY = Attribution("nobody", "http://localhost")
_INFO = Info(
    asr=[AsrProgram("ears", _BY, True, "ears", "1", [AsrModel("small", _BY, True, "small", "1", ["en"])])],
    tts=[TtsProgram("mouth", _BY, True, "mouth", "1", [TtsVoice("lessac", _BY, True, "lessac", "1", ["en_US"])])],
)


@pytest.fixture
def stock() -> Iterator[Stock]:
    with Stock() as running:
        yield running


async def test_a_stock_wyoming_service_over_tcp_hears_and_speaks_for_the_cells(
    tmp_path: Path, stock: Stock, voice: RealVoice
) -> None:
    (tmp_path / "elsewhere.yaml").write_text(yaml.safe_dump(DIALPLAN))
    engine = Engine(
        tmp_path / "engine",
        dialplan=tmp_path / "elsewhere.yaml",
        cells=1,
        edge=False,
        settings={"speech": {"uri": f"tcp://127.0.0.1:{stock.port}"}},
    )
    await asyncio.to_thread(engine.start)
    line = Line(engine, None, {}, 0, 0)  # type: ignore[arg-type]
    try:
        assert "What do you want?" in stock.spoken
        began = time.time()
        async with line.caller() as robot:
            call = await robot.dial()
            await call.hears_sound(since=call.invited_at)
            await call.hears_quiet(0.5)
            spoken = await call.say(voice("call-forwarding"))  # whatever is said: the service decides what it was
            await call.hears_sound(since=spoken.ended)
            await call.press("1")  # it states no confidence, so the dialplan asks back, and is sure of a key only
            await call.wait_ended(timeout=15)
        record = await asyncio.to_thread(line.record, began)
    finally:
        await asyncio.to_thread(engine.stop)
    assert record["states"] == ["menu", "shares", "bye"]
    assert record["outcome"] == "completed"
    assert stock.heard_bytes[0] > 16000, "it was sent the caller's voice"
