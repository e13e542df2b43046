"""The bank's own systems."""

from __future__ import annotations

from typing import Protocol


class DataSource(Protocol):
    """Where a lookup is answered: the bank's own systems."""

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """Run a named query. Raises PeerError."""
        ...
