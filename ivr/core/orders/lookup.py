"""Questions to the bank's own systems."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StartLookup:
    """Ask a data source. Answered by LookupDone or LookupFailed."""

    lookup_id: int
    source: str
    query: str
    params: dict[str, object] = field(repr=False)
    timeout: float = 3.0
    """Seconds."""
    secret: tuple[str, ...] = ()
    """Parameters that hold what was keyed in at a secret prompt: never stored, logged or compared in a replay."""
    attempt: str = field(default="", repr=False)
    """Whom it would prove the caller to be (source and parameters that are no secret); empty: it proves nothing."""
    factor: str = field(default="", repr=False)
    """Which factor (or level) it would prove."""


@dataclass(frozen=True, slots=True)
class LookupDone:
    """A data source answered."""

    lookup_id: int
    values: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """A data source did not answer, or not in its form."""

    lookup_id: int
    reason: str
