"""`ivr host serve`: the speech service of this machine, for the host whose engine gave it an identity."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from pathlib import Path

from ivr.adapters.host_certificates import MAIN, peer, server_context
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.wiring import speech
from ivr.apps.wiring.process import log_for
from ivr.engine.link.far import FarEnd
from ivr.engine.supervisor.kin import never_dump
from ivr.errors import PeerError


def serve(settings: Settings, identity: Path, listen: str, say: Callable[[str], None]) -> None:
    """Until SIGTERM or Ctrl-C. Raises IvrError."""
    os.umask(0o077)
    never_dump()
    for directory in (settings.data_dir, settings.runtime_dir):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = log_for(settings, "host")

    def trusted(connection: ssl.SSLObject) -> bool:
        try:
            return peer(connection)[0] == MAIN
        except PeerError:
            return False

    end = FarEnd(
        settings.speech_socket,
        address=split_endpoint(listen),
        context=server_context(identity),
        trusted=trusted,
        log=log,
    )
    asyncio.run(_serve(settings, end, say, listen))


async def _serve(settings: Settings, end: FarEnd, say: Callable[[str], None], listen: str) -> None:
    say("loading models")
    service, listening = asyncio.create_task(speech.serve(settings)), asyncio.create_task(end.run())
    say(f"the engine whose host this is may connect to {listen} (stop: Ctrl-C)")
    done, rest = await asyncio.wait({service, listening}, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for task in done:
        task.result()
