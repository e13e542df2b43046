"""The hub's door to other hosts, and what it has for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from pathlib import Path

from ivr.apps.settings import Settings, split_endpoint
from ivr.apps.settings_hosts import first_numbers
from ivr.apps.wiring.engine_file import read_engine
from ivr.apps.wiring.host_door import door_at
from ivr.engine.bus.codec import LINE_MAX
from ivr.engine.hub.config import CellsOfHost
from ivr.engine.hub.server import Hub
from ivr.errors import EnvironmentFault

_SHA256 = re.compile("[0-9a-f]{64}")


def cells_of_hosts(settings: Settings) -> Mapping[str, CellsOfHost]:
    """Another host -> its cells, by the settings."""
    first = first_numbers(settings.hosts, settings.cells.count)
    return {name: CellsOfHost(first[name], host.count) for name, host in settings.hosts.cells.items()}


def doors(settings: Settings, hub: Hub) -> tuple[Coroutine[None, None, None], ...]:
    """What listens for other hosts beside the hub, if the settings let them. Raises SettingsError."""
    if settings.hosts.listen is None:
        return ()

    async def came(host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hub.serve(reader, writer, host)

    endpoint = split_endpoint(settings.hosts.listen)
    return (door_at(settings, endpoint, came, hub.alarms.raise_alarm, line_max=LINE_MAX).run(),)


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
