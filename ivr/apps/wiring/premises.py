"""How this machine and its queues are set and fare, from the settings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence

from ivr.apps.settings import Settings
from ivr.apps.settings_queues import QueueSettings
from ivr.apps.settings_sites import SiteSettings
from ivr.durable import translated
from ivr.ports.premises import Disk, QueueSet


def disks(settings: Settings) -> Sequence[Disk]:
    """Where data, recordings and voiceprints are kept. Raises EnvironmentFault."""
    found = []
    for what, path in (
        ("data", settings.data_dir), ("recordings", settings.recordings_dir), ("voiceprints", settings.voiceprints_dir),
    ):  # fmt: skip
        if path.exists():
            with translated(f"the disk of {what}"):
                usage = shutil.disk_usage(path)
            found.append(Disk(what, usage.free, usage.total))
    return found


def queues_set(settings: Settings) -> Sequence[QueueSet]:
    """Every queue that the settings name, with what is not as it is by default."""
    return [
        QueueSet(name, dict(_set(queue)), {site: _hours(settings.sites[site]) for site in queue.sites})
        for name, queue in sorted(settings.queues.items())
    ]


def _set(queue: QueueSettings) -> Iterator[tuple[str, str]]:
    default = QueueSettings()
    for name in QueueSettings.model_fields:
        value = getattr(queue, name)
        if value != getattr(default, name):
            yield name, _text(value)


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    return str(value)


def _hours(site: SiteSettings) -> str:
    open_at = "; ".join(f"{days} {', '.join(spans)}" for days, spans in site.open.items())
    return f"{open_at} ({site.zone})" + (f"; closed on {', '.join(map(str, site.closed))}" if site.closed else "")
