"""Speech models beside those that come with the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Models(Protocol):
    """Where they are installed."""

    def installed(self) -> list[str]:
        """Names of those that are."""
        ...

    def add(self, name: str, source: Path) -> Path:
        """Install one from a zip file or directory; returns where it is. Raises OperatorError, EnvironmentFault."""
        ...

    def fetch(self, name: str, url: str, sha256: str | None, progress: Callable[[int, int], None]) -> Path:
        """The same from the internet; `progress(bytes, of)`. Raises ModelError, PeerError, EnvironmentFault."""
        ...
