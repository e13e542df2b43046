"""A door to other hosts of this engine, and by which certificates they are known."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from ivr.adapters.host_certificates import HostFiles, peer, server_context
from ivr.apps.settings import Settings
from ivr.core.alarms import AlarmKind
from ivr.engine.link.door import Door
from ivr.errors import EnvironmentFault, PeerError

ALARM_SECONDS = 60.0
"""Who knocks again and again raises no more than one alarm in so long; the log has each."""
Came = Callable[[str, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
log = logging.getLogger("ivr.host_door")


def door_at(
    settings: Settings, endpoint: tuple[str, int], came: Came, alarm: Callable[[AlarmKind, str], None], *, line_max: int
) -> Door:
    """A door to hosts of this engine. Raises SettingsError."""
    files = HostFiles(settings.hosts_dir)
    alarmed_at = [float("-inf")]

    def refused(address: str, reason: str) -> None:
        log.warning("host_refused", extra={"address": address, "reason": reason})
        if time.monotonic() > alarmed_at[0] + ALARM_SECONDS:
            alarmed_at[0] = time.monotonic()
            alarm(AlarmKind.HOST, f"{address} was refused as another host: {reason}")

    return Door(
        endpoint,
        context=server_context(files.own),
        named=lambda connection: named(connection, files),
        came=came,
        refused=refused,
        line_max=line_max,
    )


def named(connection: ssl.SSLObject, files: HostFiles) -> str:
    """Which host's connection it is. Raises PeerError: none's that is a host of ours now."""
    name, fingerprint = peer(connection)
    try:
        hosts = files.all()
    except EnvironmentFault as error:
        raise PeerError(str(error)) from error
    found = next((one for one in hosts if one.name == name and one.fingerprint == fingerprint), None)
    if found is None:
        raise PeerError(f"it shows a certificate of {name} that counts no more, or never did (ivr host list)")
    if found.not_after < datetime.now(UTC):
        raise PeerError(f"the certificate of {name} has expired: make another with ivr host add")
    return name
