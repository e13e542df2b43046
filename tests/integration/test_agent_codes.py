"""Agents log in and out, pause and go on by dialling a code, with extension and PIN; nobody else does it for them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

from ivr.testing.hearing import hears
from tests.integration.conftest import Dialled, Line, until

PIN = "48305917"


async def test_an_agent_pauses_and_goes_on_by_dialling_and_it_outlives_the_hub(
    line: Line, dial: Dialled, tmp_path: Path
) -> None:
    secret = tmp_path / "pin"
    secret.write_text(PIN)
    command, uri = line.engine.command, f"sip:desk@127.0.0.1:{line.desk_port}"
    for words in (("add", "desk", "--uri", uri, "--extension", "208"), ("pin", "desk", "--pin-file", str(secret))):
        done = await asyncio.to_thread(command, "agents", *words)
        assert done.returncode == 0, done.stderr

    def desk() -> tuple[Any, ...]:
        agents = line.engine.status()["agents"]
        return next((one["state"], one["reason"], one["by"]) for one in agents if one["name"] == "desk")

    async def keyed(code: str, pin: str, *, more: str = "", heard: str) -> None:
        async with dial(code) as call:
            await call.press("208#")
            await hears(call, line.prompt("Your PIN"))
            asked = time.monotonic()
            await call.press(f"{pin}#")
            if more:
                await hears(call, line.prompt("For lunch"), since=asked)
                await call.press(more)
            await hears(call, line.prompt(heard), since=asked)
            await call.hang_up()

    try:
        await keyed("*43", "0000", heard="This extension and PIN")
        assert await asyncio.to_thread(desk) == ("available", "", "")
        await keyed("*43", PIN, more="1", heard="You are paused")
        assert await asyncio.to_thread(desk) == ("paused", "lunch", "desk")
        hub = (await asyncio.to_thread(line.engine.status))["hub"]["pid"]
        os.kill(hub, signal.SIGKILL)
        await until(lambda: line.engine.ready() and line.engine.status()["hub"]["pid"] != hub, "a new hub")
        await until(lambda: desk() == ("paused", "lunch", "desk"), "the reason is kept", seconds=5)
        await keyed("*44", PIN, heard="You take calls")
        assert await asyncio.to_thread(desk) == ("available", "", "")
    finally:
        await asyncio.to_thread(command, "agents", "resume", "desk")
    listed = await asyncio.to_thread(command, "audit", "log", "--last", "100")
    assert listed.returncode == 0, listed.stderr
    for told in ("desk was paused by desk: lunch", "desk ended the pause of desk", "desk proved by extension and PIN"):
        assert told in listed.stdout, listed.stdout
    assert PIN not in listed.stdout + line.engine.log_text()
