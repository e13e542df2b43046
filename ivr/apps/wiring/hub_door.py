"""The hub's door to other hosts, and what it has for them."""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ivr.adapters.host_certificates import HostFiles, peer, server_context
from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.settings_hosts import first_numbers
from ivr.apps.wiring.engine_file import read_engine
from ivr.core.alarms import AlarmKind
from ivr.engine.bus.codec import LINE_MAX
from ivr.engine.hub.config import CellsOfHost
from ivr.engine.hub.server import Hub
from ivr.engine.link.door import Door
from ivr.errors import EnvironmentFault, PeerError

ALARM_SECONDS = 60.0
"""Who knocks again and again raises no more than one alarm in so long; the log has each."""
_SHA256 = re.compile("[0-9a-f]{64}")
log = logging.getLogger("ivr.hub")


def cells_of_hosts(settings: Settings) -> Mapping[str, CellsOfHost]:
    """Another host -> its cells, by the settings."""
    first = first_numbers(settings.hosts, settings.cells.count)
    return {name: CellsOfHost(first[name], host.count) for name, host in settings.hosts.cells.items()}


def doors(settings: Settings, hub: Hub) -> tuple[Coroutine[None, None, None], ...]:
    """What listens for other hosts beside the hub, if the settings let them. Raises SettingsError."""
    if settings.hosts.listen is None:
        return ()
    files = HostFiles(settings.hosts_dir)
    alarmed_at = [float("-inf")]

    def refused(address: str, reason: str) -> None:
        log.warning("host_refused", extra={"address": address, "reason": reason})
        if time.monotonic() > alarmed_at[0] + ALARM_SECONDS:
            alarmed_at[0] = time.monotonic()
            hub.alarms.raise_alarm(AlarmKind.HOST, f"{address} was refused as another host: {reason}")

    door = Door(
        split_endpoint(settings.hosts.listen),
        context=server_context(files.own),
        named=lambda connection: named(connection, files),
        came=lambda host, reader, writer: hub.serve(reader, writer, host),
        refused=refused,
        line_max=LINE_MAX,
    )
    return (door.run(),)


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


class FilesForHosts:
    """Publications and prompts of this engine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def served(self) -> str:
        """As the engine wrote it down; "" before it serves."""
        try:
            return str(read_engine(self._settings).get("publication", ""))
        except EnvironmentFault:
            return ""

    def publication(self, sha256: str) -> bytes | None:
        """The document."""
        return _read(self._settings.data_dir / "published", sha256, ".json")

    def prompt(self, sha256: str) -> bytes | None:
        """The audio."""
        return _read(self._settings.prompts_dir, sha256, ".pcm")


def _read(folder: Path, sha256: str, suffix: str) -> bytes | None:
    if not _SHA256.fullmatch(sha256):
        return None
    try:
        return (folder / f"{sha256}{suffix}").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EnvironmentFault(f"{folder.name} cannot be read: {error.strerror}") from error
