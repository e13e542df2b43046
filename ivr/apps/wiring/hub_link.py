"""On a host that works for another one's engine: the hub's socket here, for as long as that hub is reached."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from pathlib import Path

from ivr.adapters.host_certificates import MAIN, client_context, peer
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.wiring.blamed import blamed
from ivr.apps.wiring.until_stopped import until_stopped
from ivr.engine.link.dialling import There
from ivr.engine.link.near import NearEnd
from ivr.errors import PeerError, SettingsError

log = logging.getLogger("ivr.hub_link")


def run(settings: Settings) -> None:
    """Until SIGTERM. Raises SettingsError."""
    asyncio.run(until_stopped(near_end(settings).run()))


def identity_of(settings: Settings) -> Path:
    """The file that says who this host is. Raises SettingsError."""
    assert settings.works_for is not None
    if settings.works_for.identity is None:
        raise SettingsError("works_for.identity: name the file that `ivr host add` made, or give it by --identity")
    return settings.works_for.identity


def near_end(settings: Settings) -> NearEnd:
    """The socket. Raises SettingsError."""
    assert settings.works_for is not None
    away = [""]

    def told(why: str) -> None:
        if why != away[0]:
            away[0] = why
            log.info("hub_link", extra={"away": why})

    return NearEnd(settings.hub_socket, the_engines(settings, settings.works_for.engine), told)


def the_engines(settings: Settings, endpoints: Sequence[str]) -> There:
    """A service at the engine's host, wherever it leads, which is who its certificate says. Raises SettingsError."""

    def trusted(connection: ssl.SSLObject) -> bool:
        try:
            return peer(connection)[0] == MAIN
        except PeerError:
            return False

    identity = identity_of(settings)
    with blamed("works_for.identity"):
        context = client_context(identity)
    return There(MAIN, tuple(map(split_endpoint, endpoints)), context, trusted)
