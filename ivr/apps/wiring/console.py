"""The console's process: the application over the office's files, in front of browsers."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

import uvicorn

from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.web import pages
from ivr.apps.web.app import guarded
from ivr.apps.web.connections import Connection
from ivr.apps.web.console import Browsers, Console
from ivr.apps.web.guard import Origin
from ivr.apps.web.look import VENDORED
from ivr.apps.wiring.door import door, first_invitation
from ivr.apps.wiring.office import OfficeFiles
from ivr.apps.wiring.taking import remind, take
from ivr.engine.access.losses import Losses
from ivr.engine.office.office import Office
from ivr.errors import EnvironmentFault

DEFAULT_LINE: Final = "bank"
"""What is dialled where any number that no other dialplan answers will do."""
STOP_SECONDS: Final = 3
"""Running downloads get so long when the engine ends."""
CONNECTIONS: Final = 1000
"""At once; of more, each is told to come again."""
TICK_SECONDS: Final = 1.0
NEEDED: Final = ("htmx.min.js", "wavesurfer.min.js", "jssip.min.js", "editor")


def application(settings: Settings, ports: OfficeFiles) -> Console:
    """What the application is built upon. Raises IvrError when key store, log or database do not open."""
    return Console(
        door(settings, ports.keys, ports.log, ports.roles),
        lambda actor: Office(actor, ports, wall=time.time),
        [Origin(url) for url in settings.console.origins],
        Losses(ports.log),
        lambda publication: take(settings, publication),
        _browsers(settings),
    )


def _browsers(settings: Settings) -> Browsers | None:
    told = settings.sip.websocket
    if told is None:
        return None
    numbers = [one for entry in settings.dialplans if entry.called != "default" for one in entry.called]
    default = any(entry.called == "default" for entry in settings.dialplans)
    lines = (*((DEFAULT_LINE,) if default else ()), *numbers) if settings.browser_calls else ()
    return Browsers(told.address, settings.sip.realm, lines)


def preload(settings: Settings) -> None:
    """Import what its pages call on."""
    pages.load()


def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    missing = [name for name in NEEDED if not (VENDORED / name).exists()]
    if missing:
        raise EnvironmentFault(f"the console's {' and '.join(missing)} are missing: run tools/install run")
    remind(settings)
    ports = OfficeFiles(settings)
    told = settings.console
    host, port = split_endpoint(told.listen)
    for name in ("uvicorn", "uvicorn.error"):  # into the engine's log, which tells no text of an error
        logging.getLogger(name).parent = logging.getLogger("ivr")
    try:
        config = uvicorn.Config(
            guarded(application(settings, ports)),
            host=host,
            port=port,
            ssl_certfile=_path(told.certificate),
            ssl_keyfile=_path(told.key),
            proxy_headers=told.proxy is not None,
            forwarded_allow_ips=told.proxy or "",
            access_log=False,  # addresses of pages name calls
            log_config=None,
            log_level="warning",
            server_header=False,
            http=connections(behind_proxy=told.proxy is not None),
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        server = SeldomAwake(config)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            raise EnvironmentFault(f"the console does not start on {told.listen}: the lines above say why")
    finally:
        ports.close()


class SeldomAwake(uvicorn.Server):
    """Wakes once a second, for the date in its answers, and when it is told to end; uvicorn by itself ten times."""

    _loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Until it is told to end."""
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)


def connections(*, behind_proxy: bool) -> type[Connection]:
    """How the server treats a connection."""

    class Proxied(Connection):
        each_address = None

    return Proxied if behind_proxy else Connection


def first_link(settings: Settings) -> str | None:
    """A one-time link for the first administrator; None once somebody signed in, or without a console."""
    if not settings.console.enabled:
        return None
    ports = OfficeFiles(settings)
    try:
        secret = first_invitation(settings, ports.keys, ports.log, ports.roles)
    finally:
        ports.close()
    return settings.console.invitation_url(secret) if secret else None


def _path(file: Path | None) -> str | None:
    return str(file) if file is not None else None
