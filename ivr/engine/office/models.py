"""Speech models beside those that come with the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.engine.office.office import UNKNOWN, Asked, Desk, does
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class GetModel(Asked):
    """Install one: from a zip file or directory here, or else from the internet."""

    name: str
    source: Path | None = None
    url: str = ""
    """Where its zip file is to be fetched."""
    sha256: str | None = None
    """What that must have."""
    progress: Callable[[int, int], None] = field(default=lambda done, of: None, repr=False)
    """Told of bytes: fetched, of how many."""


@dataclass(frozen=True, slots=True)
class ListModels(Asked):
    """Which are installed."""


@does("models.list")
def list_models(desk: Desk, asked: ListModels) -> tuple[str, ...]:
    """Their names."""
    return tuple(desk.ports.models.installed())


@does("models.get")
def get(desk: Desk, asked: GetModel) -> Path:
    """Where it is now. Raises OperatorError, PeerError, ModelError."""
    if Path(asked.name).name != asked.name or asked.name.startswith("."):
        raise OperatorError(
            f"{asked.name!r} is no name for a model; take one of ivr models list, or a plain name of yours."
        )
    if asked.source is None and not asked.url:
        raise OperatorError(f"{asked.name} cannot be fetched; give it with --from FILE or DIRECTORY.")
    with desk.entering(asked.name if asked.url else UNKNOWN) as details:
        if asked.source is not None:
            path = desk.ports.models.add(asked.name, asked.source)
        else:
            path = desk.ports.models.fetch(asked.name, asked.url, asked.sha256, asked.progress)
        details["model"] = asked.name
    return path
