"""How this machine and its queues are set and fare: nothing of a call, and nothing that is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.engine.office.office import Asked, Desk, does
from ivr.ports.premises import Disk, QueueSet


@dataclass(frozen=True, slots=True)
class ShowDisks(Asked):
    """How much room is left."""


@dataclass(frozen=True, slots=True)
class ShowQueues(Asked):
    """How queues and their hours are set."""


@dataclass(frozen=True, slots=True)
class CheckSettings(Asked):
    """Whether the settings are sound, with all that they name."""


@does("settings.check")
def check_settings(desk: Desk, asked: CheckSettings) -> None:
    """Raises IvrError with what is not: sources, dialplans, files, and certificates as of today."""
    desk.ports.check_settings()


@does("status.disks")
def disks(desk: Desk, asked: ShowDisks) -> Sequence[Disk]:
    """Raises EnvironmentFault where one does not answer."""
    return desk.ports.disks()


@does("queues.settings")
def queues(desk: Desk, asked: ShowQueues) -> Sequence[QueueSet]:
    """By name."""
    return desk.ports.queues_set
