"""How this machine fares and its queues are set, as plain data for whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Disk:
    """Where something is kept."""

    what: str
    """data, recordings, voiceprints."""
    free: int
    """Bytes, as the next; of the disk that it is on."""
    of: int


@dataclass(frozen=True, slots=True)
class QueueSet:
    """A queue as the settings have it."""

    name: str
    set: Mapping[str, str]
    """Setting -> value, those alone that are not as they are by default."""
    hours: Mapping[str, str]
    """Site -> when its agents work; none: always open."""


@dataclass(frozen=True, slots=True)
class LineCertificate:
    """What callers over TLS are shown."""

    names: tuple[str, ...]
    """DNS names and addresses that it is for."""
    not_after: datetime
    fingerprint: str
    """SHA-256, in hex."""


class LineTls(Protocol):
    """TLS of the line that runs."""

    def reload(self) -> LineCertificate:
        """Show the certificate that is on disk now, if it is sound, to whoever connects from now on.

        Connections that are up stay as they are. Raises OperatorError: it is not sound, or no TLS is taken; PeerError.
        """
        ...
